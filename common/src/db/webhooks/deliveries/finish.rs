//! What comes of an attempt, for the delivery and for its endpoint.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::claim::{ClaimedDelivery, wake};
use crate::db::dialect::{each, load_held, load_kept};
use crate::db::events::{self, NewEvent};
use crate::db::schema::{verifications, webhook_attempts, webhook_deliveries, webhook_endpoints};
use crate::db::{Conn, Error};
use crate::domain::{
    AttemptId, DeliveryId, DeliveryLimits, DeliveryState, DisabledReason, EndpointId, EndpointStatus,
    EventType, Timestamp, micros,
};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with this status came.
    Answered(u16),
    /// None came, or nothing was sent; and why, without addresses.
    Failed(String),
}

/// An attempt that has ended.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub latency: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// The beginning of the answer, if answers are kept.
    pub response: Option<String>,
    /// How long the receiver asks to be left alone.
    pub retry_after: Option<Duration>,
    /// A number from 0 to 1 that moves the next attempt, so that what failed together does not come back together.
    pub chance: f64,
}

impl Attempt {
    /// Whether the receiver has taken it.
    pub fn is_success(&self) -> bool {
        matches!(self.outcome, Outcome::Answered(200..=299))
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Where the delivery stands now.
    pub state: DeliveryState,
    /// Why its endpoint was disabled, if it was.
    pub disabled: Option<DisabledReason>,
}

/// A claimed delivery and how its attempt ended.
pub type Ended<'a> = (&'a ClaimedDelivery, &'a Attempt);

/// Ends claims: writes the attempts down and decides how it goes on with the deliveries and their endpoints. `None` where
/// the claim is no longer held; then nothing of that one is changed. Endpoints are locked before deliveries and in the
/// order of their ids, here as everywhere, so that nobody waits in a circle.
pub fn finish(
    conn: &mut Conn,
    ended: &[Ended<'_>],
    limits: &DeliveryLimits,
    now: Timestamp,
) -> Result<Vec<Option<Finished>>, Error> {
    let ailing = hold_ailing(conn, ended)?;
    let delivered = end_delivered(conn, ended, now)?;
    let mut finished = vec![None; ended.len()];
    for (finished, (claimed, attempt)) in finished.iter_mut().zip(ended) {
        let state = match attempt.is_success() {
            true => delivered.contains(&held(claimed)).then_some(DeliveryState::Delivered),
            false => end_failed(conn, claimed, attempt, limits, now)?,
        };
        *finished = state.map(|state| Finished { state, disabled: None });
    }
    let mut order: Vec<usize> = (0..ended.len()).filter(|index| finished[*index].is_some()).collect();
    order.sort_by_key(|index| &ended[*index].0.endpoint);
    record(conn, order.iter().map(|index| ended[*index]))?;
    for index in &order {
        let (claimed, attempt) = ended[*index];
        if !attempt.is_success() {
            let disabled = note_failure(conn, claimed, attempt, limits, now)?;
            finished[*index] = finished[*index].map(|finished| Finished { disabled, ..finished });
        } else if ailing.contains(&claimed.endpoint) {
            note_success(conn, claimed)?;
        }
    }
    let is_over = |index: &&usize| {
        finished[**index].is_some_and(|finished: Finished| finished.state != DeliveryState::Pending)
    };
    let over: Vec<&str> = order.iter().filter(is_over).map(|index| ended[*index].0.id.as_str()).collect();
    wake(conn, &over, now)?;
    Ok(finished)
}

/// Holds the endpoints that are written to: those that fail, or did so before. One that is well is left alone, so that
/// its deliveries do not wait for each other.
fn hold_ailing(conn: &mut Conn, ended: &[Ended<'_>]) -> Result<HashSet<EndpointId>, Error> {
    let failing = ended.iter().filter(|(_, attempt)| !attempt.is_success());
    let failing = webhook_endpoints::id.eq_any(failing.map(|(claimed, _)| claimed.endpoint.as_str()));
    let endpoints = webhook_endpoints::table
        .filter(webhook_endpoints::id.eq_any(ended.iter().map(|(claimed, _)| claimed.endpoint.as_str())))
        .filter(webhook_endpoints::failures.gt(0).or(failing))
        .order(webhook_endpoints::id)
        .select(webhook_endpoints::id);
    Ok(load_held!(conn, endpoints, EndpointId)?.into_iter().collect())
}

/// A claim on a delivery.
type Held<'a> = (&'a str, DeliveryId);

fn held(claimed: &ClaimedDelivery) -> Held<'_> {
    (claimed.token.as_str(), claimed.id.clone())
}

/// Ends what was delivered, one statement for all that were claimed together. Returns what was still held.
fn end_delivered<'a>(
    conn: &mut Conn,
    ended: &[Ended<'a>],
    now: Timestamp,
) -> Result<HashSet<Held<'a>>, Error> {
    let mut claims = BTreeMap::<&'a str, Vec<&str>>::new();
    for (claimed, _) in ended.iter().filter(|(_, attempt)| attempt.is_success()) {
        claims.entry(claimed.token.as_str()).or_default().push(claimed.id.as_str());
    }
    let mut delivered = HashSet::new();
    for (token, ids) in claims {
        let held = webhook_deliveries::table
            .filter(webhook_deliveries::id.eq_any(ids))
            .filter(webhook_deliveries::lease_token.eq(token));
        let ended = each!(conn, c => diesel::update(held)
            .set((
                webhook_deliveries::state.eq(DeliveryState::Delivered.as_str()),
                webhook_deliveries::attempts.eq(webhook_deliveries::attempts + 1),
                webhook_deliveries::lease_token.eq(None::<String>),
                webhook_deliveries::due_at.eq(now.as_micros()),
                webhook_deliveries::finished_at.eq(now.as_micros()),
            ))
            .returning(webhook_deliveries::id)
            .load::<DeliveryId>(c))?;
        delivered.extend(ended.into_iter().map(|id| (token, id)));
    }
    Ok(delivered)
}

/// Decides when a delivery is tried again, if ever. `None` if the claim is no longer held.
fn end_failed(
    conn: &mut Conn,
    claimed: &ClaimedDelivery,
    attempt: &Attempt,
    limits: &DeliveryLimits,
    now: Timestamp,
) -> Result<Option<DeliveryState>, Error> {
    let attempts = usize::try_from(claimed.attempt).unwrap_or(usize::MAX);
    let next = limits.next_attempt(attempts, attempt.retry_after, attempt.chance, now);
    let state = if next.is_some() { DeliveryState::Pending } else { DeliveryState::Failed };
    let held = webhook_deliveries::table
        .find(claimed.id.as_str())
        .filter(webhook_deliveries::lease_token.eq(claimed.token.as_str()));
    let changed = diesel::update(held)
        .set((
            webhook_deliveries::state.eq(state.as_str()),
            webhook_deliveries::attempts.eq(claimed.attempt),
            webhook_deliveries::lease_token.eq(None::<String>),
            webhook_deliveries::due_at.eq(next.unwrap_or(now).as_micros()),
            webhook_deliveries::finished_at.eq(next.is_none().then(|| now.as_micros())),
        ))
        .execute(conn)?;
    Ok((changed > 0).then_some(state))
}

fn record<'a>(conn: &mut Conn, ended: impl Iterator<Item = Ended<'a>>) -> Result<(), Error> {
    let mut rows = Vec::new();
    for (claimed, attempt) in ended {
        let (status, error) = match &attempt.outcome {
            Outcome::Answered(status) => (Some(i32::from(*status)), None),
            Outcome::Failed(error) => (None, Some(error.as_str())),
        };
        let response = match &attempt.response {
            Some(_) if is_redacted(conn, claimed)? => None,
            response => response.as_deref(),
        };
        rows.push((
            webhook_attempts::id.eq(AttemptId::generate().as_str().to_owned()),
            webhook_attempts::delivery_id.eq(claimed.id.as_str()),
            webhook_attempts::at.eq(attempt.at.as_micros()),
            webhook_attempts::latency_ms.eq(micros(attempt.latency) / 1000),
            webhook_attempts::status.eq(status),
            webhook_attempts::error.eq(error),
            webhook_attempts::response.eq(response),
        ));
    }
    if !rows.is_empty() {
        each!(conn, c => diesel::insert_into(webhook_attempts::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Whether the event is one of a verification whose personal data was erased: what a receiver says to it then is not
/// kept either. Whoever is about to erase it comes before or after, and then finds the answer.
fn is_redacted(conn: &mut Conn, claimed: &ClaimedDelivery) -> Result<bool, Error> {
    let verification = verifications::table
        .find(claimed.event.resource_id.as_str())
        .select(verifications::redacted_at.is_not_null());
    Ok(load_kept!(conn, verification, bool)?.first().copied().unwrap_or(false))
}

fn note_success(conn: &mut Conn, claimed: &ClaimedDelivery) -> Result<(), Error> {
    let ailing =
        webhook_endpoints::table.find(claimed.endpoint.as_str()).filter(webhook_endpoints::failures.gt(0));
    diesel::update(ailing)
        .set((
            webhook_endpoints::failures.eq(0),
            webhook_endpoints::failing_since.eq(None::<i64>),
            webhook_endpoints::resting_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Counts a failure of an endpoint, lets it rest or disables it. What fails while it rests was begun before and is not
/// counted again.
fn note_failure(
    conn: &mut Conn,
    claimed: &ClaimedDelivery,
    attempt: &Attempt,
    limits: &DeliveryLimits,
    now: Timestamp,
) -> Result<Option<DisabledReason>, Error> {
    let endpoint = webhook_endpoints::table
        .find(claimed.endpoint.as_str())
        .filter(webhook_endpoints::status.eq(EndpointStatus::Enabled.as_str()));
    let awake = webhook_endpoints::resting_until
        .is_null()
        .or(webhook_endpoints::resting_until.le(now.as_micros()).assume_not_null());
    let counted: Option<(i32, Option<i64>)> = each!(conn, c => diesel::update(endpoint.filter(awake))
        .set(webhook_endpoints::failures.eq(webhook_endpoints::failures + 1))
        .returning((webhook_endpoints::failures, webhook_endpoints::failing_since))
        .get_result(c))
    .optional()?;
    if attempt.outcome == Outcome::Answered(410) {
        return disable(conn, claimed, DisabledReason::Gone, now);
    }
    let Some((failures, since)) = counted else { return Ok(None) };
    let since = since.map_or(now, Timestamp::from_micros);
    if now.since(since) >= limits.disable_after {
        return disable(conn, claimed, DisabledReason::Failing, now);
    }
    let rest = DeliveryLimits::rest(failures).map(|rest| now.plus(rest).as_micros());
    diesel::update(webhook_endpoints::table.find(claimed.endpoint.as_str()))
        .set((
            webhook_endpoints::failing_since.eq(since.as_micros()),
            webhook_endpoints::resting_until.eq(rest),
        ))
        .execute(conn)?;
    Ok(None)
}

/// Disables an endpoint and tells the tenant's others. `None` if it is disabled already.
fn disable(
    conn: &mut Conn,
    claimed: &ClaimedDelivery,
    reason: DisabledReason,
    now: Timestamp,
) -> Result<Option<DisabledReason>, Error> {
    let enabled = webhook_endpoints::table
        .find(claimed.endpoint.as_str())
        .filter(webhook_endpoints::status.eq(EndpointStatus::Enabled.as_str()));
    let version: Option<i64> = each!(conn, c => diesel::update(enabled)
        .set((
            webhook_endpoints::status.eq(EndpointStatus::Disabled.as_str()),
            webhook_endpoints::disabled_reason.eq(reason.as_str()),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now.as_micros()),
        ))
        .returning(webhook_endpoints::version)
        .get_result(c))
    .optional()?;
    let Some(version) = version else { return Ok(None) };
    let new = NewEvent {
        tenant: &claimed.tenant,
        resource: claimed.endpoint.as_str(),
        event_type: EventType::EndpointDisabled,
        version,
        details: Some(Map::from_iter([("reason".to_owned(), Value::from(reason.as_str()))])),
    };
    events::tell(conn, &new, now)?;
    Ok(Some(reason))
}
