//! Webhooks: the endpoints, and each event's way to each of them.

pub mod deliveries;
pub mod endpoints;
pub mod secrets;
pub mod unlisted;

use diesel::dsl::not;
use diesel::prelude::*;

use super::dialect::{each, load_kept};
use super::events::NewEvent;
use super::schema::{verifications, webhook_deliveries, webhook_endpoints};
use super::{Conn, Error};
use crate::domain::{DeliveryId, DeliveryState, EndpointId, EndpointStatus, EventId, EventType, Timestamp};

/// An event that endpoints are to be told of.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    /// Its id.
    pub(super) event: &'a EventId,
    /// The event.
    pub(super) new: &'a NewEvent<'a>,
    /// Its place among its resource's events.
    pub(super) sequence: i64,
}

/// Makes a delivery to each of the tenant's enabled endpoints that wants the event, and to the one of the
/// verification's own `webhook_url`.
pub(super) fn tell_endpoints(conn: &mut Conn, telling: &Telling<'_>, now: Timestamp) -> Result<(), Error> {
    let own = verifications::table
        .find(telling.new.resource)
        .filter(verifications::webhook_endpoint_id.is_not_null())
        .select(verifications::webhook_endpoint_id.assume_not_null());
    // Of the many that stand for a `webhook_url` none but the one is looked at.
    let listed = enabled(telling.new.tenant.as_str()).filter(webhook_endpoints::listed);
    let unlisted = enabled(telling.new.tenant.as_str()).filter(not(webhook_endpoints::listed));
    let own = unlisted.filter(webhook_endpoints::id.eq_any(own));
    let mut endpoints = load_kept!(conn, listed, (EndpointId, Option<String>))?;
    endpoints.extend(load_kept!(conn, own, (EndpointId, Option<String>))?);
    let mut wanting = Vec::new();
    for (endpoint, wanted) in endpoints {
        let wanted: Option<Vec<EventType>> = wanted.as_deref().map(serde_json::from_str).transpose()?;
        if wanted.is_none_or(|wanted| wanted.contains(&telling.new.event_type)) {
            wanting.push(endpoint);
        }
    }
    insert(conn, &wanting, telling, now)?;
    Ok(())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn enabled<'a>(tenant: &'a str) -> _ {
    let status: &'static str = EndpointStatus::Enabled.as_str();
    webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(tenant))
        .filter(webhook_endpoints::status.eq(status))
        .select((webhook_endpoints::id, webhook_endpoints::events))
}

/// Makes a delivery to one endpoint, due at once.
pub(super) fn tell(
    conn: &mut Conn,
    endpoint: &EndpointId,
    telling: &Telling<'_>,
    now: Timestamp,
) -> Result<DeliveryId, Error> {
    let ids = insert(conn, std::slice::from_ref(endpoint), telling, now)?;
    ids.into_iter().next().ok_or(Error::Statement(diesel::result::Error::NotFound))
}

/// Makes a delivery to each of these endpoints, due at once, in one statement.
fn insert(
    conn: &mut Conn,
    endpoints: &[EndpointId],
    telling: &Telling<'_>,
    now: Timestamp,
) -> Result<Vec<DeliveryId>, Error> {
    let made: Vec<_> = endpoints.iter().map(|endpoint| (DeliveryId::generate(), endpoint)).collect();
    let row = |(id, endpoint): &(DeliveryId, &EndpointId)| {
        (
            webhook_deliveries::id.eq(id.as_str().to_owned()),
            webhook_deliveries::tenant_id.eq(telling.new.tenant.as_str().to_owned()),
            webhook_deliveries::endpoint_id.eq(endpoint.as_str().to_owned()),
            webhook_deliveries::event_id.eq(telling.event.as_str().to_owned()),
            webhook_deliveries::resource_id.eq(telling.new.resource.to_owned()),
            webhook_deliveries::sequence.eq(telling.sequence),
            webhook_deliveries::state.eq(DeliveryState::Pending.as_str()),
            webhook_deliveries::attempts.eq(0),
            webhook_deliveries::due_at.eq(now.as_micros()),
            webhook_deliveries::created_at.eq(now.as_micros()),
        )
    };
    let rows: Vec<_> = made.iter().map(row).collect();
    if !rows.is_empty() {
        each!(conn, c => diesel::insert_into(webhook_deliveries::table).values(&rows).execute(c))?;
    }
    Ok(made.into_iter().map(|(id, _)| id).collect())
}
