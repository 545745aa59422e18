//! `GET /v1/images`: newest first, page by page, or the one of a name.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::images;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ImageSummary;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

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
    responses((status = 200, description = "one page", body = Page<ImageSummary>)),
)]
#[get("/v1/images")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let before = page::cursor(listing.starting_after.as_deref())?;
    let (tenant, name) = (caller.tenant, listing.name);
    let read =
        move |conn: &mut _| images::list(conn, &tenant, name.as_deref(), before.as_ref(), limit.to_read());
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(
        rows,
        |row| row.id.clone(),
        |row| Ok::<_, Problem>(ImageSummary::from(row)),
    )?))
}
