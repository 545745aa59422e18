//! `POST /v1/webhook-endpoints/{id}/recover`: sends again what an endpoint has not taken.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::webhooks::{deliveries, endpoints};
use idv_common::db::{self, Conn};
use idv_common::domain::{EndpointId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Id;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::problem::Problem;
use crate::state::State;
use crate::webhooks::{Done, once};

/// How many failed deliveries, and how many events that were never told, one transaction takes.
const AT_ONCE: i64 = 500;

/// Since when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRecoveryRequest)]
pub(crate) struct Since {
    /// Events that happened at this time or later (RFC 3339).
    since: Timestamp,
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookRecovery)]
pub(crate) struct RecoveryView {
    /// `webhook_recovery`.
    object: &'static str,
    /// The endpoint.
    endpoint_id: EndpointId,
    /// Since when.
    since: Timestamp,
    /// How many events are on their way again, or for the first time; null in a replay.
    recovered: Option<usize>,
}

/// Recover a webhook endpoint
///
/// Every event since then that its filter lets through and that it has not taken is on its way to it again, each with the
/// id that it had: those whose attempts were used up, and those that it was not told of because it was disabled or not
/// there yet. The one of a `webhook_url` is sent its verifications' alone.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    request_body = Since,
    responses((status = 202, description = "on their way", body = RecoveryView)),
)]
#[post("/v1/webhook-endpoints/{id}/recover")]
pub(crate) async fn recover(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let limit = state.ctx.config.limits.json_bytes;
    let (Since { since }, body) = json::read(&req, payload, limit, state.upload_time()).await?;
    let (owner, endpoint) = (caller.clone(), id.0.clone());
    let begin = move |conn: &mut Conn, now: Timestamp| {
        endpoints::get(conn, &owner.tenant, &endpoint)?.ok_or_else(Problem::not_found)?;
        owner.log(conn, "webhook_endpoint.recover", endpoint.as_str(), now)?;
        let recovered = deliveries::recover(conn, &owner.tenant, &endpoint, since, AT_ONCE, now)?;
        Ok((recovered, endpoint.into()))
    };
    let fingerprint = Fingerprint::of(&req).json(&body).finish();
    let recovered = match once(&state, &caller, &req, fingerprint, StatusCode::ACCEPTED, begin).await? {
        Done::Now(begun) => Some(begun + recover_rest(&state, &caller, &id.0, since, begun).await?),
        Done::Before(_) => None,
    };
    let endpoint_id = id.0;
    Ok(HttpResponse::Accepted().json(RecoveryView {
        object: "webhook_recovery",
        endpoint_id,
        since,
        recovered,
    }))
}

/// Recovers what the first part has left, part by part, so that nobody waits long for the rows that it takes.
async fn recover_rest(
    state: &State,
    caller: &Caller,
    endpoint: &EndpointId,
    since: Timestamp,
    first: usize,
) -> Result<usize, Problem> {
    let (mut last, mut all) = (first, 0);
    while last > 0 {
        let (tenant, endpoint) = (caller.tenant.clone(), endpoint.clone());
        let part = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            deliveries::recover(conn, &tenant, &endpoint, since, AT_ONCE, now)
        };
        last = state.ctx.db.transaction(part).await?;
        all += last;
    }
    Ok(all)
}
