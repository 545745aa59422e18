//! Calling a batch off, and what becomes of items whose verification is called off or erased.

use diesel::prelude::*;

use super::{Batch, set_status};
use crate::db::schema::batch_items;
use crate::db::verifications::{self, Change};
use crate::db::{Conn, Error, events, jobs};
use crate::domain::{
    BatchId, BatchItemId, BatchKind, BatchStatus, EventType, ItemState, RunId, TenantId, Timestamp,
    VerificationId, VerificationStatus,
};

/// Calls off a batch that the caller has locked and that has not ended: no item begins any more, and those that are
/// under way end into nothing. What has ended keeps its result. Returns the batch's version.
pub fn cancel(conn: &mut Conn, batch: &Batch, now: Timestamp) -> Result<i64, Error> {
    let running = running_items(conn, &batch.id)?;
    if batch.kind == BatchKind::Import {
        for verification in running.iter().filter_map(|item| item.verification.as_ref()) {
            cancel_verification(conn, batch, verification, now)?;
        }
    }
    end_open(conn, batch, now)?;
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

fn end_open(conn: &mut Conn, batch: &Batch, now: Timestamp) -> Result<(), Error> {
    diesel::update(
        batch_items::table
            .filter(batch_items::batch_id.eq(batch.id.as_str()))
            .filter(batch_items::finished_at.is_null()),
    )
    .set((batch_items::state.eq(ItemState::Canceled.as_str()), batch_items::finished_at.eq(now.as_micros())))
    .execute(conn)?;
    Ok(())
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

/// Forgets what items were made of that came to no verification and ended before `cutoff`. Returns how many.
pub fn erase_old_sources(conn: &mut Conn, tenant: &TenantId, cutoff: Timestamp) -> Result<usize, Error> {
    Ok(diesel::update(
        batch_items::table
            .filter(batch_items::tenant_id.eq(tenant.as_str()))
            .filter(batch_items::verification_id.is_null())
            .filter(batch_items::source.is_not_null())
            .filter(batch_items::finished_at.le(cutoff.as_micros())),
    )
    .set(batch_items::source.eq(None::<String>))
    .execute(conn)?)
}
