//! `POST /v1/verifications/{id}/review/claim` and `…/release`: who is looking at what.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::{Conn, reviews};
use idv_common::domain::{Reviewer, Timestamp, VerificationId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::load;
use super::view::ReviewView;
use crate::answer::Id;
use crate::auth::Caller;
use crate::idempotency::once;
use crate::problem::Problem;
use crate::state::State;

/// Who reviews.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewerName {
    /// The reviewer's name, 1 to 100 characters, as the caller knows them.
    reviewer: Reviewer,
}

/// Claim a review
///
/// For as long as `review.claim_s` says nobody else can claim or decide the verification; claimed again by the same
/// reviewer, it is theirs for as long from then on. 409 `review_claim` if another reviewer holds it.
#[utoipa::path(
    tag = "reviews",
    params(("id" = String, Path, description = "the verification's id")),
    request_body = ReviewerName,
    responses((status = 200, description = "claimed", body = ReviewView)),
)]
#[post("/v1/verifications/{id}/review/claim")]
pub(crate) async fn claim(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (caller.clone(), id.0.clone());
    let lasting = Duration::from_secs(state.ctx.config.review.claim_s);
    let effect = {
        let id = id.clone();
        move |conn: &mut Conn, asked: &ReviewerName, now: Timestamp| {
            reviews::claim(conn, &by.tenant, &id, &asked.reviewer, now.plus(lasting), now)?;
            by.log(conn, "review.claim", id.as_str(), now)?;
            Ok(id.into())
        }
    };
    once(&state, &caller, &req, payload, StatusCode::OK, effect).await?;
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id).await?))
}

/// Release a review
///
/// Gives a claim back before its time is up. 409 `review_claim` if another reviewer holds it.
#[utoipa::path(
    tag = "reviews",
    params(("id" = String, Path, description = "the verification's id")),
    request_body = ReviewerName,
    responses((status = 200, description = "nobody holds it", body = ReviewView)),
)]
#[post("/v1/verifications/{id}/review/release")]
pub(crate) async fn release(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (caller.clone(), id.0.clone());
    let effect = {
        let id = id.clone();
        move |conn: &mut Conn, asked: &ReviewerName, now: Timestamp| {
            reviews::release(conn, &by.tenant, &id, &asked.reviewer, now)?;
            by.log(conn, "review.release", id.as_str(), now)?;
            Ok(id.into())
        }
    };
    once(&state, &caller, &req, payload, StatusCode::OK, effect).await?;
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id).await?))
}
