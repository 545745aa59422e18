//! `GET /v1/verifications`: newest first, page by page.

use std::str::FromStr;

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::verifications::{self, Filter};
use idv_common::domain::{Timestamp, VerificationId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{VerificationList, VerificationSummary};
use crate::auth::Caller;
use crate::limits::page_limit;
use crate::problem::{Code, Problem};
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
    responses((status = 200, description = "one page", body = VerificationList)),
)]
#[get("/v1/verifications")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing = Query::<Listing>::from_query(req.query_string())
        .map_err(|error| Problem::new(Code::InvalidQuery, error.to_string()))?
        .into_inner();
    let limit = page_limit(listing.limit)?;
    let filter = listing.filter()?;
    let tenant = caller.tenant;
    // One more than asked for tells whether another page follows.
    let mut rows =
        state.ctx.db.read(move |conn| verifications::list(conn, &tenant, &filter, limit + 1)).await?;
    let has_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_more {
        rows.pop();
    }
    let next_cursor = rows.last().filter(|_| has_more).map(|row| row.id.clone());
    let data = rows.into_iter().map(VerificationSummary::try_from).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(VerificationList { object: "list", data, has_more, next_cursor }))
}

impl Listing {
    fn filter(self) -> Result<Filter, Problem> {
        let statuses = self.status.as_deref().unwrap_or_default();
        Ok(Filter {
            statuses: statuses
                .split(',')
                .filter(|status| !status.is_empty())
                .map(|status| parsed("status", status))
                .collect::<Result<_, _>>()?,
            client_reference: self.client_reference,
            created_from: self.created_from,
            created_before: self.created_before,
            starting_after: self
                .starting_after
                .map(|id| parsed::<VerificationId>("starting_after", &id))
                .transpose()?,
        })
    }
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::new(Code::InvalidQuery, format!("`{name}`: {error}")))
}
