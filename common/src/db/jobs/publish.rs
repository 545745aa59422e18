//! Which jobs go to the broker next: a window per queue, filled by fair turns of the tenants that wait.
//!
//! Turns follow start-time fair queueing (Goyal, Vin and Cheng, 1996): each tenant has a count of the jobs it was
//! served, and the one with the lowest count is next. A tenant that was idle comes back with a bounded credit, so
//! that a few jobs pass another tenant's backlog at once and a backlog never passes anybody.

use diesel::dsl::{exists, max};
use diesel::prelude::*;

use crate::db::dialect::{each, load_skipping_locked, one_at_a_time};
use crate::db::schema::{jobs, tenants, turns};
use crate::db::{Conn, Error};
use crate::domain::{JobId, JobKind, JobState, QueueName, TenantId, Timestamp};

/// How many turns a tenant that was idle may be behind the one that was served most.
const CREDIT: i64 = 64;

/// What transactions that reserve jobs are told apart by from others that come one at a time; each queue has its own.
const RESERVING: i64 = 7_468_697_600;

/// How many jobs of one tenant are looked at in any case, however many tenants wait.
const LEAST_PER_TENANT: usize = 64;

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
        .filter(jobs::state.eq("queued"))
        .filter(jobs::published_at.is_not_null())
        .count()
        .get_result(conn)?)
}

/// A tenant with jobs that are due.
struct Waiting {
    tenant: TenantId,
    served: i64,
    jobs: std::vec::IntoIter<DueJob>,
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
    // Turns are counted once, and a second relay sees what the first has left.
    one_at_a_time(conn, RESERVING + queue as i64)?;
    let tenants = waiting_tenants(conn, queue, now)?;
    let share = limit.div_ceil(tenants.len().max(1)).max(LEAST_PER_TENANT).min(limit);
    let mut waiting = Vec::with_capacity(tenants.len());
    for (tenant, served) in tenants {
        let jobs = due_of_tenant(conn, queue, &tenant, share, now)?.into_iter();
        waiting.push(Waiting { tenant, served, jobs });
    }
    let reserved = take_turns(&mut waiting, limit);
    if reserved.is_empty() {
        return Ok(reserved);
    }
    diesel::update(jobs::table.filter(jobs::id.eq_any(reserved.iter().map(|job| job.id.as_str()))))
        .set(jobs::published_at.eq(now.as_micros()))
        .execute(conn)?;
    for tenant in &waiting {
        set_served(conn, queue, &tenant.tenant, tenant.served)?;
    }
    Ok(reserved)
}

/// Gives one turn after the other to the tenant that was served least.
fn take_turns(waiting: &mut [Waiting], limit: usize) -> Vec<DueJob> {
    let mut reserved = Vec::new();
    while reserved.len() < limit {
        let ready = waiting.iter_mut().filter(|tenant| tenant.jobs.len() > 0);
        let Some(next) = ready.min_by_key(|tenant| tenant.served) else { break };
        reserved.extend(next.jobs.next());
        next.served += 1;
    }
    reserved
}

/// The tenants with due jobs and how often each was served, an idle one's credit cut to [`CREDIT`].
fn waiting_tenants(conn: &mut Conn, queue: QueueName, now: Timestamp) -> Result<Vec<(TenantId, i64)>, Error> {
    let due = jobs::table
        .filter(jobs::tenant_id.eq(tenants::id))
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::state.eq("queued"))
        .filter(jobs::published_at.is_null())
        .filter(jobs::run_at.le(now.as_micros()));
    let rows: Vec<(TenantId, Option<i64>)> = tenants::table
        .left_join(turns::table.on(turns::tenant_id.eq(tenants::id).and(turns::queue.eq(queue.as_str()))))
        .filter(exists(due))
        .order(tenants::id)
        .select((tenants::id, turns::served.nullable()))
        .load(conn)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let most: Option<i64> =
        turns::table.filter(turns::queue.eq(queue.as_str())).select(max(turns::served)).first(conn)?;
    let least = most.unwrap_or(0) - CREDIT;
    Ok(rows.into_iter().map(|(tenant, served)| (tenant, served.unwrap_or(0).max(least))).collect())
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

fn set_served(conn: &mut Conn, queue: QueueName, tenant: &TenantId, served: i64) -> Result<(), Error> {
    let row =
        (turns::queue.eq(queue.as_str()), turns::tenant_id.eq(tenant.as_str()), turns::served.eq(served));
    each!(conn, c => diesel::insert_into(turns::table)
        .values(row)
        .on_conflict((turns::queue, turns::tenant_id))
        .do_update()
        .set(turns::served.eq(served))
        .execute(c))?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(served: i64, jobs: usize) -> Waiting {
        let job = |_| DueJob { id: JobId::generate(), kind: JobKind::Verify };
        let jobs: Vec<DueJob> = (0..jobs).map(job).collect();
        Waiting { tenant: TenantId::generate(), served, jobs: jobs.into_iter() }
    }

    #[test]
    fn tenants_that_were_served_alike_alternate() {
        let mut tenants = [waiting(7, 100), waiting(7, 100)];
        assert_eq!(take_turns(&mut tenants, 10).len(), 10);
        assert_eq!([tenants[0].served, tenants[1].served], [12, 12]);
    }

    #[test]
    fn a_tenant_that_was_idle_uses_its_credit_first() {
        let mut tenants = [waiting(64, 100), waiting(0, 20)];
        let reserved = take_turns(&mut tenants, 30);
        assert_eq!((reserved.len(), tenants[0].served, tenants[1].served), (30, 74, 20));
    }

    #[test]
    fn a_backlog_alone_fills_the_window() {
        assert_eq!(take_turns(&mut [waiting(0, 3), waiting(5, 0)], 8).len(), 3);
    }
}
