//! `POST /v1/webhook-endpoints/{id}/rotate-secret`: a new secret; the old one signs along for a while.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::Conn;
use idv_common::db::webhooks::secrets::{self, Owner};
use idv_common::domain::{EndpointId, Timestamp};

use super::view::EndpointView;
use super::{listed, load};
use crate::answer::Id;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::problem::Problem;
use crate::state::State;
use crate::webhooks::secret::overlap;
use crate::webhooks::{Done, once};

/// Rotate an endpoint's secret
///
/// The answer holds the new secret, this once. For some time, a day unless the operator says otherwise, deliveries carry
/// two signatures, so that the receiver may change over whenever it likes. A second rotation meanwhile ends the oldest
/// secret at once.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    responses((status = 200, description = "the endpoint with its new secret", body = EndpointView)),
)]
#[post("/v1/webhook-endpoints/{id}/rotate-secret")]
pub(crate) async fn rotate(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (ctx, owner, endpoint) = (state.ctx.clone(), caller.clone(), id.0.clone());
    let keep_old = overlap(&state);
    let rotate = move |conn: &mut Conn, now: Timestamp| {
        // Unlocked: whoever changes secrets locks the tenant's row, which others hold before an endpoint's.
        listed(conn, &owner, &endpoint)?;
        let key = ctx.keyring.tenant(conn, &owner.tenant)?;
        let of = Owner { tenant: &owner.tenant, endpoint: Some(&endpoint) };
        let secret = secrets::rotate(conn, &key, of, keep_old, now)?;
        owner.log(conn, "webhook_endpoint.rotate_secret", endpoint.as_str(), now)?;
        Ok((secret, endpoint.into()))
    };
    let fingerprint = Fingerprint::of(&req).finish();
    let secret = match once(&state, &caller, &req, fingerprint, StatusCode::OK, rotate).await? {
        Done::Now(secret) => Some(secret.to_text()),
        Done::Before(_) => None,
    };
    let view = EndpointView { secret, ..load(&state, &caller, &id.0).await? };
    Ok(HttpResponse::Ok().json(view))
}
