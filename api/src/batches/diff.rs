//! `GET /v1/batches/{id}/diff`: what a batch changes, or would.

use actix_web::http::header::ACCEPT;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use bytes::Bytes;
use futures_util::{Stream, stream};
use idv_common::Context;
use idv_common::db::batches::{self, CSV_HEADER, csv_line};
use idv_common::db::{self, Conn};
use idv_common::domain::{BatchId, BatchStatus, Diff};
use serde::Serialize;
use utoipa::ToSchema;

use super::{find, log_read};
use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Items that are read at a time.
const PAGE: i64 = 500;

/// What a batch changes, or would.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchDiff)]
pub(crate) struct DiffView {
    /// `batch_diff`.
    object: &'static str,
    /// The batch.
    batch_id: BatchId,
    /// Where it stands: until it has ended the numbers grow.
    status: BatchStatus,
    #[serde(flatten)]
    diff: Diff,
}

/// Show what a batch changes
///
/// What had been decided before against what the batch's runs came to: how many verifications go from which verdict to
/// which, and on how many of them each reason appears or disappears. With `Accept: text/csv` the answer has a line for
/// each verification whose verdict or reasons differ.
#[utoipa::path(
    tag = "batches",
    params(("id" = String, Path, description = "the batch's id")),
    responses(
        (status = 200, description = "the differences", content(
            (DiffView = "application/json"),
            (String = "text/csv"),
        )),
    ),
)]
#[get("/v1/batches/{id}/diff")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Id<BatchId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let batch = find(&state, &caller, &id.0).await?;
    log_read(&state, &caller, "batch.read_diff", &batch.id).await?;
    if wants_csv(&req) {
        let lines = csv_pages(state.ctx.clone(), batch.id);
        return Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").streaming(lines));
    }
    let (batch_id, status) = (batch.id.clone(), batch.status);
    let diff = state.ctx.db.read(move |conn| batches::diff(conn, &batch.id)).await?;
    Ok(HttpResponse::Ok().json(DiffView { object: "batch_diff", batch_id, status, diff }))
}

fn wants_csv(req: &HttpRequest) -> bool {
    let accepted = req.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(','));
    types.any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv"))
}

/// The first line, then the others as they are read.
fn csv_pages(ctx: Context, batch: BatchId) -> impl Stream<Item = Result<Bytes, db::Error>> {
    stream::try_unfold(None, move |from: Option<i64>| {
        let (ctx, batch) = (ctx.clone(), batch.clone());
        async move {
            let Some(from) = from else {
                return Ok(Some((Bytes::from_static(CSV_HEADER.as_bytes()), Some(0))));
            };
            let read = move |conn: &mut Conn| {
                let page = batches::changed_items(conn, &batch, from, PAGE)?;
                let Some(last) = page.last() else { return Ok::<_, db::Error>(None) };
                let lines = page.iter().map(csv_line).collect::<Result<String, _>>()?;
                Ok(Some((lines, last.position + 1)))
            };
            let page = ctx.db.read(read).await?;
            Ok(page.map(|(lines, next)| (Bytes::from(lines), Some(next))))
        }
    })
}
