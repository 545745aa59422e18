//! What comes of an attempt, for the delivery and for its endpoint.

use std::time::Duration;

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::claim::{ClaimedDelivery, wake};
use crate::db::dialect::{each, load_kept};
use crate::db::events::{self, NewEvent};
use crate::db::schema::{verifications, webhook_attempts, webhook_deliveries, webhook_endpoints};
use crate::db::{Conn, Error};
use crate::domain::{
    AttemptId, DeliveryLimits, DeliveryState, DisabledReason, EndpointStatus, EventType, Timestamp, micros,
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

/// Ends a claim: writes the attempt down and decides how it goes on with the delivery and its endpoint. `None` if the
/// claim is no longer held; then nothing is changed.
pub fn finish(
    conn: &mut Conn,
    claimed: &ClaimedDelivery,
    attempt: &Attempt,
    limits: &DeliveryLimits,
    now: Timestamp,
) -> Result<Option<Finished>, Error> {
    let next = match attempt.is_success() {
        true => None,
        false => {
            let attempts = usize::try_from(claimed.attempt).unwrap_or(usize::MAX);
            limits.next_attempt(attempts, attempt.retry_after, attempt.chance, now)
        }
    };
    let state = match (attempt.is_success(), next) {
        (true, _) => DeliveryState::Delivered,
        (false, Some(_)) => DeliveryState::Pending,
        (false, None) => DeliveryState::Failed,
    };
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
    if changed == 0 {
        return Ok(None);
    }
    record(conn, claimed, attempt)?;
    let disabled = match attempt.is_success() {
        true => note_success(conn, claimed).map(|()| None)?,
        false => note_failure(conn, claimed, attempt, limits, now)?,
    };
    if next.is_none() {
        wake(conn, &[claimed.id.as_str()], now)?;
    }
    Ok(Some(Finished { state, disabled }))
}

fn record(conn: &mut Conn, claimed: &ClaimedDelivery, attempt: &Attempt) -> Result<(), Error> {
    let (status, error) = match &attempt.outcome {
        Outcome::Answered(status) => (Some(i32::from(*status)), None),
        Outcome::Failed(error) => (None, Some(error.as_str())),
    };
    let response = match &attempt.response {
        Some(_) if is_redacted(conn, claimed)? => None,
        response => response.as_deref(),
    };
    diesel::insert_into(webhook_attempts::table)
        .values((
            webhook_attempts::id.eq(AttemptId::generate().as_str()),
            webhook_attempts::delivery_id.eq(claimed.id.as_str()),
            webhook_attempts::at.eq(attempt.at.as_micros()),
            webhook_attempts::latency_ms.eq(micros(attempt.latency) / 1000),
            webhook_attempts::status.eq(status),
            webhook_attempts::error.eq(error),
            webhook_attempts::response.eq(response),
        ))
        .execute(conn)?;
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

/// An endpoint that is well is not written to, so that its deliveries do not wait for each other.
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
