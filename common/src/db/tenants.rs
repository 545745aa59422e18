//! Tenants: the owners of everything else.

use diesel::prelude::*;

use super::schema::tenants;
use super::{Conn, Error};
use crate::domain::{Receivers, Retention, TenantId, Timestamp};

/// A tenant.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tenants)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its unique name.
    pub name: String,
    /// Its key, wrapped by the master key.
    pub wrapped_key: Vec<u8>,
    retention: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Tenant {
    /// How long its personal data is kept.
    pub fn retention(&self) -> Result<Retention, Error> {
        Ok(serde_json::from_str(&self.retention)?)
    }
}

/// Makes a tenant; `Ok(false)` if the name is taken.
pub fn insert(
    conn: &mut Conn,
    id: &TenantId,
    name: &str,
    wrapped_key: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    if by_name(conn, name)?.is_some() {
        return Ok(false);
    }
    diesel::insert_into(tenants::table)
        .values((
            tenants::id.eq(id.as_str()),
            tenants::name.eq(name),
            tenants::wrapped_key.eq(wrapped_key),
            tenants::retention.eq(serde_json::to_string(&Retention::default())?),
            tenants::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(true)
}

/// The tenant of that id.
pub fn get(conn: &mut Conn, id: &TenantId) -> Result<Option<Tenant>, Error> {
    Ok(tenants::table.find(id.as_str()).select(Tenant::as_select()).first(conn).optional()?)
}

/// The tenant of that name.
pub fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Tenant>, Error> {
    Ok(tenants::table.filter(tenants::name.eq(name)).select(Tenant::as_select()).first(conn).optional()?)
}

/// All tenants, by name.
pub fn list(conn: &mut Conn) -> Result<Vec<Tenant>, Error> {
    Ok(tenants::table.order(tenants::name).select(Tenant::as_select()).load(conn)?)
}

/// Sets how long a tenant's personal data is kept.
pub fn set_retention(conn: &mut Conn, id: &TenantId, retention: &Retention) -> Result<(), Error> {
    diesel::update(tenants::table.find(id.as_str()))
        .set(tenants::retention.eq(serde_json::to_string(retention)?))
        .execute(conn)?;
    Ok(())
}

/// Where a tenant's webhooks may go besides public addresses over https.
pub fn receivers(conn: &mut Conn, id: &TenantId) -> Result<Receivers, Error> {
    let text: Option<Option<String>> =
        tenants::table.find(id.as_str()).select(tenants::receivers).first(conn).optional()?;
    Ok(text.flatten().as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default())
}

/// Sets where a tenant's webhooks may go besides public addresses over https.
pub fn set_receivers(conn: &mut Conn, id: &TenantId, receivers: &Receivers) -> Result<(), Error> {
    let text = match *receivers == Receivers::default() {
        true => None,
        false => Some(serde_json::to_string(receivers)?),
    };
    diesel::update(tenants::table.find(id.as_str())).set(tenants::receivers.eq(text)).execute(conn)?;
    Ok(())
}
