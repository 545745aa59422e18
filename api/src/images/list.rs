//! `GET /v1/images`: newest first, page by page, or the one of a name.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::images;
use idv_common::domain::ImageId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{ImageList, ImageSummary};
use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;

/// How many a page holds if nothing is said.
const DEFAULT_LIMIT: i64 = 20;
/// How many a page holds at most.
const MAX_LIMIT: i64 = 100;

/// Which images to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only the image of this name.
    name: Option<String>,
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
}

/// List images
///
/// Newest first, without their verdicts.
#[utoipa::path(
    tag = "images",
    params(Listing),
    responses((status = 200, description = "one page", body = ImageList)),
)]
#[get("/v1/images")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing = Query::<Listing>::from_query(req.query_string())
        .map_err(|error| Problem::new(Code::InvalidQuery, error.to_string()))?
        .into_inner();
    let limit = listing.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::new(Code::InvalidQuery, format!("`limit` must be 1 to {MAX_LIMIT}")));
    }
    let before: Option<ImageId> = listing
        .starting_after
        .map(|id| id.parse())
        .transpose()
        .map_err(|error| Problem::new(Code::InvalidQuery, format!("`starting_after`: {error}")))?;
    let (tenant, name) = (caller.tenant, listing.name);
    // One more than asked for tells whether another page follows.
    let read = move |conn: &mut _| images::list(conn, &tenant, name.as_deref(), before.as_ref(), limit + 1);
    let mut rows = state.ctx.db.read(read).await?;
    let has_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_more {
        rows.pop();
    }
    let next_cursor = rows.last().filter(|_| has_more).map(|row| row.id.clone());
    let data = rows.into_iter().map(ImageSummary::from).collect();
    Ok(HttpResponse::Ok().json(ImageList { object: "list", data, has_more, next_cursor }))
}
