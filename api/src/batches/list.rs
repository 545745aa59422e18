//! `GET /v1/batches`: newest first, page by page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::batches;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{BatchList, BatchSummary};
use crate::auth::Caller;
use crate::page::{self, Limit};
use crate::problem::Problem;
use crate::state::State;

/// Which batches to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
}

/// List batches
///
/// Newest first, without their progress.
#[utoipa::path(
    tag = "batches",
    params(Listing),
    responses((status = 200, description = "one page", body = BatchList)),
)]
#[get("/v1/batches")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let after = page::cursor(listing.starting_after.as_deref())?;
    let tenant = caller.tenant;
    let read = move |conn: &mut _| batches::list(conn, &tenant, after.as_ref(), limit.to_read());
    let mut rows = state.ctx.db.read(read).await?;
    let next_cursor = limit.cut(&mut rows, |row| row.id.clone());
    let data = rows.into_iter().map(BatchSummary::try_from).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(BatchList {
        object: "list",
        data,
        has_more: next_cursor.is_some(),
        next_cursor,
    }))
}
