//! What the sweep does for jobs that were left behind.

use diesel::prelude::*;

use crate::db::dialect::load_skipping_locked;
use crate::db::schema::jobs;
use crate::db::{Conn, Error};
use crate::domain::{
    JobId, JobKind, JobLimits, JobState, QueueName, TenantId, Timestamp, VerificationId, WorkerId,
};

/// A job whose lease ran out, after its rescue.
#[derive(Debug, Clone)]
pub struct Expired {
    /// The job.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its kind.
    pub kind: JobKind,
    /// What it is about.
    pub subject: String,
    /// The verification that it belongs to.
    pub verification: Option<VerificationId>,
    /// Whether it has crashed so often that it is dead now.
    pub dead: bool,
    /// What happened to it.
    pub cause: &'static str,
}

/// Puts jobs back whose lease ran out, at most `limit`. The first time it is only suspected, since the death
/// of a process ends the leases of all its jobs; if it ran alone, the crash is charged to it.
pub fn rescue_expired(
    conn: &mut Conn,
    limits: &JobLimits,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Expired>, Error> {
    type Row = (JobId, TenantId, JobKind, String, Option<VerificationId>, Option<WorkerId>, i32, bool);
    let query = jobs::table
        .filter(jobs::state.eq("running"))
        .filter(jobs::lease_until.le(now.as_micros()))
        .order(jobs::lease_until)
        .limit(limit)
        .select((
            jobs::id,
            jobs::tenant_id,
            jobs::kind,
            jobs::subject_id,
            jobs::verification_id,
            jobs::worker_id,
            jobs::crashes,
            jobs::alone,
        ));
    let rows = load_skipping_locked!(conn, query, Row)?;
    let mut expired = Vec::with_capacity(rows.len());
    for (id, tenant, kind, subject, verification, worker, crashes, alone) in rows {
        let crashes = crashes + i32::from(alone);
        let dead = crashes >= limits.max_crashes;
        let state = if dead { JobState::Dead } else { JobState::Queued };
        let cause = if alone {
            "the process died while running this job alone"
        } else {
            "the lease ran out: the process died or stalled"
        };
        diesel::update(jobs::table.find(id.as_str()))
            .set((
                jobs::state.eq(state.as_str()),
                jobs::lease_token.eq(None::<String>),
                jobs::lease_until.eq(None::<i64>),
                jobs::published_at.eq(None::<i64>),
                jobs::run_at.eq(now.as_micros()),
                jobs::crashes.eq(crashes),
                jobs::suspect.eq(true),
                jobs::last_error.eq(cause),
                jobs::finished_at.eq(dead.then(|| now.as_micros())),
            ))
            .execute(conn)?;
        super::record_failure(conn, &id, worker.as_ref(), cause, now)?;
        expired.push(Expired { id, tenant, kind, subject, verification, dead, cause });
    }
    Ok(expired)
}

/// Publishes again what was published long ago and never claimed, unless the window is full of later ones, so that
/// it may merely be waiting. A message that was not lost after all is a duplicate, which no claim minds. Returns how
/// many.
pub fn republish_unclaimed(
    conn: &mut Conn,
    queue: QueueName,
    window: i64,
    limits: &JobLimits,
    now: Timestamp,
) -> Result<usize, Error> {
    let cutoff = now.minus(limits.republish).as_micros();
    let published = jobs::table.filter(jobs::queue.eq(queue.as_str())).filter(jobs::state.eq("queued"));
    let later: i64 = published.filter(jobs::published_at.gt(cutoff)).count().get_result(conn)?;
    if later >= window {
        return Ok(0);
    }
    Ok(diesel::update(
        jobs::table
            .filter(jobs::queue.eq(queue.as_str()))
            .filter(jobs::state.eq("queued"))
            .filter(jobs::published_at.le(cutoff)),
    )
    .set(jobs::published_at.eq(None::<i64>))
    .execute(conn)?)
}

/// A job that was given up.
#[derive(Debug, Clone, Queryable)]
pub struct DeadJob {
    /// The job.
    pub id: JobId,
    /// Its kind.
    pub kind: JobKind,
    /// When it was given up.
    pub finished_at: Option<Timestamp>,
    /// Why.
    pub last_error: Option<String>,
}

/// Dead jobs, newest first.
pub fn dead(conn: &mut Conn, limit: i64) -> Result<Vec<DeadJob>, Error> {
    Ok(jobs::table
        .filter(jobs::state.eq(JobState::Dead.as_str()))
        .order(jobs::finished_at.desc())
        .limit(limit)
        .select((jobs::id, jobs::kind, jobs::finished_at, jobs::last_error))
        .load(conn)?)
}

/// Makes a dead job due again with a clean slate; `false` if it is not dead.
pub fn redrive(conn: &mut Conn, id: &JobId, now: Timestamp) -> Result<bool, Error> {
    let changed = diesel::update(jobs::table.find(id.as_str()).filter(jobs::state.eq("dead")))
        .set((
            jobs::state.eq(JobState::Queued.as_str()),
            jobs::run_at.eq(now.as_micros()),
            jobs::published_at.eq(None::<i64>),
            jobs::attempts.eq(0),
            jobs::crashes.eq(0),
            jobs::suspect.eq(false),
            jobs::finished_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
