//! `GET /v1/webhook-endpoints`: newest first, page by page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::webhooks::endpoints;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::EndpointView;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which endpoints to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
}

/// List webhook endpoints
///
/// Newest first, without those that belong to the `webhook_url` of verifications.
#[utoipa::path(
    tag = "webhooks",
    params(Listing),
    responses((status = 200, description = "one page", body = Page<EndpointView>)),
)]
#[get("/v1/webhook-endpoints")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let before = page::cursor(listing.starting_after.as_deref())?;
    let tenant = caller.tenant;
    let read = move |conn: &mut _| endpoints::list(conn, &tenant, before.as_ref(), limit.to_read());
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(rows, |row| row.id.clone(), EndpointView::try_from)?))
}
