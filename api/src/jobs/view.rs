//! What the caller sees of a job.

use idv_common::db::jobs::{Failure, Job};
use idv_common::domain::{JobId, JobKind, JobState, QueueName, Timestamp, VerificationId, WorkerId};
use serde::Serialize;
use utoipa::ToSchema;

/// A job with its history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView {
    #[serde(flatten)]
    pub summary: JobSummary,
    /// Every attempt that failed, oldest first, also those before it was last driven again.
    pub failures: Vec<FailureView>,
}

/// A job without its history, as in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobSummary {
    /// Its id.
    pub id: JobId,
    /// `job`.
    pub object: &'static str,
    /// What it does.
    pub kind: JobKind,
    /// The queue that it travels in.
    pub queue: QueueName,
    /// Where it stands.
    pub state: JobState,
    /// What it is about: a run, a comparison, a subject, an authentication, an image or an erasure.
    pub subject_id: String,
    /// The verification that it belongs to.
    pub verification_id: Option<VerificationId>,
    /// How often it has failed since it was last driven.
    pub attempts: i32,
    /// How often a process died while it ran there alone.
    pub crashes: i32,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// The worker that had it last.
    pub worker_id: Option<WorkerId>,
    /// When it was put on the list.
    pub created_at: Timestamp,
    /// Before which time it does not run.
    pub run_at: Timestamp,
    /// When a worker last took it.
    pub claimed_at: Option<Timestamp>,
    /// When it was done, given up or called off.
    pub finished_at: Option<Timestamp>,
}

/// One attempt that failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobFailure)]
pub(crate) struct FailureView {
    /// When.
    pub at: Timestamp,
    /// The worker that had it.
    pub worker_id: Option<WorkerId>,
    /// Why.
    pub cause: String,
}

impl JobView {
    /// The view of a job and its failures.
    pub(crate) fn new(job: Job, failures: Vec<Failure>) -> Self {
        let view = |failure: Failure| FailureView {
            at: failure.at,
            worker_id: failure.worker_id,
            cause: failure.cause,
        };
        Self { summary: job.into(), failures: failures.into_iter().map(view).collect() }
    }
}

impl From<Job> for JobSummary {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            object: "job",
            kind: job.kind,
            queue: job.queue,
            state: job.state,
            subject_id: job.subject_id,
            verification_id: job.verification_id,
            attempts: job.attempts,
            crashes: job.crashes,
            last_error: job.last_error,
            worker_id: job.worker_id,
            created_at: job.created_at,
            run_at: job.run_at,
            claimed_at: job.claimed_at,
            finished_at: job.finished_at,
        }
    }
}
