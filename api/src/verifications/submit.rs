//! `POST /v1/verifications/{id}/submit`: from here on a worker decides.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::runs::RunCapture;
use idv_common::db::verifications::{self, Change, Verification};
use idv_common::db::{self, Conn, captures, events, runs};
use idv_common::domain::{
    EventType, JobKind, Policy, QueueName, RunId, RunReason, Timestamp, VerificationId, VerificationStatus,
};
use idv_common::fault;

use super::view::{VerificationView, missing};
use super::{load, lock, replayed, takes_input, wrong_state};
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::idempotency::{Once, Ticket};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::trace;

/// Submit a verification
///
/// Needs the captures `document_front` and `selfie` or `selfie_clip`. The answer is 202 at once, or with
/// `Prefer: wait` 200 as soon as the result is there.
#[utoipa::path(
    tag = "verifications",
    params(("id" = String, Path, description = "the verification's id")),
    responses(
        (status = 202, description = "a worker will decide", body = VerificationView),
        (status = 200, description = "decided", body = VerificationView),
    ),
)]
#[post("/v1/verifications/{id}/submit")]
pub(crate) async fn submit(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let fingerprint = Fingerprint::of(&req).finish();
    let once = Once::begin(&state, &caller, &req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        return answer::accepted(&state, &caller, &req, async || replayed(&state, &caller, id).await).await;
    }
    let submitted = hand_over(&state, &caller, &id.0, &req, once.ticket(fingerprint)).await;
    once.settle(&state, submitted).await?;
    answer::accepted(&state, &caller, &req, async || load(&state, &caller, &id.0).await).await
}

/// Submits a verification and has its job published.
pub(crate) async fn hand_over(
    state: &State,
    caller: &Caller,
    id: &VerificationId,
    req: &HttpRequest,
    ticket: Ticket,
) -> Result<(), Problem> {
    let submission = Submission {
        id: id.clone(),
        caller: caller.clone(),
        policy: state.ctx.policy.clone(),
        traceparent: trace::parent(req),
    };
    let commit = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        submit_in(conn, &submission, &ticket, now)
    };
    state.backlog.admit(&state.ctx).await?;
    state.ctx.db.transaction(commit).await?;
    fault::point("submit.committed");
    state.ctx.publish_soon(QueueName::Interactive);
    Ok(())
}

/// A verification that is about to be submitted.
pub(super) struct Submission {
    pub id: VerificationId,
    pub caller: Caller,
    pub policy: Arc<Policy>,
    pub traceparent: Option<String>,
}

/// Submits in the caller's transaction: run, job, status and event are there together or not at all.
pub(super) fn submit_in(
    conn: &mut Conn,
    submission: &Submission,
    ticket: &Ticket,
    now: Timestamp,
) -> Result<(), Problem> {
    let Submission { id, caller, .. } = submission;
    let row = lock(conn, caller, id)?;
    takes_input(&row, now)?;
    check_attempts(&row, &submission.policy)?;
    let captures = captures_of(conn, &row)?;
    let reason = if row.attempts == 0 { RunReason::Submit } else { RunReason::Restart };
    let run = RunId::generate();
    runs::insert(conn, &run, &caller.tenant, id, reason, &captures, now)?;
    let job = NewJob {
        tenant: &caller.tenant,
        kind: JobKind::Verify,
        queue: JobKind::Verify.queue(),
        subject: run.as_str(),
        verification: Some(id),
        traceparent: submission.traceparent.as_deref(),
    };
    jobs::enqueue(conn, &job, now)?;
    let change = Change { current_run_id: Some(&run), counts_as_attempt: true, ..Change::default() };
    let next = VerificationStatus::Processing;
    let version = verifications::transition(conn, id, row.status, next, &change, now)?
        .ok_or_else(|| wrong_state(row.status))?;
    events::append(conn, &caller.tenant, id, EventType::from(next), version, now)?;
    caller.log(conn, "verification.submit", id.as_str(), now)?;
    ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str())?;
    fault::point("submit.before_commit");
    Ok(())
}

/// Refuses unless the verification may be submitted once more.
pub(super) fn check_attempts(row: &Verification, policy: &Policy) -> Result<(), Problem> {
    let most = policy.session.max_attempts;
    if u32::try_from(row.attempts).is_ok_and(|attempts| attempts < most) {
        Ok(())
    } else {
        Err(Problem::new(Code::MaxAttemptsExceeded, format!("the policy allows {most} attempts")))
    }
}

fn captures_of(conn: &mut Conn, row: &Verification) -> Result<Vec<RunCapture>, Problem> {
    let captures = captures::current(conn, &row.id)?;
    let missing = missing(row.status, &captures);
    if missing.is_empty() {
        return Ok(captures.iter().map(RunCapture::of).collect());
    }
    let names: Vec<_> = missing.iter().map(|kind| kind.as_str()).collect();
    let problem = Problem::new(Code::CaptureMissing, format!("upload first: {}", names.join(", ")));
    Err(names.iter().fold(problem, |problem, name| {
        problem.with_error(None, Code::CaptureMissing.as_str(), format!("`{name}` has not been uploaded"))
    }))
}
