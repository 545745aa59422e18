//! Webhooks: endpoints, their deliveries, and the body that travels.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::names::names;
use super::{EventType, Timestamp};

names! {
    /// Whether an endpoint is told of events.
    EndpointStatus {
        /// It is.
        Enabled = "enabled",
        /// It is not; what was on its way waits.
        Disabled = "disabled",
    }
}

names! {
    /// Why an endpoint is told of nothing.
    DisabledReason {
        /// Its owner wanted that.
        Asked = "asked",
        /// It answered 410.
        Gone = "gone",
        /// It failed for days.
        Failing = "failing",
    }
}

names! {
    /// Where a delivery stands.
    DeliveryState {
        /// It is tried until it succeeds or its attempts are used up.
        Pending = "pending",
        /// The endpoint has taken it.
        Delivered = "delivered",
        /// Its attempts are used up.
        Failed = "failed",
    }
}

/// The body of a webhook: thin, that is, without personal data. Whoever wants to know more asks the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct WebhookPayload {
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What it happened to.
    pub data: WebhookData,
}

/// What an event happened to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct WebhookData {
    /// The id of the verification, comparison, batch or endpoint.
    pub id: String,
    /// Its status after the event, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its version after the event.
    pub version: i64,
    /// The event's place among all events of the same thing, from 1: a receiver that misses one sees it.
    pub sequence: i64,
    /// More, for some types: counts of a batch, why an endpoint was disabled.
    #[serde(flatten)]
    #[cfg_attr(feature = "utoipa", schema(value_type = Object))]
    pub details: Map<String, Value>,
}

/// The times and counts that bound a delivery's life.
#[derive(Debug, Clone)]
pub struct DeliveryLimits {
    /// How many deliveries to one endpoint are under way at once, unless its last attempt failed: then it is one.
    pub per_endpoint: usize,
    /// How long whoever has taken a delivery keeps it.
    pub lease: Duration,
    /// The time before each attempt, counted from the one before; after the last one the delivery has failed.
    pub schedule: Vec<Duration>,
    /// How long nothing but failures are borne before the endpoint is disabled.
    pub disable_after: Duration,
}

impl DeliveryLimits {
    /// The failure in a row from which on an endpoint rests.
    const FIRST_REST: i32 = 5;

    /// The shortest rest, and the longest.
    const REST: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(300)];

    /// The longest time for which a receiver may ask.
    const LONGEST_WISH: Duration = Duration::from_secs(86_400);

    /// When a delivery is tried again after so many attempts; `None` if it was the last. `chance`, from 0 to 1, moves
    /// the time by up to a tenth either way, so that what failed together does not come back together. A receiver's
    /// wish counts if it is the later one, up to a day.
    pub fn next_attempt(
        &self,
        attempts: usize,
        wish: Option<Duration>,
        chance: f64,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let pause = self.schedule.get(attempts)?.mul_f64(0.9 + 0.2 * chance.clamp(0.0, 1.0));
        Some(now.plus(pause.max(wish.unwrap_or_default().min(Self::LONGEST_WISH))))
    }

    /// How long an endpoint is left alone after so many failures in a row.
    pub fn rest(failures: i32) -> Option<Duration> {
        let doublings = failures.checked_sub(Self::FIRST_REST).and_then(|n| u32::try_from(n).ok())?;
        let [shortest, longest] = Self::REST;
        Some(shortest.saturating_mul(2_u32.saturating_pow(doublings)).min(longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> DeliveryLimits {
        DeliveryLimits {
            per_endpoint: 8,
            lease: Duration::from_secs(30),
            schedule: [0, 5, 300].map(Duration::from_secs).to_vec(),
            disable_after: Duration::from_secs(432_000),
        }
    }

    #[test]
    fn attempts_follow_the_schedule_and_a_receivers_wish() {
        let (limits, now) = (limits(), Timestamp::from_micros(0));
        let next = |attempts, wish: Option<u64>, chance| {
            let wish = wish.map(Duration::from_secs);
            limits.next_attempt(attempts, wish, chance, now).map(|at| at.as_micros() / 1000)
        };
        assert_eq!(next(1, None, 0.5), Some(5_000));
        assert_eq!([next(1, None, 0.0), next(1, None, 1.0)], [Some(4_500), Some(5_500)]);
        assert_eq!(next(2, None, 0.5), Some(300_000));
        assert_eq!(next(3, None, 0.5), None, "the last one was the third");
        assert_eq!(next(1, Some(60), 0.5), Some(60_000));
        assert_eq!(next(2, Some(60), 0.5), Some(300_000), "the schedule is later");
        assert_eq!(next(1, Some(1_000_000), 0.5), Some(86_400_000), "no receiver puts it off for ever");
    }

    #[test]
    fn an_endpoint_rests_from_the_fifth_failure_on_and_longer_each_time() {
        let rests = [1, 4, 5, 6, 9, 10, 40, i32::MAX]
            .map(|failures| DeliveryLimits::rest(failures).map(|r| r.as_secs()));
        assert_eq!(rests, [None, None, Some(10), Some(20), Some(160), Some(300), Some(300), Some(300)]);
    }
}
