//! Looking at jobs: lists, and what happened to each.

use diesel::prelude::*;

use crate::db::schema::{job_failures, jobs};
use crate::db::{Conn, Error};
use crate::domain::{JobId, JobKind, JobState, QueueName, TenantId, Timestamp, VerificationId, WorkerId};

/// A job as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What it does.
    pub kind: JobKind,
    /// The queue that it travels in.
    pub queue: QueueName,
    /// What it is about.
    pub subject_id: String,
    /// The verification that it belongs to.
    pub verification_id: Option<VerificationId>,
    /// Where it stands.
    pub state: JobState,
    /// How often it has failed since it was last driven.
    pub attempts: i32,
    /// How often a process died while it ran there alone.
    pub crashes: i32,
    /// Why it failed last, without personal data.
    pub last_error: Option<String>,
    /// Who had it last.
    pub worker_id: Option<WorkerId>,
    /// Not before this time.
    pub run_at: Timestamp,
    /// When it was put on the list.
    pub created_at: Timestamp,
    /// When a worker last took it.
    pub claimed_at: Option<Timestamp>,
    /// When it was done, given up or called off.
    pub finished_at: Option<Timestamp>,
}

/// One failed attempt at a job.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = job_failures)]
pub struct Failure {
    /// When it failed.
    pub at: Timestamp,
    /// Who had it.
    pub worker_id: Option<WorkerId>,
    /// Why, without personal data.
    pub cause: String,
}

/// Which jobs to list.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// Only this tenant's; `None`, for the operator alone: everybody's.
    pub tenant: Option<TenantId>,
    /// Only those in this state.
    pub state: Option<JobState>,
    /// Only those of this kind.
    pub kind: Option<JobKind>,
    /// Only those older than this one.
    pub starting_after: Option<JobId>,
}

/// Jobs, newest first, at most `limit`.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Job>, Error> {
    let mut query = jobs::table.order(jobs::id.desc()).limit(limit).select(Job::as_select()).into_boxed();
    if let Some(tenant) = &filter.tenant {
        query = query.filter(jobs::tenant_id.eq(tenant.as_str().to_owned()));
    }
    if let Some(state) = filter.state {
        query = query.filter(jobs::state.eq(state.as_str()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(jobs::kind.eq(kind.as_str()));
    }
    if let Some(after) = &filter.starting_after {
        query = query.filter(jobs::id.lt(after.as_str().to_owned()));
    }
    Ok(query.load(conn)?)
}

/// The job of that id: a tenant's, or, for the operator alone, anybody's.
pub fn get(conn: &mut Conn, tenant: Option<&TenantId>, id: &JobId) -> Result<Option<Job>, Error> {
    let job: Option<Job> = jobs::table.find(id.as_str()).select(Job::as_select()).first(conn).optional()?;
    Ok(job.filter(|job| tenant.is_none_or(|tenant| job.tenant_id == *tenant)))
}

/// Every failed attempt at a job, oldest first.
pub fn history(conn: &mut Conn, job: &JobId) -> Result<Vec<Failure>, Error> {
    Ok(job_failures::table
        .filter(job_failures::job_id.eq(job.as_str()))
        .order((job_failures::at, job_failures::id))
        .select(Failure::as_select())
        .load(conn)?)
}
