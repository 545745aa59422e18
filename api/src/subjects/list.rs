//! `GET /v1/subjects`: newest first, page by page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::subjects;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::SubjectSummary;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which subjects to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
    /// Only those with this reference: the one that is enrolled, and those that were refused under this name.
    client_reference: Option<String>,
}

/// List subjects
///
/// Newest first, without the results of their enrolments.
#[utoipa::path(
    tag = "subjects",
    params(Listing),
    responses((status = 200, description = "one page", body = Page<SubjectSummary>)),
)]
#[get("/v1/subjects")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let before = page::cursor(listing.starting_after.as_deref())?;
    let (tenant, reference) = (caller.tenant, listing.client_reference);
    let read = move |conn: &mut _| {
        subjects::list(conn, &tenant, reference.as_deref(), before.as_ref(), limit.to_read())
    };
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(
        rows,
        |row| row.id.clone(),
        |row| Ok::<_, Problem>(SubjectSummary::from(row)),
    )?))
}
