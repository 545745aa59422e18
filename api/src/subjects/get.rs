//! `GET /v1/subjects/{id}`: the subject, polled or waited for.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::domain::SubjectId;

use super::load;
use super::view::SubjectView;
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show a subject
///
/// `If-None-Match` and `Prefer: wait=N` work as for verifications.
#[utoipa::path(
    tag = "subjects",
    params(("id" = String, Path, description = "the subject's id")),
    responses(
        (status = 200, description = "the subject", body = SubjectView),
        (status = 304, description = "the caller has this version"),
    ),
)]
#[get("/v1/subjects/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<SubjectId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer::show(&state, &caller, &req, async || load(&state, &caller, &id.0).await).await
}
