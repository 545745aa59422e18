//! `GET /v1/webhook-deliveries/{id}`: what came of a delivery, attempt by attempt.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::db::{self, Conn};
use idv_common::domain::DeliveryId;

use super::view::DeliveryView;
use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show a webhook delivery
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the delivery's id")),
    responses((status = 200, description = "the delivery", body = DeliveryView)),
)]
#[get("/v1/webhook-deliveries/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<DeliveryId>,
) -> Result<HttpResponse, Problem> {
    let (tenant, wanted) = (caller.tenant.clone(), id.0.clone());
    let view = state.ctx.db.read(move |conn| DeliveryView::load(conn, &tenant, &wanted)).await?;
    // A receiver may answer with anything.
    if view.attempt_log.iter().any(|attempt| attempt.response.is_some()) {
        let log = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            caller.log(conn, "webhook_delivery.read", id.0.as_str(), now)
        };
        state.ctx.db.transaction(log).await?;
    }
    Ok(HttpResponse::Ok().json(view))
}
