//! `/metrics`: figures for Prometheus.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::db::{self, jobs};
use idv_common::domain::QueueName;
use idv_common::metrics::PrometheusHandle;

use crate::problem::Problem;
use crate::state::State;

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
