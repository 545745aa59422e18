//! `GET /v1/verifications`: newest first, page by page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::verifications::{self, Filter};
use idv_common::domain::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::VerificationSummary;
use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which verifications to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
    /// Only these statuses, separated by commas.
    status: Option<String>,
    /// Only this reference.
    client_reference: Option<String>,
    /// Only those made at this time or later (RFC 3339).
    created_from: Option<Timestamp>,
    /// Only those made before this time (RFC 3339).
    created_before: Option<Timestamp>,
}

/// List verifications
///
/// Newest first, without captures and results.
#[utoipa::path(
    tag = "verifications",
    params(Listing),
    responses((status = 200, description = "one page", body = Page<VerificationSummary>)),
)]
#[get("/v1/verifications")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let filter = listing.filter()?;
    let tenant = caller.tenant;
    let read = move |conn: &mut _| verifications::list(conn, &tenant, &filter, limit.to_read());
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(rows, |row| row.id.clone(), VerificationSummary::try_from)?))
}

impl Listing {
    fn filter(self) -> Result<Filter, Problem> {
        let statuses = self.status.as_deref().unwrap_or_default();
        Ok(Filter {
            statuses: statuses
                .split(',')
                .filter(|status| !status.is_empty())
                .map(|status| page::parsed("status", status))
                .collect::<Result<_, _>>()?,
            client_reference: self.client_reference,
            created_from: self.created_from,
            created_before: self.created_before,
            starting_after: page::cursor(self.starting_after.as_deref())?,
        })
    }
}
