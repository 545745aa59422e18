//! Jobs: the table is the outbox and the backlog; the broker only holds a window of it.
//!
//! A job is `queued` until a worker claims it, `running` while a lease is in force, and then `done`, `dead`
//! or `canceled`. Every statement that ends a claim names the lease's token: a worker that lost its lease
//! changes nothing.

mod dead;
mod forget;
mod lease;
mod list;
mod publish;
mod rescue;

use diesel::prelude::*;

pub use dead::{Refused, discard, drive_again};
pub use forget::forget_finished;
pub use lease::{Claimed, Lease, claim_many, complete, extend, fail, give_back, mark_alone};
pub use list::{Failure, Filter, Job, get, history, list};
pub use publish::{DueJob, forget_published, reserve_due, unpublish, window};
pub use rescue::{DeadJob, Expired, dead, redrive, republish_unclaimed, rescue_expired};

use super::schema::{job_failures, jobs, runs};
use super::{Conn, Error};
use crate::domain::{
    EventId, JobId, JobKind, JobState, QueueName, RunId, TenantId, Timestamp, VerificationId, WorkerId,
};

/// A job to be done.
#[derive(Debug)]
pub struct NewJob<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// What to do.
    pub kind: JobKind,
    /// The queue to travel in: normally the kind's own.
    pub queue: QueueName,
    /// What it is about.
    pub subject: &'a str,
    /// The verification that it belongs to.
    pub verification: Option<&'a VerificationId>,
    /// The W3C trace context of the request that asked for it.
    pub traceparent: Option<&'a str>,
}

/// Puts a job on the list, in the transaction of the change that needs it.
pub fn enqueue(conn: &mut Conn, new: &NewJob<'_>, now: Timestamp) -> Result<JobId, Error> {
    let id = JobId::generate();
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(id.as_str()),
            jobs::tenant_id.eq(new.tenant.as_str()),
            jobs::kind.eq(new.kind.as_str()),
            jobs::queue.eq(new.queue.as_str()),
            jobs::subject_id.eq(new.subject),
            jobs::verification_id.eq(new.verification.map(VerificationId::as_str)),
            jobs::state.eq(JobState::Queued.as_str()),
            jobs::priority.eq(0),
            jobs::run_at.eq(now.as_micros()),
            jobs::attempts.eq(0),
            jobs::crashes.eq(0),
            jobs::suspect.eq(false),
            jobs::alone.eq(false),
            jobs::traceparent.eq(new.traceparent),
            jobs::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Cancels all unfinished jobs of a verification and takes their leases away, so that a worker that is busy
/// with one of them finishes into nothing. Returns how many.
pub fn cancel_of_verification(
    conn: &mut Conn,
    verification: &VerificationId,
    now: Timestamp,
) -> Result<usize, Error> {
    let unfinished = [JobState::Queued.as_str(), JobState::Running.as_str()];
    Ok(diesel::update(
        jobs::table
            .filter(jobs::verification_id.eq(verification.as_str()))
            .filter(jobs::state.eq_any(unfinished)),
    )
    .set(Canceled::at(now))
    .execute(conn)?)
}

/// Cancels all unfinished jobs that are about something other than a verification, likewise. Returns how many.
pub fn cancel_of_subject(conn: &mut Conn, subject: &str, now: Timestamp) -> Result<usize, Error> {
    // In the words of the index.
    let unfinished = jobs::state.eq(JobState::Queued.as_str()).or(jobs::state.eq(JobState::Running.as_str()));
    Ok(diesel::update(
        jobs::table
            .filter(jobs::subject_id.eq(subject))
            .filter(jobs::verification_id.is_null())
            .filter(unfinished),
    )
    .set(Canceled::at(now))
    .execute(conn)?)
}

/// Cancels the unfinished jobs of one run of a verification, likewise. Returns how many.
pub fn cancel_of_run(conn: &mut Conn, run: &RunId, now: Timestamp) -> Result<usize, Error> {
    let verification = runs::table.find(run.as_str()).select(runs::verification_id.nullable());
    let unfinished = [JobState::Queued.as_str(), JobState::Running.as_str()];
    Ok(diesel::update(
        jobs::table
            // By this the jobs are found.
            .filter(jobs::verification_id.eq_any(verification))
            .filter(jobs::subject_id.eq(run.as_str()))
            .filter(jobs::state.eq_any(unfinished)),
    )
    .set(Canceled::at(now))
    .execute(conn)?)
}

/// What becomes of a job that is not wanted any more.
#[derive(AsChangeset)]
#[diesel(table_name = jobs, treat_none_as_null = true)]
struct Canceled {
    state: &'static str,
    lease_token: Option<String>,
    lease_until: Option<i64>,
    finished_at: Option<i64>,
}

impl Canceled {
    fn at(now: Timestamp) -> Self {
        Self {
            state: JobState::Canceled.as_str(),
            lease_token: None,
            lease_until: None,
            finished_at: Some(now.as_micros()),
        }
    }
}

/// How many jobs of a queue wait.
pub fn backlog(conn: &mut Conn, queue: QueueName) -> Result<i64, Error> {
    Ok(jobs::table
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::state.eq(JobState::Queued.as_str()))
        .count()
        .get_result(conn)?)
}

/// When the job of a queue that has been due for longest became due.
pub fn oldest_due(conn: &mut Conn, queue: QueueName, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    Ok(jobs::table
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::state.eq(JobState::Queued.as_str()))
        .filter(jobs::run_at.le(now.as_micros()))
        .order(jobs::run_at)
        .select(jobs::run_at)
        .first(conn)
        .optional()?)
}

fn record_failure(
    conn: &mut Conn,
    job: &JobId,
    worker: Option<&WorkerId>,
    cause: &str,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(job_failures::table)
        .values((
            job_failures::id.eq(EventId::generate().as_str()),
            job_failures::job_id.eq(job.as_str()),
            job_failures::at.eq(now.as_micros()),
            job_failures::worker_id.eq(worker.map(WorkerId::as_str)),
            job_failures::cause.eq(cause),
        ))
        .execute(conn)?;
    Ok(())
}

/// The attempt history of a job: when, and why it failed.
pub fn failures(conn: &mut Conn, job: &JobId) -> Result<Vec<(Timestamp, String)>, Error> {
    Ok(job_failures::table
        .filter(job_failures::job_id.eq(job.as_str()))
        .order(job_failures::at)
        .select((job_failures::at, job_failures::cause))
        .load(conn)?)
}
