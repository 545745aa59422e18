//! Deliveries: each event's way to one endpoint. The database alone decides which is next.

mod claim;
mod finish;
mod recover;

use std::time::Duration;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

pub use claim::{ClaimedDelivery, any_due, claim};
pub use finish::{Attempt, Ended, Finished, Outcome, finish};
pub use recover::Recovery;

use crate::db::dialect::load_skipping_locked;
use crate::db::schema::{events, webhook_attempts, webhook_deliveries, webhook_endpoints};
use crate::db::{Conn, Error};
use crate::domain::{
    AttemptId, DeliveryId, DeliveryState, EndpointId, EndpointStatus, EventId, EventType, TenantId,
    Timestamp, VerificationId,
};

/// The most deliveries that are made due at once.
const HURRIED: i64 = 10_000;

/// A delivery as it is stored, with its event's type.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// Where it goes.
    pub endpoint_id: EndpointId,
    /// What is told.
    pub event_id: EventId,
    /// What kind of event that is.
    #[diesel(select_expression = events::kind)]
    pub event_type: EventType,
    /// What the event happened to.
    pub resource_id: String,
    /// The event's place among that one's events.
    pub sequence: i64,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next, if it is pending; `None` if it waits for an earlier one of the same thing.
    pub due_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub finished_at: Option<Timestamp>,
}

/// A try at a delivery, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = webhook_attempts)]
pub struct AttemptRow {
    /// Its id.
    pub id: AttemptId,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub latency_ms: i64,
    /// The answer's status, if one came.
    pub status: Option<i32>,
    /// Why none came.
    pub error: Option<String>,
    /// The beginning of the answer, if answers are kept.
    pub response: Option<String>,
}

/// Which deliveries a list holds.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those to this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Those of this event.
    pub event: Option<EventId>,
    /// Those that stand there.
    pub state: Option<DeliveryState>,
    /// Those older than this one.
    pub starting_after: Option<DeliveryId>,
}

/// Whether a delivery is pending, written out so that the indexes of pending deliveries serve.
fn pending() -> SqlLiteral<Bool> {
    sql("webhook_deliveries.state = 'pending'")
}

/// The endpoints that a tenant has deleted and that something is left of.
#[diesel::dsl::auto_type(no_type_alias)]
fn deleted(tenant: String) -> _ {
    webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(tenant))
        .filter(webhook_endpoints::deleted)
        .select(webhook_endpoints::id)
}

/// A tenant's deliveries, newest first, at most `limit`.
pub fn list(conn: &mut Conn, tenant: &TenantId, filter: &Filter, limit: i64) -> Result<Vec<Delivery>, Error> {
    let mut query = webhook_deliveries::table
        .inner_join(events::table.on(events::id.eq(webhook_deliveries::event_id)))
        .filter(webhook_deliveries::tenant_id.eq(tenant.as_str().to_owned()))
        .filter(webhook_deliveries::endpoint_id.ne_all(deleted(tenant.as_str().to_owned())))
        .order(webhook_deliveries::id.desc())
        .limit(limit)
        .select(Delivery::as_select())
        .into_boxed();
    if let Some(endpoint) = &filter.endpoint {
        query = query.filter(webhook_deliveries::endpoint_id.eq(endpoint.as_str().to_owned()));
    }
    if let Some(event) = &filter.event {
        query = query.filter(webhook_deliveries::event_id.eq(event.as_str().to_owned()));
    }
    if let Some(state) = filter.state {
        query = query.filter(webhook_deliveries::state.eq(state.as_str()));
    }
    if let Some(after) = &filter.starting_after {
        query = query.filter(webhook_deliveries::id.lt(after.as_str().to_owned()));
    }
    Ok(query.load(conn)?)
}

/// A tenant's delivery.
pub fn get(conn: &mut Conn, tenant: &TenantId, id: &DeliveryId) -> Result<Option<Delivery>, Error> {
    Ok(webhook_deliveries::table
        .inner_join(events::table.on(events::id.eq(webhook_deliveries::event_id)))
        .filter(webhook_deliveries::id.eq(id.as_str()))
        .filter(webhook_deliveries::tenant_id.eq(tenant.as_str()))
        .filter(webhook_deliveries::endpoint_id.ne_all(deleted(tenant.as_str().to_owned())))
        .select(Delivery::as_select())
        .first(conn)
        .optional()?)
}

/// The tries at a delivery, oldest first.
pub fn attempts(conn: &mut Conn, delivery: &DeliveryId) -> Result<Vec<AttemptRow>, Error> {
    Ok(webhook_attempts::table
        .filter(webhook_attempts::delivery_id.eq(delivery.as_str()))
        .order(webhook_attempts::id)
        .select(AttemptRow::as_select())
        .load(conn)?)
}

/// Puts a tenant's delivery on its way again, with all its attempts before it, and ends its endpoint's rest. One that
/// is under way at the moment is left to end. `None` if there is no such delivery.
pub fn resend(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &DeliveryId,
    now: Timestamp,
) -> Result<Option<Delivery>, Error> {
    let Some(delivery) = get(conn, tenant, id)? else { return Ok(None) };
    end_rest(conn, &delivery.endpoint_id)?;
    let idle = webhook_deliveries::lease_token
        .is_null()
        .or(webhook_deliveries::due_at.le(now.as_micros()).assume_not_null());
    let resting = webhook_deliveries::table.find(id.as_str()).filter(idle);
    diesel::update(resting).set(afresh(now)).execute(conn)?;
    get(conn, tenant, id)
}

type Afresh = (
    diesel::dsl::Eq<webhook_deliveries::state, &'static str>,
    diesel::dsl::Eq<webhook_deliveries::attempts, i32>,
    diesel::dsl::Eq<webhook_deliveries::due_at, Option<i64>>,
    diesel::dsl::Eq<webhook_deliveries::lease_token, Option<String>>,
    diesel::dsl::Eq<webhook_deliveries::finished_at, Option<i64>>,
);

/// What makes a delivery due at once, as if it were new.
fn afresh(now: Timestamp) -> Afresh {
    (
        webhook_deliveries::state.eq(DeliveryState::Pending.as_str()),
        webhook_deliveries::attempts.eq(0),
        webhook_deliveries::due_at.eq(Some(now.as_micros())),
        webhook_deliveries::lease_token.eq(None),
        webhook_deliveries::finished_at.eq(None),
    )
}

/// Ends an endpoint's rest, and lets nothing wait for its next attempt.
pub fn wake(conn: &mut Conn, endpoint: &EndpointId, now: Timestamp) -> Result<(), Error> {
    end_rest(conn, endpoint)?;
    hurry(conn, endpoint, now)?;
    Ok(())
}

fn end_rest(conn: &mut Conn, endpoint: &EndpointId) -> Result<(), Error> {
    diesel::update(webhook_endpoints::table.find(endpoint.as_str()))
        .set(webhook_endpoints::resting_until.eq(None::<i64>))
        .execute(conn)?;
    Ok(())
}

/// Makes an endpoint's deliveries that wait for their next attempt due at once, at most about ten thousand, the soonest
/// first; the others keep their times. Those under way are left to end. Returns how many there were. The caller's
/// transaction may hold the endpoint's row; this waits for nobody.
pub fn hurry(conn: &mut Conn, endpoint: &EndpointId, now: Timestamp) -> Result<usize, Error> {
    let waiting = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint.as_str()))
        .filter(pending())
        .filter(webhook_deliveries::due_at.gt(now.as_micros()))
        .filter(webhook_deliveries::lease_token.is_null())
        .order(webhook_deliveries::due_at)
        .limit(HURRIED)
        .select(webhook_deliveries::id);
    let waiting: Vec<DeliveryId> = load_skipping_locked!(conn, waiting, DeliveryId)?;
    let those = webhook_deliveries::id.eq_any(waiting.iter().map(DeliveryId::as_str));
    Ok(diesel::update(webhook_deliveries::table.filter(those))
        .set(webhook_deliveries::due_at.eq(now.as_micros()))
        .execute(conn)?)
}

/// Deletes deliveries to an endpoint with their attempts, at most `limit`, without those that somebody ends at the moment.
/// Returns how many. Whoever has one of them under way finds it gone.
pub(super) fn delete_some(conn: &mut Conn, endpoint: &EndpointId, limit: usize) -> Result<usize, Error> {
    let theirs = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint.as_str()))
        .order(webhook_deliveries::event_id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(webhook_deliveries::id);
    let theirs = load_skipping_locked!(conn, theirs, DeliveryId)?;
    delete(conn, &theirs)
}

/// Whether there are deliveries to an endpoint.
pub(super) fn has_any(conn: &mut Conn, endpoint: &EndpointId) -> Result<bool, Error> {
    let theirs = webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(endpoint.as_str()));
    Ok(diesel::select(diesel::dsl::exists(theirs)).get_result(conn)?)
}

/// Forgets deliveries that ended before `cutoff`, with their attempts, at most `limit`. Returns how many.
pub fn forget_finished(conn: &mut Conn, cutoff: Timestamp, limit: i64) -> Result<usize, Error> {
    let old = webhook_deliveries::table
        .filter(webhook_deliveries::finished_at.le(cutoff.as_micros()))
        .order(webhook_deliveries::finished_at)
        .limit(limit)
        .select(webhook_deliveries::id);
    // Nobody puts one of them on its way again until they are gone.
    let old = load_skipping_locked!(conn, old, DeliveryId)?;
    delete(conn, &old)
}

/// Deletes deliveries that this transaction has locked.
fn delete(conn: &mut Conn, deliveries: &[DeliveryId]) -> Result<usize, Error> {
    let ids: Vec<&str> = deliveries.iter().map(DeliveryId::as_str).collect();
    let attempts = webhook_attempts::delivery_id.eq_any(ids.clone());
    diesel::delete(webhook_attempts::table.filter(attempts)).execute(conn)?;
    Ok(diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(ids))).execute(conn)?)
}

/// Gives up deliveries to disabled endpoints that were made before `cutoff`, at most `limit`: nobody would send them any
/// more. Returns how many.
pub fn give_up_stranded(
    conn: &mut Conn,
    cutoff: Timestamp,
    limit: i64,
    now: Timestamp,
) -> Result<usize, Error> {
    let disabled = webhook_endpoints::table
        .filter(sql::<Bool>("webhook_endpoints.status = 'disabled'"))
        .select(webhook_endpoints::id);
    let stranded = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq_any(disabled))
        .filter(pending())
        .filter(webhook_deliveries::created_at.le(cutoff.as_micros()))
        .limit(limit)
        .select(webhook_deliveries::id);
    let stranded = load_skipping_locked!(conn, stranded, DeliveryId)?;
    let ids: Vec<&str> = stranded.iter().map(DeliveryId::as_str).collect();
    diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(ids.clone())))
        .set((
            webhook_deliveries::state.eq(DeliveryState::Failed.as_str()),
            webhook_deliveries::lease_token.eq(None::<String>),
            webhook_deliveries::due_at.eq(now.as_micros()),
            webhook_deliveries::finished_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    claim::wake(conn, &ids, now)?;
    Ok(ids.len())
}

/// Empties what receivers have answered to a verification's events. Returns how many answers there were.
pub fn erase_responses(conn: &mut Conn, verification: &VerificationId) -> Result<usize, Error> {
    let told = webhook_deliveries::table
        .inner_join(events::table.on(events::id.eq(webhook_deliveries::event_id)))
        .filter(events::resource_id.eq(verification.as_str()))
        .select(webhook_deliveries::id);
    let answered = webhook_attempts::table
        .filter(webhook_attempts::delivery_id.eq_any(told))
        .filter(webhook_attempts::response.is_not_null());
    Ok(diesel::update(answered).set(webhook_attempts::response.eq(None::<String>)).execute(conn)?)
}

/// How far deliveries are behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many endpoints rest.
    pub resting: i64,
    /// How long the delivery that should have gone out first has waited since, of all to enabled endpoints that do not
    /// rest.
    pub oldest: Duration,
}

/// How far deliveries are behind.
pub fn backlog(conn: &mut Conn, now: Timestamp) -> Result<Backlog, Error> {
    let enabled =
        webhook_endpoints::table.filter(webhook_endpoints::status.eq(EndpointStatus::Enabled.as_str()));
    let resting =
        enabled.filter(webhook_endpoints::resting_until.gt(now.as_micros())).count().get_result(conn)?;
    let first = claim::ready(conn, now)?.into_iter().filter_map(|endpoint| endpoint.since).min();
    let first = first.map(Timestamp::from_micros);
    Ok(Backlog { resting, oldest: first.map(|due| now.since(due)).unwrap_or_default() })
}
