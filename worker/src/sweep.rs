//! The sweep: rescues what was left behind, expires what is overdue, and takes away what may not be kept.

use std::time::Duration;

use idv_common::Context;
use idv_common::blob::BlobKey;
use idv_common::db::verifications::{self, Change};
use idv_common::db::webhooks::{deliveries, endpoints, unlisted};
use idv_common::db::{self, Conn, batches, captures, events, idempotency, jobs, retention, tenants, workers};
use idv_common::domain::{EventType, QueueName, Timestamp, VerificationStatus};
use idv_common::outbox;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::jobs::{GivenUp, give_up};

/// Rows that one transaction looks at.
const BATCH: i64 = 100;

/// Jobs that one transaction forgets.
const FORGET_BATCH: i64 = 500;

/// A day.
const DAY: Duration = Duration::from_secs(86_400);

/// How long an import over HTTP may go without another line being stored.
const UNSTORED: Duration = Duration::from_secs(3600);

/// Dead messages that are taken at a time.
const DEAD_BATCH: usize = 100;

/// How often what is not urgent is looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Sweeps, over and over, until the process stops. The duties do not wait for each other: a search through a
/// large store must not keep a job from its rescue.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let orphan_search = Duration::from_secs(ctx.config.limits.orphan_search_s.max(1));
    let duties = async {
        tokio::join!(
            rescue(&ctx),
            every(HOUSEKEEPING, "keep house", || keep_house(&ctx)),
            every(orphan_search, "look for orphans", || remove_orphans(&ctx)),
        )
    };
    // Each of them may be interrupted anywhere: what it has not done it finds again.
    stop.run_until_cancelled(duties).await;
}

async fn every<F>(period: Duration, what: &str, duty: impl Fn() -> F)
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut ticks = ticks(period);
    loop {
        ticks.tick().await;
        report(what, duty().await);
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn report(what: &str, result: anyhow::Result<()>) -> bool {
    result
        .inspect_err(|error| {
            tracing::warn!(error = format!("{error:#}"), "failed to {what}; trying again");
        })
        .is_ok()
}

/// Rescues jobs, over and over. After the database was away no lease is judged before the workers have had the
/// time of a heartbeat to prolong theirs.
async fn rescue(ctx: &Context) {
    let mut ticks = ticks(ctx.limits.sweep);
    let mut was_away = false;
    loop {
        ticks.tick().await;
        if was_away {
            was_away = ctx.db.read(db::now).await.is_err();
            if !was_away {
                ticks.reset_after(ctx.limits.heartbeat);
            }
            continue;
        }
        was_away = !report("rescue jobs", rescue_jobs(ctx).await);
        report("drain the dead messages", publish_dead_again(ctx).await);
    }
}

/// Publishes again what the broker has given up: it never decides a job's fate.
async fn publish_dead_again(ctx: &Context) -> anyhow::Result<()> {
    let dead = ctx.queue.drain_dead(DEAD_BATCH).await?;
    if dead.is_empty() {
        return Ok(());
    }
    tracing::warn!(
        messages = dead.len(),
        "the broker gave messages up; their jobs are published again if they wait"
    );
    metrics::counter!("idv_dead_messages_total").increment(dead.len() as u64);
    let jobs: Vec<_> = dead.into_iter().map(|message| message.job_id).collect();
    Ok(ctx.db.transaction(move |conn| jobs::unpublish(conn, &jobs)).await?)
}

/// Puts jobs back whose worker is gone, and publishes again what the broker lost.
pub async fn rescue_jobs(ctx: &Context) -> anyhow::Result<()> {
    let limits = ctx.limits;
    let expired = ctx
        .db
        .transaction(move |conn| {
            let now = db::now(conn)?;
            let expired = jobs::rescue_expired(conn, &limits, BATCH, now)?;
            for job in expired.iter().filter(|job| job.dead) {
                let given_up = GivenUp {
                    kind: job.kind,
                    tenant: &job.tenant,
                    subject: &job.subject,
                    verification: job.verification.as_ref(),
                    cause: job.cause,
                };
                give_up(conn, &given_up, now)?;
            }
            let window = outbox::window_size(conn, now)?;
            for queue in QueueName::ALL {
                jobs::republish_unclaimed(conn, *queue, window, &limits, now)?;
            }
            Ok::<_, db::Error>(expired)
        })
        .await?;
    for job in &expired {
        tracing::warn!(job.id = %job.id, job.kind = %job.kind, dead = job.dead, "rescued a job whose lease ran out");
        metrics::counter!("idv_job_leases_expired_total").increment(1);
    }
    if expired.iter().any(|job| job.dead) {
        ctx.changed.notify_waiters();
    }
    Ok(())
}

/// Expires overdue verifications, enforces retention and forgets what has no more use.
pub async fn keep_house(ctx: &Context) -> anyhow::Result<()> {
    while ctx.db.transaction(expire_overdue).await? > 0 {}
    tidy_batches(ctx).await?;
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

/// Removes objects that no row names and that are too old to belong to an upload under way.
pub async fn remove_orphans(ctx: &Context) -> anyhow::Result<()> {
    let age = Duration::from_secs(ctx.config.limits.orphan_age_s);
    // Objects carry the store's own time, so this compares with the machine's clock.
    let cutoff = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()).minus(age);
    let old = ctx.blobs.captures_before(cutoff).await?;
    for chunk in old.chunks(usize::try_from(BATCH).unwrap_or(100)) {
        let ids: Vec<_> = chunk.iter().map(|(_, capture)| capture.clone()).collect();
        let orphans = ctx.db.read(move |conn| captures::without_row(conn, &ids)).await?;
        for (tenant, capture) in chunk.iter().filter(|(_, capture)| orphans.contains(capture)) {
            ctx.blobs.delete(&BlobKey::Capture(tenant.clone(), capture.clone())).await?;
            tracing::info!(capture.id = %capture, "removed an object without a row");
        }
    }
    Ok(())
}
