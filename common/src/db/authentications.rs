//! Authentications: somebody claims to be a subject.

use diesel::prelude::*;

use super::captures::Owner;
use super::schema::authentications;
use super::task::task_queries;
use super::{Conn, Error, erasures, jobs};
use crate::domain::{AuthenticationId, LivenessUse, SubjectId, TaskStatus, TenantId, Timestamp};

/// An authentication as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = authentications)]
pub struct Authentication {
    /// Its id.
    pub id: AuthenticationId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who it is said to be.
    pub subject_id: SubjectId,
    /// Where it stands.
    pub status: TaskStatus,
    /// Raised with every change.
    pub version: i64,
    /// What it makes of liveness.
    pub liveness: LivenessUse,
    result: Option<Vec<u8>>,
    wrapped_key: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was finished.
    pub completed_at: Option<Timestamp>,
}

task_queries!(authentications, Authentication, AuthenticationId, TaskStatus);

/// What an authentication's result is sealed for.
pub fn seal_context(id: &AuthenticationId) -> String {
    format!("authentication|{id}")
}

/// Stores a new authentication in `processing`.
pub fn insert(
    conn: &mut Conn,
    id: &AuthenticationId,
    tenant: &TenantId,
    subject: &SubjectId,
    liveness: LivenessUse,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(authentications::table)
        .values((
            authentications::id.eq(id.as_str()),
            authentications::tenant_id.eq(tenant.as_str()),
            authentications::subject_id.eq(subject.as_str()),
            authentications::status.eq(TaskStatus::Processing.as_str()),
            authentications::version.eq(1),
            authentications::liveness.eq(liveness.as_str()),
            authentications::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Gives up an authentication that nobody waits for any more: its job is called off and its images go. `false`, and
/// nothing is changed, if it has ended.
pub fn abandon(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &AuthenticationId,
    now: Timestamp,
) -> Result<bool, Error> {
    // The authentication before its job, in the order in which a worker locks them.
    match finish(conn, id, TaskStatus::Failed, None, now) {
        Err(Error::Fenced) => return Ok(false),
        finished => finished?,
    }
    jobs::cancel_of_subject(conn, id.as_str(), now)?;
    erasures::purge_used(conn, tenant, Owner::Authentication(id), now)?;
    Ok(true)
}

/// Erases the results of authentications finished before `cutoff`. Returns how many.
pub fn erase_results(conn: &mut Conn, tenant: &TenantId, cutoff: Timestamp) -> Result<usize, Error> {
    Ok(diesel::update(
        authentications::table
            .filter(authentications::tenant_id.eq(tenant.as_str()))
            .filter(authentications::completed_at.le(cutoff.as_micros()))
            .filter(authentications::result.is_not_null()),
    )
    .set((
        authentications::result.eq(None::<Vec<u8>>),
        authentications::wrapped_key.eq(None::<Vec<u8>>),
        authentications::version.eq(authentications::version + 1),
    ))
    .execute(conn)?)
}

/// Locks the unfinished authentications of a subject, as a worker does that finishes one, and names them. The others
/// have no jobs any more.
pub(super) fn lock_unfinished(conn: &mut Conn, subject: &SubjectId) -> Result<Vec<AuthenticationId>, Error> {
    let unfinished = authentications::table
        .filter(authentications::subject_id.eq(subject.as_str()))
        .filter(authentications::status.eq(TaskStatus::Processing.as_str()));
    Ok(diesel::update(unfinished)
        .set(authentications::version.eq(authentications::version + 1))
        .returning(authentications::id)
        .get_results(conn)?)
}

/// Deletes the authentications of a subject.
pub(super) fn delete_of(conn: &mut Conn, subject: &SubjectId) -> Result<usize, Error> {
    let rows = authentications::table.filter(authentications::subject_id.eq(subject.as_str()));
    Ok(diesel::delete(rows).execute(conn)?)
}
