//! `POST /v1/verifications/{id}/redact`: erases the personal data and answers with a receipt.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::{self, Conn, erasures, verifications};
use idv_common::domain::{QueueName, VerificationId};

use super::load;
use super::view::VerificationView;
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::idempotency::{Once, Ticket};
use crate::problem::Problem;
use crate::state::State;

/// Redact a verification
///
/// From the answer on, nothing personal of it can be read. What is under way for it is called off. The receipt
/// in `redaction` lists what is erased and is `complete` when the object store has confirmed every delete. A
/// second request answers with the same receipt.
#[utoipa::path(
    tag = "verifications",
    params(("id" = String, Path, description = "the verification's id")),
    responses((status = 202, description = "erased; the receipt tells how far", body = VerificationView)),
)]
#[post("/v1/verifications/{id}/redact")]
pub(crate) async fn redact(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let fingerprint = Fingerprint::of(&req).finish();
    let once = Once::begin(&state, &caller, &req).await?;
    if once.replay(&fingerprint)?.is_none() {
        let ticket = once.ticket(fingerprint);
        let redacted = state
            .ctx
            .db
            .transaction({
                let (caller, id) = (caller.clone(), id.0.clone());
                move |conn| redact_in(conn, &caller, &id, &ticket)
            })
            .await;
        once.settle(&state, redacted).await?;
        state.ctx.publish_soon(QueueName::Batch);
        state.ctx.changed.notify_waiters();
    }
    let view = load(&state, &caller, &id.0).await?;
    Ok(answer::changed(&state, StatusCode::ACCEPTED, view))
}

fn redact_in(conn: &mut Conn, caller: &Caller, id: &VerificationId, ticket: &Ticket) -> Result<(), Problem> {
    let row = verifications::lock(conn, &caller.tenant, id)?.ok_or_else(Problem::not_found)?;
    let now = db::now(conn)?;
    if row.redacted_at.is_none() {
        erasures::redact(conn, &row, now)?;
        caller.log(conn, "verification.redact", id.as_str(), now)?;
    }
    ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str())
}
