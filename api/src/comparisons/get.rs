//! `GET /v1/comparisons/{id}`: the comparison, polled or waited for.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::domain::ComparisonId;

use super::load;
use super::view::ComparisonView;
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show a comparison
///
/// `If-None-Match` and `Prefer: wait=N` work as for verifications.
#[utoipa::path(
    tag = "comparisons",
    params(("id" = String, Path, description = "the comparison's id")),
    responses(
        (status = 200, description = "the comparison", body = ComparisonView),
        (status = 304, description = "the caller has this version"),
    ),
)]
#[get("/v1/comparisons/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<ComparisonId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer::show(&state, &caller, &req, async || load(&state, &caller, &id.0).await).await
}
