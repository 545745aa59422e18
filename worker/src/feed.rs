//! The feeder: hands the items of running batches to the queue, a few at a time, so that a batch can be paused,
//! slowed down and called off, and never fills the table of jobs.

use std::time::Duration;

use idv_common::db::{batches, workers};
use idv_common::domain::{BatchId, QueueName};
use idv_common::{Context, db, fault};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How soon the batches are looked at again while one of them runs.
const BUSY: Duration = Duration::from_millis(50);

/// How often it is looked whether one runs.
const IDLE: Duration = Duration::from_millis(500);

/// The pause after a failure.
const AWAY: Duration = Duration::from_secs(2);

/// How often it is looked whether there is progress to tell of: counting a large batch is dear.
const REPORT: Duration = Duration::from_secs(1);

/// The least number of items of a batch that are under way, however few workers there are.
const LEAST: i64 = 8;

/// Feeds running batches, over and over, until the process stops.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let mut reported = Instant::now();
    loop {
        let report = reported.elapsed() >= REPORT;
        if report {
            reported = Instant::now();
        }
        let pause = match round(&ctx, report).await {
            Ok(0) => IDLE,
            Ok(_) => BUSY,
            Err(error) => {
                tracing::warn!(%error, "failed to feed the batches; trying again");
                AWAY
            }
        };
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

/// Feeds each running batch once, and tells of its progress if `report`. Returns how many there are.
pub async fn round(ctx: &Context, report: bool) -> Result<usize, db::Error> {
    let running = ctx.db.read(batches::running).await?;
    let (mut taken, mut failure) = (0, None);
    for id in &running {
        // One that cannot be fed keeps no other from being fed.
        match feed(ctx, id.clone(), report).await {
            Ok(items) => taken += items,
            Err(error) => failure = Some(error),
        }
    }
    if taken > 0 {
        fault::point("batch.fed");
        ctx.publish_soon(QueueName::Batch);
    }
    failure.map_or(Ok(running.len()), Err)
}

async fn feed(ctx: &Context, id: BatchId, report: bool) -> Result<usize, db::Error> {
    let per_slot = ctx.config.batch.ahead_per_slot;
    let feed = ctx.db.transaction(move |conn| {
        let now = db::now(conn)?;
        let under_way = workers::slots(conn, now)?.saturating_mul(per_slot).max(LEAST);
        batches::feed(conn, &id, under_way, report, now)
    });
    feed.await
}
