//! Which deliveries go out next: endpoint by endpoint, so that none waits for another's receiver.

use std::collections::{HashMap, HashSet};

use diesel::dsl::{count_star, min, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::pending;
use crate::db::dialect::{load_skipping_locked, one_at_a_time};
use crate::db::events::Event;
use crate::db::schema::{events, webhook_deliveries, webhook_endpoints};
use crate::db::{Conn, Error};
use crate::domain::{
    DeliveryId, DeliveryLimits, EndpointId, EndpointStatus, EventId, LeaseToken, TenantId, Timestamp,
};

/// What transactions that claim deliveries are told apart by from others that come one at a time.
const CLAIMING: i64 = 7_468_697_610;

/// How often one claim looks past deliveries that have to wait for others, and past how many at a time.
const LOOKS: usize = 8;
const LATER: usize = 500;

/// A delivery that this process is to send.
#[derive(Debug, Clone)]
pub struct ClaimedDelivery {
    /// The delivery.
    pub id: DeliveryId,
    /// The proof of the claim; deliveries that were claimed together share it.
    pub token: LeaseToken,
    /// Whose it is.
    pub tenant: TenantId,
    /// Where it goes.
    pub endpoint: EndpointId,
    /// The URL behind that.
    pub url: String,
    /// Whether the endpoint is one with secrets of its own; the tenant's are used otherwise.
    pub listed: bool,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// What is told.
    pub event: Event,
}

/// An endpoint that something can be sent to.
#[derive(Debug, Clone, Queryable)]
pub(super) struct Ready {
    id: EndpointId,
    tenant: TenantId,
    url: String,
    listed: bool,
    failures: i32,
    /// When the delivery that waits longest was due.
    pub(super) since: Option<i64>,
}

/// Whether anything might be due. What is found may still have to wait for something else.
pub fn any_due(conn: &mut Conn, now: Timestamp) -> Result<bool, Error> {
    Ok(!ready(conn, now)?.is_empty())
}

/// Claims up to `free` deliveries: of each enabled endpoint that does not rest as many as it may have under way, and
/// of each thing's events the first one that it has not been told of. Endpoints take turns. A process that dies costs
/// its deliveries the time of their lease.
pub fn claim(
    conn: &mut Conn,
    limits: &DeliveryLimits,
    free: usize,
    now: Timestamp,
) -> Result<Vec<ClaimedDelivery>, Error> {
    // What is under way is counted once, and an event never overtakes another.
    one_at_a_time(conn, CLAIMING)?;
    let mut endpoints = ready(conn, now)?;
    endpoints.sort_by_key(|endpoint| endpoint.since);
    let under_way = under_way(conn, now)?;
    let mut waiting = Vec::new();
    let mut looks = LOOKS;
    for endpoint in endpoints {
        let most = if endpoint.failures > 0 { 1 } else { limits.per_endpoint.max(1) };
        let room = most.saturating_sub(under_way.get(&endpoint.id).copied().unwrap_or(0)).min(free);
        // Those that have waited longest come first, so that whoever is left out now is among them soon.
        if room > 0 && waiting.len() < free {
            let due = due(conn, &endpoint.id, room, &mut looks, now)?;
            if !due.is_empty() {
                waiting.push((endpoint, due.into_iter()));
            }
        }
    }
    let taken = take_turns(waiting, free);
    mark(conn, taken, limits, now)
}

/// A due delivery: its id, its event's, and how often it was tried.
type Due = (DeliveryId, EventId, i32);

/// Gives one turn after the other to each endpoint that has something left.
fn take_turns(mut waiting: Vec<(Ready, std::vec::IntoIter<Due>)>, free: usize) -> Vec<(Ready, Due)> {
    let mut taken = Vec::new();
    while taken.len() < free {
        let before = taken.len();
        for (endpoint, due) in &mut waiting {
            if taken.len() < free {
                taken.extend(due.next().map(|due| (endpoint.clone(), due)));
            }
        }
        if taken.len() == before {
            break;
        }
    }
    taken
}

/// The enabled endpoints that do not rest and have something due.
pub(super) fn ready(conn: &mut Conn, now: Timestamp) -> Result<Vec<Ready>, Error> {
    let since = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(webhook_endpoints::id))
        .filter(pending())
        .filter(webhook_deliveries::due_at.le(now.as_micros()))
        .select(min(webhook_deliveries::due_at))
        .single_value();
    let rests = webhook_endpoints::resting_until.gt(now.as_micros());
    Ok(webhook_endpoints::table
        .filter(has_something_due(now))
        .filter(webhook_endpoints::status.eq(EndpointStatus::Enabled.as_str()))
        .filter(webhook_endpoints::resting_until.is_null().or(diesel::dsl::not(rests)))
        .select((
            webhook_endpoints::id,
            webhook_endpoints::tenant_id,
            webhook_endpoints::url,
            webhook_endpoints::listed,
            webhook_endpoints::failures,
            since,
        ))
        .load(conn)?)
}

/// Whether an endpoint has something due. Goes from endpoint to endpoint in the index of what is pending, so that it
/// neither reads what waits for one of them as a whole nor looks at those that nothing waits for.
fn has_something_due(now: Timestamp) -> SqlLiteral<Bool> {
    let due = format!("d.state = 'pending' AND d.due_at <= {}", now.as_micros());
    sql(&format!(
        "webhook_endpoints.id IN (WITH RECURSIVE waiting (id) AS ( \
         SELECT * FROM (SELECT d.endpoint_id FROM webhook_deliveries d WHERE {due} ORDER BY d.endpoint_id LIMIT 1) f \
         UNION ALL SELECT (SELECT d.endpoint_id FROM webhook_deliveries d WHERE {due} AND d.endpoint_id > waiting.id \
         ORDER BY d.endpoint_id LIMIT 1) FROM waiting WHERE waiting.id IS NOT NULL) SELECT id FROM waiting)"
    ))
}

/// How many deliveries to each endpoint are under way.
fn under_way(conn: &mut Conn, now: Timestamp) -> Result<HashMap<EndpointId, usize>, Error> {
    let counts: Vec<(EndpointId, i64)> = webhook_deliveries::table
        .filter(webhook_deliveries::lease_token.is_not_null())
        .filter(webhook_deliveries::due_at.gt(now.as_micros()))
        .group_by(webhook_deliveries::endpoint_id)
        .select((webhook_deliveries::endpoint_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().map(|(id, count)| (id, usize::try_from(count).unwrap_or(0))).collect())
}

/// The first pending delivery of the same thing to the same endpoint. A subquery that is computed row by row, so that
/// the backlog of an endpoint is never read as a whole.
fn first_of_its_kind() -> SqlLiteral<Text> {
    sql("(SELECT earlier.id FROM webhook_deliveries earlier \
         WHERE earlier.endpoint_id = webhook_deliveries.endpoint_id \
         AND earlier.resource_id = webhook_deliveries.resource_id AND earlier.state = 'pending' \
         ORDER BY earlier.sequence LIMIT 1)")
}

/// Up to `room` deliveries to an endpoint that are due and are the first of their kind. The others found on the way are
/// put behind those, so that they are found no more; it looks again for that `looks` times at most.
fn due(
    conn: &mut Conn,
    endpoint: &EndpointId,
    room: usize,
    looks: &mut usize,
    now: Timestamp,
) -> Result<Vec<Due>, Error> {
    let mut most = room;
    loop {
        let query = webhook_deliveries::table
            .filter(webhook_deliveries::endpoint_id.eq(endpoint.as_str()))
            .filter(pending())
            .filter(webhook_deliveries::due_at.le(now.as_micros()))
            .order(webhook_deliveries::due_at)
            .limit(i64::try_from(most).unwrap_or(i64::MAX))
            .select((
                (webhook_deliveries::id, webhook_deliveries::event_id, webhook_deliveries::attempts),
                first_of_its_kind(),
            ));
        let found = load_skipping_locked!(conn, query, (Due, DeliveryId))?;
        let all = found.len() < most;
        let (mut first, later): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(due, first)| due.0 == *first);
        put_behind(conn, later)?;
        first.truncate(room);
        if first.len() == room || all || *looks == 0 {
            return Ok(first.into_iter().map(|(due, _)| due).collect());
        }
        *looks -= 1;
        most = room + LATER;
    }
}

/// Lets deliveries, which this transaction has locked, wait until the first ones of their kind have ended.
fn put_behind(conn: &mut Conn, later: Vec<(Due, DeliveryId)>) -> Result<(), Error> {
    if later.is_empty() {
        return Ok(());
    }
    // Whoever ends a first one looks for the next before they commit. One that is about to end is locked and passed
    // over, and others do not end before this transaction has.
    let first = webhook_deliveries::table
        .filter(webhook_deliveries::id.eq_any(later.iter().map(|(_, first)| first.as_str())))
        .filter(pending())
        .select(webhook_deliveries::id);
    let first: HashSet<DeliveryId> = load_skipping_locked!(conn, first, DeliveryId)?.into_iter().collect();
    let behind = later.iter().filter(|(_, before)| first.contains(before)).map(|((id, ..), _)| id.as_str());
    diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(behind)))
        .set((webhook_deliveries::due_at.eq(None::<i64>), webhook_deliveries::lease_token.eq(None::<String>)))
        .execute(conn)?;
    Ok(())
}

/// Makes those due that come after these deliveries, which have ended.
pub(super) fn wake(conn: &mut Conn, ended: &[&str], now: Timestamp) -> Result<(), Error> {
    let next: Vec<Option<DeliveryId>> = webhook_deliveries::table
        .filter(webhook_deliveries::id.eq_any(ended))
        .select(first_of_its_kind().nullable())
        .load(conn)?;
    let next: Vec<&str> = next.iter().flatten().map(DeliveryId::as_str).collect();
    if next.is_empty() {
        return Ok(());
    }
    // Those not yet put behind too: somebody may be about to do that.
    let next = webhook_deliveries::table
        .filter(webhook_deliveries::id.eq_any(next))
        .filter(webhook_deliveries::lease_token.is_null())
        .filter(pending());
    diesel::update(next).set(webhook_deliveries::due_at.eq(now.as_micros())).execute(conn)?;
    Ok(())
}

/// Marks deliveries as under way and reads what they tell.
fn mark(
    conn: &mut Conn,
    taken: Vec<(Ready, Due)>,
    limits: &DeliveryLimits,
    now: Timestamp,
) -> Result<Vec<ClaimedDelivery>, Error> {
    if taken.is_empty() {
        return Ok(Vec::new());
    }
    let token = LeaseToken::generate();
    let ids = taken.iter().map(|(_, (id, ..))| id.as_str());
    diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(ids)))
        .set((
            webhook_deliveries::lease_token.eq(token.as_str()),
            webhook_deliveries::due_at.eq(now.plus(limits.lease).as_micros()),
        ))
        .execute(conn)?;
    let ids = taken.iter().map(|(_, (_, event, _))| event.as_str());
    let found: Vec<Event> =
        events::table.filter(events::id.eq_any(ids)).select(Event::as_select()).load(conn)?;
    let found: HashMap<EventId, Event> = found.into_iter().map(|event| (event.id.clone(), event)).collect();
    let claimed = |(endpoint, (id, event, attempts)): (Ready, Due)| {
        Some(ClaimedDelivery {
            id,
            token: token.clone(),
            tenant: endpoint.tenant,
            endpoint: endpoint.id,
            url: endpoint.url,
            listed: endpoint.listed,
            attempt: attempts + 1,
            // A foreign key keeps it there.
            event: found.get(&event)?.clone(),
        })
    };
    Ok(taken.into_iter().filter_map(claimed).collect())
}
