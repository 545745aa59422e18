//! `GET /v1/images/{id}`: the verdict on an image, polled or waited for.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::domain::ImageId;

use super::find;
use super::view::ImageView;
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show an image's verdict
///
/// `If-None-Match` and `Prefer: wait=N` work as for verifications. The bytes are at `…/content`.
#[utoipa::path(
    tag = "images",
    params(("id" = String, Path, description = "the image's id")),
    responses(
        (status = 200, description = "the image", body = ImageView),
        (status = 304, description = "the caller has this version"),
    ),
)]
#[get("/v1/images/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<ImageId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let load = async || find(&state, &caller, &id.0).await?.ok_or_else(Problem::not_found);
    answer::show(&state, &caller, &req, load).await
}
