//! `GET /v1/subjects`: newest first, page by page.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::subjects;
use idv_common::domain::SubjectId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{SubjectList, SubjectSummary};
use crate::auth::Caller;
use crate::limits::page_limit;
use crate::problem::{Code, Problem};
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
    responses((status = 200, description = "one page", body = SubjectList)),
)]
#[get("/v1/subjects")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing = Query::<Listing>::from_query(req.query_string())
        .map_err(|error| Problem::new(Code::InvalidQuery, error.to_string()))?
        .into_inner();
    let limit = page_limit(listing.limit)?;
    let before: Option<SubjectId> = listing
        .starting_after
        .map(|id| id.parse())
        .transpose()
        .map_err(|error| Problem::new(Code::InvalidQuery, format!("`starting_after`: {error}")))?;
    let (tenant, reference) = (caller.tenant, listing.client_reference);
    let read = move |conn: &mut _| {
        // One more than asked for tells whether another page follows.
        subjects::list(conn, &tenant, reference.as_deref(), before.as_ref(), limit + 1)
    };
    let mut rows = state.ctx.db.read(read).await?;
    let has_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_more {
        rows.pop();
    }
    let next_cursor = rows.last().filter(|_| has_more).map(|row| row.id.clone());
    let data = rows.into_iter().map(SubjectSummary::from).collect();
    Ok(HttpResponse::Ok().json(SubjectList { object: "list", data, has_more, next_cursor }))
}
