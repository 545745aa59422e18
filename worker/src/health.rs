//! The health listener of a worker process: whether it works, and its figures.

use std::net::TcpListener;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, get};
use anyhow::Context as _;
use idv_common::metrics::{self, PrometheusHandle};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How far a worker process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It loads models.
    Starting,
    /// Its loops run.
    Working,
    /// It takes no more work, and ends when what it has begun has ended.
    Stopping,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Working => "ok",
            Self::Stopping => "stopping",
        }
    }
}

/// A listener that answers.
pub(crate) struct Health {
    server: ServerHandle,
    upkeep: JoinHandle<()>,
}

impl Health {
    /// Stops to answer.
    pub(crate) async fn end(self) {
        self.upkeep.abort();
        self.server.stop(false).await;
    }
}

/// Answers `GET /healthz` and `GET /metrics` from now on. The process records its metrics for it.
pub(crate) fn start(listener: TcpListener, phase: watch::Receiver<Phase>) -> anyhow::Result<Health> {
    let recorder = metrics::recorder().context("failed to record metrics")?;
    let upkeep = tokio::spawn(metrics::upkeep(recorder.clone()));
    let server = serve(listener, phase, recorder).context("failed to serve the worker's health")?;
    let handle = server.handle();
    tokio::spawn(server);
    Ok(Health { server: handle, upkeep })
}

// A function of its own because the builder, unlike the server, cannot move between threads.
fn serve(
    listener: TcpListener,
    phase: watch::Receiver<Phase>,
    recorder: PrometheusHandle,
) -> std::io::Result<Server> {
    let (phase, recorder) = (Data::new(phase), Data::new(recorder));
    let app = move || App::new().configure(routes(phase.clone(), recorder.clone()));
    Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
}

fn routes(
    phase: Data<watch::Receiver<Phase>>,
    recorder: Data<PrometheusHandle>,
) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(phase).app_data(recorder).service(healthz).service(show_metrics);
    }
}

#[get("/healthz")]
async fn healthz(phase: Data<watch::Receiver<Phase>>) -> HttpResponse {
    let phase = *phase.borrow();
    let mut answer = match phase {
        Phase::Working => HttpResponse::Ok(),
        Phase::Starting | Phase::Stopping => HttpResponse::ServiceUnavailable(),
    };
    answer.json(json!({ "status": phase.as_str() }))
}

#[get("/metrics")]
async fn show_metrics(recorder: Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(recorder.render())
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    #[actix_web::test]
    async fn a_worker_is_healthy_only_while_it_works() {
        let (phase, seen) = watch::channel(Phase::Starting);
        let recorder = metrics::recorder().unwrap();
        let app = init_service(App::new().configure(routes(Data::new(seen), Data::new(recorder)))).await;
        for (now, status) in [(Phase::Starting, 503), (Phase::Working, 200), (Phase::Stopping, 503)] {
            phase.send_replace(now);
            let answer = call_service(&app, TestRequest::get().uri("/healthz").to_request()).await;
            assert_eq!(answer.status(), status, "{now:?}");
        }
    }
}
