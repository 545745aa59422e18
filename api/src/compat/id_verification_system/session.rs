//! What a session's answers show: where it stands, what has been scanned, and the decision with its reasons.
//!
//! Whoever holds the session's id sees this, so nothing that was read on the document is in it.

use actix_web::HttpRequest;
use idv_common::db::verifications::Verification;
use idv_common::db::{self, Conn, captures, verifications};
use idv_common::domain::{CaptureKind, ReasonCode, Timestamp, VerificationId, VerificationStatus};
use serde::Serialize;

use super::pages;
use super::side::SIDES;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
use crate::verifications::view::DecisionView;
use crate::verifications::{redacted, view};

/// A session, as every successful answer shows it.
#[derive(Debug, Serialize)]
pub(super) struct Session {
    /// Its id, which is the verification's.
    session_id: VerificationId,
    /// `started`, `scanning`, `ready`, `processing`, `verified`, `rejected`, `needs_review`, `canceled`, `expired`
    /// or `failed`.
    status: &'static str,
    /// What that means and what to do, for the person.
    message: &'static str,
    /// What has been scanned.
    scans: Scans,
    /// What has still to be scanned before it can be confirmed.
    missing: Vec<&'static str>,
    /// Whether the person is who the ID card says; unknown before the decision and while it is in doubt.
    verified: Option<bool>,
    /// Why not, most important first.
    reasons: Vec<Reason>,
    /// Whether new scans may be taken from the beginning.
    can_restart: bool,
    /// When it expires, while it waits for scans.
    expires_at: Option<Timestamp>,
    /// The page that takes the scans and shows the result.
    verification_url: String,
}

/// Which scans are there.
#[derive(Debug, Default, Serialize)]
struct Scans {
    front: bool,
    back: bool,
    face: bool,
}

/// Why a decision is not a plain `verified`.
#[derive(Debug, Serialize)]
struct Reason {
    /// The stable code.
    code: ReasonCode,
    /// What to tell the person.
    message: &'static str,
    /// Whether new scans may mend it.
    retryable: bool,
}

impl Session {
    /// Reads a session of the caller's tenant. Notes the access if there is a decision to see.
    pub(super) async fn load(
        state: &State,
        caller: &Caller,
        req: &HttpRequest,
        id: &VerificationId,
    ) -> Result<Self, Problem> {
        let url = format!("{}/verification/{id}", pages::base_url(state, req));
        let most = state.ctx.policy.session.max_attempts;
        let (caller, id) = (caller.clone(), id.clone());
        let reader = caller.clone();
        let session = state.ctx.db.read(move |conn| Self::read(conn, &reader, &id, most, url)).await?;
        if session.is_decided() {
            let id = session.session_id.clone();
            let log = move |conn: &mut Conn| {
                let now = db::now(conn)?;
                caller.log(conn, "verification.read", id.as_str(), now)
            };
            state.ctx.db.transaction(log).await?;
        }
        Ok(session)
    }

    fn is_decided(&self) -> bool {
        self.verified.is_some() || !self.reasons.is_empty()
    }

    fn read(
        conn: &mut Conn,
        caller: &Caller,
        id: &VerificationId,
        most_attempts: u32,
        verification_url: String,
    ) -> Result<Self, Problem> {
        let row = verifications::get(conn, &caller.tenant, id)?.ok_or_else(Problem::not_found)?;
        if row.redacted_at.is_some() {
            return Err(redacted());
        }
        let captures = captures::current(conn, id)?;
        let has = |kind| captures.iter().any(|capture| capture.kind == kind);
        let missing = view::missing(row.status, &captures);
        let waits = row.status.takes_captures();
        let may_go_back = row.status.may_become(VerificationStatus::RequiresInput);
        let has_attempts = u32::try_from(row.attempts).is_ok_and(|attempts| attempts < most_attempts);
        let (status, message) = standing(row.status, captures.is_empty(), missing.is_empty());
        Ok(Self {
            scans: Scans {
                front: has(CaptureKind::DocumentFront),
                back: has(CaptureKind::DocumentBack),
                face: has(CaptureKind::Selfie),
            },
            missing: SIDES.iter().filter(|(kind, _)| missing.contains(kind)).map(|(_, name)| *name).collect(),
            status,
            message,
            verified: match row.status {
                VerificationStatus::Verified => Some(true),
                VerificationStatus::Rejected => Some(false),
                _ => None,
            },
            reasons: reasons(conn, &row)?,
            can_restart: waits || may_go_back && has_attempts,
            expires_at: waits.then_some(row.expires_at),
            verification_url,
            session_id: row.id,
        })
    }
}

/// The reasons of the decision, once there is one.
fn reasons(conn: &mut Conn, row: &Verification) -> Result<Vec<Reason>, Problem> {
    let decision = DecisionView::of(conn, row)?;
    let reasons = decision.map(|decision| decision.reasons).unwrap_or_default().into_iter();
    Ok(reasons
        .map(|reason| Reason { code: reason.code, message: reason.user_text, retryable: reason.retryable })
        .collect())
}

/// The name of where a session stands, and what it means to the person.
fn standing(status: VerificationStatus, is_empty: bool, is_complete: bool) -> (&'static str, &'static str) {
    use VerificationStatus::*;
    match status {
        RequiresInput if is_empty => (
            "started",
            "Scan the front of your ID card, its back if it has one, and take a picture of your face.",
        ),
        RequiresInput if is_complete => {
            ("ready", "Everything is there. Confirm the pictures, or take them again.")
        }
        RequiresInput => ("scanning", "Some pictures are still missing."),
        Processing => ("processing", "Your pictures are being checked. This takes a few seconds."),
        Verified => ("verified", "Your identity is verified. There is nothing more to do."),
        Rejected => ("rejected", "Your identity could not be verified."),
        NeedsReview => {
            ("needs_review", "Your pictures could not be judged for certain. Somebody will look at them.")
        }
        Canceled => ("canceled", "This verification was canceled. Start a new one to be verified."),
        Expired => ("expired", "The time for this verification is over. Start it again."),
        Failed => ("failed", "The check could not be completed. The fault is ours, not yours. Try again."),
    }
}
