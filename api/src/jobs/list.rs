//! `GET /v1/jobs`: newest first, page by page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::Conn;
use idv_common::db::jobs::{self, Filter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::JobSummary;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
    /// Only those in this state: `queued`, `running`, `done`, `dead` or `canceled`.
    state: Option<String>,
    /// Only those of this kind, such as `verify`.
    kind: Option<String>,
}

/// List jobs
///
/// Newest first. `state=dead` lists those that were given up; done and canceled ones are forgotten after
/// `jobs.kept_days`.
#[utoipa::path(
    tag = "jobs",
    params(Listing),
    responses((status = 200, description = "one page", body = Page<JobSummary>)),
)]
#[get("/v1/jobs")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let filter = Filter {
        tenant: Some(caller.tenant),
        state: listing.state.as_deref().map(|state| page::parsed("state", state)).transpose()?,
        kind: listing.kind.as_deref().map(|kind| page::parsed("kind", kind)).transpose()?,
        starting_after: page::cursor(listing.starting_after.as_deref())?,
    };
    let read = move |conn: &mut Conn| jobs::list(conn, &filter, limit.to_read());
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(
        rows,
        |row| row.id.clone(),
        |row| Ok::<_, Problem>(JobSummary::from(row)),
    )?))
}
