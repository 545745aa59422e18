//! `POST /api/enroll?username=` with the part `cin_file`: a picture of an identity document becomes a user.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use idv_common::db::{self, subjects};
use idv_common::domain::{CaptureKind, SubjectId, SubjectStatus};
use serde::Serialize;

use super::receive::{Wanted, pass_over, receive};
use super::{FACADE, Refusal, user, username};
use crate::auth::Caller;
use crate::begun::Begun;
use crate::compat::{access, reply};
use crate::idempotency::Ticket;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::subjects::{Enrolment, load};
use crate::trace;

/// The picture of the document.
const CIN_FILE: Wanted = Wanted { part: "cin_file", kind: |_| CaptureKind::DocumentFront };

/// The answer.
#[derive(Serialize)]
struct Answer {
    trained: &'static str,
    #[serde(rename = "EnrollStatus")]
    status: &'static str,
    #[serde(rename = "DecisionReason")]
    reason: String,
}

/// Enrols a user.
pub(super) async fn enroll(state: Data<State>, req: HttpRequest, payload: Payload) -> HttpResponse {
    match enrolled(&state, &req, payload).await {
        Ok(()) => {
            let reason = "ENROLLED_AS_USER".to_owned();
            reply(StatusCode::OK, Answer { trained: "success", status: "APPROVED", reason })
        }
        Err(refusal) => {
            refusal.log();
            let answer = Answer { trained: "failed", status: "REJECTED", reason: refusal.reason() };
            refusal.with_headers(reply(refusal.status(), answer))
        }
    }
}

async fn enrolled(state: &Data<State>, req: &HttpRequest, mut payload: Payload) -> Result<(), Refusal> {
    let caller = access::caller(state, req, FACADE).await?;
    let username = match free_username(state, &caller, req).await {
        Ok(username) => username,
        Err(refusal) => {
            pass_over(state, req, &mut payload).await;
            return Err(refusal);
        }
    };
    let enrolment = Enrolment {
        caller: caller.clone(),
        reference: Some(username),
        rows: receive(state, &caller, req, payload, &CIN_FILE).await?,
        traceparent: trace::parent(req),
        ticket: Ticket::none(),
    };
    let view =
        begin(state, enrolment).await?.result(&caller, async |id| load(state, &caller, id).await).await?;
    let view = view.ok_or(Refusal::TimedOut)?;
    let (id, status) = (&view.summary.id, view.summary.status);
    tracing::info!(subject = %id, %status, "answered an enrolment");
    match (status, view.result) {
        (SubjectStatus::Enrolled, _) => Ok(()),
        (SubjectStatus::Rejected, Some(result)) => Err(Refusal::because(&result.reasons)),
        _ => Err(Problem::bland().into()),
    }
}

/// The username of a request, if nobody has it.
async fn free_username(state: &State, caller: &Caller, req: &HttpRequest) -> Result<String, Refusal> {
    let username = username(req)?;
    match user(state, caller, &username).await? {
        Some(_) => Err(duplicate()),
        None => Ok(username),
    }
}

async fn begin(state: &Data<State>, enrolment: Enrolment) -> Result<Begun<SubjectId>, Refusal> {
    let (caller, data) = (enrolment.caller.clone(), state.clone());
    let erase = move |conn: &mut db::Conn, id: &_| {
        let now = db::now(conn)?;
        if subjects::erase(conn, &caller.tenant, id, now)? {
            caller.log(conn, "subject.erase", id.as_str(), now)?;
        }
        Ok(())
    };
    let begun = Begun::begin(state, async move { enrolment.commit(&data).await }, erase).await;
    begun.map_err(|problem| match problem.code() {
        // Somebody else was faster.
        Code::SubjectExists => duplicate(),
        _ => problem.into(),
    })
}

fn duplicate() -> Refusal {
    Refusal::Decided("DUPLICATE_USERNAME".to_owned())
}
