//! Reprocessing: what a run over earlier captures changes, and what it leaves as it is.

use idv_common::db::batches::{self, End, MOVED_ON};
use idv_common::db::runs::{self, Run};
use idv_common::db::verifications::{self, Change, Verification};
use idv_common::db::{self, Conn, decisions, events, jobs};
use idv_common::domain::{
    BatchItemId, DecisionSource, EventType, ItemState, Policy, Report, ReprocessSelection, Timestamp,
    VerificationStatus,
};

use super::verify::decision;

/// What the batch of a run wants of it.
#[derive(Debug)]
pub(super) struct Part {
    /// The item that the run is made for.
    pub(super) item: BatchItemId,
    /// The policy that decides; `None`: the one in force.
    pub(super) policy: Option<Policy>,
    /// Whether it decides anew what a reviewer has decided.
    pub(super) overrides_reviews: bool,
}

/// What an item may read of its batch; `None`: the run is nobody's item.
pub(super) fn part_of(conn: &mut Conn, run: &Run) -> Result<Option<(Part, ItemState)>, db::Error> {
    let Some(id) = &run.batch_item_id else {
        return Ok(None);
    };
    let missing = || db::Error::Corrupt(format!("the batch's item `{id}`"));
    let item = batches::item(conn, id)?.ok_or_else(missing)?;
    let batch = batches::get_unscoped(conn, &item.batch_id)?.ok_or_else(missing)?;
    let policy = batch.policy.as_deref().map(serde_json::from_str).transpose()?;
    let part = Part { item: item.id, policy, overrides_reviews: batch.overrides_reviews };
    Ok(Some((part, item.state)))
}

/// Ends the item of a run that has its report, and lets the verification rest on the run unless it is a shadow, a
/// reviewer's decision stands, or the verification has moved on. Returns whether it does. The caller has locked the
/// verification.
pub(super) fn apply(
    conn: &mut Conn,
    verification: &Verification,
    run: &Run,
    report: &Report,
    part: &Part,
    now: Timestamp,
) -> Result<bool, db::Error> {
    let state = state_after(conn, verification, run, part)?;
    let stands = state == ItemState::Done && !run.shadow;
    if stands {
        change(conn, verification, run, report, now)?;
    }
    let end = match state {
        ItemState::Canceled => End { state, new: None, error: Some(MOVED_ON) },
        _ => End { state, new: Some((report.verdict, &report.reasons)), error: None },
    };
    match batches::end_item(conn, &part.item, &end, now)? {
        true => Ok(stands),
        // It was called off: whatever the run has found changes nothing.
        false => Err(db::Error::Fenced),
    }
}

fn state_after(
    conn: &mut Conn,
    verification: &Verification,
    run: &Run,
    part: &Part,
) -> Result<ItemState, db::Error> {
    if !ReprocessSelection::STATUSES.contains(&verification.status)
        || !is_same_input(conn, verification, run)?
    {
        return Ok(ItemState::Canceled);
    }
    let standing = decisions::current(conn, &verification.id)?;
    let reviewed = standing
        .is_some_and(|decision| decision.source == DecisionSource::Reviewer && decision.is_of(verification));
    Ok(if reviewed && !part.overrides_reviews { ItemState::KeptReview } else { ItemState::Done })
}

/// Whether the verification still rests on the captures that the run looked at.
fn is_same_input(conn: &mut Conn, verification: &Verification, run: &Run) -> Result<bool, db::Error> {
    let current = match &verification.current_run_id {
        Some(current) => runs::get(conn, current)?,
        None => None,
    };
    match current {
        Some(current) => Ok(current.sorted_captures()? == run.sorted_captures()?),
        None => Ok(false),
    }
}

/// Lets the verification rest on the run: another verdict is a transition and an event, the same one is not.
fn change(
    conn: &mut Conn,
    verification: &Verification,
    run: &Run,
    report: &Report,
    now: Timestamp,
) -> Result<(), db::Error> {
    let (id, from) = (&verification.id, verification.status);
    if let Some(old) = &verification.current_run_id {
        // A run that had failed may have been driven again: what it would find is decided here.
        jobs::cancel_of_run(conn, old, now)?;
    }
    let next = VerificationStatus::from(report.verdict);
    let version = if from == next {
        verifications::set_current_run(conn, id, &run.id, now)?
    } else {
        let change = Change { current_run_id: Some(&run.id), keeps_settled_at: true, ..Change::default() };
        let version = verifications::transition(conn, id, from, next, &change, now)?;
        let version = version.ok_or(db::Error::Fenced)?;
        events::append(conn, &run.tenant_id, id, EventType::from(next), version, now)?;
        version
    };
    decisions::append(conn, &decision(run, report, version), now)?;
    Ok(())
}
