//! Images that are kept by themselves, with a verdict on the face in them.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};

use super::captures::Owner;
use super::schema::images;
use super::task::task_queries;
use super::{Conn, Error, captures, erasures, jobs};
use crate::domain::{ErasureReason, ImageId, TaskStatus, TenantId, Timestamp};

/// An image as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = images)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where its inspection stands.
    pub status: TaskStatus,
    /// Raised with every change.
    pub version: i64,
    /// The caller's own name for it.
    pub name: Option<String>,
    result: Option<Vec<u8>>,
    wrapped_key: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was inspected.
    pub completed_at: Option<Timestamp>,
}

task_queries!(images, Image, ImageId, TaskStatus);

/// What an image's verdict is sealed for.
pub fn seal_context(id: &ImageId) -> String {
    format!("image|{id}")
}

/// Stores a new image in `processing`, in place of the tenant's earlier one of the same name, which is erased.
/// `Ok(false)` if another one has taken the name meanwhile; the transaction has to be given up then.
pub fn insert(
    conn: &mut Conn,
    id: &ImageId,
    tenant: &TenantId,
    name: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    if let Some(name) = name
        && let Some(earlier) = by_name(conn, tenant, name)?
    {
        erase(conn, tenant, &earlier.id, now)?;
    }
    let inserted = diesel::insert_into(images::table)
        .values((
            images::id.eq(id.as_str()),
            images::tenant_id.eq(tenant.as_str()),
            images::status.eq(TaskStatus::Processing.as_str()),
            images::version.eq(1),
            images::name.eq(name),
            images::created_at.eq(now.as_micros()),
        ))
        .execute(conn);
    match inserted {
        Err(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        inserted => Ok(inserted.map(|_| true)?),
    }
}

/// Has a tenant's image inspected again whose inspection was given up; `false` if there is no such image.
pub fn reopen(conn: &mut Conn, tenant: &TenantId, id: &ImageId) -> Result<bool, Error> {
    let failed = images::table
        .find(id.as_str())
        .filter(images::tenant_id.eq(tenant.as_str()))
        .filter(images::status.eq(TaskStatus::Failed.as_str()));
    let changed = diesel::update(failed)
        .set((
            images::status.eq(TaskStatus::Processing.as_str()),
            images::version.eq(images::version + 1),
            images::completed_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// A tenant's image of that name.
pub fn by_name(conn: &mut Conn, tenant: &TenantId, name: &str) -> Result<Option<Image>, Error> {
    Ok(images::table
        .filter(images::tenant_id.eq(tenant.as_str()))
        .filter(images::name.eq(name))
        .select(Image::as_select())
        .first(conn)
        .optional()?)
}

/// A tenant's images, newest first, those made before `before` alone.
pub fn list(
    conn: &mut Conn,
    tenant: &TenantId,
    name: Option<&str>,
    before: Option<&ImageId>,
    limit: i64,
) -> Result<Vec<Image>, Error> {
    let mut query = images::table.filter(images::tenant_id.eq(tenant.as_str())).into_boxed();
    if let Some(name) = name {
        query = query.filter(images::name.eq(name));
    }
    if let Some(before) = before {
        query = query.filter(images::id.lt(before.as_str()));
    }
    Ok(query.order(images::id.desc()).limit(limit).select(Image::as_select()).load(conn)?)
}

/// Erases a tenant's image and calls off its inspection; `false` if there is no such image. Nothing of it can be read
/// from the transaction's commit on; its object follows.
pub fn erase(conn: &mut Conn, tenant: &TenantId, id: &ImageId, now: Timestamp) -> Result<bool, Error> {
    erase_because(conn, tenant, id, ErasureReason::Redact, now)
}

/// Erases images inspected before `cutoff`. Returns how many; more may be left if it is not 0.
pub fn erase_old(
    conn: &mut Conn,
    tenant: &TenantId,
    cutoff: Timestamp,
    limit: i64,
    now: Timestamp,
) -> Result<usize, Error> {
    let due: Vec<ImageId> = images::table
        .filter(images::tenant_id.eq(tenant.as_str()))
        .filter(images::completed_at.le(cutoff.as_micros()))
        .select(images::id)
        .limit(limit)
        .load(conn)?;
    for id in &due {
        erase_because(conn, tenant, id, ErasureReason::Retention, now)?;
    }
    Ok(due.len())
}

fn erase_because(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &ImageId,
    reason: ErasureReason,
    now: Timestamp,
) -> Result<bool, Error> {
    // Locked before anything that belongs to it, as a worker does that finishes.
    let row = images::table.find(id.as_str()).filter(images::tenant_id.eq(tenant.as_str()));
    if diesel::update(row).set(images::version.eq(images::version + 1)).execute(conn)? == 0 {
        return Ok(false);
    }
    let objects = captures::delete_all(conn, Owner::Image(id))?;
    jobs::cancel_of_subject(conn, id.as_str(), now)?;
    diesel::delete(images::table.find(id.as_str())).execute(conn)?;
    erasures::order(conn, tenant, reason, &objects, now)?;
    Ok(true)
}
