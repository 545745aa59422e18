//! The endpoints: who is told of events, and how each of them does.

use diesel::dsl::not;
use diesel::prelude::*;

use super::{deliveries, secrets};
use crate::db::dialect::{each, first_locked, one_at_a_time};
use crate::db::events::{self, NewEvent};
use crate::db::schema::webhook_endpoints;
use crate::db::{Conn, Error};
use crate::domain::{
    DeliveryId, DisabledReason, EndpointId, EndpointStatus, EventId, EventType, TenantId, Timestamp,
};

/// What makes the creations of endpoints come one after another, so that their number can be limited.
const CREATING: i64 = 74_686_990;

/// How many deliveries of a deleted endpoint one transaction takes away, twice at most.
const PART: usize = 1000;

/// An endpoint as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = webhook_endpoints)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where events are sent.
    pub url: String,
    /// The owner's words for it.
    pub description: Option<String>,
    events: Option<String>,
    /// Whether it was made by itself; otherwise it belongs to the `webhook_url` of verifications.
    pub listed: bool,
    /// Whether it is told of events.
    pub status: EndpointStatus,
    /// Why it is not.
    pub disabled_reason: Option<DisabledReason>,
    /// Raised with every change by its owner, and when it is disabled.
    pub version: i64,
    /// Failures in a row.
    pub failures: i32,
    /// Since when it has done nothing but fail.
    pub failing_since: Option<Timestamp>,
    /// Until when it is left alone.
    pub resting_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its owner last changed it.
    pub updated_at: Timestamp,
}

impl Endpoint {
    /// The types of event that it is told of; `None`: all.
    pub fn events(&self) -> Result<Option<Vec<EventType>>, Error> {
        Ok(self.events.as_deref().map(serde_json::from_str).transpose()?)
    }
}

/// What a new endpoint starts with.
#[derive(Debug)]
pub struct NewEndpoint<'a> {
    /// Its id.
    pub id: &'a EndpointId,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// Where events are sent.
    pub url: &'a str,
    /// The owner's words for it.
    pub description: Option<&'a str>,
    /// The types of event that it is told of; `None`: all.
    pub events: Option<&'a [EventType]>,
}

/// Stores a new listed endpoint; `Ok(false)` if the tenant has `most` of them already.
pub fn insert(conn: &mut Conn, new: &NewEndpoint<'_>, most: i64, now: Timestamp) -> Result<bool, Error> {
    one_at_a_time(conn, CREATING)?;
    let count: i64 = webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(new.tenant.as_str()))
        .filter(webhook_endpoints::listed)
        .filter(not(webhook_endpoints::deleted))
        .count()
        .get_result(conn)?;
    if count >= most {
        return Ok(false);
    }
    insert_row(conn, new, true, now)?;
    Ok(true)
}

/// Stores a row unless there is an unlisted one of the same tenant and URL. Returns how many rows that were.
fn insert_row(conn: &mut Conn, new: &NewEndpoint<'_>, listed: bool, now: Timestamp) -> Result<usize, Error> {
    let events = new.events.map(serde_json::to_string).transpose()?;
    Ok(each!(conn, c => diesel::insert_into(webhook_endpoints::table)
        .values((
            webhook_endpoints::id.eq(new.id.as_str()),
            webhook_endpoints::tenant_id.eq(new.tenant.as_str()),
            webhook_endpoints::url.eq(new.url),
            webhook_endpoints::description.eq(new.description),
            webhook_endpoints::events.eq(events),
            webhook_endpoints::listed.eq(listed),
            webhook_endpoints::status.eq(EndpointStatus::Enabled.as_str()),
            webhook_endpoints::version.eq(1),
            webhook_endpoints::failures.eq(0),
            webhook_endpoints::created_at.eq(now.as_micros()),
            webhook_endpoints::updated_at.eq(now.as_micros()),
        ))
        .on_conflict_do_nothing()
        .execute(c))?)
}

/// A tenant's endpoint, listed or not.
pub fn get(conn: &mut Conn, tenant: &TenantId, id: &EndpointId) -> Result<Option<Endpoint>, Error> {
    Ok(webhook_endpoints::table
        .find(id.as_str())
        .filter(webhook_endpoints::tenant_id.eq(tenant.as_str()))
        .filter(not(webhook_endpoints::deleted))
        .select(Endpoint::as_select())
        .first(conn)
        .optional()?)
}

/// A tenant's endpoint, listed or not, which nobody else changes until the transaction ends. Events may be put on their
/// way to it meanwhile, so that those who tell of two endpoints never wait for each other.
pub fn hold(conn: &mut Conn, tenant: &TenantId, id: &EndpointId) -> Result<Option<Endpoint>, Error> {
    let row =
        webhook_endpoints::table.find(id.as_str()).filter(webhook_endpoints::tenant_id.eq(tenant.as_str()));
    diesel::update(row).set(webhook_endpoints::version.eq(webhook_endpoints::version)).execute(conn)?;
    get(conn, tenant, id)
}

/// A tenant's listed endpoints, newest first, those made before `before` alone.
pub fn list(
    conn: &mut Conn,
    tenant: &TenantId,
    before: Option<&EndpointId>,
    limit: i64,
) -> Result<Vec<Endpoint>, Error> {
    let mut query = webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(tenant.as_str()))
        .filter(webhook_endpoints::listed)
        .filter(not(webhook_endpoints::deleted))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(webhook_endpoints::id.lt(before.as_str()));
    }
    Ok(query.order(webhook_endpoints::id.desc()).limit(limit).select(Endpoint::as_select()).load(conn)?)
}

/// What an owner changes of an endpoint; what is `None` stays.
#[derive(Debug, Default)]
pub struct Change {
    /// Where events are sent. A new place has not failed yet.
    pub url: Option<String>,
    /// The owner's words for it.
    pub description: Option<Option<String>>,
    /// The types of event that it is told of.
    pub events: Option<Option<Vec<EventType>>>,
}

/// Changes an endpoint. Events that are on their way go to the new URL, whatever their type.
pub fn update(conn: &mut Conn, id: &EndpointId, change: &Change, now: Timestamp) -> Result<(), Error> {
    let events = match &change.events {
        Some(Some(events)) => Some(Some(serde_json::to_string(events)?)),
        Some(None) => Some(None),
        None => None,
    };
    let row = webhook_endpoints::table.find(id.as_str());
    diesel::update(row)
        .set((
            change.url.as_ref().map(|url| webhook_endpoints::url.eq(url)),
            change.description.as_ref().map(|text| webhook_endpoints::description.eq(text.as_deref())),
            events.map(|events| webhook_endpoints::events.eq(events)),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    if change.url.is_some() { begin_anew(conn, id, now) } else { Ok(()) }
}

/// Forgets the failures of an endpoint, and lets nothing wait for its next attempt.
fn begin_anew(conn: &mut Conn, id: &EndpointId, now: Timestamp) -> Result<(), Error> {
    diesel::update(webhook_endpoints::table.find(id.as_str()))
        .set((
            webhook_endpoints::failures.eq(0),
            webhook_endpoints::failing_since.eq(None::<i64>),
            webhook_endpoints::resting_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    deliveries::hurry(conn, id, now)?;
    Ok(())
}

/// Tells an endpoint of events again, those that waited for it first; nothing if it is enabled.
pub fn enable(conn: &mut Conn, endpoint: &Endpoint, now: Timestamp) -> Result<(), Error> {
    if endpoint.status == EndpointStatus::Enabled {
        return Ok(());
    }
    diesel::update(webhook_endpoints::table.find(endpoint.id.as_str()))
        .set((
            webhook_endpoints::status.eq(EndpointStatus::Enabled.as_str()),
            webhook_endpoints::disabled_reason.eq(None::<String>),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    begin_anew(conn, &endpoint.id, now)
}

/// Tells an endpoint of nothing any more, because its owner wants that, and the tenant's other endpoints of it; nothing
/// if it is disabled.
pub fn disable(conn: &mut Conn, endpoint: &Endpoint, now: Timestamp) -> Result<(), Error> {
    if endpoint.status == EndpointStatus::Disabled {
        return Ok(());
    }
    let reason = DisabledReason::Asked.as_str();
    let version = diesel::update(webhook_endpoints::table.find(endpoint.id.as_str()))
        .set((
            webhook_endpoints::status.eq(EndpointStatus::Disabled.as_str()),
            webhook_endpoints::disabled_reason.eq(reason),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now.as_micros()),
        ))
        .returning(webhook_endpoints::version)
        .get_result(conn)?;
    let details = [("reason".to_owned(), reason.into())].into_iter().collect();
    let new = NewEvent {
        tenant: &endpoint.tenant_id,
        resource: endpoint.id.as_str(),
        event_type: EventType::EndpointDisabled,
        version,
        details: Some(details),
    };
    events::tell(conn, &new, now)?;
    Ok(())
}

/// Tells one endpoint alone that somebody tries it. The caller's transaction holds its row. Returns the event and its
/// delivery.
pub fn test(conn: &mut Conn, endpoint: &Endpoint, now: Timestamp) -> Result<(EventId, DeliveryId), Error> {
    let new = NewEvent {
        tenant: &endpoint.tenant_id,
        resource: endpoint.id.as_str(),
        event_type: EventType::EndpointTest,
        version: endpoint.version,
        details: None,
    };
    let (event, sequence) = events::insert(conn, &new, now)?;
    let telling = super::Telling { event: &event, new: &new, sequence };
    let delivery = super::tell(conn, &endpoint.id, &telling, now)?;
    Ok((event, delivery))
}

/// The unlisted endpoint of a `webhook_url`, made if there is none. Whoever names a URL again wants it to be told: it is
/// enabled if it was not.
pub fn own_endpoint(
    conn: &mut Conn,
    tenant: &TenantId,
    url: &str,
    now: Timestamp,
) -> Result<EndpointId, Error> {
    let id = EndpointId::generate();
    let new = NewEndpoint { id: &id, tenant, url, description: None, events: None };
    // A sweep may forget it in the moment between the two statements, but not twice.
    for _ in 0..2 {
        if insert_row(conn, &new, false, now)? == 1 {
            return Ok(id);
        }
        if let Some(found) = hold_own(conn, tenant, url, now)? {
            if let Some(endpoint) = get(conn, tenant, &found)? {
                enable(conn, &endpoint, now)?;
            }
            return Ok(found);
        }
    }
    Err(Error::Statement(diesel::result::Error::NotFound))
}

/// The unlisted endpoint of a URL, which stays until the transaction ends.
fn hold_own(
    conn: &mut Conn,
    tenant: &TenantId,
    url: &str,
    now: Timestamp,
) -> Result<Option<EndpointId>, Error> {
    let own = webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(tenant.as_str()))
        .filter(webhook_endpoints::url.eq(url))
        .filter(not(webhook_endpoints::listed));
    Ok(diesel::update(own)
        .set(webhook_endpoints::updated_at.eq(now.as_micros()))
        .returning(webhook_endpoints::id)
        .get_result(conn)
        .optional()?)
}

/// Deletes an endpoint with its secrets, its deliveries and the record of them. It is gone for its owner at once; what
/// would take long is left to `clear_deleted`.
pub fn delete(conn: &mut Conn, id: &EndpointId) -> Result<(), Error> {
    diesel::update(webhook_endpoints::table.find(id.as_str()))
        .set((
            webhook_endpoints::deleted.eq(true),
            webhook_endpoints::status.eq(EndpointStatus::Disabled.as_str()),
            webhook_endpoints::disabled_reason.eq(DisabledReason::Asked.as_str()),
        ))
        .execute(conn)?;
    secrets::delete_all(conn, id)?;
    clear(conn, id)?;
    Ok(())
}

/// Takes away a part of what is left of a deleted endpoint; in the end the endpoint itself. Returns how many rows that
/// were; 0 if no endpoint is deleted.
pub fn clear_deleted(conn: &mut Conn) -> Result<usize, Error> {
    let deleted =
        webhook_endpoints::table.filter(webhook_endpoints::deleted).select(webhook_endpoints::id).limit(1);
    let Some(id) = deleted.first::<EndpointId>(conn).optional()? else { return Ok(0) };
    clear(conn, &id)
}

fn clear(conn: &mut Conn, id: &EndpointId) -> Result<usize, Error> {
    let part = deliveries::delete_some(conn, id, PART)?;
    if part == PART {
        return Ok(part);
    }
    let row = webhook_endpoints::table.find(id.as_str()).select(webhook_endpoints::id);
    first_locked!(conn, row, EndpointId)?;
    // From here on nothing is put on its way to it; something may have been.
    let rest = deliveries::delete_some(conn, id, PART)?;
    if deliveries::has_any(conn, id)? {
        return Ok(part + rest);
    }
    secrets::delete_all(conn, id)?;
    Ok(part + rest + diesel::delete(webhook_endpoints::table.find(id.as_str())).execute(conn)?)
}
