//! `POST /v1/batches/{id}/pause`, `/resume` and `/cancel`.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::Context;
use idv_common::db::batches::{self, Wish};
use idv_common::db::{self, Conn};
use idv_common::domain::BatchId;

use super::view::BatchView;
use super::{load, replayed, wrong_state};
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::idempotency::{Once, Ticket};
use crate::problem::Problem;
use crate::state::State;

/// Pause a batch
///
/// No item is begun; those that have begun end. From `running`.
#[utoipa::path(
    tag = "batches",
    params(("id" = String, Path, description = "the batch's id")),
    responses((status = 200, description = "paused", body = BatchView)),
)]
#[post("/v1/batches/{id}/pause")]
pub(crate) async fn pause(
    state: Data<State>,
    caller: Caller,
    id: Id<BatchId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    change(&state, &caller, &id.0, &req, Wish::Pause).await
}

/// Resume a batch
///
/// From `paused`.
#[utoipa::path(
    tag = "batches",
    params(("id" = String, Path, description = "the batch's id")),
    responses((status = 200, description = "running", body = BatchView)),
)]
#[post("/v1/batches/{id}/resume")]
pub(crate) async fn resume(
    state: Data<State>,
    caller: Caller,
    id: Id<BatchId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    change(&state, &caller, &id.0, &req, Wish::Resume).await
}

/// Cancel a batch
///
/// Calls off every item that has not ended; what has ended stays as it is. From `preparing`, `running` or `paused`.
#[utoipa::path(
    tag = "batches",
    params(("id" = String, Path, description = "the batch's id")),
    responses((status = 200, description = "canceled", body = BatchView)),
)]
#[post("/v1/batches/{id}/cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Id<BatchId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    change(&state, &caller, &id.0, &req, Wish::Cancel).await
}

async fn change(
    state: &State,
    caller: &Caller,
    id: &BatchId,
    req: &HttpRequest,
    wish: Wish,
) -> Result<HttpResponse, Problem> {
    let fingerprint = Fingerprint::of(req).finish();
    let once = Once::begin(state, caller, req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        return Ok(answer::changed(state, StatusCode::OK, replayed(state, caller, id).await?));
    }
    let (by, of, ticket) = (caller.clone(), id.clone(), once.ticket(fingerprint));
    let change = move |conn: &mut Conn| change_in(conn, &by, &of, wish, &ticket);
    let changed = state.ctx.db.transaction(change).await;
    once.settle(state, changed).await?;
    state.ctx.changed.notify_waiters();
    if wish == Wish::Cancel {
        // What is left of it when this process stops is the sweep's.
        actix_web::rt::spawn(end_waiting(state.ctx.clone(), id.clone()));
    }
    Ok(answer::changed(state, StatusCode::OK, load(state, caller, id).await?))
}

/// Ends the items that waited in a batch that was called off.
async fn end_waiting(ctx: Context, id: BatchId) {
    loop {
        let of = id.clone();
        let ended = ctx.db.transaction(move |conn| {
            let now = db::now(conn)?;
            batches::end_waiting(conn, &of, now)
        });
        match ended.await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, batch = %id, "left items of a batch that was called off to the sweep");
                return;
            }
        }
    }
}

fn change_in(
    conn: &mut Conn,
    caller: &Caller,
    id: &BatchId,
    wish: Wish,
    ticket: &Ticket,
) -> Result<(), Problem> {
    let batch = batches::lock(conn, id)?.filter(|batch| batch.tenant_id == caller.tenant);
    let batch = batch.ok_or_else(Problem::not_found)?;
    let now = db::now(conn)?;
    if !batches::change(conn, &batch, wish, now)? {
        return Err(wrong_state(batch.status));
    }
    caller.log(conn, &format!("batch.{}", wish.as_str()), id.as_str(), now)?;
    ticket.complete(conn, StatusCode::OK.as_u16(), id.as_str())
}
