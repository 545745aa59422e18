//! The relay: keeps each queue's window filled from the jobs table.

use std::time::Duration;

use idv_common::domain::QueueName;
use idv_common::{Context, db, outbox};
use tokio_util::sync::CancellationToken;

/// How soon the table is looked at again after jobs were due, and after a claim in this process has made room.
const BUSY: Duration = Duration::from_millis(10);

/// How often it is looked at while nothing is due. New jobs do not wait for it: the API publishes.
const IDLE: Duration = Duration::from_millis(200);

/// The longest pause while the database is away.
const AWAY: Duration = Duration::from_secs(2);

/// Fills the window of every queue, over and over, until the process stops. A round that has begun is ended, so
/// that no job stays reserved and unpublished.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let mut pause = IDLE;
    loop {
        pause = match round(&ctx).await {
            // A full window looks like an empty table, so the pause becomes long by and by.
            Ok(0) => (pause * 2).min(IDLE),
            Ok(_) => BUSY,
            Err(error) => {
                tracing::warn!(%error, "failed to relay jobs");
                (pause * 2).clamp(IDLE, AWAY)
            }
        };
        if stop.run_until_cancelled(wait(&ctx, pause)).await.is_none() {
            return;
        }
    }
}

async fn round(ctx: &Context) -> Result<usize, db::Error> {
    let mut published = 0;
    for queue in QueueName::ALL {
        published += outbox::publish_due(ctx, *queue).await?;
    }
    Ok(published)
}

async fn wait(ctx: &Context, pause: Duration) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = ctx.claimed.notified(), if pause <= IDLE => tokio::time::sleep(BUSY).await,
    }
}
