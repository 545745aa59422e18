//! New batches, as the API and the command line make them.

use diesel::prelude::*;

use super::{Batch, NewBatch, NewItem, add_items, cancel, insert, lock, set_status};
use crate::db::jobs::{self, NewJob};
use crate::db::schema::batches;
use crate::db::{Conn, Error};
use crate::domain::{BatchId, BatchKind, BatchStatus, ImportLine, JobKind, TenantId, Timestamp};

/// Stores a reprocessing, and the job that finds its items.
pub fn insert_reprocess(
    conn: &mut Conn,
    new: &NewBatch<'_>,
    traceparent: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    insert(conn, new, now)?;
    let job = NewJob {
        tenant: new.tenant,
        kind: JobKind::Prepare,
        queue: JobKind::Prepare.queue(),
        subject: new.id.as_str(),
        verification: None,
        traceparent,
    };
    jobs::enqueue(conn, &job, now)?;
    Ok(())
}

/// Adds lines of a manifest to an import that is `preparing`, behind those that it has. `None`: it is not.
pub fn add_lines(conn: &mut Conn, id: &BatchId, lines: &[ImportLine]) -> Result<Option<()>, Error> {
    let Some(batch) = preparing(conn, id)? else { return Ok(None) };
    let items = lines
        .iter()
        .map(|line| {
            let source = Some(serde_json::to_string(line)?);
            Ok(NewItem { source, verification: None, old: None })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    add_items(conn, &batch.tenant_id, id, batch.total, &items, None)?;
    Ok(Some(()))
}

/// Says that an import has all its items, so that it runs. `None`: it is not `preparing`.
pub fn start_import(conn: &mut Conn, id: &BatchId, now: Timestamp) -> Result<Option<i64>, Error> {
    let Some(batch) = preparing(conn, id)? else { return Ok(None) };
    set_status(conn, &batch, BatchStatus::Running, None, now).map(Some)
}

fn preparing(conn: &mut Conn, id: &BatchId) -> Result<Option<Batch>, Error> {
    Ok(lock(conn, id)?.filter(|batch| batch.status == BatchStatus::Preparing))
}

/// Gives up an import that is `preparing`, because its lines could not all be stored: none of them is begun.
pub fn give_up_import(conn: &mut Conn, id: &BatchId, now: Timestamp) -> Result<(), Error> {
    let Some(batch) = preparing(conn, id)? else { return Ok(()) };
    cancel(conn, &batch, now)?;
    Ok(())
}

/// A tenant's newest import of that description which has not ended.
pub fn unfinished_import(
    conn: &mut Conn,
    tenant: &TenantId,
    description: &str,
) -> Result<Option<Batch>, Error> {
    Ok(batches::table
        .filter(batches::tenant_id.eq(tenant.as_str()))
        .filter(batches::kind.eq(BatchKind::Import.as_str()))
        .filter(batches::description.eq(description))
        .filter(batches::finished_at.is_null())
        .order(batches::id.desc())
        .select(Batch::as_select())
        .first(conn)
        .optional()?)
}
