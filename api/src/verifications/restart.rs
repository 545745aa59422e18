//! `POST /v1/verifications/{id}/restart`: asks for new captures, keeping those that were good.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::auth::Secret;
use idv_common::db::verifications::{self, Change};
use idv_common::db::{self, Conn, captures, events, jobs, reviews};
use idv_common::domain::{CaptureKind, EventType, Policy, VerificationId, VerificationStatus};
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::show_token;
use super::fields::hours;
use super::submit::check_attempts;
use super::view::VerificationView;
use super::{load, lock, replayed, takes_input, wrong_state};
use crate::answer::{self, Id};
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::idempotency::{Once, Ticket};
use crate::json;
use crate::problem::Problem;
use crate::state::State;

/// What a restart keeps.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keeping {
    /// The captures that stay; all others are asked for again.
    #[serde(default)]
    keep: Vec<CaptureKind>,
}

/// Restart a verification
///
/// From `rejected`, `needs_review`, `failed` or `expired`, while the policy allows another attempt. The answer
/// holds a new capture token; the old one stops working.
#[utoipa::path(
    tag = "verifications",
    params(("id" = String, Path, description = "the verification's id")),
    request_body = Keeping,
    responses((status = 200, description = "waits for captures again", body = VerificationView)),
)]
#[post("/v1/verifications/{id}/restart")]
pub(crate) async fn restart(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let limit = state.ctx.config.limits.json_bytes;
    let (keeping, body) = json::read::<Keeping>(&req, payload, limit, state.upload_time()).await?;
    let fingerprint = Fingerprint::of(&req).json(&body).finish();
    let once = Once::begin(&state, &caller, &req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        let view = replayed(&state, &caller, id).await?;
        return Ok(answer::changed(&state, StatusCode::OK, view));
    }
    let secret = Secret::generate();
    let restart = Restart { keep: keeping.keep, ..Restart::new(&state, &caller, &id.0, &secret) };
    let ticket = once.ticket(fingerprint);
    let restarted = state.ctx.db.transaction(move |conn| restart.run(conn, &ticket)).await;
    once.settle(&state, restarted).await?;
    state.ctx.changed.notify_waiters();
    let mut view = load(&state, &caller, &id.0).await?;
    show_token(&state, &mut view, &secret);
    Ok(answer::changed(&state, StatusCode::OK, view))
}

/// Throws away whatever was captured, so that all of it is asked for again: before it was submitted as well as
/// after a result.
pub(crate) async fn start_over(state: &State, caller: &Caller, id: &VerificationId) -> Result<(), Problem> {
    // Nobody is shown this token.
    let start = Restart::new(state, caller, id, &Secret::generate());
    state.ctx.db.transaction(move |conn| start.run_from_anywhere(conn)).await?;
    state.ctx.changed.notify_waiters();
    Ok(())
}

struct Restart {
    id: VerificationId,
    caller: Caller,
    keep: Vec<CaptureKind>,
    policy: Arc<Policy>,
    token_sha256: [u8; 32],
}

impl Restart {
    /// A restart that keeps nothing, and after which `token` opens the captures.
    fn new(state: &State, caller: &Caller, id: &VerificationId, token: &Secret) -> Self {
        Self {
            id: id.clone(),
            caller: caller.clone(),
            keep: Vec::new(),
            policy: state.ctx.policy.clone(),
            token_sha256: token.digest(),
        }
    }

    fn run_from_anywhere(&self, conn: &mut Conn) -> Result<(), Problem> {
        let row = lock(conn, &self.caller, &self.id)?;
        if !row.status.takes_captures() {
            return self.run(conn, &Ticket::none());
        }
        let now = db::now(conn)?;
        takes_input(&row, now)?;
        self.supersede(conn)?;
        verifications::touch(conn, &self.id, now)?;
        self.caller.log(conn, "verification.restart", self.id.as_str(), now)
    }

    fn run(&self, conn: &mut Conn, ticket: &Ticket) -> Result<(), Problem> {
        let Self { id, caller, policy, .. } = self;
        let row = lock(conn, caller, id)?;
        let next = VerificationStatus::RequiresInput;
        if !row.status.may_become(next) {
            return Err(wrong_state(row.status));
        }
        check_attempts(&row, policy)?;
        let now = db::now(conn)?;
        self.supersede(conn)?;
        verifications::set_capture_token(conn, id, &self.token_sha256)?;
        let expires_at = now.plus(hours(policy.session.expires_after_hours));
        let change = Change { expires_at: Some(expires_at), ..Change::default() };
        let version = verifications::transition(conn, id, row.status, next, &change, now)?
            .ok_or_else(|| wrong_state(row.status))?;
        reviews::free(conn, id)?;
        // It may be a dead one's that was driven again, and would decide the next attempt.
        if let Some(run) = &row.current_run_id {
            jobs::cancel_of_run(conn, run, now)?;
        }
        events::append(conn, &caller.tenant, id, EventType::from(next), version, now)?;
        caller.log(conn, "verification.restart", id.as_str(), now)?;
        ticket.complete(conn, StatusCode::OK.as_u16(), id.as_str())
    }

    fn supersede(&self, conn: &mut Conn) -> Result<(), Problem> {
        let current = captures::current(conn, &self.id)?;
        if let Some((n, kind)) =
            self.keep.iter().enumerate().find(|(_, kind)| current.iter().all(|row| row.kind != **kind))
        {
            return Err(Problem::field(&format!("/keep/{n}"), format!("there is no `{kind}` to keep")));
        }
        let others: Vec<_> =
            current.iter().map(|row| row.kind).filter(|kind| !self.keep.contains(kind)).collect();
        let now = db::now(conn)?;
        captures::supersede(conn, &self.id, &others, now)?;
        // What it shows is of the last attempt.
        Ok(captures::supersede_evidence(conn, &self.id, now)?)
    }
}
