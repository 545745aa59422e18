//! What time brings: verifications that are overdue, and what is kept no longer.

use std::time::Duration;

use idv_common::Context;
use idv_common::db::verifications::{self, Change};
use idv_common::db::webhooks::{deliveries, endpoints, unlisted};
use idv_common::db::{self, Conn, batches, events, idempotency, jobs, retention, tenants, workers};
use idv_common::domain::{EventType, VerificationStatus};

/// Verifications that one transaction expires.
const BATCH: i64 = 100;

/// Rows that one transaction forgets.
const FORGET_BATCH: i64 = 500;

/// A day.
const DAY: Duration = Duration::from_secs(86_400);

/// How long an import over HTTP may go without another line being stored.
const UNSTORED: Duration = Duration::from_secs(3600);

/// Expires overdue verifications, enforces retention and forgets what has no more use.
pub async fn keep_house(ctx: &Context) -> anyhow::Result<()> {
    while ctx.db.transaction(expire_overdue).await? > 0 {}
    tidy_batches(ctx).await?;
    purge(ctx).await?;
    ctx.db
        .transaction(|conn| {
            let now = db::now(conn)?;
            idempotency::purge(conn, now)?;
            workers::forget_gone(conn, now)
        })
        .await?;
    forget_jobs(ctx).await?;
    forget_deliveries(ctx).await
}

/// Purges what each tenant keeps no longer.
async fn purge(ctx: &Context) -> anyhow::Result<()> {
    let mut any_purged = false;
    for tenant in ctx.db.read(tenants::list).await? {
        let kept = tenant.retention()?;
        loop {
            let id = tenant.id.clone();
            let purged = ctx.db.transaction(move |conn| {
                let now = db::now(conn)?;
                retention::purge(conn, &id, &kept, now)
            });
            if purged.await? == 0 {
                break;
            }
            any_purged = true;
        }
    }
    if any_purged && !ctx.db.scrub().await? {
        tracing::info!("purged rows are still being read; they leave the disk with the next checkpoint");
    }
    Ok(())
}

/// Calls off imports whose lines somebody stopped storing, and ends what still waits in batches that have ended.
async fn tidy_batches(ctx: &Context) -> anyhow::Result<()> {
    let canceled = ctx.db.transaction(|conn| {
        let now = db::now(conn)?;
        batches::cancel_unstored(conn, now.minus(UNSTORED), now)
    });
    if canceled.await? > 0 {
        tracing::warn!("called off imports that were not stored to their end");
    }
    for batch in ctx.db.read(batches::with_waiting).await? {
        loop {
            let id = batch.clone();
            let ended = ctx.db.transaction(move |conn| {
                let now = db::now(conn)?;
                batches::end_waiting(conn, &id, now)
            });
            if ended.await? == 0 {
                break;
            }
        }
    }
    Ok(())
}

/// Gives up deliveries that wait in vain, forgets those that ended long ago, and clears away endpoints that were deleted or
/// that nothing is left of but the `webhook_url` they stood for.
async fn forget_deliveries(ctx: &Context) -> anyhow::Result<()> {
    let kept = DAY.saturating_mul(u32::try_from(ctx.config.webhooks.kept_days).unwrap_or(u32::MAX));
    loop {
        let forgotten = ctx.db.transaction(move |conn| {
            let now = db::now(conn)?;
            let cutoff = now.minus(kept);
            Ok::<_, db::Error>(
                deliveries::give_up_stranded(conn, cutoff, FORGET_BATCH, now)?
                    + deliveries::forget_finished(conn, cutoff, FORGET_BATCH)?
                    + unlisted::forget_unused(conn, kept, FORGET_BATCH, now)?,
            )
        });
        let cleared = ctx.db.transaction(endpoints::clear_deleted);
        if forgotten.await? + cleared.await? == 0 {
            return Ok(());
        }
    }
}

/// Forgets jobs that ended long ago.
async fn forget_jobs(ctx: &Context) -> anyhow::Result<()> {
    let kept = DAY.saturating_mul(u32::try_from(ctx.config.jobs.kept_days).unwrap_or(u32::MAX));
    loop {
        let forgotten = ctx.db.transaction(move |conn| {
            let cutoff = db::now(conn)?.minus(kept);
            jobs::forget_finished(conn, cutoff, FORGET_BATCH)
        });
        if forgotten.await? == 0 {
            return Ok(());
        }
    }
}

fn expire_overdue(conn: &mut Conn) -> Result<usize, db::Error> {
    let now = db::now(conn)?;
    let overdue = verifications::overdue(conn, now, BATCH)?;
    for verification in &overdue {
        let (from, to) = (VerificationStatus::RequiresInput, VerificationStatus::Expired);
        let version = verifications::transition(conn, &verification.id, from, to, &Change::default(), now)?;
        if let Some(version) = version {
            events::append(
                conn,
                &verification.tenant_id,
                &verification.id,
                EventType::Expired,
                version,
                now,
            )?;
        }
    }
    Ok(overdue.len())
}
