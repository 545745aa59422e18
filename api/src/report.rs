//! `GET /v1/report`: counts and times of a tenant's verifications.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db;
use idv_common::db::report::{Range, Summary, summarize};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Caller;
use crate::page;
use crate::problem::{Code, Problem};
use crate::state::State;

/// What a report is about if nothing is said.
const DEFAULT: Duration = Duration::from_secs(30 * 86_400);
/// What it is about at most.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// What the report is about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Verifications that were made on this day or later, UTC, or at this time (RFC 3339); 30 days before the end if
    /// left out.
    from: Option<String>,
    /// Verifications that were made before this day or time; until now if left out. At most 366 days after `from`.
    before: Option<String>,
}

/// Show a report
///
/// Counts by status, reason, source and day, times, and what waits or has failed. Reads every verification of the
/// range.
#[utoipa::path(
    tag = "operation",
    params(Asked),
    responses((status = 200, description = "the report", body = Summary)),
)]
#[get("/v1/report")]
pub(crate) async fn report(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let asked: Asked = page::query(&req)?;
    let now = state.ctx.db.read(db::now).await?;
    let before = match &asked.before {
        Some(text) => page::parsed("before", text)?,
        None => now,
    };
    let from = match &asked.from {
        Some(text) => page::parsed("from", text)?,
        None => before.minus(DEFAULT),
    };
    if before.since(from) > LONGEST || from > before {
        let detail = "`from` must lie before `before`, by 366 days at most";
        return Err(Problem::new(Code::InvalidQuery, detail));
    }
    let summary = summarize(&state.ctx.db, &[caller.tenant], Range { from, before }).await?;
    Ok(HttpResponse::Ok().json(summary))
}
