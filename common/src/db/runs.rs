//! Runs: executions of the pipeline. A finished run's report never changes.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::captures::Capture;
use super::schema::runs;
use super::{Conn, Error};
use crate::crypto::SealedRow;
use crate::domain::{
    BatchItemId, CaptureId, CaptureKind, Check, CheckName, Outcome, ReasonCode, Report, RunId, RunReason,
    TenantId, Timestamp, Verdict, VerificationId,
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

/// A capture that a run works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCapture {
    /// Its id.
    pub id: CaptureId,
    /// What it shows.
    pub kind: CaptureKind,
    /// SHA-256 of its bytes, in hex: what was found on it is found again by this, even when it is purged.
    pub sha256: String,
}

impl RunCapture {
    /// How a run names a capture.
    pub fn of(capture: &Capture) -> Self {
        Self { id: capture.id.clone(), kind: capture.kind, sha256: capture.sha256.clone() }
    }
}

/// A run's capture as it is stored: runs were first stored with ids alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredCapture {
    Whole(RunCapture),
    Id(CaptureId),
}

impl Run {
    /// The captures that it works on.
    pub fn captures(&self) -> Result<Vec<CaptureId>, Error> {
        let stored: Vec<StoredCapture> = serde_json::from_str(&self.captures)?;
        let id = |stored| match stored {
            StoredCapture::Whole(capture) => capture.id,
            StoredCapture::Id(id) => id,
        };
        Ok(stored.into_iter().map(id).collect())
    }

    /// The same in the order of their ids, whatever order they were named in.
    pub fn sorted_captures(&self) -> Result<Vec<CaptureId>, Error> {
        let mut captures = self.captures()?;
        captures.sort();
        Ok(captures)
    }

    /// The same with what they show and their digests; `None` for a run that was stored without them.
    pub fn inputs(&self) -> Result<Option<Vec<RunCapture>>, Error> {
        let stored: Vec<StoredCapture> = serde_json::from_str(&self.captures)?;
        let whole = |stored| match stored {
            StoredCapture::Whole(capture) => Some(capture),
            StoredCapture::Id(_) => None,
        };
        Ok(stored.into_iter().map(whole).collect())
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

/// What a new run holds.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// Its id.
    pub id: &'a RunId,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The verification it belongs to.
    pub verification: &'a VerificationId,
    /// Why it is made.
    pub reason: RunReason,
    /// What it works on.
    pub captures: &'a [RunCapture],
    /// The batch's item that it is made for.
    pub item: Option<&'a BatchItemId>,
    /// Whether it leaves the verification as it is.
    pub shadow: bool,
}

/// Makes a run over these captures that belongs to no batch.
pub fn insert(
    conn: &mut Conn,
    id: &RunId,
    tenant: &TenantId,
    verification: &VerificationId,
    reason: RunReason,
    captures: &[RunCapture],
    now: Timestamp,
) -> Result<(), Error> {
    let new = NewRun { id, tenant, verification, reason, captures, item: None, shadow: false };
    insert_for(conn, &new, now)
}

/// Makes a run, for a batch's item if there is one.
pub fn insert_for(conn: &mut Conn, new: &NewRun<'_>, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(runs::table)
        .values((
            runs::id.eq(new.id.as_str()),
            runs::tenant_id.eq(new.tenant.as_str()),
            runs::verification_id.eq(new.verification.as_str()),
            runs::reason.eq(new.reason.as_str()),
            runs::captures.eq(serde_json::to_string(new.captures)?),
            runs::reasons.eq("[]"),
            runs::batch_item_id.eq(new.item.map(BatchItemId::as_str)),
            runs::shadow.eq(new.shadow),
            runs::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The run of that id.
pub fn get(conn: &mut Conn, id: &RunId) -> Result<Option<Run>, Error> {
    Ok(runs::table.find(id.as_str()).select(Run::as_select()).first(conn).optional()?)
}

/// When a verification was first decided by a run over the same captures; `None`: by none yet. Shadows decide nothing.
pub fn first_decided(conn: &mut Conn, run: &Run) -> Result<Option<Timestamp>, Error> {
    let finished: Vec<Run> = runs::table
        .filter(runs::verification_id.eq(run.verification_id.as_str()))
        .filter(runs::finished_at.is_not_null())
        .filter(diesel::dsl::not(runs::shadow))
        .order((runs::finished_at, runs::id))
        .select(Run::as_select())
        .load(conn)?;
    let wanted = run.sorted_captures()?;
    for earlier in finished {
        if earlier.sorted_captures()? == wanted {
            return Ok(earlier.finished_at);
        }
    }
    Ok(None)
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

/// Forgets what a verification's runs worked on, digests and all.
pub fn forget_captures(conn: &mut Conn, verification: &VerificationId) -> Result<(), Error> {
    diesel::update(runs::table.filter(runs::verification_id.eq(verification.as_str())))
        .set(runs::captures.eq("[]"))
        .execute(conn)?;
    Ok(())
}
