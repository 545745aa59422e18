//! Decisions on verifications: by runs and by reviewers, oldest first. None is ever changed.

use diesel::prelude::*;

use super::schema::decisions;
use super::verifications::Verification;
use super::{Conn, Error};
use crate::domain::{
    DecisionId, DecisionSource, ReasonCode, RunId, Standing, TenantId, Timestamp, Verdict, VerificationId,
};

/// A decision as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = decisions)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// What it is about.
    pub verification_id: VerificationId,
    /// Who made it.
    pub source: DecisionSource,
    /// The run that decided, or that the reviewer had before them.
    pub run_id: Option<RunId>,
    /// The reviewer's name, as the caller gave it.
    pub reviewer: Option<String>,
    /// Whether it stands.
    pub standing: Standing,
    /// What was decided.
    pub verdict: Verdict,
    reasons: String,
    /// The verification's version that shows it.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Decision {
    /// Whether a verification's status rests on it: it is not about an attempt before this one, of which something else
    /// has become since.
    pub fn is_of(&self, row: &Verification) -> bool {
        row.status.verdict() == Some(self.verdict) && self.run_id == row.current_run_id
    }

    /// Why it was decided so.
    pub fn reasons(&self) -> Result<Vec<ReasonCode>, Error> {
        Ok(serde_json::from_str(&self.reasons)?)
    }
}

/// What a new decision holds.
#[derive(Debug)]
pub struct NewDecision<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// What it is about.
    pub verification: &'a VerificationId,
    /// Who made it.
    pub source: DecisionSource,
    /// The run that decided, or that the reviewer had before them.
    pub run: Option<&'a RunId>,
    /// The reviewer's name.
    pub reviewer: Option<&'a str>,
    /// Whether it stands.
    pub standing: Standing,
    /// What was decided.
    pub verdict: Verdict,
    /// Why.
    pub reasons: &'a [ReasonCode],
    /// The verification's version that shows it.
    pub version: i64,
}

/// Appends a decision.
pub fn append(conn: &mut Conn, new: &NewDecision<'_>, now: Timestamp) -> Result<DecisionId, Error> {
    let id = DecisionId::generate();
    diesel::insert_into(decisions::table)
        .values((
            decisions::id.eq(id.as_str()),
            decisions::tenant_id.eq(new.tenant.as_str()),
            decisions::verification_id.eq(new.verification.as_str()),
            decisions::source.eq(new.source.as_str()),
            decisions::run_id.eq(new.run.map(RunId::as_str)),
            decisions::reviewer.eq(new.reviewer),
            decisions::standing.eq(new.standing.as_str()),
            decisions::verdict.eq(new.verdict.as_str()),
            decisions::reasons.eq(serde_json::to_string(new.reasons)?),
            decisions::version.eq(new.version),
            decisions::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(id)
}

/// All decisions on a verification, oldest first.
pub fn list(conn: &mut Conn, verification: &VerificationId) -> Result<Vec<Decision>, Error> {
    Ok(decisions::table
        .filter(decisions::verification_id.eq(verification.as_str()))
        .order((decisions::created_at, decisions::id))
        .select(Decision::as_select())
        .load(conn)?)
}

/// All decisions on each of these verifications, each one's oldest first.
pub(super) fn of_many(conn: &mut Conn, verifications: &[&str]) -> Result<Vec<Decision>, Error> {
    Ok(decisions::table
        .filter(decisions::verification_id.eq_any(verifications))
        .order((decisions::verification_id, decisions::created_at, decisions::id))
        .select(Decision::as_select())
        .load(conn)?)
}

/// The decision on a verification that stands.
pub fn current(conn: &mut Conn, verification: &VerificationId) -> Result<Option<Decision>, Error> {
    Ok(decisions::table
        .filter(decisions::verification_id.eq(verification.as_str()))
        .filter(decisions::standing.eq(Standing::Final.as_str()))
        .order((decisions::created_at.desc(), decisions::id.desc()))
        .select(Decision::as_select())
        .first(conn)
        .optional()?)
}
