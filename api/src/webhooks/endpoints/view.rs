//! What the caller sees of an endpoint.

use idv_common::db::webhooks::endpoints::Endpoint;
use idv_common::domain::{DisabledReason, EndpointId, EndpointStatus, EventType, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// A receiver of events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub(crate) struct EndpointView {
    /// Its id.
    pub id: EndpointId,
    /// `webhook_endpoint`.
    pub object: &'static str,
    /// Where events are sent.
    pub url: String,
    /// The caller's own words for it.
    pub description: Option<String>,
    /// The types of event that it is told of; null: all.
    pub events: Option<Vec<EventType>>,
    /// Whether it was made by `POST /v1/webhook-endpoints`; otherwise it belongs to the `webhook_url` of verifications.
    pub listed: bool,
    /// Whether it is told of events.
    pub status: EndpointStatus,
    /// Why it is not: `asked`, `gone` (it answered 410) or `failing` (for days).
    pub disabled_reason: Option<DisabledReason>,
    /// Raised with every change of the endpoint; its health does not count.
    pub version: i64,
    /// How it does.
    pub health: Health,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What deliveries are signed with. Shown once, in the answer to create and rotate-secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// How an endpoint does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookHealth)]
pub(crate) struct Health {
    /// Attempts in a row that have failed.
    pub failures: i32,
    /// Since when nothing has succeeded; null if the last attempt did.
    pub failing_since: Option<Timestamp>,
    /// Until when nothing is sent to it, after several failures in a row.
    pub resting_until: Option<Timestamp>,
}

impl TryFrom<Endpoint> for EndpointView {
    type Error = Problem;

    fn try_from(row: Endpoint) -> Result<Self, Problem> {
        Ok(Self {
            object: "webhook_endpoint",
            events: row.events()?,
            health: Health {
                failures: row.failures,
                failing_since: row.failing_since,
                resting_until: row.resting_until,
            },
            id: row.id,
            url: row.url,
            description: row.description,
            listed: row.listed,
            status: row.status,
            disabled_reason: row.disabled_reason,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            secret: None,
        })
    }
}
