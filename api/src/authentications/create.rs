//! `POST /v1/subjects/{id}/authentications`: holds somebody against a subject's template.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::subjects;
use idv_common::domain::{AuthenticationId, SubjectId};

use super::receive::{AuthenticationForm, NewAuthentication, receive};
use super::start::check;
use super::view::AuthenticationView;
use super::{Claim, load};
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::idempotency::Once;
use crate::problem::Problem;
use crate::state::State;
use crate::trace;
use crate::upload::Uploads;

/// Authenticate somebody as a subject
///
/// One photo, one short clip, or up to 8 frames that were taken one after another. The answer is 202 at once, or with
/// `Prefer: wait` 200 as soon as the result is there. The images are erased as soon as they are judged.
#[utoipa::path(
    tag = "authentications",
    params(("id" = String, Path, description = "the subject's id")),
    request_body(content((NewAuthentication = "application/json"), (AuthenticationForm = "multipart/form-data"))),
    responses(
        (status = 202, description = "a worker will judge", body = AuthenticationView),
        (status = 200, description = "judged", body = AuthenticationView),
    ),
)]
#[post("/v1/subjects/{id}/authentications")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    subject: Id<SubjectId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let once = Once::begin(&state, &caller, &req).await?;
    let created = create_once(&state, &caller, &subject.0, &req, payload, &once).await;
    let id = once.settle(&state, created).await?;
    answer::accepted(&state, &caller, &req, async || load(&state, &caller, &id).await).await
}

async fn create_once(
    state: &Data<State>,
    caller: &Caller,
    subject: &SubjectId,
    req: &HttpRequest,
    payload: Payload,
    once: &Once,
) -> Result<AuthenticationId, Problem> {
    if !once.was_used() {
        check_enrolled(state, caller, subject).await?;
    }
    let mut uploads = Uploads::of_first(state, caller, once).await?;
    let received = receive(state, req, payload, uploads.as_mut()).await?;
    if let Some(id) = once.replay(&received.fingerprint)? {
        return id.parse().map_err(Problem::internal);
    }
    let claim = Claim {
        caller: caller.clone(),
        subject: subject.clone(),
        liveness: received.liveness,
        rows: uploads.map(Uploads::into_rows).unwrap_or_default(),
        traceparent: trace::parent(req),
        ticket: once.ticket(received.fingerprint),
    };
    claim.commit(state).await
}

/// Refuses before anything is received unless the subject is enrolled.
async fn check_enrolled(state: &State, caller: &Caller, subject: &SubjectId) -> Result<(), Problem> {
    let (tenant, id) = (caller.tenant.clone(), subject.clone());
    let row = state.ctx.db.read(move |conn| subjects::get(conn, &tenant, &id)).await?;
    check(row.map(|row| row.status))
}
