//! Subjects: people who are known by a template of their face, and the templates.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};

use super::captures::Owner;
use super::schema::{subjects, templates};
use super::task::task_queries;
use super::{Conn, Error, authentications, captures, erasures, jobs};
use crate::crypto::SealedRow;
use crate::domain::{ErasureReason, SubjectId, SubjectStatus, TenantId, Timestamp};

/// A subject as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = subjects)]
pub struct Subject {
    /// Its id.
    pub id: SubjectId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where it stands.
    pub status: SubjectStatus,
    /// Raised with every change.
    pub version: i64,
    /// The caller's own name for the person.
    pub client_reference: Option<String>,
    result: Option<Vec<u8>>,
    wrapped_key: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the enrolment was finished.
    pub completed_at: Option<Timestamp>,
}

task_queries!(subjects, Subject, SubjectId, SubjectStatus);

/// A template as it is stored.
#[derive(Debug, Clone)]
pub struct Template {
    /// SHA-256 of the file of the embedder that made it.
    pub model_digest: String,
    /// The template, sealed.
    pub sealed: SealedRow,
}

/// What a subject's result is sealed for.
pub fn seal_context(id: &SubjectId) -> String {
    format!("subject|{id}")
}

/// What a subject's template is sealed for.
pub fn template_context(id: &SubjectId) -> String {
    format!("template|{id}")
}

/// Stores a new subject in `processing`; `Ok(false)` if another one has its name.
pub fn insert(
    conn: &mut Conn,
    id: &SubjectId,
    tenant: &TenantId,
    client_reference: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    if let Some(reference) = client_reference
        && by_reference(conn, tenant, reference)?.is_some()
    {
        return Ok(false);
    }
    let inserted = diesel::insert_into(subjects::table)
        .values((
            subjects::id.eq(id.as_str()),
            subjects::tenant_id.eq(tenant.as_str()),
            subjects::status.eq(SubjectStatus::Processing.as_str()),
            subjects::version.eq(1),
            subjects::client_reference.eq(client_reference),
            subjects::created_at.eq(now.as_micros()),
        ))
        .execute(conn);
    match inserted {
        // Somebody else was faster.
        Err(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        inserted => Ok(inserted.map(|_| true)?),
    }
}

/// The status of a tenant's subject, which keeps its row until the transaction ends: whoever erases it waits.
pub fn hold(conn: &mut Conn, tenant: &TenantId, id: &SubjectId) -> Result<Option<SubjectStatus>, Error> {
    let row = subjects::table.find(id.as_str()).filter(subjects::tenant_id.eq(tenant.as_str()));
    Ok(diesel::update(row)
        .set(subjects::version.eq(subjects::version))
        .returning(subjects::status)
        .get_result(conn)
        .optional()?)
}

/// The subject that holds a name: it is enrolled, or about to be.
pub fn by_reference(conn: &mut Conn, tenant: &TenantId, reference: &str) -> Result<Option<Subject>, Error> {
    let holding = [SubjectStatus::Processing.as_str(), SubjectStatus::Enrolled.as_str()];
    Ok(subjects::table
        .filter(subjects::tenant_id.eq(tenant.as_str()))
        .filter(subjects::client_reference.eq(reference))
        .filter(subjects::status.eq_any(holding))
        .select(Subject::as_select())
        .first(conn)
        .optional()?)
}

/// A tenant's subjects, newest first, those made before `before` alone.
pub fn list(
    conn: &mut Conn,
    tenant: &TenantId,
    reference: Option<&str>,
    before: Option<&SubjectId>,
    limit: i64,
) -> Result<Vec<Subject>, Error> {
    let mut query = subjects::table.filter(subjects::tenant_id.eq(tenant.as_str())).into_boxed();
    if let Some(reference) = reference {
        query = query.filter(subjects::client_reference.eq(reference));
    }
    if let Some(before) = before {
        query = query.filter(subjects::id.lt(before.as_str()));
    }
    Ok(query.order(subjects::id.desc()).limit(limit).select(Subject::as_select()).load(conn)?)
}

/// Stores a subject's template.
pub fn insert_template(
    conn: &mut Conn,
    tenant: &TenantId,
    subject: &SubjectId,
    template: &Template,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(templates::table)
        .values((
            templates::subject_id.eq(subject.as_str()),
            templates::tenant_id.eq(tenant.as_str()),
            templates::model_digest.eq(&template.model_digest),
            templates::payload.eq(&template.sealed.ciphertext),
            templates::wrapped_key.eq(&template.sealed.wrapped_key),
            templates::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A subject's template.
pub fn template(conn: &mut Conn, subject: &SubjectId) -> Result<Option<Template>, Error> {
    let row: Option<(String, Vec<u8>, Vec<u8>)> = templates::table
        .find(subject.as_str())
        .select((templates::model_digest, templates::payload, templates::wrapped_key))
        .first(conn)
        .optional()?;
    Ok(row.map(|(model_digest, ciphertext, wrapped_key)| Template {
        model_digest,
        sealed: SealedRow { ciphertext, wrapped_key },
    }))
}

/// Erases a tenant's subject with its template, its authentications and whatever is under way for them; `false` if there is
/// no such subject. Nothing of it can be read from the transaction's commit on; its objects follow.
pub fn erase(conn: &mut Conn, tenant: &TenantId, id: &SubjectId, now: Timestamp) -> Result<bool, Error> {
    erase_because(conn, tenant, id, ErasureReason::Redact, now)
}

fn erase_because(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &SubjectId,
    reason: ErasureReason,
    now: Timestamp,
) -> Result<bool, Error> {
    if !lock(conn, tenant, id)? {
        return Ok(false);
    }
    let mut objects = captures::delete_all(conn, Owner::Subject(id))?;
    jobs::cancel_of_subject(conn, id.as_str(), now)?;
    let unfinished = authentications::lock_unfinished(conn, id)?;
    objects.extend(captures::delete_of_claims(conn, id)?);
    for claim in &unfinished {
        jobs::cancel_of_subject(conn, claim.as_str(), now)?;
    }
    authentications::delete_of(conn, id)?;
    diesel::delete(templates::table.find(id.as_str())).execute(conn)?;
    diesel::delete(subjects::table.find(id.as_str())).execute(conn)?;
    erasures::order(conn, tenant, reason, &objects, now)?;
    Ok(true)
}

/// Locks a tenant's subject before anything that belongs to it, as a worker does that finishes; `false` if there is none.
fn lock(conn: &mut Conn, tenant: &TenantId, id: &SubjectId) -> Result<bool, Error> {
    let row = subjects::table.find(id.as_str()).filter(subjects::tenant_id.eq(tenant.as_str()));
    Ok(diesel::update(row).set(subjects::version.eq(subjects::version + 1)).execute(conn)? == 1)
}

/// Erases refused and failed subjects that ended before `cutoff`. Returns how many; more may be left if it is not 0.
pub fn erase_refused(
    conn: &mut Conn,
    tenant: &TenantId,
    cutoff: Timestamp,
    limit: i64,
    now: Timestamp,
) -> Result<usize, Error> {
    let refused = [SubjectStatus::Rejected.as_str(), SubjectStatus::Failed.as_str()];
    let due: Vec<SubjectId> = subjects::table
        .filter(subjects::tenant_id.eq(tenant.as_str()))
        .filter(subjects::status.eq_any(refused))
        .filter(subjects::completed_at.le(cutoff.as_micros()))
        .select(subjects::id)
        .order(subjects::id)
        .limit(limit)
        .load(conn)?;
    for id in &due {
        erase_because(conn, tenant, id, ErasureReason::Retention, now)?;
    }
    Ok(due.len())
}
