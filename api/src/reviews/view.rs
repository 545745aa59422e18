//! What the caller sees of a review.

use idv_common::db::decisions::Decision;
use idv_common::db::reviews::{Claim, Review};
use idv_common::domain::{
    DecisionId, DecisionSource, NoteId, RunId, Standing, Timestamp, Verdict, VerificationId,
    VerificationStatus,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::verifications::view::ReasonView;

/// A verification that a person has to decide, or has decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub(crate) struct ReviewView {
    /// The verification's id.
    pub id: VerificationId,
    /// `review`.
    pub object: &'static str,
    /// The verification's status.
    pub status: VerificationStatus,
    /// The verification's version.
    pub version: i64,
    /// Since when it has this status.
    pub since: Option<Timestamp>,
    /// When the verification was made.
    pub created_at: Timestamp,
    /// Who is looking at it.
    pub claim: Option<ClaimView>,
    /// The decision that the status rests on: at first the run's, with its reasons. Null if a restart has begun anew.
    pub decision: Option<DecisionRecord>,
    /// The opinions of reviewers since then, while they do not agree.
    pub proposals: Vec<DecisionRecord>,
}

/// Who is looking at a verification.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewClaim)]
pub(crate) struct ClaimView {
    /// The reviewer's name.
    pub reviewer: String,
    /// Since when.
    pub claimed_at: Timestamp,
    /// Until when, unless it is claimed again.
    pub claimed_until: Timestamp,
}

/// One decision of a verification's history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionRecord {
    /// Its id.
    pub id: DecisionId,
    /// Who decided: a run of the pipeline, or a reviewer.
    pub source: DecisionSource,
    /// The run that decided, or that the reviewer had before them.
    pub run_id: Option<RunId>,
    /// The reviewer's name.
    pub reviewer: Option<String>,
    /// `proposed`: it waits for a second pair of eyes.
    pub standing: Standing,
    /// What was decided.
    pub verdict: Verdict,
    /// Why, most important first.
    pub reasons: Vec<ReasonView>,
    /// The verification's version that shows it.
    pub version: i64,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// Every decision on a verification, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionList {
    /// `list`.
    pub object: &'static str,
    /// All of them.
    pub data: Vec<DecisionRecord>,
}

/// What a reviewer has written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewNote)]
pub(crate) struct NoteView {
    /// Its id.
    pub id: NoteId,
    /// `review_note`.
    pub object: &'static str,
    /// The verification that it is about.
    pub verification_id: VerificationId,
    /// Who wrote it.
    pub author: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub created_at: Timestamp,
}

impl TryFrom<Review> for ReviewView {
    type Error = Problem;

    fn try_from(review: Review) -> Result<Self, Problem> {
        let row = review.verification;
        Ok(Self {
            id: row.id,
            object: "review",
            status: row.status,
            version: row.version,
            since: row.settled_at,
            created_at: row.created_at,
            claim: review.claim.map(ClaimView::from),
            decision: review.decision.map(DecisionRecord::try_from).transpose()?,
            proposals: review
                .proposals
                .into_iter()
                .map(DecisionRecord::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<Claim> for ClaimView {
    fn from(claim: Claim) -> Self {
        Self { reviewer: claim.reviewer, claimed_at: claim.claimed_at, claimed_until: claim.claimed_until }
    }
}

impl TryFrom<Decision> for DecisionRecord {
    type Error = Problem;

    fn try_from(row: Decision) -> Result<Self, Problem> {
        Ok(Self {
            reasons: row.reasons()?.into_iter().map(ReasonView::from).collect(),
            id: row.id,
            source: row.source,
            run_id: row.run_id,
            reviewer: row.reviewer,
            standing: row.standing,
            verdict: row.verdict,
            version: row.version,
            decided_at: row.created_at,
        })
    }
}
