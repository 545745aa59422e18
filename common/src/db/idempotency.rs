//! Idempotency keys: a reservation commits first, and the effect's transaction completes it.

use std::time::Duration;

use diesel::prelude::*;

use super::dialect::{each, first_locked};
use super::schema::idempotency_keys;
use super::{Conn, Error};
use crate::domain::{TenantId, Timestamp, micros};

/// How long a request may take before another with the same key takes its place.
pub const RESERVATION: Duration = Duration::from_secs(60);

/// How long a key is remembered.
pub const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// Which request this is: keys are scoped by tenant and route.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The tenant.
    pub tenant: TenantId,
    /// Method and path pattern.
    pub route: String,
    /// The header's value.
    pub key: String,
}

/// The proof of a reservation: when it ends. Whoever takes it over has a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(i64);

/// What a reservation met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// Nobody used the key before, or whoever did gave up: go ahead.
    Granted(Lease),
    /// Another request with this key is under way.
    InFlight,
    /// The request was made before, with this outcome.
    Done {
        /// The digest of what was asked then.
        fingerprint: String,
        /// The status answered.
        status: u16,
        /// The resource made or changed.
        resource_id: String,
    },
}

/// Reserves a key.
pub fn reserve(conn: &mut Conn, scope: &Scope, now: Timestamp) -> Result<Reservation, Error> {
    let lease = Lease(now.plus(RESERVATION).as_micros());
    let inserted = each!(conn, c => diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::tenant_id.eq(scope.tenant.as_str()),
            idempotency_keys::route.eq(&scope.route),
            idempotency_keys::key.eq(&scope.key),
            idempotency_keys::fingerprint.eq(""),
            idempotency_keys::lease_until.eq(lease.0),
            idempotency_keys::created_at.eq(now.as_micros()),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 1 {
        return Ok(Reservation::Granted(lease));
    }
    let row = idempotency_keys::table.find((scope.tenant.as_str(), &scope.route, &scope.key)).select((
        idempotency_keys::fingerprint,
        idempotency_keys::lease_until,
        idempotency_keys::status,
        idempotency_keys::resource_id,
    ));
    type Row = (String, i64, Option<i32>, Option<String>);
    match first_locked!(conn, row, Row)? {
        Some((fingerprint, _, Some(status), Some(resource_id))) => {
            let status = u16::try_from(status).map_err(|cause| Error::Corrupt(cause.to_string()))?;
            Ok(Reservation::Done { fingerprint, status, resource_id })
        }
        Some((_, lease_until, ..)) if lease_until > now.as_micros() => Ok(Reservation::InFlight),
        Some(_) => {
            diesel::update(idempotency_keys::table.find((scope.tenant.as_str(), &scope.route, &scope.key)))
                .set(idempotency_keys::lease_until.eq(lease.0))
                .execute(conn)?;
            Ok(Reservation::Granted(lease))
        }
        // Purged between the two statements.
        None => reserve(conn, scope, now),
    }
}

/// Notes a request's outcome, in the transaction of its effect. Refused with [`Error::Fenced`] if the request
/// took so long that another has taken its place.
pub fn complete(
    conn: &mut Conn,
    scope: &Scope,
    lease: Lease,
    fingerprint: &str,
    status: u16,
    resource_id: &str,
) -> Result<(), Error> {
    let changed = diesel::update(
        idempotency_keys::table
            .find((scope.tenant.as_str(), &scope.route, &scope.key))
            .filter(idempotency_keys::lease_until.eq(lease.0))
            .filter(idempotency_keys::status.is_null()),
    )
    .set((
        idempotency_keys::fingerprint.eq(fingerprint),
        idempotency_keys::status.eq(i32::from(status)),
        idempotency_keys::resource_id.eq(resource_id),
    ))
    .execute(conn)?;
    if changed == 0 { Err(Error::Fenced) } else { Ok(()) }
}

/// Gives a reservation back because the request was refused, so that a corrected one may use the key.
pub fn release(conn: &mut Conn, scope: &Scope, lease: Lease) -> Result<(), Error> {
    diesel::delete(
        idempotency_keys::table
            .find((scope.tenant.as_str(), &scope.route, &scope.key))
            .filter(idempotency_keys::lease_until.eq(lease.0))
            .filter(idempotency_keys::status.is_null()),
    )
    .execute(conn)?;
    Ok(())
}

/// Forgets keys older than [`MEMORY`]. Returns how many.
pub fn purge(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let cutoff = now.as_micros() - micros(MEMORY);
    Ok(diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(cutoff)))
        .execute(conn)?)
}
