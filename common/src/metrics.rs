//! The recorder of a process's metrics, which `/metrics` prints for Prometheus.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

pub use metrics_exporter_prometheus::{BuildError, PrometheusHandle};

/// The upper bounds of the buckets of everything that is measured in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// How often measured values are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's recorder: the `metrics` crate has one place for it.
static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// Makes this process record, once; later calls get the same recorder.
pub fn recorder() -> Result<PrometheusHandle, BuildError> {
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = recorder.as_ref() {
        return Ok(handle.clone());
    }
    let handle = builder()?.install_recorder()?;
    describe();
    *recorder = Some(handle.clone());
    Ok(handle)
}

/// Keeps the recorder from growing; never ends.
pub async fn upkeep(recorder: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        recorder.run_upkeep();
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_histogram!("http_server_request_duration_seconds", "time to answer a request");
    describe_gauge!("idv_waiting_requests", "requests that wait for a result");
    describe_gauge!("idv_jobs_backlog", "jobs that wait for a worker");
    describe_gauge!("idv_queue_oldest_age_seconds", "how long the oldest due job has waited");
    describe_histogram!("idv_job_duration_seconds", "time from the claim of a job to its end");
    describe_counter!("idv_job_leases_expired_total", "jobs whose worker died or stalled");
    describe_counter!("idv_db_statements_total", "statements sent to the database");
    describe_counter!("idv_dead_messages_total", "messages that the broker gave up");
    describe_histogram!("idv_webhook_attempt_duration_seconds", "time that a receiver took to answer");
    describe_counter!("idv_webhook_attempts_total", "attempts to deliver a webhook, by what came of them");
    describe_gauge!("idv_webhook_endpoints_resting", "endpoints that are left alone after failures");
    describe_gauge!("idv_webhook_oldest_pending_seconds", "how long the webhook that is due longest waits");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_buckets() {
        let recorder = builder().unwrap().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("idv_job_duration_seconds", "kind" => "verify").record(0.02);
        });
        let text = recorder.handle().render();
        assert!(text.contains("idv_job_duration_seconds_bucket{kind=\"verify\",le=\"0.025\"} 1"), "{text}");
    }
}
