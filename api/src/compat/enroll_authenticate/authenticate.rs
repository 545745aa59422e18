//! `POST /api/authentificate?username=` with the part `auth_video`: is it that user?

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use idv_common::db::{self, authentications};
use idv_common::domain::{
    AuthenticationId, AuthenticationResult, CaptureKind, CheckName, MediaFormat, Outcome, SubjectId,
    SubjectStatus,
};
use serde::Serialize;

use super::receive::{Wanted, pass_over, receive};
use super::{FACADE, Refusal, user, username};
use crate::auth::Caller;
use crate::authentications::{Claim, load};
use crate::begun::Begun;
use crate::compat::{access, reply};
use crate::idempotency::Ticket;
use crate::problem::Problem;
use crate::state::State;
use crate::trace;

/// The picture or video of the person.
const AUTH_VIDEO: Wanted = Wanted { part: "auth_video", kind };

/// The answer.
#[derive(Serialize)]
struct Answer {
    score: Option<f64>,
    #[serde(rename = "Decision")]
    decision: &'static str,
    #[serde(rename = "DecisionReason")]
    reason: String,
}

/// Authenticates a user.
pub(super) async fn authenticate(state: Data<State>, req: HttpRequest, payload: Payload) -> HttpResponse {
    match authenticated(&state, &req, payload).await {
        Ok(score) => {
            let reason = "AUTHENTIFICATION_SUCCESS".to_owned();
            reply(StatusCode::OK, Answer { score: Some(score), decision: "APPROVED", reason })
        }
        Err(refusal) => {
            refusal.log();
            let answer = Answer { score: None, decision: "REJECTED", reason: refusal.reason() };
            refusal.with_headers(reply(refusal.status(), answer))
        }
    }
}

/// What a file is, by its first bytes: its name says nothing, and pictures are sent as `.mp4`.
fn kind(head: &[u8]) -> CaptureKind {
    match MediaFormat::sniff(head) {
        Some(format) if !format.is_video() => CaptureKind::Selfie,
        _ => CaptureKind::SelfieClip,
    }
}

/// The similarity to the user's template.
async fn authenticated(state: &Data<State>, req: &HttpRequest, mut payload: Payload) -> Result<f64, Refusal> {
    let caller = access::caller(state, req, FACADE).await?;
    let subject = match known_user(state, &caller, req).await {
        Ok(subject) => subject,
        Err(refusal) => {
            pass_over(state, req, &mut payload).await;
            return Err(refusal);
        }
    };
    let claim = Claim {
        caller: caller.clone(),
        subject,
        liveness: state.ctx.config.compat.liveness,
        rows: receive(state, &caller, req, payload, &AUTH_VIDEO).await?,
        traceparent: trace::parent(req),
        ticket: Ticket::none(),
    };
    let view = begin(state, claim).await?.result(&caller, async |id| load(state, &caller, id).await).await?;
    let view = view.ok_or(Refusal::TimedOut)?;
    let result = view.result.ok_or_else(Problem::bland)?;
    report(&view.id, &result);
    match (result.outcome, result.score) {
        (Outcome::Pass, Some(score)) => Ok(score),
        _ => Err(Refusal::because(&result.reasons)),
    }
}

/// The subject of a request's username.
async fn known_user(state: &State, caller: &Caller, req: &HttpRequest) -> Result<SubjectId, Refusal> {
    let user = user(state, caller, &username(req)?).await?;
    match user {
        Some(subject) if subject.status == SubjectStatus::Enrolled => Ok(subject.id),
        _ => Err(Refusal::Decided("UNKNOWN_USERNAME".to_owned())),
    }
}

async fn begin(state: &Data<State>, claim: Claim) -> Result<Begun<AuthenticationId>, Problem> {
    let (caller, data) = (claim.caller.clone(), state.clone());
    let abandon = move |conn: &mut db::Conn, id: &_| {
        let now = db::now(conn)?;
        if authentications::abandon(conn, &caller.tenant, id, now)? {
            caller.log(conn, "authentication.abandon", id.as_str(), now)?;
        }
        Ok(())
    };
    Begun::begin(state, async move { claim.commit(&data).await }, abandon).await
}

/// Tells the operator what the answer has no field for.
fn report(id: &AuthenticationId, result: &AuthenticationResult) {
    let liveness = result.checks.iter().find(|check| check.name == CheckName::Liveness);
    tracing::info!(
        authentication = %id,
        outcome = %result.outcome,
        liveness = liveness.map_or("off", |check| check.outcome.as_str()),
        "answered an authentication"
    );
}
