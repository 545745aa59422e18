//! The access log: who did what to which resource. Append-only, and without personal data.

use diesel::prelude::*;

use super::schema::access_log;
use super::{Conn, Error};
use crate::domain::{EventId, TenantId, Timestamp};

/// One access.
#[derive(Debug)]
pub struct Access<'a> {
    /// The tenant whose resource it is.
    pub tenant: &'a TenantId,
    /// A key id, an earlier system whose interface was called without one, `capture_token` or `cli`.
    pub actor: &'a str,
    /// What was done, such as `verification.read`.
    pub action: &'a str,
    /// The resource's id.
    pub resource: &'a str,
    /// The request's id.
    pub request_id: Option<&'a str>,
}

/// Appends an access.
pub fn append(conn: &mut Conn, access: &Access<'_>, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(access_log::table)
        .values((
            access_log::id.eq(EventId::generate().as_str()),
            access_log::tenant_id.eq(access.tenant.as_str()),
            access_log::actor.eq(access.actor),
            access_log::action.eq(access.action),
            access_log::resource_id.eq(access.resource),
            access_log::request_id.eq(access.request_id),
            access_log::at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// What was done to a resource, oldest first: actor and action.
pub fn of_resource(
    conn: &mut Conn,
    tenant: &TenantId,
    resource: &str,
) -> Result<Vec<(String, String)>, Error> {
    Ok(access_log::table
        .filter(access_log::tenant_id.eq(tenant.as_str()))
        .filter(access_log::resource_id.eq(resource))
        .order(access_log::id)
        .select((access_log::actor, access_log::action))
        .load(conn)?)
}
