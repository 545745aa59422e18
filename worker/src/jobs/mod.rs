//! What the jobs do. A handler works without a transaction and returns an [`Outcome`]; the consumer ends the
//! claim and applies the outcome in one transaction, fenced by the lease.

mod authenticate;
mod compare;
mod enroll;
mod erase;
mod import;
mod inspect;
mod prepare;
mod reprocess;
#[cfg(test)]
mod tests;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use idv_common::blob::SourceError;
use idv_common::db::captures::Owner;
use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Conn, erasures, jobs};
use idv_common::domain::{JobKind, JobLimits, TenantId, Timestamp, VerificationId};
use idv_common::{Context, blob};

use crate::engine::Engine;
use crate::retry;
use crate::threads::InferenceThreads;

/// How long a job waits for a database or an object store that is away.
pub const AWAY: Duration = Duration::from_secs(5);

/// What the handlers work with, besides the context.
#[derive(Clone)]
pub struct Environment {
    /// What decides.
    pub engine: Engine,
    /// Where it runs.
    pub threads: InferenceThreads,
}

/// The changes that go with the end of a job, in its transaction. It may be tried more than once.
pub type Commit = Arc<dyn Fn(&mut Conn, Timestamp) -> Result<(), db::Error> + Send + Sync>;

/// What a handler came to.
#[derive(Clone)]
pub enum Outcome {
    /// The work is done; this is its result.
    Done(Commit),
    /// The machinery failed: charge the job and try again later.
    Retry(String),
    /// Not now: try again later without charging the job.
    Snooze(Duration),
    /// There is nothing to do any more.
    Discard,
}

impl Outcome {
    /// A result from its changes.
    pub fn done(
        commit: impl Fn(&mut Conn, Timestamp) -> Result<(), db::Error> + Send + Sync + 'static,
    ) -> Self {
        Self::Done(Arc::new(commit))
    }

    /// Its name, for logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Retry(_) => "retry",
            Self::Snooze(_) => "snooze",
            Self::Discard => "discard",
        }
    }
}

/// Does a job that was claimed at `now`.
pub async fn run(ctx: &Context, environment: &Environment, job: &Claimed, now: Timestamp) -> Outcome {
    let result = match job.kind {
        JobKind::Verify => verify::run(ctx, environment, job, now).await,
        JobKind::Compare => compare::run(ctx, environment, job).await,
        JobKind::Enroll => enroll::run(ctx, environment, job).await,
        JobKind::Authenticate => authenticate::run(ctx, environment, job).await,
        JobKind::Inspect => inspect::run(ctx, environment, job).await,
        JobKind::Erase => erase::run(ctx, job).await,
        JobKind::Prepare => prepare::run(ctx, job).await,
        JobKind::Import => import::run(ctx, job).await,
    };
    result.unwrap_or_else(|error| {
        tracing::warn!(error = format!("{error:#}"), job.id = %job.lease.job, "a job failed");
        match is_away(&error) {
            true => Outcome::Snooze(retry::with_jitter(AWAY)),
            false => Outcome::Retry(format!("{error:#}")),
        }
    })
}

/// Whether the database, the object store or the source of an import was not there: no job is charged for that.
fn is_away(error: &anyhow::Error) -> bool {
    if let Some(SourceError::Away(_)) = error.downcast_ref() {
        return true;
    }
    match (error.downcast_ref::<db::Error>(), error.downcast_ref::<blob::Error>()) {
        (Some(error), _) => error.is_unavailable(),
        (_, Some(error)) => error.is_unavailable(),
        (None, None) => false,
    }
}

/// Ends a claim and applies its outcome.
pub fn end(
    conn: &mut Conn,
    job: &Claimed,
    outcome: &Outcome,
    limits: &JobLimits,
    now: Timestamp,
) -> Result<(), db::Error> {
    match outcome {
        Outcome::Done(commit) => {
            // The subject before the job, in the order in which the API locks them.
            commit(conn, now)?;
            jobs::complete(conn, &job.lease, now)
        }
        Outcome::Discard => jobs::complete(conn, &job.lease, now),
        Outcome::Snooze(delay) => jobs::give_back(conn, &job.lease, now.plus(*delay)),
        Outcome::Retry(cause) if job.attempts + 1 < limits.max_attempts => {
            let failures = u32::try_from(job.attempts + 1).unwrap_or(u32::MAX);
            let retry_at = now.plus(retry::with_jitter(retry::delay(failures)));
            jobs::fail(conn, &job.lease, cause, Some(retry_at), now)
        }
        Outcome::Retry(cause) => {
            // The subject before the job here too.
            give_up(conn, &GivenUp::of(job, cause), now)?;
            jobs::fail(conn, &job.lease, cause, None, now)
        }
    }
}

/// Lets the images of a task go whose job is dead and that has just been ended as failed.
fn let_go(
    conn: &mut Conn,
    tenant: &TenantId,
    owner: Owner<'_>,
    ended: Result<(), db::Error>,
    now: Timestamp,
) -> Result<(), db::Error> {
    match ended {
        Ok(()) => erasures::purge_used(conn, tenant, owner, now),
        // It has ended otherwise meanwhile.
        Err(db::Error::Fenced) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A job that is dead.
#[derive(Debug, Clone, Copy)]
pub struct GivenUp<'a> {
    /// What it was to do.
    pub kind: JobKind,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// What it was about.
    pub subject: &'a str,
    /// The verification that it belongs to.
    pub verification: Option<&'a VerificationId>,
    /// Why it was given up.
    pub cause: &'a str,
}

impl<'a> GivenUp<'a> {
    fn of(job: &'a Claimed, cause: &'a str) -> Self {
        let (kind, tenant, subject) = (job.kind, &job.tenant, job.subject.as_str());
        Self { kind, tenant, subject, verification: job.verification.as_ref(), cause }
    }
}

/// Settles the subject of a job that is dead.
pub fn give_up(conn: &mut Conn, job: &GivenUp<'_>, now: Timestamp) -> Result<(), db::Error> {
    let GivenUp { tenant, subject, cause, .. } = *job;
    match (job.kind, job.verification) {
        (JobKind::Verify, Some(verification)) => {
            verify::give_up(conn, tenant, verification, subject, cause, now)
        }
        (JobKind::Compare, _) => compare::give_up(conn, tenant, subject, now),
        (JobKind::Enroll, _) => enroll::give_up(conn, tenant, subject, now),
        (JobKind::Authenticate, _) => authenticate::give_up(conn, tenant, subject, now),
        (JobKind::Inspect, _) => inspect::give_up(conn, subject, now),
        (JobKind::Prepare, _) => prepare::give_up(conn, subject, cause, now),
        (JobKind::Import, _) => import::give_up(conn, subject, cause, now),
        // What has to be erased stays listed among the dead jobs until somebody drives it again.
        (JobKind::Verify | JobKind::Erase, _) => Ok(()),
    }
}
