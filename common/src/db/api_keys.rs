//! API keys: the id is public, of the secret only the SHA-256 is kept.

use diesel::prelude::*;

use super::schema::api_keys;
use super::{Conn, Error};
use crate::domain::{KeyId, TenantId, Timestamp};

/// An API key as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// A name for people.
    pub name: String,
    /// SHA-256 of the secret.
    pub secret_sha256: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped working.
    pub revoked_at: Option<Timestamp>,
}

/// Stores a key.
pub fn insert(
    conn: &mut Conn,
    id: &KeyId,
    tenant: &TenantId,
    name: &str,
    secret_sha256: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(id.as_str()),
            api_keys::tenant_id.eq(tenant.as_str()),
            api_keys::name.eq(name),
            api_keys::secret_sha256.eq(secret_sha256),
            api_keys::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The key of that id, revoked or not.
pub fn get(conn: &mut Conn, id: &KeyId) -> Result<Option<ApiKey>, Error> {
    Ok(api_keys::table.find(id.as_str()).select(ApiKey::as_select()).first(conn).optional()?)
}

/// A tenant's keys, oldest first.
pub fn list(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<ApiKey>, Error> {
    Ok(api_keys::table
        .filter(api_keys::tenant_id.eq(tenant.as_str()))
        .order(api_keys::id)
        .select(ApiKey::as_select())
        .load(conn)?)
}

/// How many keys there are in all.
pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(api_keys::table.count().get_result(conn)?)
}

/// Stops a key from working; `false` if there is no such working key.
pub fn revoke(conn: &mut Conn, id: &KeyId, now: Timestamp) -> Result<bool, Error> {
    let changed = diesel::update(api_keys::table.find(id.as_str()).filter(api_keys::revoked_at.is_null()))
        .set(api_keys::revoked_at.eq(now.as_micros()))
        .execute(conn)?;
    Ok(changed == 1)
}
