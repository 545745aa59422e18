//! Events: what happened to a verification, in order and without gaps.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::dialect::each;
use super::schema::events;
use super::{Conn, Error};
use crate::domain::{EventId, EventType, TenantId, Timestamp, VerificationId};

#[diesel::declare_sql_function]
extern "SQL" {
    /// The value, or else the other one.
    fn coalesce(value: Nullable<BigInt>, other: BigInt) -> BigInt;
}

/// An event as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// The verification it tells of.
    pub verification_id: VerificationId,
    /// Its place among the verification's events, from 1.
    pub sequence: i64,
    /// What happened.
    #[diesel(column_name = kind)]
    pub event_type: EventType,
    /// The verification's version after it.
    pub version: i64,
    /// When it happened.
    pub created_at: Timestamp,
}

/// Appends an event. The caller's transaction holds the verification's row, so the sequence has no gap.
pub fn append(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: &VerificationId,
    event_type: EventType,
    version: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let id = EventId::generate();
    let next = events::table
        .filter(events::verification_id.eq(verification.as_str()))
        .select(max(events::sequence + 1))
        .single_value();
    each!(conn, c => diesel::insert_into(events::table)
        .values((
            events::id.eq(id.as_str()),
            events::tenant_id.eq(tenant.as_str()),
            events::verification_id.eq(verification.as_str()),
            events::sequence.eq(coalesce(next, 1)),
            events::kind.eq(event_type.as_str()),
            events::version.eq(version),
            events::created_at.eq(now.as_micros()),
        ))
        .execute(c))?;
    Ok(())
}

/// A verification's events, oldest first.
pub fn list(conn: &mut Conn, verification: &VerificationId) -> Result<Vec<Event>, Error> {
    Ok(events::table
        .filter(events::verification_id.eq(verification.as_str()))
        .order(events::sequence)
        .select(Event::as_select())
        .load(conn)?)
}
