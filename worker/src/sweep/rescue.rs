//! Jobs that were left behind: by a worker that is gone, or by a broker that lost them.

use idv_common::db::{self, jobs};
use idv_common::domain::QueueName;
use idv_common::{Context, outbox};

use super::{report, ticks};
use crate::jobs::{GivenUp, give_up};

/// Jobs that one transaction rescues.
const BATCH: i64 = 100;

/// Dead messages that are taken at a time.
const DEAD_BATCH: usize = 100;

/// Rescues jobs, over and over. After the database was away no lease is judged before the workers have had the
/// time of a heartbeat to prolong theirs.
pub(super) async fn run(ctx: &Context) {
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
async fn rescue_jobs(ctx: &Context) -> anyhow::Result<()> {
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
