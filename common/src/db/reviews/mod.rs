//! The review queue: verifications that a person has to decide, and who is looking at which.

mod decide;
mod notes;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

pub use decide::{Decided, NewReview, decide};
pub(super) use notes::purge_notes;
pub use notes::{NewNote, Note, add_note, delete_notes, note, notes, seal_context};

use super::decisions::{self, Decision};
use super::schema::{review_claims, verifications};
use super::verifications::Verification;
use super::{Conn, Error};
use crate::domain::{Reviewer, Standing, TenantId, Timestamp, VerificationId, VerificationStatus};

/// Why a reviewer's request has no effect.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such verification.
    #[error("failed to find the verification `{0}`: the tenant has no such one")]
    NotFound(VerificationId),
    /// Its personal data has been erased.
    #[error("failed to review the verification: its personal data has been erased")]
    Redacted,
    /// It does not wait for a reviewer.
    #[error("failed to review the verification: it is `{0}`, and only `needs_review` is reviewed")]
    WrongStatus(VerificationStatus),
    /// Another reviewer holds it.
    #[error("failed to review the verification: `{reviewer}` has claimed it until {until}")]
    ClaimedBy {
        /// Who holds it.
        reviewer: String,
        /// Until when, unless they prolong it.
        until: Timestamp,
    },
    /// The reviewer does not hold it.
    #[error("failed to decide: claim the verification first")]
    NotClaimed,
    /// The reviewer has given an opinion, and another one's is needed.
    #[error(
        "failed to review the verification: the reviewer has decided already, and another one has to agree"
    )]
    DecidedBefore,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<diesel::result::Error> for Refused {
    fn from(cause: diesel::result::Error) -> Self {
        Self::Database(cause.into())
    }
}

/// Who is looking at a verification.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = review_claims)]
pub struct Claim {
    /// The verification.
    pub verification_id: VerificationId,
    /// Who, as the caller gave the name.
    pub reviewer: String,
    /// Since when.
    pub claimed_at: Timestamp,
    /// Until when, unless it is prolonged.
    pub claimed_until: Timestamp,
}

/// A verification that a person has to decide, with what is known of its review.
#[derive(Debug, Clone)]
pub struct Review {
    /// The verification.
    pub verification: Verification,
    /// Who is looking at it.
    pub claim: Option<Claim>,
    /// The decision that the verification's status rests on.
    pub decision: Option<Decision>,
    /// The opinions since, none of which stands yet.
    pub proposals: Vec<Decision>,
}

/// Which reviews to list.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// Only those that nobody looks at.
    pub unclaimed: bool,
    /// Only those that this reviewer looks at.
    pub reviewer: Option<Reviewer>,
    /// Only those behind this one.
    pub starting_after: Option<VerificationId>,
}

/// A tenant's verifications in `needs_review`, oldest first, at most `limit`.
pub fn queue(
    conn: &mut Conn,
    tenant: &TenantId,
    filter: &Filter,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Review>, Error> {
    let held = || {
        review_claims::table
            .filter(review_claims::verification_id.eq(verifications::id))
            .filter(review_claims::claimed_until.gt(now.as_micros()))
    };
    let mut query = verifications::table
        .filter(verifications::tenant_id.eq(tenant.as_str().to_owned()))
        .filter(verifications::status.eq(VerificationStatus::NeedsReview.as_str()))
        .filter(verifications::redacted_at.is_null())
        .order(verifications::id)
        .limit(limit)
        .select(Verification::as_select())
        .into_boxed();
    if filter.unclaimed {
        query = query.filter(not(exists(held())));
    }
    if let Some(reviewer) = &filter.reviewer {
        query = query.filter(exists(held().filter(review_claims::reviewer.eq(reviewer.to_string()))));
    }
    if let Some(after) = &filter.starting_after {
        query = query.filter(verifications::id.gt(after.as_str().to_owned()));
    }
    let rows: Vec<Verification> = query.load(conn)?;
    with_reviews(conn, rows, now)
}

/// A tenant's verification, whatever its status, with what is known of its review.
pub fn get(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &VerificationId,
    now: Timestamp,
) -> Result<Option<Review>, Error> {
    let row = super::verifications::get(conn, tenant, id)?;
    Ok(with_reviews(conn, row.into_iter().collect(), now)?.pop())
}

fn with_reviews(conn: &mut Conn, rows: Vec<Verification>, now: Timestamp) -> Result<Vec<Review>, Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut claims: Vec<Claim> = review_claims::table
        .filter(review_claims::verification_id.eq_any(&ids))
        .filter(review_claims::claimed_until.gt(now.as_micros()))
        .select(Claim::as_select())
        .load(conn)?;
    let decisions = decisions::of_many(conn, &ids)?;
    let review = |verification: Verification| {
        let claim = claims.iter().position(|claim| claim.verification_id == verification.id);
        let mut all: Vec<Decision> =
            decisions.iter().filter(|one| one.verification_id == verification.id).cloned().collect();
        let proposals = all.split_off(open_from(&all));
        let waits = verification.status == VerificationStatus::NeedsReview;
        let last = all.into_iter().rfind(|one| one.standing == Standing::Final);
        Review {
            claim: claim.map(|n| claims.swap_remove(n)),
            decision: last.filter(|last| last.is_of(&verification)),
            proposals: if waits { proposals } else { Vec::new() },
            verification,
        }
    };
    Ok(rows.into_iter().map(review).collect())
}

/// Where, in a verification's history, the opinions begin that have led to nothing yet.
fn open_from(history: &[Decision]) -> usize {
    history.iter().rposition(|one| one.standing == Standing::Final).map_or(0, |last| last + 1)
}

/// Claims a verification for a reviewer until `until`, or prolongs their claim.
pub fn claim(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &VerificationId,
    reviewer: &Reviewer,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), Refused> {
    lock(conn, tenant, id)?;
    let held = held(conn, id, now)?;
    refuse_another(held.as_ref(), reviewer)?;
    if open(conn, id)?.iter().any(|one| one.reviewer.as_deref() == Some(reviewer.as_str())) {
        return Err(Refused::DecidedBefore);
    }
    let since = held.map_or(now, |claim| claim.claimed_at);
    free(conn, id)?;
    diesel::insert_into(review_claims::table)
        .values((
            review_claims::verification_id.eq(id.as_str()),
            review_claims::tenant_id.eq(tenant.as_str()),
            review_claims::reviewer.eq(reviewer.as_str()),
            review_claims::claimed_at.eq(since.as_micros()),
            review_claims::claimed_until.eq(until.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Gives a claim back; nothing to do if nobody holds it.
pub fn release(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &VerificationId,
    reviewer: &Reviewer,
    now: Timestamp,
) -> Result<(), Refused> {
    lock(conn, tenant, id)?;
    refuse_another(held(conn, id, now)?.as_ref(), reviewer)?;
    Ok(free(conn, id)?)
}

/// Takes a claim away, whoever holds it.
pub fn free(conn: &mut Conn, id: &VerificationId) -> Result<(), Error> {
    diesel::delete(review_claims::table.find(id.as_str())).execute(conn)?;
    Ok(())
}

/// A verification that waits for a reviewer, locked until the transaction ends.
fn lock(conn: &mut Conn, tenant: &TenantId, id: &VerificationId) -> Result<Verification, Refused> {
    let row = super::verifications::lock(conn, tenant, id)?.ok_or_else(|| Refused::NotFound(id.clone()))?;
    if row.redacted_at.is_some() {
        return Err(Refused::Redacted);
    }
    match row.status {
        VerificationStatus::NeedsReview => Ok(row),
        status => Err(Refused::WrongStatus(status)),
    }
}

/// The claim that is in force.
fn held(conn: &mut Conn, id: &VerificationId, now: Timestamp) -> Result<Option<Claim>, Error> {
    Ok(review_claims::table
        .find(id.as_str())
        .filter(review_claims::claimed_until.gt(now.as_micros()))
        .select(Claim::as_select())
        .first(conn)
        .optional()?)
}

fn refuse_another(held: Option<&Claim>, reviewer: &Reviewer) -> Result<(), Refused> {
    match held {
        Some(claim) if claim.reviewer != reviewer.as_str() => {
            Err(Refused::ClaimedBy { reviewer: claim.reviewer.clone(), until: claim.claimed_until })
        }
        _ => Ok(()),
    }
}

/// The opinions that have led to nothing yet.
fn open(conn: &mut Conn, id: &VerificationId) -> Result<Vec<Decision>, Error> {
    let mut history = decisions::list(conn, id)?;
    Ok(history.split_off(open_from(&history)))
}

/// How many verifications of these tenants wait for a reviewer.
pub(super) fn count(conn: &mut Conn, tenants: &[&str]) -> Result<i64, Error> {
    Ok(verifications::table
        .filter(verifications::tenant_id.eq_any(tenants))
        .filter(verifications::status.eq(VerificationStatus::NeedsReview.as_str()))
        .filter(verifications::redacted_at.is_null())
        .count()
        .get_result(conn)?)
}
