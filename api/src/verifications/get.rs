//! `GET /v1/verifications/{id}`: the whole verification, polled or waited for.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::domain::VerificationId;

use super::load;
use super::view::VerificationView;
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show a verification
///
/// With `If-None-Match` the answer is 304 while nothing has changed. With `Prefer: wait=N` the answer comes
/// when something has changed since that version, or, without `If-None-Match`, when the status is no longer
/// `processing`; after N seconds at the latest.
#[utoipa::path(
    tag = "verifications",
    params(("id" = String, Path, description = "the verification's id")),
    responses(
        (status = 200, description = "the verification", body = VerificationView),
        (status = 304, description = "the caller has this version"),
    ),
)]
#[get("/v1/verifications/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer::show(&state, &caller, &req, async || load(&state, &caller, &id.0).await).await
}
