//! A reviewer's decision: it stands at once, or waits for a second pair of eyes.

use super::{NewNote, Refused, add_note, free, held, lock, open, refuse_another};
use crate::db::decisions::{self, Decision, NewDecision};
use crate::db::verifications::{self, Change};
use crate::db::{Conn, Error, events};
use crate::domain::{
    DecisionId, DecisionSource, EventType, ReasonCode, Reviewer, Standing, TenantId, Timestamp, Verdict,
    VerificationId, VerificationStatus,
};

/// A reviewer's opinion of a verification.
#[derive(Debug)]
pub struct NewReview<'a> {
    /// Whose verification it is.
    pub tenant: &'a TenantId,
    /// The verification.
    pub verification: &'a VerificationId,
    /// Who decides; they hold the claim.
    pub reviewer: &'a Reviewer,
    /// What they decide; it does not leave the verification in need of review.
    pub verdict: Verdict,
    /// Why.
    pub reasons: &'a [ReasonCode],
    /// What they write about it.
    pub note: Option<NewNote<'a>>,
    /// Whether a decision takes two reviewers who agree.
    pub two_reviewers: bool,
}

/// What came of an opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The decision.
    pub id: DecisionId,
    /// Whether it stands.
    pub standing: Standing,
}

/// Records a reviewer's decision in a new version and frees their claim. If it stands, the verification leaves
/// `needs_review`, with an event.
pub fn decide(conn: &mut Conn, review: &NewReview<'_>, now: Timestamp) -> Result<Decided, Refused> {
    let NewReview { tenant, verification: id, reviewer, verdict, .. } = *review;
    let row = lock(conn, tenant, id)?;
    let claim = held(conn, id, now)?;
    refuse_another(claim.as_ref(), reviewer)?;
    if claim.is_none() {
        return Err(Refused::NotClaimed);
    }
    let proposals = open(conn, id)?;
    if proposals.iter().any(|one| one.reviewer.as_deref() == Some(reviewer.as_str())) {
        return Err(Refused::DecidedBefore);
    }
    let standing = standing(&proposals, verdict, review.two_reviewers);
    let version = match standing {
        // It shows in the review.
        Standing::Proposed => verifications::touch(conn, id, now)?,
        Standing::Final => end(conn, tenant, id, verdict.into(), now)?,
    };
    let new = NewDecision {
        tenant,
        verification: id,
        source: DecisionSource::Reviewer,
        run: row.current_run_id.as_ref(),
        reviewer: Some(reviewer.as_str()),
        standing,
        verdict,
        reasons: review.reasons,
        version,
    };
    let decision = decisions::append(conn, &new, now)?;
    if let Some(note) = &review.note {
        add_note(conn, note, now)?;
    }
    free(conn, id)?;
    Ok(Decided { id: decision, standing })
}

/// A second opinion that agrees makes a decision, and where two disagree a third one agrees with either.
fn standing(proposals: &[Decision], verdict: Verdict, two_reviewers: bool) -> Standing {
    match !two_reviewers || proposals.iter().any(|one| one.verdict == verdict) {
        true => Standing::Final,
        false => Standing::Proposed,
    }
}

fn end(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &VerificationId,
    next: VerificationStatus,
    now: Timestamp,
) -> Result<i64, Error> {
    let from = VerificationStatus::NeedsReview;
    let version = verifications::transition(conn, id, from, next, &Change::default(), now)?;
    let version = version.ok_or(Error::Fenced)?;
    events::append(conn, tenant, id, EventType::from(next), version, now)?;
    Ok(version)
}
