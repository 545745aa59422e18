//! What an operator does about a dead job: drive it again once the cause is mended, or discard it.

use diesel::prelude::*;

use super::list::{Job, get};
use super::{Canceled, redrive};
use crate::db::schema::jobs;
use crate::db::{Conn, Error, captures, images, runs, verifications};
use crate::domain::{
    JobId, JobKind, JobState, RunId, TenantId, Timestamp, VerificationId, VerificationStatus,
};

/// Why a job was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such job.
    #[error("failed to find the job `{0}`")]
    NotFound(JobId),
    /// It is not dead.
    #[error("failed to change the job: it is `{0}`, and only dead jobs are driven again or discarded")]
    NotDead(JobState),
    /// What it would work on is not there any more.
    #[error("failed to drive the job again: the images are gone, so the request has to be made again")]
    ImagesGone,
    /// What it was about has moved on.
    #[error("failed to drive the job again: what it was about has moved on, so it can only be discarded")]
    Superseded,
    /// It was a batch's.
    #[error(
        "failed to drive the job again: it was a batch's, which has ended its part without it, so it takes another batch"
    )]
    OfBatch,
    /// What it erases has to be erased.
    #[error("failed to discard the job: what it erases has to be erased, so it can only be driven again")]
    MustErase,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<diesel::result::Error> for Refused {
    fn from(cause: diesel::result::Error) -> Self {
        Self::Database(cause.into())
    }
}

/// Makes a dead job due again with a clean slate, if it can still come to something. The job is a tenant's or, for the
/// operator alone, anybody's.
pub fn drive_again(
    conn: &mut Conn,
    tenant: Option<&TenantId>,
    id: &JobId,
    now: Timestamp,
) -> Result<Job, Refused> {
    let job = dead_job(conn, tenant, id)?;
    // The subject before the job, in the order in which everybody locks them.
    match job.kind {
        JobKind::Verify => check_verification(conn, &job)?,
        // Their images went when they were given up.
        JobKind::Compare | JobKind::Enroll | JobKind::Authenticate => return Err(Refused::ImagesGone),
        JobKind::Inspect => reopen_image(conn, &job)?,
        // The batch, or its item, has ended with them.
        JobKind::Prepare | JobKind::Import => return Err(Refused::OfBatch),
        JobKind::Erase => {}
    }
    match redrive(conn, id, now)? {
        true => Ok(job),
        false => Err(Refused::NotDead(JobState::Queued)),
    }
}

/// Calls a dead job off, so that it is not listed among the dead any more and is forgotten in time.
pub fn discard(
    conn: &mut Conn,
    tenant: Option<&TenantId>,
    id: &JobId,
    now: Timestamp,
) -> Result<Job, Refused> {
    let job = dead_job(conn, tenant, id)?;
    if job.kind == JobKind::Erase {
        return Err(Refused::MustErase);
    }
    let dead = jobs::table.find(id.as_str()).filter(jobs::state.eq(JobState::Dead.as_str()));
    match diesel::update(dead).set(Canceled::at(now)).execute(conn)? {
        0 => Err(Refused::NotDead(JobState::Queued)),
        _ => Ok(job),
    }
}

fn dead_job(conn: &mut Conn, tenant: Option<&TenantId>, id: &JobId) -> Result<Job, Refused> {
    let job = get(conn, tenant, id)?.ok_or_else(|| Refused::NotFound(id.clone()))?;
    match job.state {
        JobState::Dead => Ok(job),
        state => Err(Refused::NotDead(state)),
    }
}

/// A run may go on if its verification has failed with it and its images are there.
fn check_verification(conn: &mut Conn, job: &Job) -> Result<(), Refused> {
    let run: RunId = job.subject_id.parse().map_err(|_| Error::Corrupt(job.subject_id.clone()))?;
    let verification: &VerificationId =
        job.verification_id.as_ref().ok_or_else(|| Error::Corrupt(job.id.to_string()))?;
    let row = verifications::lock(conn, &job.tenant_id, verification)?.ok_or(Refused::Superseded)?;
    let run = runs::get(conn, &run)?.filter(|run| run.finished_at.is_none()).ok_or(Refused::Superseded)?;
    if run.batch_item_id.is_some() {
        return Err(Refused::OfBatch);
    }
    let is_current = row.current_run_id.as_ref() == Some(&run.id);
    if row.redacted_at.is_some() || row.status != VerificationStatus::Failed || !is_current {
        return Err(Refused::Superseded);
    }
    let wanted = run.captures()?;
    match captures::by_ids(conn, &wanted)?.len() == wanted.len() {
        true => Ok(()),
        false => Err(Refused::ImagesGone),
    }
}

fn reopen_image(conn: &mut Conn, job: &Job) -> Result<(), Refused> {
    let id = job.subject_id.parse().map_err(|_| Error::Corrupt(job.subject_id.clone()))?;
    match images::reopen(conn, &job.tenant_id, &id)? {
        true => Ok(()),
        false => Err(Refused::Superseded),
    }
}
