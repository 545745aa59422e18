//! The feeder: hands the items of running batches to the queue, a few at a time, so that a batch can be paused,
//! slowed down and called off, and never fills the table of jobs.

use std::time::Duration;

use idv_common::db::{batches, workers};
use idv_common::domain::{BatchId, QueueName};
use idv_common::{Context, db, fault};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How soon the batches are looked at again after one of them has handed out items.
const BUSY: Duration = Duration::from_millis(50);

/// How soon when none could: they wait for room, for their rate, or for a client.
const WAITING: Duration = Duration::from_millis(200);

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
            Ok(Fed { items: 1.., .. }) => BUSY,
            Ok(Fed { batches: 1.., .. }) => WAITING,
            Ok(_) => IDLE,
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

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fed {
    /// Batches that run.
    pub batches: usize,
    /// Items that were taken from those that waited.
    pub items: usize,
}

/// Feeds each running batch once, and tells of its progress if `report`.
pub async fn round(ctx: &Context, report: bool) -> Result<Fed, db::Error> {
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
    failure.map_or(Ok(Fed { batches: running.len(), items: taken }), Err)
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
