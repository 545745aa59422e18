//! `/v1/webhook-endpoints`, `/v1/webhook-deliveries` and `/v1/webhook-secret`: who is told of events, how each of them
//! does, and what they know the sender by.

pub(crate) mod deliveries;
pub(crate) mod endpoints;
pub(crate) mod secret;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use idv_common::db::{self, Conn, tenants};
use idv_common::domain::{ReceiverUrl, TenantId, Timestamp};

use crate::auth::Caller;
use crate::idempotency::Once;
use crate::problem::Problem;
use crate::state::State;

/// What a request came to that has its effect at most once.
pub(crate) enum Done<T> {
    /// It had its effect.
    Now(T),
    /// The same request had it before, on the thing of that id.
    Before(String),
}

/// Has an effect in one transaction, at most once per `Idempotency-Key`. The effect gives what came of it and the id of
/// the thing that a replay is about.
async fn once<T: Send + 'static>(
    state: &State,
    caller: &Caller,
    req: &HttpRequest,
    fingerprint: String,
    status: StatusCode,
    effect: impl FnOnce(&mut Conn, Timestamp) -> Result<(T, String), Problem> + Send + 'static,
) -> Result<Done<T>, Problem> {
    let once = Once::begin(state, caller, req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        return Ok(Done::Before(id.to_owned()));
    }
    let ticket = once.ticket(fingerprint);
    let run = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let (done, id) = effect(conn, now)?;
        ticket.complete(conn, status.as_u16(), &id)?;
        Ok::<_, Problem>(done)
    };
    let done = state.ctx.db.transaction(run).await;
    once.settle(state, done).await.map(Done::Now)
}

/// The URL of a receiver, from the field at `pointer`.
pub(crate) fn receiver(pointer: &str, text: &str) -> Result<ReceiverUrl, Problem> {
    text.parse()
        .map_err(|refused: idv_common::domain::RefusedReceiver| Problem::field(pointer, refused.to_string()))
}

/// Refuses a URL that the tenant's webhooks may not go to. What its name leads to is looked at whenever something is
/// sent.
pub(crate) fn admit(
    conn: &mut Conn,
    tenant: &TenantId,
    pointer: &str,
    url: &ReceiverUrl,
) -> Result<(), Problem> {
    let receivers = tenants::receivers(conn, tenant)?;
    receivers.check(url).map_err(|refused| Problem::field(pointer, refused.to_string()))
}
