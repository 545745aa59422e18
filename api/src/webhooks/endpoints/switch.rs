//! `POST /v1/webhook-endpoints/{id}/enable` and `/disable`.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::webhooks::endpoints::{self, Endpoint};
use idv_common::db::{self, Conn};
use idv_common::domain::{EndpointId, Timestamp};

use super::view::EndpointView;
use super::{hold, load};
use crate::answer::Id;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::problem::Problem;
use crate::state::State;
use crate::webhooks::once;

/// Enable a webhook endpoint
///
/// What was on its way when it was disabled goes on. It was told of nothing that has happened since: `recover` makes up
/// for that.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    responses((status = 200, description = "enabled", body = EndpointView)),
)]
#[post("/v1/webhook-endpoints/{id}/enable")]
pub(crate) async fn enable(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    switch(&state, &caller, &id.0, &req, "webhook_endpoint.enable", endpoints::enable).await
}

/// Disable a webhook endpoint
///
/// It is told of nothing any more; what is on its way to it waits.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    responses((status = 200, description = "disabled", body = EndpointView)),
)]
#[post("/v1/webhook-endpoints/{id}/disable")]
pub(crate) async fn disable(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    switch(&state, &caller, &id.0, &req, "webhook_endpoint.disable", endpoints::disable).await
}

async fn switch(
    state: &State,
    caller: &Caller,
    id: &EndpointId,
    req: &HttpRequest,
    action: &'static str,
    change: fn(&mut Conn, &Endpoint, Timestamp) -> Result<(), db::Error>,
) -> Result<HttpResponse, Problem> {
    let (owner, endpoint) = (caller.clone(), id.clone());
    let run = move |conn: &mut Conn, now: Timestamp| {
        let row = hold(conn, &owner, &endpoint)?;
        change(conn, &row, now)?;
        owner.log(conn, action, endpoint.as_str(), now)?;
        Ok(((), endpoint.into()))
    };
    once(state, caller, req, Fingerprint::of(req).finish(), StatusCode::OK, run).await?;
    Ok(HttpResponse::Ok().json(load(state, caller, id).await?))
}
