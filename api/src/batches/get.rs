//! `GET /v1/batches/{id}`: the batch and its progress.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::domain::BatchId;

use super::load;
use super::view::BatchView;
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show a batch
///
/// With its progress: how many items are in each state, how many ended in the last minute, and when the last one may
/// end. With `If-None-Match` the answer is 304 while no item has moved. Nothing is waited for here.
#[utoipa::path(
    tag = "batches",
    params(("id" = String, Path, description = "the batch's id")),
    responses(
        (status = 200, description = "the batch", body = BatchView),
        (status = 304, description = "the caller has this version"),
    ),
)]
#[get("/v1/batches/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<BatchId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer::show(&state, &caller, &req, async || load(&state, &caller, &id.0).await).await
}
