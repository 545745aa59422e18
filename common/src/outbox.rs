//! From the jobs table to the queue. The one module that uses both.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Notify};

use crate::context::Context;
use crate::db::{self, jobs, workers};
use crate::domain::{JobId, QueueName};
use crate::queue::{MESSAGE_SCHEMA, Message};

/// Published and unclaimed jobs per slot of the live workers: enough that no slot waits for the relay, and
/// few enough that priority, fairness and cancellation are decided in the database.
const WINDOW_PER_SLOT: i64 = 2;

/// The window of a queue that no live worker serves.
const SMALLEST_WINDOW: i64 = 8;

/// How many jobs are reserved by one transaction.
const BATCH: usize = 200;

/// Fills a queue's window from the jobs table. Returns how many jobs were published.
///
/// The API calls it after a commit, so that a job starts at once; the relay calls it in a loop, so that
/// nothing depends on the API having done so.
pub async fn publish_due(ctx: &Context, queue: QueueName) -> Result<usize, db::Error> {
    let reserve = ctx.db.transaction(move |conn| {
        let now = db::now(conn)?;
        let (size, published) = (window_size(conn, now)?, jobs::window(conn, queue)?);
        // A window that is nearly full is left until it is worth the while: nobody runs dry meanwhile.
        if published * 4 > size * 3 {
            return Ok(Vec::new());
        }
        let room = usize::try_from(size - published).unwrap_or(0);
        jobs::reserve_due(conn, queue, room.min(BATCH), now)
    });
    let reserved = reserve.await?;
    if reserved.is_empty() {
        return Ok(0);
    }
    let message =
        |job: &jobs::DueJob| Message { schema: MESSAGE_SCHEMA, job_id: job.id.clone(), kind: job.kind };
    let results = ctx.queue.publish_all(queue, reserved.iter().map(message).collect()).await;
    let (mut failed, mut cause) = (Vec::new(), None);
    for (job, result) in reserved.iter().zip(results) {
        if let Err(error) = result {
            failed.push(job.id.clone());
            cause = Some(error);
        }
    }
    let published = reserved.len() - failed.len();
    if published > 0 {
        crate::fault::point("outbox.published");
    }
    if let Some(error) = cause {
        tracing::warn!(jobs = failed.len(), %error, "left jobs to the relay");
        // In a task of its own: it may have to wait longer than whoever publishes.
        tokio::spawn(take_back(ctx.clone(), failed));
    }
    Ok(published)
}

/// Takes reservations back whose messages did not go out, as soon as the database is there. Gives up when the jobs
/// are published again anyway.
async fn take_back(ctx: Context, failed: Vec<JobId>) {
    let deadline = Instant::now() + ctx.limits.republish;
    while Instant::now() < deadline {
        let ids = failed.clone();
        match ctx.db.transaction(move |conn| jobs::unpublish(conn, &ids)).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, "failed to take back jobs that were not published"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// How many jobs of a queue may be published and unclaimed.
pub fn window_size(conn: &mut db::Conn, now: crate::domain::Timestamp) -> Result<i64, db::Error> {
    Ok((workers::slots(conn, now)? * WINDOW_PER_SLOT).max(SMALLEST_WINDOW))
}

/// Publishes new jobs at once, one publish per queue at a time: what is committed while one is under way is taken by
/// the next.
#[derive(Clone)]
pub struct Hurry(Arc<HashMap<QueueName, Publishing>>);

#[derive(Default)]
struct Publishing {
    asked: Notify,
    /// Held while a publish is under way.
    busy: Mutex<()>,
}

impl Hurry {
    /// One that nobody serves yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(QueueName::ALL.iter().map(|queue| (*queue, Publishing::default())).collect()))
    }

    /// Asks for a publish.
    pub(crate) fn ask(&self, queue: QueueName) {
        self.0[&queue].asked.notify_one();
    }

    /// Waits for what is under way, so that no job stays reserved and unpublished when the process ends.
    pub(crate) async fn settle(&self) {
        for publishing in self.0.values() {
            // Never given back: what is asked for from now on is left to the relay.
            std::mem::forget(publishing.busy.lock().await);
        }
    }

    /// Serves those who ask, for as long as the process lives.
    pub(crate) fn serve(ctx: &Context) {
        for queue in QueueName::ALL {
            let ctx = ctx.clone();
            tokio::spawn(async move {
                let publishing = &ctx.hurry.0[queue];
                loop {
                    publishing.asked.notified().await;
                    let _busy = publishing.busy.lock().await;
                    if let Err(error) = publish_due(&ctx, *queue).await {
                        tracing::warn!(%error, "left new jobs to the relay");
                    }
                }
            });
        }
    }
}
