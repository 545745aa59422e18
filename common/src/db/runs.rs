//! Runs: executions of the pipeline. A finished run's report never changes.

use diesel::prelude::*;
use serde::Serialize;

use super::schema::runs;
use super::{Conn, Error};
use crate::crypto::SealedRow;
use crate::domain::{
    BatchItemId, CaptureId, Check, CheckName, Outcome, ReasonCode, Report, RunId, RunReason, TenantId,
    Timestamp, Verdict, VerificationId,
};

/// A run as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = runs)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The verification it belongs to.
    pub verification_id: VerificationId,
    /// Why it was made.
    pub reason: RunReason,
    captures: String,
    /// What it recommends, once finished.
    pub verdict: Option<Verdict>,
    reasons: String,
    report: Option<Vec<u8>>,
    wrapped_key: Option<Vec<u8>>,
    /// The batch's item that it is made for.
    pub batch_item_id: Option<BatchItemId>,
    /// Whether it leaves the verification as it is.
    pub shadow: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
}

impl Run {
    /// The captures that it works on.
    pub fn captures(&self) -> Result<Vec<CaptureId>, Error> {
        Ok(serde_json::from_str(&self.captures)?)
    }

    /// Why it recommends that.
    pub fn reasons(&self) -> Result<Vec<ReasonCode>, Error> {
        Ok(serde_json::from_str(&self.reasons)?)
    }

    /// The sealed report, unless unfinished or erased.
    pub fn sealed_report(&self) -> Option<SealedRow> {
        SealedRow::from_columns(self.report.clone(), self.wrapped_key.clone())
    }

    /// What a run's report is sealed for.
    pub fn seal_context(id: &RunId) -> String {
        format!("run|{id}")
    }
}

/// Makes a run over these captures.
pub fn insert(
    conn: &mut Conn,
    id: &RunId,
    tenant: &TenantId,
    verification: &VerificationId,
    reason: RunReason,
    captures: &[CaptureId],
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(runs::table)
        .values((
            runs::id.eq(id.as_str()),
            runs::tenant_id.eq(tenant.as_str()),
            runs::verification_id.eq(verification.as_str()),
            runs::reason.eq(reason.as_str()),
            runs::captures.eq(serde_json::to_string(captures)?),
            runs::reasons.eq("[]"),
            runs::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The run of that id.
pub fn get(conn: &mut Conn, id: &RunId) -> Result<Option<Run>, Error> {
    Ok(runs::table.find(id.as_str()).select(Run::as_select()).first(conn).optional()?)
}

/// What a check came to, without its evidence.
#[derive(Serialize)]
struct CheckSummary<'a> {
    name: CheckName,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    reasons: &'a [ReasonCode],
}

impl<'a> CheckSummary<'a> {
    fn of(check: &'a Check) -> Self {
        let Check { name, outcome, score, threshold, reasons, .. } = check;
        Self { name: *name, outcome: *outcome, score: *score, threshold: *threshold, reasons }
    }
}

/// Writes a run's result: its verdict, its checks in the clear and the report sealed. Refused with
/// [`Error::Fenced`] if the run is finished already.
pub fn finish(
    conn: &mut Conn,
    run: &Run,
    report: &Report,
    sealed: &SealedRow,
    now: Timestamp,
) -> Result<(), Error> {
    let summaries: Vec<_> = report.checks.iter().map(CheckSummary::of).collect();
    let changed = diesel::update(runs::table.find(run.id.as_str()).filter(runs::finished_at.is_null()))
        .set((
            runs::verdict.eq(report.verdict.as_str()),
            runs::reasons.eq(serde_json::to_string(&report.reasons)?),
            runs::checks.eq(serde_json::to_string(&summaries)?),
            runs::policy_name.eq(&report.policy.name),
            runs::models.eq(serde_json::to_string(&report.models)?),
            runs::policy_version.eq(i32::try_from(report.policy.version).unwrap_or(i32::MAX)),
            runs::report.eq(&sealed.ciphertext),
            runs::wrapped_key.eq(&sealed.wrapped_key),
            runs::finished_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Err(Error::Fenced);
    }
    Ok(())
}

/// Erases the reports of all of a verification's runs, and their keys; the verdicts stay. Returns how many.
pub fn erase_reports(conn: &mut Conn, verification: &VerificationId) -> Result<usize, Error> {
    Ok(diesel::update(
        runs::table
            .filter(runs::verification_id.eq(verification.as_str()))
            .filter(runs::report.is_not_null()),
    )
    .set((runs::report.eq(None::<Vec<u8>>), runs::wrapped_key.eq(None::<Vec<u8>>)))
    .execute(conn)?)
}
