//! `POST /v1/verifications/{id}/cancel`: nobody will decide any more.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::verifications::{self, Change};
use idv_common::db::{self, Conn, batches, events, jobs, reviews};
use idv_common::domain::{EventType, ItemState, VerificationId, VerificationStatus};

use super::view::VerificationView;
use super::{load, lock, replayed, wrong_state};
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::idempotency::{Once, Ticket};
use crate::problem::Problem;
use crate::state::State;

/// Cancel a verification
///
/// From `requires_input`, `processing` or `needs_review`. What is under way for it is called off.
#[utoipa::path(
    tag = "verifications",
    params(("id" = String, Path, description = "the verification's id")),
    responses((status = 200, description = "canceled", body = VerificationView)),
)]
#[post("/v1/verifications/{id}/cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let fingerprint = Fingerprint::of(&req).finish();
    let once = Once::begin(&state, &caller, &req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        let view = replayed(&state, &caller, id).await?;
        return Ok(answer::changed(&state, StatusCode::OK, view));
    }
    let canceled = call_off(&state, &caller, &id.0, once.ticket(fingerprint)).await;
    once.settle(&state, canceled).await?;
    Ok(answer::changed(&state, StatusCode::OK, load(&state, &caller, &id.0).await?))
}

/// Cancels a verification, and with it what is under way for it.
pub(crate) async fn call_off(
    state: &State,
    caller: &Caller,
    id: &VerificationId,
    ticket: Ticket,
) -> Result<(), Problem> {
    let (caller, id) = (caller.clone(), id.clone());
    state.ctx.db.transaction(move |conn| cancel_in(conn, &caller, &id, &ticket)).await?;
    state.ctx.changed.notify_waiters();
    Ok(())
}

fn cancel_in(conn: &mut Conn, caller: &Caller, id: &VerificationId, ticket: &Ticket) -> Result<(), Problem> {
    let row = lock(conn, caller, id)?;
    let now = db::now(conn)?;
    let next = VerificationStatus::Canceled;
    let version = verifications::transition(conn, id, row.status, next, &Change::default(), now)?
        .ok_or_else(|| wrong_state(row.status))?;
    batches::end_of_verification(conn, id, ItemState::Canceled, Some(batches::MOVED_ON), now)?;
    jobs::cancel_of_verification(conn, id, now)?;
    reviews::free(conn, id)?;
    events::append(conn, &caller.tenant, id, EventType::from(next), version, now)?;
    caller.log(conn, "verification.cancel", id.as_str(), now)?;
    ticket.complete(conn, StatusCode::OK.as_u16(), id.as_str())
}
