//! What the caller sees of a delivery.

use idv_common::db::webhooks::deliveries::{self, AttemptRow, Delivery};
use idv_common::db::{Conn, events};
use idv_common::domain::{
    AttemptId, DeliveryId, DeliveryState, EndpointId, EventId, EventType, TenantId, Timestamp, WebhookPayload,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// One event on its way to one endpoint, as in lists.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliverySummary)]
pub(crate) struct DeliverySummary {
    /// Its id.
    pub id: DeliveryId,
    /// `webhook_delivery`.
    pub object: &'static str,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The event; its id is the `webhook-id` that arrives.
    pub event_id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// What it happened to.
    pub resource_id: String,
    /// The event's place among all events of the same thing.
    pub sequence: i64,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried, since it was last sent again by hand.
    pub attempts: i32,
    /// When it is tried next, if it is pending and nothing stands in its way.
    pub due_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the endpoint had taken it, or the attempts were used up.
    pub finished_at: Option<Timestamp>,
}

/// One event on its way to one endpoint, with every attempt and what is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryView {
    #[serde(flatten)]
    pub summary: DeliverySummary,
    /// Each time that it was tried, oldest first.
    pub attempt_log: Vec<AttemptView>,
    /// What is sent. The same bytes each time: those of this value as it stands here, without white space.
    pub payload: WebhookPayload,
}

/// One time that a delivery was tried.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub(crate) struct AttemptView {
    /// Its id.
    pub id: AttemptId,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub latency_ms: i64,
    /// The status of the answer; null if none came.
    pub status: Option<i32>,
    /// Why none came.
    pub error: Option<String>,
    /// The beginning of the answer, if the operator has answers kept.
    pub response: Option<String>,
}

impl DeliveryView {
    /// Reads a tenant's delivery with its attempts and its event.
    pub(crate) fn load(conn: &mut Conn, tenant: &TenantId, id: &DeliveryId) -> Result<Self, Problem> {
        let row = deliveries::get(conn, tenant, id)?.ok_or_else(Problem::not_found)?;
        let event = events::get(conn, tenant, &row.event_id)?.ok_or_else(Problem::not_found)?;
        let attempts = deliveries::attempts(conn, id)?;
        Ok(Self {
            summary: row.into(),
            attempt_log: attempts.into_iter().map(AttemptView::from).collect(),
            payload: event.payload()?,
        })
    }
}

impl From<Delivery> for DeliverySummary {
    fn from(row: Delivery) -> Self {
        Self {
            id: row.id,
            object: "webhook_delivery",
            endpoint_id: row.endpoint_id,
            event_id: row.event_id,
            event_type: row.event_type,
            resource_id: row.resource_id,
            sequence: row.sequence,
            state: row.state,
            attempts: row.attempts,
            due_at: row.due_at.filter(|_| row.state == DeliveryState::Pending),
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            latency_ms: row.latency_ms,
            status: row.status,
            error: row.error,
            response: row.response,
        }
    }
}
