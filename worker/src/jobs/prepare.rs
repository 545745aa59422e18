//! Preparation: finds the verifications that a reprocessing is about.

use idv_common::db::batches::{self, Batch, NewItem, Selected};
use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Conn};
use idv_common::domain::{BatchId, BatchStatus, ReprocessSelection, VerificationId};
use idv_common::{Context, fault};

use super::Outcome;
use idv_common::domain::Timestamp;

/// Items that one transaction adds.
const CHUNK: i64 = 500;

/// Adds items to a batch until there are no more, and lets it run. Whoever is killed meanwhile leaves the cursor where
/// the last items are.
pub(super) async fn run(ctx: &Context, job: &Claimed) -> anyhow::Result<Outcome> {
    let id: BatchId = job.subject.parse()?;
    loop {
        let id = id.clone();
        let more = ctx.db.transaction(move |conn| add_chunk(conn, &id)).await?;
        fault::point("batch.prepared");
        if !more {
            // Everything is committed, so that nothing is left to be done with the end of the job.
            return Ok(Outcome::Discard);
        }
    }
}

/// Adds some items; `false`: the batch has them all, or is no more to be prepared.
fn add_chunk(conn: &mut Conn, id: &BatchId) -> Result<bool, db::Error> {
    let now = db::now(conn)?;
    let Some(batch) = batches::lock(conn, id)?.filter(|batch| batch.status == BatchStatus::Preparing) else {
        return Ok(false);
    };
    let selection: ReprocessSelection = serde_json::from_str(&batch.selection)?;
    let after = batch.prepared_to.as_deref().map(str::parse::<VerificationId>).transpose();
    let after = after.map_err(|cause| db::Error::Corrupt(cause.to_string()))?;
    let (tenant, made_before) = (&batch.tenant_id, batch.created_at);
    let found = batches::select(conn, tenant, &selection, made_before, after.as_ref(), CHUNK)?;
    let is_last = i64::try_from(found.len()).is_ok_and(|found| found < CHUNK);
    if let Some(last) = found.last().map(|selected| selected.id.to_string()) {
        let items: Vec<NewItem> = found.into_iter().map(item).collect();
        batches::add_items(conn, tenant, id, batch.total, &items, Some(&last))?;
    }
    if is_last {
        begin(conn, batch, now)?;
    }
    Ok(!is_last)
}

fn item(selected: Selected) -> NewItem {
    NewItem { source: None, verification: Some(selected.id), old: selected.decided }
}

/// Lets a batch run; the feeder ends it at once if it has no items.
fn begin(conn: &mut Conn, batch: Batch, now: Timestamp) -> Result<(), db::Error> {
    batches::set_status(conn, &batch, BatchStatus::Running, None, now).map(drop)
}

/// The job is dead: so is the batch.
pub(super) fn give_up(conn: &mut Conn, subject: &str, cause: &str, now: Timestamp) -> Result<(), db::Error> {
    let id: BatchId = subject.parse().map_err(|_| db::Error::Corrupt(subject.to_owned()))?;
    match batches::lock(conn, &id)? {
        Some(batch) if batch.status == BatchStatus::Preparing => {
            batches::set_status(conn, &batch, BatchStatus::Failed, Some(cause), now).map(drop)
        }
        _ => Ok(()),
    }
}
