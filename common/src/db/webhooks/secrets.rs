//! What deliveries are signed with: an endpoint's secrets, or its tenant's where the endpoint has none of its own.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::dsl::AsExprOf;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use secrecy::{ExposeSecret, SecretSlice};

use crate::crypto::{self, SealedRow, SecretKey};
use crate::db::dialect::load_held;
use crate::db::schema::{tenants, webhook_secrets};
use crate::db::{Conn, Error};
use crate::domain::{EndpointId, SecretId, TenantId, Timestamp};

/// How many bytes a secret has.
const LENGTH: usize = 32;

/// A secret that deliveries are signed with; wiped when dropped, and never printed.
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

impl SigningSecret {
    fn generate() -> Self {
        Self(SecretSlice::from(crypto::random_bytes::<LENGTH>().to_vec()))
    }

    /// The key of the HMAC.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The secret as receivers are given it, once: `whsec_` and base64.
    pub fn to_text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.expose()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[signing secret]")
    }
}

/// Whose secrets they are.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// Its endpoint, or `None` for the secrets of the tenant itself.
    pub endpoint: Option<&'a EndpointId>,
}

/// A secret as it is stored.
#[derive(Queryable)]
struct Row {
    id: SecretId,
    secret: Vec<u8>,
    wrapped_key: Vec<u8>,
}

/// Makes a secret, which is in force from now on beside those that are.
pub fn create(
    conn: &mut Conn,
    tenant_key: &SecretKey,
    owner: Owner<'_>,
    now: Timestamp,
) -> Result<SigningSecret, Error> {
    let (id, secret) = (SecretId::generate(), SigningSecret::generate());
    let sealed = SealedRow::seal(tenant_key, secret.expose(), &seal_context(&id));
    diesel::insert_into(webhook_secrets::table)
        .values((
            webhook_secrets::id.eq(id.as_str()),
            webhook_secrets::tenant_id.eq(owner.tenant.as_str()),
            webhook_secrets::endpoint_id.eq(owner.endpoint.map(EndpointId::as_str)),
            webhook_secrets::secret.eq(sealed.ciphertext),
            webhook_secrets::wrapped_key.eq(sealed.wrapped_key),
            webhook_secrets::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(secret)
}

/// Makes a secret that takes the place of the one in force, which is used beside it for `keep_old`. One that was on
/// its way out already is out at once, so that never more than two are in force.
pub fn rotate(
    conn: &mut Conn,
    tenant_key: &SecretKey,
    owner: Owner<'_>,
    keep_old: Duration,
    now: Timestamp,
) -> Result<SigningSecret, Error> {
    lock(conn, owner.tenant)?;
    diesel::delete(of(owner).filter(webhook_secrets::expires_at.is_not_null())).execute(conn)?;
    match keep_old.is_zero() {
        true => diesel::delete(of(owner)).execute(conn)?,
        false => diesel::update(of(owner))
            .set(webhook_secrets::expires_at.eq(now.plus(keep_old).as_micros()))
            .execute(conn)?,
    };
    create(conn, tenant_key, owner, now)
}

/// The secrets in force, newest first. A tenant's own first one is made when it is first asked for, so the caller's
/// transaction has to be one that writes.
pub fn in_force(
    conn: &mut Conn,
    tenant_key: &SecretKey,
    owner: Owner<'_>,
    now: Timestamp,
) -> Result<Vec<SigningSecret>, Error> {
    let found = stored(conn, tenant_key, owner, now)?;
    if !found.is_empty() || owner.endpoint.is_some() {
        return Ok(found);
    }
    lock(conn, owner.tenant)?;
    // Somebody else may have made it meanwhile.
    let found = stored(conn, tenant_key, owner, now)?;
    match found.is_empty() {
        true => Ok(vec![create(conn, tenant_key, owner, now)?]),
        false => Ok(found),
    }
}

/// Deletes the secrets of an endpoint. Returns how many there were.
pub fn delete_all(conn: &mut Conn, endpoint: &EndpointId) -> Result<usize, Error> {
    let theirs = webhook_secrets::table.filter(webhook_secrets::endpoint_id.eq(endpoint.as_str()));
    Ok(diesel::delete(theirs).execute(conn)?)
}

fn stored(
    conn: &mut Conn,
    tenant_key: &SecretKey,
    owner: Owner<'_>,
    now: Timestamp,
) -> Result<Vec<SigningSecret>, Error> {
    let in_force = webhook_secrets::expires_at.is_null().or(webhook_secrets::expires_at.gt(now.as_micros()));
    let rows: Vec<Row> = of(owner)
        .filter(in_force)
        .order((webhook_secrets::created_at.desc(), webhook_secrets::id.desc()))
        .select((webhook_secrets::id, webhook_secrets::secret, webhook_secrets::wrapped_key))
        .load(conn)?;
    let open = |row: Row| {
        let sealed = SealedRow { ciphertext: row.secret, wrapped_key: row.wrapped_key };
        let opened = sealed.open(tenant_key, &seal_context(&row.id));
        opened.map(|bytes| SigningSecret(bytes.into())).map_err(|cause| Error::Corrupt(cause.to_string()))
    };
    rows.into_iter().map(open).collect()
}

/// Lets those who change a tenant's secrets come one after another, and disturbs nobody else of the tenant's.
fn lock(conn: &mut Conn, tenant: &TenantId) -> Result<(), Error> {
    load_held!(conn, tenants::table.find(tenant.as_str()).select(tenants::id), TenantId)?;
    Ok(())
}

fn seal_context(id: &SecretId) -> String {
    format!("webhook_secret|{id}")
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of<'a>(owner: Owner<'a>) -> _ {
    let tenant: &'a str = owner.tenant.as_str();
    let endpoint: Option<&'a str> = owner.endpoint.map(EndpointId::as_str);
    // Nothing equals NULL, so that at most one side holds.
    let none: AsExprOf<bool, Bool> = owner.endpoint.is_none().into_sql::<Bool>();
    webhook_secrets::table.filter(webhook_secrets::tenant_id.eq(tenant)).filter(
        webhook_secrets::endpoint_id.eq(endpoint).or(webhook_secrets::endpoint_id.is_null().and(none)),
    )
}
