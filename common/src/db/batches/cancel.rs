//! Calling a batch off, and what becomes of items whose verification is called off or erased.

use diesel::prelude::*;

use diesel::dsl::exists;

use super::{Batch, lock, set_status};
use crate::db::schema::{batch_items, batches};
use crate::db::verifications::{self, Change};
use crate::db::{Conn, Error, events, jobs};
use crate::domain::{
    BatchId, BatchItemId, BatchKind, BatchStatus, EventType, ImportSelection, ImportSource, ItemState, RunId,
    TenantId, Timestamp, VerificationId, VerificationStatus,
};

/// Items that one transaction ends, or whose files and names it forgets: it has to end within seconds.
const CHUNK: i64 = 500;

/// Calls off a batch that the caller has locked and that has not ended: no item begins any more, and those that are
/// under way end into nothing. What has ended keeps its result. Those that wait are shown as canceled from now on, and
/// [`end_waiting`] ends them: there may be too many for one transaction. Returns the batch's version.
pub fn cancel(conn: &mut Conn, batch: &Batch, now: Timestamp) -> Result<i64, Error> {
    let running = running_items(conn, &batch.id)?;
    if batch.kind == BatchKind::Import {
        for verification in running.iter().filter_map(|item| item.verification.as_ref()) {
            cancel_verification(conn, batch, verification, now)?;
        }
    }
    end_running(conn, batch, now)?;
    // After the items, as whoever finishes does it.
    jobs::cancel_of_subject(conn, batch.id.as_str(), now)?;
    for item in &running {
        jobs::cancel_of_subject(conn, item.id.as_str(), now)?;
        if let Some(run) = &item.run {
            jobs::cancel_of_run(conn, run, now)?;
        }
    }
    set_status(conn, batch, BatchStatus::Canceled, None, now)
}

/// An item that is worked on.
#[derive(Queryable)]
struct Running {
    id: BatchItemId,
    verification: Option<VerificationId>,
    run: Option<RunId>,
}

fn running_items(conn: &mut Conn, batch: &BatchId) -> Result<Vec<Running>, Error> {
    Ok(batch_items::table
        .filter(batch_items::batch_id.eq(batch.as_str()))
        .filter(batch_items::state.eq(ItemState::Running.as_str()))
        .order(batch_items::verification_id)
        .select((batch_items::id, batch_items::verification_id, batch_items::run_id))
        .load(conn)?)
}

/// A verification that an import made goes with the import, unless it has come to a result.
fn cancel_verification(
    conn: &mut Conn,
    batch: &Batch,
    verification: &VerificationId,
    now: Timestamp,
) -> Result<(), Error> {
    let (from, to) = (VerificationStatus::Processing, VerificationStatus::Canceled);
    let version = verifications::transition(conn, verification, from, to, &Change::default(), now)?;
    match version {
        Some(version) => {
            events::append(conn, &batch.tenant_id, verification, EventType::Canceled, version, now)
        }
        None => Ok(()),
    }
}

fn end_running(conn: &mut Conn, batch: &Batch, now: Timestamp) -> Result<(), Error> {
    diesel::update(
        batch_items::table
            .filter(batch_items::batch_id.eq(batch.id.as_str()))
            .filter(batch_items::state.eq(ItemState::Running.as_str())),
    )
    .set((batch_items::state.eq(ItemState::Canceled.as_str()), batch_items::finished_at.eq(now.as_micros())))
    .execute(conn)?;
    Ok(())
}

/// The batches that have ended while items of theirs still wait.
pub fn with_waiting(conn: &mut Conn) -> Result<Vec<BatchId>, Error> {
    let waiting = batch_items::table
        .filter(batch_items::batch_id.eq(batches::id))
        .filter(batch_items::state.eq(ItemState::Waiting.as_str()));
    Ok(batches::table
        .filter(batches::finished_at.is_not_null())
        .filter(exists(waiting))
        .select(batches::id)
        .load(conn)?)
}

/// Ends some of the items that wait in a batch that has ended. Returns how many; more may be left if it is not 0.
pub fn end_waiting(conn: &mut Conn, id: &BatchId, now: Timestamp) -> Result<usize, Error> {
    if lock(conn, id)?.is_none_or(|batch| !batch.status.is_finished()) {
        return Ok(0);
    }
    let waiting: Vec<BatchItemId> = batch_items::table
        .filter(batch_items::batch_id.eq(id.as_str()))
        .filter(batch_items::state.eq(ItemState::Waiting.as_str()))
        .limit(CHUNK)
        .select(batch_items::id)
        .load(conn)?;
    let ended = diesel::update(
        batch_items::table
            .filter(batch_items::id.eq_any(waiting.iter().map(BatchItemId::as_str)))
            .filter(batch_items::finished_at.is_null()),
    )
    .set((batch_items::state.eq(ItemState::Canceled.as_str()), batch_items::finished_at.eq(now.as_micros())));
    Ok(ended.execute(conn)?)
}

/// Imports that have not moved since `cutoff`: a tenant's that have not ended or, without one, those over HTTP that have
/// not all their lines, because the server that stored them is gone.
fn still(conn: &mut Conn, tenant: Option<&TenantId>, cutoff: Timestamp) -> Result<Vec<BatchId>, Error> {
    let mut query = batches::table
        .filter(batches::kind.eq(BatchKind::Import.as_str()))
        .filter(batches::finished_at.is_null())
        .filter(batches::updated_at.le(cutoff.as_micros()))
        .select((batches::id, batches::selection))
        .into_boxed();
    query = match tenant {
        Some(tenant) => query.filter(batches::tenant_id.eq(tenant.as_str())),
        None => query.filter(batches::status.eq(BatchStatus::Preparing.as_str())),
    };
    let found: Vec<(BatchId, String)> = query.load(conn)?;
    let mut still = Vec::new();
    for (id, selection) in found {
        let ImportSelection { source } = serde_json::from_str(&selection)?;
        if tenant.is_some() || source == ImportSource::Configured {
            still.push(id);
        }
    }
    Ok(still)
}

fn cancel_all(conn: &mut Conn, ids: &[BatchId], cutoff: Timestamp, now: Timestamp) -> Result<usize, Error> {
    let mut canceled = 0;
    for id in ids {
        let batch = lock(conn, id)?;
        let batch = batch.filter(|batch| !batch.status.is_finished() && batch.updated_at <= cutoff);
        if let Some(batch) = batch {
            cancel(conn, &batch, now)?;
            canceled += 1;
        }
    }
    Ok(canceled)
}

/// Calls off imports over HTTP that were being stored and have not moved since `cutoff`. Returns how many.
pub fn cancel_unstored(conn: &mut Conn, cutoff: Timestamp, now: Timestamp) -> Result<usize, Error> {
    let ids = still(conn, None, cutoff)?;
    cancel_all(conn, &ids, cutoff, now)
}

/// Calls off a tenant's imports that have not moved since `cutoff`: what their items are made of may not be kept for
/// ever. Returns how many.
pub fn cancel_abandoned(
    conn: &mut Conn,
    tenant: &TenantId,
    cutoff: Timestamp,
    now: Timestamp,
) -> Result<usize, Error> {
    let ids = still(conn, Some(tenant), cutoff)?;
    cancel_all(conn, &ids, cutoff, now)
}

/// Ends the items of a verification that are not finished, before its jobs are called off.
pub fn end_of_verification(
    conn: &mut Conn,
    verification: &VerificationId,
    state: ItemState,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::update(
        batch_items::table
            .filter(batch_items::verification_id.eq(verification.as_str()))
            .filter(batch_items::finished_at.is_null()),
    )
    .set((
        batch_items::state.eq(state.as_str()),
        batch_items::error.eq(error),
        batch_items::finished_at.eq(now.as_micros()),
    ))
    .execute(conn)?;
    Ok(())
}

/// Forgets what a verification's items were made of. Returns how many items that were.
pub fn erase_sources(conn: &mut Conn, verification: &VerificationId) -> Result<usize, Error> {
    Ok(diesel::update(
        batch_items::table
            .filter(batch_items::verification_id.eq(verification.as_str()))
            .filter(batch_items::source.is_not_null()),
    )
    .set(batch_items::source.eq(None::<String>))
    .execute(conn)?)
}

/// Forgets what items were made of that ended before `cutoff`, some at a time. Returns how many.
pub fn erase_old_sources(conn: &mut Conn, tenant: &TenantId, cutoff: Timestamp) -> Result<usize, Error> {
    let old: Vec<BatchItemId> = batch_items::table
        .filter(batch_items::tenant_id.eq(tenant.as_str()))
        .filter(batch_items::source.is_not_null())
        .filter(batch_items::finished_at.le(cutoff.as_micros()))
        .limit(CHUNK)
        .select(batch_items::id)
        .load(conn)?;
    Ok(diesel::update(batch_items::table.filter(batch_items::id.eq_any(old.iter().map(BatchItemId::as_str))))
        .set(batch_items::source.eq(None::<String>))
        .execute(conn)?)
}
