//! `POST /v1/verifications/{id}/review/decision`: a reviewer decides.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::Context;
use idv_common::crypto::SealedRow;
use idv_common::db::Conn;
use idv_common::db::reviews::{self, NewNote, NewReview};
use idv_common::domain::{NoteId, NoteText, ReasonCode, Reviewer, Timestamp, Verdict, VerificationId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::load;
use super::view::ReviewView;
use crate::answer::Id;
use crate::auth::Caller;
use crate::idempotency::once;
use crate::problem::Problem;
use crate::state::State;

/// The most reasons that a decision has.
const REASONS: usize = 10;

/// A reviewer's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewDecision {
    /// Who decides; they have claimed the verification.
    reviewer: Reviewer,
    /// `verified` or `rejected`.
    verdict: Verdict,
    /// Why, most important first; at least one for `rejected`, and at most 10.
    #[serde(default)]
    reasons: Vec<ReasonCode>,
    /// A note to go with it, at most 4000 characters. Erased by redaction.
    note: Option<NoteText>,
}

/// Decide a review
///
/// The reviewer has to hold the claim, which is free again afterwards. Where `review.two_reviewers` is set, the first
/// decision is `proposed` and the verification stays in `needs_review`; a second reviewer who agrees makes it final.
/// If they do not agree, both opinions are shown, and the one that a third reviewer shares is final.
#[utoipa::path(
    tag = "reviews",
    params(("id" = String, Path, description = "the verification's id")),
    request_body = ReviewDecision,
    responses((status = 200, description = "decided or proposed: see `status` and `proposals`", body = ReviewView)),
)]
#[post("/v1/verifications/{id}/review/decision")]
pub(crate) async fn decide(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let (ctx, by, id) = (state.ctx.clone(), caller.clone(), id.0.clone());
    let effect = {
        let id = id.clone();
        move |conn: &mut Conn, asked: &ReviewDecision, now: Timestamp| {
            asked.check()?;
            asked.record(&ctx, conn, &by, &id, now)?;
            Ok(id.into())
        }
    };
    once(&state, &caller, &req, payload, StatusCode::OK, effect).await?;
    state.ctx.changed.notify_waiters();
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id).await?))
}

impl ReviewDecision {
    fn check(&self) -> Result<(), Problem> {
        if self.verdict == Verdict::NeedsReview {
            return Err(Problem::field("/verdict", "must be `verified` or `rejected`"));
        }
        if self.verdict == Verdict::Rejected && self.reasons.is_empty() || self.reasons.len() > REASONS {
            let detail = format!("must name 1 to {REASONS} reasons, or none for `verified`");
            return Err(Problem::field("/reasons", detail));
        }
        Ok(())
    }

    fn record(
        &self,
        ctx: &Context,
        conn: &mut Conn,
        by: &Caller,
        id: &VerificationId,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let note = match &self.note {
            Some(text) => Some(SealedNote::seal(ctx, conn, by, text)?),
            None => None,
        };
        let review = NewReview {
            tenant: &by.tenant,
            verification: id,
            reviewer: &self.reviewer,
            verdict: self.verdict,
            reasons: &self.reasons,
            note: note.as_ref().map(|note| note.to_row(by, id, &self.reviewer)),
            two_reviewers: ctx.config.review.two_reviewers,
        };
        reviews::decide(conn, &review, now)?;
        by.log(conn, "review.decide", id.as_str(), now)
    }
}

/// A note whose text is sealed.
pub(super) struct SealedNote {
    /// Its id.
    pub id: NoteId,
    body: SealedRow,
}

impl SealedNote {
    /// Seals a text under a key of its own.
    pub(super) fn seal(
        ctx: &Context,
        conn: &mut Conn,
        by: &Caller,
        text: &NoteText,
    ) -> Result<Self, Problem> {
        let id = NoteId::generate();
        let key = ctx.keyring.tenant(conn, &by.tenant)?;
        let body = SealedRow::seal(&key, text.expose().as_bytes(), &reviews::seal_context(&id));
        Ok(Self { id, body })
    }

    /// What is stored.
    pub(super) fn to_row<'a>(
        &'a self,
        by: &'a Caller,
        verification: &'a VerificationId,
        author: &'a Reviewer,
    ) -> NewNote<'a> {
        NewNote { id: &self.id, tenant: &by.tenant, verification, author, body: &self.body }
    }
}
