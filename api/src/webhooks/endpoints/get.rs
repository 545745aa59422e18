//! `GET /v1/webhook-endpoints/{id}`: the endpoint and how it does.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::domain::EndpointId;

use super::load;
use super::view::EndpointView;
use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show a webhook endpoint
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    responses((status = 200, description = "the endpoint", body = EndpointView)),
)]
#[get("/v1/webhook-endpoints/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id.0).await?))
}
