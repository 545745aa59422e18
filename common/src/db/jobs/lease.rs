//! Claims: a guarded UPDATE gives a lease, a heartbeat prolongs it, and its token fences every end.

use diesel::prelude::*;

use crate::db::dialect::load_skipping_locked;
use crate::db::schema::jobs;
use crate::db::{Conn, Error};
use crate::domain::{
    JobId, JobKind, JobLimits, JobState, LeaseToken, TenantId, Timestamp, VerificationId, WorkerId,
};

/// The proof of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The token that fences it; jobs that were claimed together share it.
    pub token: LeaseToken,
    /// Who holds it.
    pub worker: WorkerId,
}

/// A job that this process may run.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The proof of the claim.
    pub lease: Lease,
    /// Whose job it is.
    pub tenant: TenantId,
    /// What to do.
    pub kind: JobKind,
    /// What it is about.
    pub subject: String,
    /// The verification that it belongs to.
    pub verification: Option<VerificationId>,
    /// How often it has failed.
    pub attempts: i32,
    /// Whether it must have its process to itself, because a lease of it ran out.
    pub suspect: bool,
    /// The W3C trace context of the request that asked for it.
    pub traceparent: Option<String>,
}

/// Claims those of `ids` that are queued and due. The others are not there to be claimed: their messages were
/// duplicates.
pub fn claim_many(
    conn: &mut Conn,
    ids: &[JobId],
    worker: &WorkerId,
    limits: &JobLimits,
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    type Row = (JobId, TenantId, JobKind, String, Option<VerificationId>, i32, bool, Option<String>);
    let token = LeaseToken::generate();
    let rows = diesel::update(
        jobs::table
            .filter(jobs::id.eq_any(ids.iter().map(JobId::as_str)))
            .filter(jobs::state.eq("queued"))
            .filter(jobs::run_at.le(now.as_micros())),
    )
    .set((
        jobs::state.eq(JobState::Running.as_str()),
        jobs::lease_token.eq(token.as_str()),
        jobs::lease_until.eq(now.plus(limits.lease).as_micros()),
        jobs::worker_id.eq(worker.as_str()),
        jobs::claimed_at.eq(now.as_micros()),
        jobs::alone.eq(false),
    ))
    .returning((
        jobs::id,
        jobs::tenant_id,
        jobs::kind,
        jobs::subject_id,
        jobs::verification_id,
        jobs::attempts,
        jobs::suspect,
        jobs::traceparent,
    ))
    .get_results::<Row>(conn)?;
    let claimed = |(job, tenant, kind, subject, verification, attempts, suspect, traceparent)| Claimed {
        lease: Lease { job, token: token.clone(), worker: worker.clone() },
        tenant,
        kind,
        subject,
        verification,
        attempts,
        suspect,
        traceparent,
    };
    Ok(rows.into_iter().map(claimed).collect())
}

/// Notes that the job now has its process to itself: if the process dies, this job did it.
pub fn mark_alone(conn: &mut Conn, lease: &Lease) -> Result<(), Error> {
    let changed = diesel::update(held(lease)).set(jobs::alone.eq(true)).execute(conn)?;
    if changed == 0 { Err(Error::Fenced) } else { Ok(()) }
}

/// Prolongs leases. Returns how many of them are still held; one that is being ended at this moment is not waited for,
/// since whoever ends many at once might wait for this one meanwhile.
pub fn extend(conn: &mut Conn, leases: &[Lease], limits: &JobLimits, now: Timestamp) -> Result<usize, Error> {
    // One process holds all of these, so that a job and a token that are both among them belong together.
    let held = jobs::table
        .filter(jobs::id.eq_any(leases.iter().map(|lease| lease.job.as_str())))
        .filter(jobs::lease_token.eq_any(leases.iter().map(|lease| lease.token.as_str())))
        .select(jobs::id);
    let held = load_skipping_locked!(conn, held, JobId)?;
    Ok(diesel::update(jobs::table.filter(jobs::id.eq_any(held.iter().map(JobId::as_str))))
        .set(jobs::lease_until.eq(now.plus(limits.lease).as_micros()))
        .execute(conn)?)
}

/// Ends a claim: the job is done. Refused with [`Error::Fenced`] if the lease is no longer held.
pub fn complete(conn: &mut Conn, lease: &Lease, now: Timestamp) -> Result<(), Error> {
    finish(conn, lease, JobState::Done, None, now)
}

/// Ends a claim after a failure: the job is tried again at `retry_at`, or is dead if that is `None`. The
/// failure is charged to it and its cause recorded.
pub fn fail(
    conn: &mut Conn,
    lease: &Lease,
    cause: &str,
    retry_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    match retry_at {
        None => finish(conn, lease, JobState::Dead, Some(cause), now)?,
        Some(retry_at) => requeue(conn, lease, retry_at, 1, Some(cause))?,
    }
    super::record_failure(conn, &lease.job, Some(&lease.worker), cause, now)
}

/// Ends a claim without charging the job: it runs again from `run_at` on. A suspect job stays suspect, because
/// nothing was learnt about it.
pub fn give_back(conn: &mut Conn, lease: &Lease, run_at: Timestamp) -> Result<(), Error> {
    requeue(conn, lease, run_at, 0, None)
}

fn finish(
    conn: &mut Conn,
    lease: &Lease,
    state: JobState,
    cause: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let failed = i32::from(state == JobState::Dead);
    let changed = diesel::update(held(lease))
        .set((
            jobs::state.eq(state.as_str()),
            jobs::lease_token.eq(None::<String>),
            jobs::lease_until.eq(None::<i64>),
            jobs::attempts.eq(jobs::attempts + failed),
            jobs::last_error.eq(cause),
            jobs::finished_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    if changed == 0 { Err(Error::Fenced) } else { Ok(()) }
}

fn requeue(
    conn: &mut Conn,
    lease: &Lease,
    run_at: Timestamp,
    charge: i32,
    cause: Option<&str>,
) -> Result<(), Error> {
    let changed = diesel::update(held(lease))
        .set((
            jobs::state.eq(JobState::Queued.as_str()),
            jobs::lease_token.eq(None::<String>),
            jobs::lease_until.eq(None::<i64>),
            jobs::published_at.eq(None::<i64>),
            jobs::run_at.eq(run_at.as_micros()),
            jobs::attempts.eq(jobs::attempts + charge),
            (charge > 0).then(|| jobs::suspect.eq(false)),
            cause.map(|cause| jobs::last_error.eq(cause)),
        ))
        .execute(conn)?;
    if changed == 0 { Err(Error::Fenced) } else { Ok(()) }
}

type Held<'a> =
    diesel::dsl::Filter<diesel::dsl::Find<jobs::table, &'a str>, diesel::dsl::Eq<jobs::lease_token, &'a str>>;

fn held(lease: &Lease) -> Held<'_> {
    jobs::table.find(lease.job.as_str()).filter(jobs::lease_token.eq(lease.token.as_str()))
}
