//! Handing a batch's items out: no more than the workers need, no faster than was asked for, each once.

use diesel::prelude::*;

use super::items::{self, End, Item, end_item};
use super::{Batch, set_status, tell};
use crate::db::captures;
use crate::db::dialect::load_skipping_locked;
use crate::db::jobs::{self, NewJob};
use crate::db::runs::{self, NewRun, Run, RunCapture};
use crate::db::schema::batches;
use crate::db::verifications::{self, Verification};
use crate::db::{Conn, Error, decisions, step_evidence};
use crate::domain::{
    BatchId, BatchKind, BatchStatus, EventType, ImportSelection, ImportSource, ItemState, JobKind, QueueName,
    ReasonCode, ReprocessSelection, RunId, RunReason, Timestamp, Verdict,
};

/// The most items that one transaction begins.
const CHUNK: i64 = 50;

/// How much of a rate may be made up for after a pause, in microseconds.
const CATCH_UP: i64 = 1_000_000;

/// Progress is told each time that this part of the items has ended: one in so many.
const STEPS: i64 = 20;

/// Progress is told after so many microseconds in any case, if there is any.
const SILENCE: i64 = 10_000_000;

/// Why an item came to nothing whose verification has moved on.
pub const MOVED_ON: &str = "the verification was restarted or canceled in the meantime";

/// Why an item cannot be looked at again.
pub const IMAGES_GONE: &str = "its images are purged, and not all that was found on them is kept";

/// The batches that run, oldest first.
pub fn running(conn: &mut Conn) -> Result<Vec<BatchId>, Error> {
    Ok(batches::table
        .filter(batches::finished_at.is_null())
        .filter(batches::status.eq(BatchStatus::Running.as_str()))
        .order(batches::id)
        .select(batches::id)
        .load(conn)?)
}

/// Begins items of a batch so that at most `under_way` are, tells how far it has come if `report`, and ends it when
/// every item has its result. Does nothing if it does not run or somebody else feeds it. Returns how many items it
/// took from those that waited.
pub fn feed(
    conn: &mut Conn,
    id: &BatchId,
    under_way: i64,
    report: bool,
    now: Timestamp,
) -> Result<usize, Error> {
    let runs = batches::table.find(id.as_str()).filter(batches::status.eq(BatchStatus::Running.as_str()));
    let found = load_skipping_locked!(conn, runs.select(Batch::as_select()), Batch)?;
    let Some(batch) = found.into_iter().next() else {
        return Ok(0);
    };
    let taken = if hands_out(&batch)? { begin_some(conn, &batch, under_way, now)? } else { 0 };
    if !has_open_items(conn, id)? {
        set_status(conn, &batch, BatchStatus::Completed, None, now)?;
    } else if report {
        tell_progress(conn, &batch, now)?;
    }
    Ok(taken)
}

/// Whether the items are handed to workers; those of a client's import are handed in by the client.
fn hands_out(batch: &Batch) -> Result<bool, Error> {
    match batch.kind {
        BatchKind::Reprocess => Ok(true),
        BatchKind::Import => {
            let selection: ImportSelection = serde_json::from_str(&batch.selection)?;
            Ok(selection.source == ImportSource::Configured)
        }
    }
}

fn begin_some(conn: &mut Conn, batch: &Batch, under_way: i64, now: Timestamp) -> Result<usize, Error> {
    let room = under_way - items::count(conn, &batch.id, ItemState::Running)?;
    let room = room.min(CHUNK);
    let (allowed, _) = pace(batch, room, now);
    if allowed <= 0 {
        return Ok(0);
    }
    let waiting = items::items(conn, &batch.id, Some(ItemState::Waiting), 0, allowed)?;
    for item in &waiting {
        match batch.kind {
            BatchKind::Reprocess => begin_reprocessing(conn, batch, item, now)?,
            BatchKind::Import => begin_import(conn, batch, item, now)?,
        }
    }
    let taken = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
    spend(conn, batch, taken, now)?;
    Ok(waiting.len())
}

/// How many of `wanted` items a batch's rate allows to begin now, and the time up to which the rate is then used up. A
/// batch that was paused or had nothing to do begins no more of them at once for that.
pub fn pace(batch: &Batch, wanted: i64, now: Timestamp) -> (i64, Timestamp) {
    let Some(per_minute) = batch.per_minute else {
        return (wanted, now);
    };
    let interval = 60_000_000 / i64::from(per_minute.max(1));
    let from = batch.paced_to.as_micros().max(now.as_micros() - interval.max(CATCH_UP));
    let allowed = ((now.as_micros() - from) / interval.max(1)).clamp(0, wanted.max(0));
    (allowed, Timestamp::from_micros(from + allowed * interval))
}

/// Notes that `begun` items of a batch have used up its rate.
pub fn spend(conn: &mut Conn, batch: &Batch, begun: i64, now: Timestamp) -> Result<(), Error> {
    if batch.per_minute.is_none() || begun == 0 {
        return Ok(());
    }
    let (_, paced_to) = pace(batch, begun, now);
    diesel::update(batches::table.find(batch.id.as_str()))
        .set(batches::paced_to.eq(paced_to.as_micros()))
        .execute(conn)?;
    Ok(())
}

/// Hands the files of an item to a worker.
fn begin_import(conn: &mut Conn, batch: &Batch, item: &Item, now: Timestamp) -> Result<(), Error> {
    if !items::begin_item(conn, &item.id, None, now)? {
        return Ok(());
    }
    let job = NewJob {
        tenant: &batch.tenant_id,
        kind: JobKind::Import,
        queue: QueueName::Batch,
        subject: item.id.as_str(),
        verification: None,
        traceparent: None,
    };
    jobs::enqueue(conn, &job, now)?;
    Ok(())
}

/// Makes a run for an item, if its verification can be looked at again.
fn begin_reprocessing(conn: &mut Conn, batch: &Batch, item: &Item, now: Timestamp) -> Result<(), Error> {
    let verification = match &item.verification_id {
        Some(id) => verifications::lock(conn, &batch.tenant_id, id)?,
        None => None,
    };
    let end = |state, error| End { state, new: None, error };
    let Some(verification) = verification else {
        let end = end(ItemState::Failed, Some("the verification is not there"));
        return end_item(conn, &item.id, &end, now).map(drop);
    };
    if verification.redacted_at.is_some() {
        return end_item(conn, &item.id, &end(ItemState::SkippedRedacted, None), now).map(drop);
    }
    if !ReprocessSelection::STATUSES.contains(&verification.status) {
        return end_item(conn, &item.id, &end(ItemState::Canceled, Some(MOVED_ON)), now).map(drop);
    }
    let current = match &verification.current_run_id {
        Some(run) => runs::get(conn, run)?,
        None => None,
    };
    if let Some(current) = current {
        let old = decided(conn, &verification, &current)?;
        items::set_old(conn, &item.id, old)?;
        if let Some(captures) = inputs(conn, &current)? {
            return begin_run(conn, batch, item, &verification, &captures, now);
        }
    }
    end_item(conn, &item.id, &end(ItemState::NotReprocessable, Some(IMAGES_GONE)), now).map(drop)
}

fn begin_run(
    conn: &mut Conn,
    batch: &Batch,
    item: &Item,
    verification: &Verification,
    captures: &[RunCapture],
    now: Timestamp,
) -> Result<(), Error> {
    let run = RunId::generate();
    if !items::begin_item(conn, &item.id, Some(&run), now)? {
        return Ok(());
    }
    let new = NewRun {
        id: &run,
        tenant: &batch.tenant_id,
        verification: &verification.id,
        reason: RunReason::Reprocess,
        captures,
        item: Some(&item.id),
        shadow: batch.shadow,
    };
    runs::insert_for(conn, &new, now)?;
    let job = NewJob {
        tenant: &batch.tenant_id,
        kind: JobKind::Verify,
        queue: QueueName::Batch,
        subject: run.as_str(),
        verification: Some(&verification.id),
        traceparent: None,
    };
    jobs::enqueue(conn, &job, now)?;
    Ok(())
}

/// What a run over the same captures works on. `None`: the captures are gone, and so is what was found on them, or
/// what it was found on.
fn inputs(conn: &mut Conn, run: &Run) -> Result<Option<Vec<RunCapture>>, Error> {
    let wanted = run.captures()?;
    let rows = captures::by_ids(conn, &wanted)?;
    if !rows.is_empty() && rows.len() == wanted.len() {
        return Ok(Some(rows.iter().map(RunCapture::of).collect()));
    }
    match run.inputs()? {
        Some(inputs) if !inputs.is_empty() && step_evidence::any(conn, &run.verification_id)? => {
            Ok(Some(inputs))
        }
        _ => Ok(None),
    }
}

/// What was decided on a verification, and why; `None` if it was given up.
fn decided(
    conn: &mut Conn,
    verification: &Verification,
    run: &Run,
) -> Result<Option<(Verdict, Vec<ReasonCode>)>, Error> {
    let Some(verdict) = verification.status.verdict() else {
        return Ok(None);
    };
    match decisions::current(conn, &verification.id)? {
        Some(decision) if decision.verdict == verdict => Ok(Some((verdict, decision.reasons()?))),
        _ => Ok(Some((verdict, run.reasons()?))),
    }
}

fn has_open_items(conn: &mut Conn, id: &BatchId) -> Result<bool, Error> {
    for state in [ItemState::Running, ItemState::Waiting] {
        if !items::items(conn, id, Some(state), 0, 1)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells of a batch's progress, if there is enough of it since it was last told.
fn tell_progress(conn: &mut Conn, batch: &Batch, now: Timestamp) -> Result<(), Error> {
    let open = items::count(conn, &batch.id, ItemState::Waiting)?
        + items::count(conn, &batch.id, ItemState::Running)?;
    let finished = batch.total - open;
    let gained = finished - batch.told;
    let silent = now.as_micros() - batch.updated_at.as_micros();
    if gained <= 0 || (gained * STEPS < batch.total && silent < SILENCE) {
        return Ok(());
    }
    let version = diesel::update(batches::table.find(batch.id.as_str()))
        .set((
            batches::told.eq(finished),
            batches::version.eq(batches::version + 1),
            batches::updated_at.eq(now.as_micros()),
        ))
        .returning(batches::version)
        .get_result(conn)?;
    tell(conn, batch, EventType::BatchProgress, version, now)
}
