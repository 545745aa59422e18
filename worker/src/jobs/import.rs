//! Import: fetches the files of one item from the source that the configuration names.

use anyhow::Context as _;
use idv_common::Context;
use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Conn, batches, tenants};
use idv_common::domain::{BatchItemId, QueueName, Timestamp};

use super::Outcome;
use crate::import::{Ingested, ingest};

/// Makes a verification of one item.
pub(super) async fn run(ctx: &Context, job: &Claimed) -> anyhow::Result<Outcome> {
    let item: BatchItemId = job.subject.parse()?;
    let source = ctx.imports.as_ref();
    let source =
        source.context("failed to find the files of an import: set `batch.source` for the workers")?;
    let tenant = job.tenant.clone();
    let tenant = ctx.db.read(move |conn| tenants::get(conn, &tenant)).await?;
    let tenant = tenant.with_context(|| format!("failed to find the tenant `{}`", job.tenant))?;
    // Every tenant has a folder of its own in there.
    if let Ingested::Made(_) = ingest(ctx, &source.below(&tenant.name)?, &item).await? {
        // Here and not there: another process would keep what it publishes to itself in embedded mode.
        ctx.publish_soon(QueueName::Batch);
    }
    // What came of it is committed.
    Ok(Outcome::Discard)
}

/// The job is dead: so is the item, unless it has become a verification before.
pub(super) fn give_up(conn: &mut Conn, subject: &str, cause: &str, now: Timestamp) -> Result<(), db::Error> {
    let id: BatchItemId = subject.parse().map_err(|_| db::Error::Corrupt(subject.to_owned()))?;
    match batches::lock_item(conn, &id)? {
        Some(item) if item.verification_id.is_none() => batches::fail_item(conn, &id, cause, now).map(drop),
        _ => Ok(()),
    }
}
