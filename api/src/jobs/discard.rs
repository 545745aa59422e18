//! `POST /v1/jobs/{id}/discard`: nobody will do it any more.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::{Conn, jobs};
use idv_common::domain::{JobId, Timestamp};

use super::view::JobView;
use super::{Nothing, load};
use crate::answer::Id;
use crate::auth::Caller;
use crate::idempotency::once;
use crate::problem::Problem;
use crate::state::State;

/// Discard a dead job
///
/// It becomes `canceled` and is forgotten in time; what it was about stays as it is. 409 `job_stuck` for an erasure,
/// which has to be done.
#[utoipa::path(
    tag = "jobs",
    params(("id" = String, Path, description = "the job's id")),
    responses((status = 200, description = "discarded", body = JobView)),
)]
#[post("/v1/jobs/{id}/discard")]
pub(crate) async fn discard(
    state: Data<State>,
    caller: Caller,
    id: Id<JobId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (caller.clone(), id.0.clone());
    let effect = {
        let id = id.clone();
        move |conn: &mut Conn, _: &Nothing, now: Timestamp| {
            jobs::discard(conn, Some(&by.tenant), &id, now)?;
            by.log(conn, "job.discard", id.as_str(), now)?;
            Ok(id.into())
        }
    };
    once(&state, &caller, &req, payload, StatusCode::OK, effect).await?;
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id).await?))
}
