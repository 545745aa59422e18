//! `POST /v1/webhook-endpoints/{id}/recover`: sends again what an endpoint has not taken.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::webhooks::deliveries::{self, Recovery};
use idv_common::db::{self, Conn};
use idv_common::domain::{EndpointId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::hold_enabled;
use crate::answer::Id;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::problem::Problem;
use crate::state::State;
use crate::webhooks::{Done, once};

/// How many failed deliveries, and how many events, one transaction looks at.
const AT_ONCE: i64 = 500;
/// Why a recovery does not go back as far as anybody likes.
const FORGOTTEN: &str = "what was delivered before is not known any more and would be sent again";

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
    /// How many events are on their way by now, again or for the first time; null in a replay.
    recovered: Option<usize>,
    /// Whether more is being looked through. If the server is stopped meanwhile, ask again: nothing is sent twice for it.
    has_more: bool,
}

/// Recover a webhook endpoint
///
/// Every event since then that its filter lets through and that it has not taken is on its way to it again, each with the
/// id that it had: those whose attempts were used up, and those that it was not told of because it was disabled or not
/// there yet. The one of a `webhook_url` is sent its verifications' alone. Refused if the endpoint is disabled, and if `since`
/// is longer ago than the record of deliveries is kept.
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
    let kept = Duration::from_secs(state.ctx.config.webhooks.kept_days.saturating_mul(86_400));
    let begin = move |conn: &mut Conn, now: Timestamp| {
        hold_enabled(conn, &owner, &endpoint)?;
        if since < now.minus(kept) {
            let days = kept.as_secs() / 86_400;
            return Err(Problem::field("/since", format!("must be at most {days} days ago: {FORGOTTEN}")));
        }
        owner.log(conn, "webhook_endpoint.recover", endpoint.as_str(), now)?;
        deliveries::wake(conn, &endpoint, now)?;
        let recovery = Recovery::new(owner.tenant, endpoint, since, now).advance(conn, AT_ONCE, now)?;
        // A replay goes on with what happened up to now, and with nothing else.
        Ok((recovery, now.as_micros().to_string()))
    };
    let fingerprint = Fingerprint::of(&req).json(&body).finish();
    let (recovery, recovered) =
        match once(&state, &caller, &req, fingerprint, StatusCode::ACCEPTED, begin).await? {
            Done::Now(begun) => (begun.clone(), Some(begun.recovered)),
            Done::Before(until) => {
                let until = Timestamp::from_micros(until.parse().map_err(Problem::internal)?);
                (Recovery::new(caller.tenant, id.0.clone(), since, until), None)
            }
        };
    let has_more = !recovery.is_done;
    if has_more {
        tokio::spawn(finish(state.clone(), recovery));
    }
    let endpoint_id = id.0;
    Ok(HttpResponse::Accepted().json(RecoveryView {
        object: "webhook_recovery",
        endpoint_id,
        since,
        recovered,
        has_more,
    }))
}

/// Does the rest, part by part, so that nobody waits long for the rows that it takes, and whether the caller waits or not.
async fn finish(state: Data<State>, mut recovery: Recovery) {
    while !recovery.is_done {
        let part = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            recovery.advance(conn, AT_ONCE, now)
        };
        recovery = match state.ctx.db.transaction(part).await {
            Ok(next) => next,
            Err(error) => return tracing::warn!(%error, "left the recovery of a webhook endpoint unfinished"),
        };
    }
}
