//! `GET /v1/jobs/{id}`: a job with every attempt that failed.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::domain::JobId;

use super::load;
use super::view::JobView;
use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Show a job
///
/// With the history of its failures and their causes.
#[utoipa::path(
    tag = "jobs",
    params(("id" = String, Path, description = "the job's id")),
    responses((status = 200, description = "the job", body = JobView)),
)]
#[get("/v1/jobs/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Id<JobId>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id.0).await?))
}
