//! Webhooks: endpoints, their deliveries, and the body that travels.

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
