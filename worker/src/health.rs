//! The health listener of a worker process: whether it works, and its figures.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, get};
use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The upper bounds of the buckets of everything that is measured in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// How often measured values are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

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
    let recorder = recorder().install_recorder().context("failed to record metrics")?;
    metrics::describe_histogram!("idv_job_duration_seconds", "time from the claim of a job to its end");
    metrics::describe_histogram!(
        "idv_webhook_attempt_duration_seconds",
        "time that a receiver took to answer"
    );
    metrics::describe_counter!(
        "idv_webhook_attempts_total",
        "attempts to deliver a webhook, by what came of them"
    );
    metrics::describe_gauge!("idv_webhook_endpoints_resting", "endpoints that are left alone after failures");
    metrics::describe_gauge!(
        "idv_webhook_oldest_pending_seconds",
        "how long the webhook that is due longest waits"
    );
    metrics::describe_counter!("idv_job_leases_expired_total", "jobs whose worker died or stalled");
    let upkeep = recorder.clone();
    let server = serve(listener, phase, recorder).context("failed to serve the worker's health")?;
    let handle = server.handle();
    tokio::spawn(server);
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    Ok(Health { server: handle, upkeep })
}

fn recorder() -> PrometheusBuilder {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .unwrap_or_default()
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
    use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};

    use super::*;

    #[actix_web::test]
    async fn a_worker_is_healthy_only_while_it_works() {
        let (phase, seen) = watch::channel(Phase::Starting);
        let recorder = recorder().build_recorder().handle();
        let app = init_service(App::new().configure(routes(Data::new(seen), Data::new(recorder)))).await;
        for (now, status) in [(Phase::Starting, 503), (Phase::Working, 200), (Phase::Stopping, 503)] {
            phase.send_replace(now);
            let answer = call_service(&app, TestRequest::get().uri("/healthz").to_request()).await;
            assert_eq!(answer.status(), status, "{now:?}");
        }
    }

    #[actix_web::test]
    async fn durations_are_shown_in_buckets() {
        let (_, seen) = watch::channel(Phase::Working);
        let recorder = recorder().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("idv_job_duration_seconds", "kind" => "verify").record(0.02);
        });
        let app = init_service(App::new().configure(routes(Data::new(seen), Data::new(handle)))).await;
        let body = call_and_read_body(&app, TestRequest::get().uri("/metrics").to_request()).await;
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("idv_job_duration_seconds_bucket{kind=\"verify\",le=\"0.025\"} 1"), "{text}");
    }
}
