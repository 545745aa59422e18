//! `POST /v1/webhook-endpoints/{id}/test`: an event for this endpoint alone.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::Conn;
use idv_common::db::webhooks::{deliveries, endpoints};
use idv_common::domain::{DeliveryId, EndpointId, EventId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::hold_enabled;
use crate::answer::Id;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::problem::Problem;
use crate::state::State;
use crate::webhooks::{Done, once};

/// A test that is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub(crate) struct TestView {
    /// `webhook_test`.
    object: &'static str,
    /// The event, `endpoint.test`; its id is the `webhook-id` that arrives.
    event_id: EventId,
    /// Its delivery, which tells what came of it.
    delivery_id: DeliveryId,
}

/// Test a webhook endpoint
///
/// Sends `endpoint.test` to this endpoint alone, whatever its filter. `GET /v1/webhook-deliveries/{id}` tells what came
/// of it.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    responses((status = 202, description = "on its way", body = TestView)),
)]
#[post("/v1/webhook-endpoints/{id}/test")]
pub(crate) async fn test(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let owner = caller.clone();
    let send = move |conn: &mut Conn, now: Timestamp| {
        let endpoint = hold_enabled(conn, &owner, &id.0)?;
        let (event, delivery) = endpoints::test(conn, &endpoint, now)?;
        owner.log(conn, "webhook_endpoint.test", endpoint.id.as_str(), now)?;
        Ok(((event, delivery.clone()), delivery.into()))
    };
    let fingerprint = Fingerprint::of(&req).finish();
    let (event_id, delivery_id) =
        match once(&state, &caller, &req, fingerprint, StatusCode::ACCEPTED, send).await? {
            Done::Now(sent) => sent,
            Done::Before(delivery) => before(&state, &caller, &delivery).await?,
        };
    let location = format!("{}/v1/webhook-deliveries/{delivery_id}", state.base_url);
    let view = TestView { object: "webhook_test", event_id, delivery_id };
    Ok(HttpResponse::Accepted().insert_header((LOCATION, location)).json(view))
}

/// The test that the same request has sent before.
async fn before(state: &State, caller: &Caller, delivery: &str) -> Result<(EventId, DeliveryId), Problem> {
    let (tenant, id) = (caller.tenant.clone(), delivery.parse().map_err(Problem::internal)?);
    let row = state.ctx.db.read(move |conn| deliveries::get(conn, &tenant, &id)).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    Ok((row.event_id, row.id))
}
