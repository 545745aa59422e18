//! `GET /v1/reviews`: what waits for a person, oldest first.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::reviews::{self, Filter};
use idv_common::db::{self, Conn};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ReviewView;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which reviews to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
    /// `true`: only those that nobody has claimed.
    unclaimed: Option<bool>,
    /// Only those that this reviewer has claimed.
    reviewer: Option<String>,
}

/// List reviews
///
/// The verifications in `needs_review`, oldest first, each with its claim and, where two reviewers have to agree, with
/// the opinions that it has so far.
#[utoipa::path(
    tag = "reviews",
    params(Listing),
    responses((status = 200, description = "one page", body = Page<ReviewView>)),
)]
#[get("/v1/reviews")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let filter = Filter {
        unclaimed: listing.unclaimed.unwrap_or_default(),
        reviewer: listing.reviewer.as_deref().map(|name| page::parsed("reviewer", name)).transpose()?,
        starting_after: page::cursor(listing.starting_after.as_deref())?,
    };
    let read = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        reviews::queue(conn, &caller.tenant, &filter, limit.to_read(), now)
    };
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(rows, |row| row.verification.id.clone(), ReviewView::try_from)?))
}
