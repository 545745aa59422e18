//! From the jobs table to the queue. The one module that uses both.

use crate::context::Context;
use crate::db::{self, jobs, workers};
use crate::domain::QueueName;
use crate::queue::{MESSAGE_SCHEMA, Message};

/// Published and unclaimed jobs per slot of the live workers: enough that no slot waits for the relay, and
/// few enough that priority, fairness and cancellation are decided in the database.
const WINDOW_PER_SLOT: i64 = 4;

/// The window of a queue that no live worker serves.
const SMALLEST_WINDOW: i64 = 8;

/// How many jobs are reserved by one transaction.
const BATCH: usize = 200;

/// Fills a queue's window from the jobs table. Returns how many jobs were published.
///
/// The API calls it after a commit, so that a job starts at once; the relay calls it in a loop, so that
/// nothing depends on the API having done so.
pub async fn publish_due(ctx: &Context, queue: QueueName) -> Result<usize, db::Error> {
    let reserved = ctx
        .db
        .transaction(move |conn| {
            let now = db::now(conn)?;
            let room = window_size(conn, now)? - jobs::window(conn, queue)?;
            match usize::try_from(room) {
                Ok(room) if room > 0 => jobs::reserve_due(conn, queue, room.min(BATCH), now),
                _ => Ok(Vec::new()),
            }
        })
        .await?;
    let (mut published, mut failed) = (0, Vec::new());
    for job in reserved {
        let message = Message { schema: MESSAGE_SCHEMA, job_id: job.id.clone(), kind: job.kind };
        match ctx.queue.publish(queue, message).await {
            Ok(()) => published += 1,
            Err(error) => {
                tracing::warn!(job.id = %job.id, %error, "left a job to the relay");
                failed.push(job.id);
            }
        }
    }
    if published > 0 {
        crate::fault::point("outbox.published");
    }
    if !failed.is_empty() {
        ctx.db.transaction(move |conn| jobs::unpublish(conn, &failed)).await?;
    }
    Ok(published)
}

/// How many jobs of a queue may be published and unclaimed.
pub fn window_size(conn: &mut db::Conn, now: crate::domain::Timestamp) -> Result<i64, db::Error> {
    let slots: i64 = workers::alive(conn, now)?.iter().map(|worker| i64::from(worker.slots)).sum();
    Ok((slots * WINDOW_PER_SLOT).max(SMALLEST_WINDOW))
}
