//! `GET /v1/authentications/{id}`: the authentication, polled or waited for.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::domain::AuthenticationId;

use super::load;
use super::view::AuthenticationView;
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show an authentication
///
/// `If-None-Match` and `Prefer: wait=N` work as for verifications.
#[utoipa::path(
    tag = "authentications",
    params(("id" = String, Path, description = "the authentication's id")),
    responses(
        (status = 200, description = "the authentication", body = AuthenticationView),
        (status = 304, description = "the caller has this version"),
    ),
)]
#[get("/v1/authentications/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<AuthenticationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer::show(&state, &caller, &req, async || load(&state, &caller, &id.0).await).await
}
