//! Events: what happened to a thing, in order and without gaps, and on its way to whoever wants to be told.

use std::time::Duration;

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use serde_json::{Map, Value};

use super::dialect::each;
use super::schema::events;
use super::webhooks::{self, Telling};
use super::{Conn, Error};
use crate::domain::{EventId, EventType, TenantId, Timestamp, VerificationId, WebhookData, WebhookPayload};

/// How far ids and stored times may be apart, since ids carry the clock of the machine that made them.
pub(super) const SKEW: Duration = Duration::from_secs(3600);

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
    /// What it tells of: a verification, a comparison, a batch or an endpoint.
    pub resource_id: String,
    /// Its place among that one's events, from 1.
    pub sequence: i64,
    /// What happened.
    #[diesel(column_name = kind)]
    pub event_type: EventType,
    /// The version after it.
    pub version: i64,
    details: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
}

impl Event {
    /// What an endpoint is told of it: the same bytes each time.
    pub fn payload(&self) -> Result<WebhookPayload, Error> {
        let details: Option<Map<String, Value>> =
            self.details.as_deref().map(serde_json::from_str).transpose()?;
        let data = WebhookData {
            id: self.resource_id.clone(),
            status: self.event_type.status().map(str::to_owned),
            version: self.version,
            sequence: self.sequence,
            details: details.unwrap_or_default(),
        };
        Ok(WebhookPayload { event_type: self.event_type, timestamp: self.created_at, data })
    }
}

/// Something that has happened.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The id of what it happened to.
    pub resource: &'a str,
    /// What happened.
    pub event_type: EventType,
    /// The thing's version after it.
    pub version: i64,
    /// What the type does not say, without personal data.
    pub details: Option<Map<String, Value>>,
}

/// Appends an event of a verification. The caller's transaction holds the verification's row, so the sequence has no
/// gap.
pub fn append(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: &VerificationId,
    event_type: EventType,
    version: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let resource = verification.as_str();
    tell(conn, &NewEvent { tenant, resource, event_type, version, details: None }, now)?;
    Ok(())
}

/// Appends an event, and puts it on its way to the endpoints that want it. The caller's transaction holds the row of
/// what it happened to, so the sequence has no gap.
pub fn tell(conn: &mut Conn, new: &NewEvent<'_>, now: Timestamp) -> Result<EventId, Error> {
    let (id, sequence) = insert(conn, new, now)?;
    let telling = Telling { event: &id, new, sequence };
    webhooks::tell_endpoints(conn, &telling, now)?;
    Ok(id)
}

/// Appends an event that nobody is told of by itself. Returns its id and its place.
pub fn insert(conn: &mut Conn, new: &NewEvent<'_>, now: Timestamp) -> Result<(EventId, i64), Error> {
    let id = EventId::generate();
    let next = events::table
        .filter(events::resource_id.eq(new.resource))
        .select(max(events::sequence + 1))
        .single_value();
    let details = new.details.as_ref().map(serde_json::to_string).transpose()?;
    let sequence = each!(conn, c => diesel::insert_into(events::table)
        .values((
            events::id.eq(id.as_str()),
            events::tenant_id.eq(new.tenant.as_str()),
            events::resource_id.eq(new.resource),
            events::sequence.eq(coalesce(next, 1)),
            events::kind.eq(new.event_type.as_str()),
            events::version.eq(new.version),
            events::details.eq(details),
            events::created_at.eq(now.as_micros()),
        ))
        .returning(events::sequence)
        .get_result(c))?;
    Ok((id, sequence))
}

/// The events of a thing, oldest first.
pub fn list(conn: &mut Conn, resource: &str) -> Result<Vec<Event>, Error> {
    Ok(events::table
        .filter(events::resource_id.eq(resource))
        .order(events::sequence)
        .select(Event::as_select())
        .load(conn)?)
}

/// The event of that id.
pub fn get(conn: &mut Conn, tenant: &TenantId, id: &EventId) -> Result<Option<Event>, Error> {
    Ok(events::table
        .find(id.as_str())
        .filter(events::tenant_id.eq(tenant.as_str()))
        .select(Event::as_select())
        .first(conn)
        .optional()?)
}

/// Which of a tenant's events to list.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// Only these types; empty: all.
    pub types: Vec<EventType>,
    /// Only those of this thing.
    pub resource: Option<String>,
    /// Only those at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those before this time.
    pub created_before: Option<Timestamp>,
    /// Only those older than this one.
    pub starting_after: Option<EventId>,
}

/// A tenant's events, newest first, at most `limit`.
pub fn of_tenant(
    conn: &mut Conn,
    tenant: &TenantId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let mut query = events::table.filter(events::tenant_id.eq(tenant.as_str())).into_boxed();
    if !filter.types.is_empty() {
        query = query.filter(events::kind.eq_any(filter.types.iter().map(|kind| kind.as_str())));
    }
    if let Some(resource) = &filter.resource {
        query = query.filter(events::resource_id.eq(resource));
    }
    // Ids sort by time, so that the index of the tenant's events leads to a span of time.
    if let Some(from) = filter.created_from {
        let first = EventId::earliest(from.minus(SKEW));
        query = query.filter(events::created_at.ge(from.as_micros()));
        query = query.filter(events::id.ge(first.as_str().to_owned()));
    }
    if let Some(before) = filter.created_before {
        let end = EventId::earliest(before.plus(SKEW));
        query = query.filter(events::created_at.lt(before.as_micros()));
        query = query.filter(events::id.lt(end.as_str().to_owned()));
    }
    if let Some(after) = &filter.starting_after {
        query = query.filter(events::id.lt(after.as_str()));
    }
    Ok(query.order(events::id.desc()).limit(limit).select(Event::as_select()).load(conn)?)
}
