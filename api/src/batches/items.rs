//! `GET /v1/batches/{id}/items`: one result each, by position.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::batches;
use idv_common::domain::BatchId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ItemView;
use super::{find, log_read};
use crate::answer::Id;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which items to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
    /// Only those in this state.
    state: Option<String>,
}

/// List a batch's items
///
/// By their place in the batch, each with what was decided before and what the batch came to.
#[utoipa::path(
    tag = "batches",
    params(("id" = String, Path, description = "the batch's id"), Listing),
    responses((status = 200, description = "one page", body = Page<ItemView>)),
)]
#[get("/v1/batches/{id}/items")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Id<BatchId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let after: Option<i64> = page::cursor(listing.starting_after.as_deref())?;
    let wanted = listing.state.as_deref().map(|text| page::parsed("state", text)).transpose()?;
    let batch = find(&state, &caller, &id.0).await?.id;
    let from = after.map_or(0, |position| position.saturating_add(1));
    let (read_of, to_read) = (batch.clone(), limit.to_read());
    let read = move |conn: &mut _| batches::items(conn, &read_of, wanted, from, to_read);
    let rows = state.ctx.db.read(read).await?;
    log_read(&state, &caller, "batch.read_items", &batch).await?;
    Ok(HttpResponse::Ok().json(limit.page(rows, |row| row.position, ItemView::try_from)?))
}
