//! Recovery: what an endpoint has not taken is put on its way, part by part.

use diesel::prelude::*;

use super::afresh;
use crate::db::dialect::each;
use crate::db::events::{Event, SKEW};
use crate::db::schema::{events, verifications, webhook_deliveries};
use crate::db::webhooks::endpoints::{self, Endpoint};
use crate::db::{Conn, Error};
use crate::domain::{
    DeliveryId, DeliveryState, EndpointId, EndpointStatus, EventId, EventType, TenantId, Timestamp,
};

/// The recovery of an endpoint: deliveries that have failed, and events that it wants and has no delivery of, because it
/// was disabled or did not exist. What happens after its beginning is not its business, so it comes to an end.
#[derive(Debug, Clone)]
pub struct Recovery {
    tenant: TenantId,
    endpoint: EndpointId,
    since: Timestamp,
    until: Timestamp,
    failed_to: DeliveryId,
    told_to: EventId,
    /// How many events it has put on their way.
    pub recovered: usize,
    /// Whether nothing is left to do, or nothing can be done, because the endpoint was disabled or deleted meanwhile.
    pub is_done: bool,
}

impl Recovery {
    /// The recovery of events from `since` to `until`, both inclusive, before its first part.
    pub fn new(tenant: TenantId, endpoint: EndpointId, since: Timestamp, until: Timestamp) -> Self {
        let from = since.minus(SKEW);
        Self {
            tenant,
            endpoint,
            since,
            until,
            failed_to: DeliveryId::earliest(from),
            told_to: EventId::earliest(from),
            recovered: 0,
            is_done: false,
        }
    }

    /// Does its next part: looks at `limit` failed deliveries and at `limit` events. Two recoveries of an endpoint may run
    /// at the same time, and none sends what the other one does.
    pub fn advance(mut self, conn: &mut Conn, limit: i64, now: Timestamp) -> Result<Self, Error> {
        let endpoint = endpoints::hold(conn, &self.tenant, &self.endpoint)?;
        let enabled = |endpoint: &Endpoint| endpoint.status == EndpointStatus::Enabled;
        let Some(endpoint) = endpoint.filter(enabled) else {
            self.is_done = true;
            return Ok(self);
        };
        let failed = self.failed(conn, limit)?;
        let events = self.events(conn, limit)?;
        let is_last = |found: usize| i64::try_from(found).is_ok_and(|found| found < limit);
        self.is_done = is_last(failed.len()) && is_last(events.len());
        self.failed_to = failed.last().unwrap_or(&self.failed_to).clone();
        self.told_to = events.last().map_or(self.told_to, |last| last.id.clone());
        self.recovered += send_again(conn, &failed, now)?;
        for event in untold(conn, &endpoint, events)? {
            if self.is_meant(&event) {
                self.recovered += self.tell(conn, &event, now)?;
            }
        }
        Ok(self)
    }

    fn failed(&self, conn: &mut Conn, limit: i64) -> Result<Vec<DeliveryId>, Error> {
        Ok(webhook_deliveries::table
            .inner_join(events::table.on(events::id.eq(webhook_deliveries::event_id)))
            .filter(webhook_deliveries::endpoint_id.eq(self.endpoint.as_str()))
            .filter(webhook_deliveries::state.eq(DeliveryState::Failed.as_str()))
            .filter(webhook_deliveries::finished_at.le(self.until.as_micros()))
            .filter(webhook_deliveries::id.gt(self.failed_to.as_str()))
            .filter(events::created_at.ge(self.since.as_micros()))
            .order(webhook_deliveries::id)
            .limit(limit)
            .select(webhook_deliveries::id)
            .load(conn)?)
    }

    /// The tenant's next events, whether the endpoint is to be told of them or not: ids sort by time.
    fn events(&self, conn: &mut Conn, limit: i64) -> Result<Vec<Event>, Error> {
        Ok(events::table
            .filter(events::tenant_id.eq(self.tenant.as_str()))
            .filter(events::id.gt(self.told_to.as_str()))
            .filter(events::id.lt(EventId::earliest(self.until.plus(SKEW)).as_str().to_owned()))
            .order(events::id)
            .limit(limit)
            .select(Event::as_select())
            .load(conn)?)
    }

    /// Whether it is of this time, and not a test of another endpoint or the endpoint's own end, of which nobody is told.
    fn is_meant(&self, event: &Event) -> bool {
        (self.since..=self.until).contains(&event.created_at)
            && event.event_type != EventType::EndpointTest
            && event.resource_id != self.endpoint.as_str()
    }

    /// Makes a delivery, due at once, unless there is one meanwhile.
    fn tell(&self, conn: &mut Conn, event: &Event, now: Timestamp) -> Result<usize, Error> {
        let id = DeliveryId::generate();
        Ok(each!(conn, c => diesel::insert_into(webhook_deliveries::table)
            .values((
                webhook_deliveries::id.eq(id.as_str()),
                webhook_deliveries::tenant_id.eq(self.tenant.as_str()),
                webhook_deliveries::endpoint_id.eq(self.endpoint.as_str()),
                webhook_deliveries::event_id.eq(event.id.as_str()),
                webhook_deliveries::resource_id.eq(&event.resource_id),
                webhook_deliveries::sequence.eq(event.sequence),
                webhook_deliveries::state.eq(DeliveryState::Pending.as_str()),
                webhook_deliveries::attempts.eq(0),
                webhook_deliveries::due_at.eq(now.as_micros()),
                webhook_deliveries::created_at.eq(now.as_micros()),
            ))
            .on_conflict_do_nothing()
            .execute(c))?)
    }
}

fn send_again(conn: &mut Conn, failed: &[DeliveryId], now: Timestamp) -> Result<usize, Error> {
    let those = webhook_deliveries::table
        .filter(webhook_deliveries::id.eq_any(failed.iter().map(DeliveryId::as_str)))
        .filter(webhook_deliveries::state.eq(DeliveryState::Failed.as_str()));
    Ok(diesel::update(those).set(afresh(now)).execute(conn)?)
}

/// Those that an endpoint wants and has no delivery of.
fn untold(conn: &mut Conn, endpoint: &Endpoint, mut found: Vec<Event>) -> Result<Vec<Event>, Error> {
    if let Some(wanted) = endpoint.events()? {
        found.retain(|event| wanted.contains(&event.event_type));
    }
    if !endpoint.listed {
        let own: Vec<String> = verifications::table
            .filter(verifications::webhook_endpoint_id.eq(endpoint.id.as_str()))
            .filter(verifications::id.eq_any(found.iter().map(|event| event.resource_id.as_str())))
            .select(verifications::id)
            .load(conn)?;
        found.retain(|event| own.contains(&event.resource_id));
    }
    let told: Vec<EventId> = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint.id.as_str()))
        .filter(webhook_deliveries::event_id.eq_any(found.iter().map(|event| event.id.as_str())))
        .select(webhook_deliveries::event_id)
        .load(conn)?;
    found.retain(|event| !told.contains(&event.id));
    Ok(found)
}
