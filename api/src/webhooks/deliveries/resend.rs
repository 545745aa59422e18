//! `POST /v1/webhook-deliveries/{id}/resend`: sends one event to one endpoint again.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::Conn;
use idv_common::db::webhooks::deliveries;
use idv_common::domain::{DeliveryId, Timestamp};

use super::view::DeliveryView;
use crate::answer::Id;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::problem::Problem;
use crate::state::State;
use crate::webhooks::endpoints::hold_enabled;
use crate::webhooks::once;

/// Resend a webhook delivery
///
/// It is due at once and has all its attempts again, whether the endpoint had taken it or not. It carries the id that it
/// had. Refused if the endpoint is disabled.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the delivery's id")),
    responses((status = 202, description = "on its way", body = DeliveryView)),
)]
#[post("/v1/webhook-deliveries/{id}/resend")]
pub(crate) async fn resend(
    state: Data<State>,
    caller: Caller,
    id: Id<DeliveryId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (owner, delivery) = (caller.clone(), id.0.clone());
    let resend = move |conn: &mut Conn, now: Timestamp| {
        let row = deliveries::get(conn, &owner.tenant, &delivery)?.ok_or_else(Problem::not_found)?;
        hold_enabled(conn, &owner, &row.endpoint_id)?;
        deliveries::resend(conn, &owner.tenant, &delivery, now)?.ok_or_else(Problem::not_found)?;
        owner.log(conn, "webhook_delivery.resend", delivery.as_str(), now)?;
        Ok(((), delivery.into()))
    };
    once(&state, &caller, &req, Fingerprint::of(&req).finish(), StatusCode::ACCEPTED, resend).await?;
    let view = state.ctx.db.read(move |conn| DeliveryView::load(conn, &caller.tenant, &id.0)).await?;
    Ok(HttpResponse::Accepted().json(view))
}
