//! Comparisons of two faces.

use diesel::prelude::*;

use super::captures::Owner;
use super::schema::comparisons;
use super::task::task_queries;
use super::{Conn, Error, erasures, jobs};
use crate::domain::{ComparisonId, TaskStatus, TenantId, Timestamp};

/// A comparison as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = comparisons)]
pub struct Comparison {
    /// Its id.
    pub id: ComparisonId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where it stands.
    pub status: TaskStatus,
    /// Raised with every change.
    pub version: i64,
    /// The caller's own name for it.
    pub client_reference: Option<String>,
    result: Option<Vec<u8>>,
    wrapped_key: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was finished.
    pub completed_at: Option<Timestamp>,
}

task_queries!(comparisons, Comparison, ComparisonId, TaskStatus);

/// What a comparison's result is sealed for.
pub fn seal_context(id: &ComparisonId) -> String {
    format!("comparison|{id}")
}

/// Stores a new comparison in `processing`.
pub fn insert(
    conn: &mut Conn,
    id: &ComparisonId,
    tenant: &TenantId,
    client_reference: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(comparisons::table)
        .values((
            comparisons::id.eq(id.as_str()),
            comparisons::tenant_id.eq(tenant.as_str()),
            comparisons::status.eq(TaskStatus::Processing.as_str()),
            comparisons::version.eq(1),
            comparisons::client_reference.eq(client_reference),
            comparisons::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Gives up a comparison that nobody waits for any more: its job is called off, and its images go. `false`, and
/// nothing is changed, if it has ended.
pub fn abandon(conn: &mut Conn, tenant: &TenantId, id: &ComparisonId, now: Timestamp) -> Result<bool, Error> {
    // The comparison before the job, in the order in which a worker locks them.
    match finish(conn, id, TaskStatus::Failed, None, now) {
        Err(Error::Fenced) => return Ok(false),
        finished => finished?,
    }
    jobs::cancel_of_subject(conn, id.as_str(), now)?;
    erasures::purge_used(conn, tenant, Owner::Comparison(id), now)?;
    Ok(true)
}

/// Erases the results of comparisons finished before `cutoff`. Returns how many.
pub fn erase_results(conn: &mut Conn, tenant: &TenantId, cutoff: Timestamp) -> Result<usize, Error> {
    Ok(diesel::update(
        comparisons::table
            .filter(comparisons::tenant_id.eq(tenant.as_str()))
            .filter(comparisons::completed_at.le(cutoff.as_micros()))
            .filter(comparisons::result.is_not_null()),
    )
    .set((
        comparisons::result.eq(None::<Vec<u8>>),
        comparisons::wrapped_key.eq(None::<Vec<u8>>),
        comparisons::client_reference.eq(None::<String>),
        comparisons::version.eq(comparisons::version + 1),
    ))
    .execute(conn)?)
}
