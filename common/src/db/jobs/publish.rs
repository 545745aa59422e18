//! Which jobs go to the broker next: a window per queue, filled tenant by tenant in turn.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::dialect::load_skipping_locked;
use crate::db::schema::{jobs, tenants};
use crate::db::{Conn, Error};
use crate::domain::{JobId, JobKind, JobState, QueueName, TenantId, Timestamp};

/// A job that is about to be published.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct DueJob {
    /// Its id.
    pub id: JobId,
    /// Its kind.
    pub kind: JobKind,
}

/// How many jobs of a queue are published and not yet claimed.
pub fn window(conn: &mut Conn, queue: QueueName) -> Result<i64, Error> {
    Ok(jobs::table
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::state.eq(JobState::Queued.as_str()))
        .filter(jobs::published_at.is_not_null())
        .count()
        .get_result(conn)?)
}

/// Reserves up to `limit` queued, due, unpublished jobs by marking them published. The tenants that wait
/// take turns, so that one tenant's backlog delays no other. A crash before the messages are out costs
/// the time until [`super::republish_unclaimed`], never a job.
pub fn reserve_due(
    conn: &mut Conn,
    queue: QueueName,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<DueJob>, Error> {
    let mut waiting: Vec<std::vec::IntoIter<DueJob>> = Vec::new();
    for tenant in waiting_tenants(conn, queue, now)? {
        waiting.push(due_of_tenant(conn, queue, &tenant, limit, now)?.into_iter());
    }
    let mut reserved = Vec::new();
    while reserved.len() < limit && !waiting.is_empty() {
        waiting.retain_mut(|jobs| match jobs.next() {
            Some(job) if reserved.len() < limit => {
                reserved.push(job);
                true
            }
            _ => false,
        });
    }
    if !reserved.is_empty() {
        diesel::update(jobs::table.filter(jobs::id.eq_any(reserved.iter().map(|job| job.id.as_str()))))
            .set(jobs::published_at.eq(now.as_micros()))
            .execute(conn)?;
    }
    Ok(reserved)
}

fn waiting_tenants(conn: &mut Conn, queue: QueueName, now: Timestamp) -> Result<Vec<TenantId>, Error> {
    let due = jobs::table
        .filter(jobs::tenant_id.eq(tenants::id))
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::state.eq("queued"))
        .filter(jobs::published_at.is_null())
        .filter(jobs::run_at.le(now.as_micros()));
    Ok(tenants::table.filter(exists(due)).select(tenants::id).load(conn)?)
}

fn due_of_tenant(
    conn: &mut Conn,
    queue: QueueName,
    tenant: &TenantId,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<DueJob>, Error> {
    let query = jobs::table
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::tenant_id.eq(tenant.as_str()))
        .filter(jobs::state.eq("queued"))
        .filter(jobs::published_at.is_null())
        .filter(jobs::run_at.le(now.as_micros()))
        .order((jobs::priority, jobs::run_at, jobs::id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((jobs::id, jobs::kind));
    Ok(load_skipping_locked!(conn, query, DueJob)?)
}

/// Takes a reservation back because the message did not go out.
pub fn unpublish(conn: &mut Conn, ids: &[JobId]) -> Result<(), Error> {
    diesel::update(
        jobs::table
            .filter(jobs::id.eq_any(ids.iter().map(JobId::as_str)))
            .filter(jobs::state.eq(JobState::Queued.as_str())),
    )
    .set(jobs::published_at.eq(None::<i64>))
    .execute(conn)?;
    Ok(())
}

/// Forgets that anything was published, because the queue lives in this process and is empty at its start.
pub fn forget_published(conn: &mut Conn) -> Result<usize, Error> {
    Ok(diesel::update(
        jobs::table
            .filter(jobs::state.eq(JobState::Queued.as_str()))
            .filter(jobs::published_at.is_not_null()),
    )
    .set(jobs::published_at.eq(None::<i64>))
    .execute(conn)?)
}
