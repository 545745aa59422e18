//! `/metrics`: figures for Prometheus.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::db::{self, jobs};
use idv_common::domain::QueueName;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::problem::Problem;
use crate::state::State;

/// The upper bounds of the buckets of everything that is measured in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
/// How often measured values are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's recorder: the `metrics` crate has one place for it.
static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// Makes this process record, once; later calls get the same recorder.
pub(crate) fn recorder() -> Result<PrometheusHandle, BuildError> {
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = recorder.as_ref() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    describe();
    *recorder = Some(handle.clone());
    Ok(handle)
}

/// Keeps the recorder from growing; never ends.
pub(crate) async fn upkeep(recorder: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        recorder.run_upkeep();
    }
}

fn describe() {
    metrics::describe_histogram!("http_server_request_duration_seconds", "time to answer a request");
    metrics::describe_gauge!("idv_jobs_backlog", "jobs that wait for a worker");
    metrics::describe_gauge!("idv_queue_oldest_age_seconds", "how long the oldest due job has waited");
    metrics::describe_gauge!("idv_waiting_requests", "requests that wait for a result");
}

/// Figures for Prometheus
#[utoipa::path(
    tag = "operation",
    security(()),
    responses((status = 200, description = "Prometheus text format", body = String, content_type = "text/plain")),
)]
#[get("/metrics")]
pub(crate) async fn show(
    state: Data<State>,
    recorder: Data<PrometheusHandle>,
) -> Result<HttpResponse, Problem> {
    let queues = state
        .ctx
        .db
        .read(|conn| {
            let now = db::now(conn)?;
            let figures = |queue: &QueueName| {
                let oldest =
                    jobs::oldest_due(conn, *queue, now)?.map_or(Duration::ZERO, |due| now.since(due));
                Ok((queue.as_str(), jobs::backlog(conn, *queue)?, oldest))
            };
            QueueName::ALL.iter().map(figures).collect::<Result<Vec<_>, db::Error>>()
        })
        .await?;
    for (queue, backlog, oldest) in queues {
        metrics::gauge!("idv_jobs_backlog", "queue" => queue).set(backlog as f64);
        metrics::gauge!("idv_queue_oldest_age_seconds", "queue" => queue).set(oldest.as_secs_f64());
    }
    metrics::gauge!("idv_waiting_requests").set(state.waiters.count() as f64);
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(recorder.render()))
}
