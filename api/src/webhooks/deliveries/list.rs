//! `GET /v1/webhook-endpoints/{id}/deliveries`: newest first, page by page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::Conn;
use idv_common::db::webhooks::{deliveries, endpoints};
use idv_common::domain::{DeliveryState, EndpointId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::DeliverySummary;
use crate::answer::Id;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which deliveries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
    /// Only those in this state: `pending`, `delivered` or `failed`.
    state: Option<String>,
}

/// List an endpoint's deliveries
///
/// Newest first, without their attempts.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id"), Listing),
    responses((status = 200, description = "one page", body = Page<DeliverySummary>)),
)]
#[get("/v1/webhook-endpoints/{id}/deliveries")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let filter = deliveries::Filter {
        endpoint: Some(id.0.clone()),
        state: listing
            .state
            .as_deref()
            .map(|text| page::parsed::<DeliveryState>("state", text))
            .transpose()?,
        starting_after: page::cursor(listing.starting_after.as_deref())?,
        ..deliveries::Filter::default()
    };
    let tenant = caller.tenant;
    let read = move |conn: &mut Conn| {
        endpoints::get(conn, &tenant, &id.0)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(deliveries::list(conn, &tenant, &filter, limit.to_read())?)
    };
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(
        rows,
        |row| row.id.clone(),
        |row| Ok::<_, Problem>(DeliverySummary::from(row)),
    )?))
}
