//! Consumption: a delivery becomes a claim, a claim becomes an outcome, and one transaction ends it.

use std::sync::Arc;
use std::time::Duration;

use idv_common::db;
use idv_common::db::jobs::{self, Claimed};
use idv_common::domain::{QueueName, WorkerId};
use idv_common::queue::{Consumer, Delivery};
use idv_common::{Context, fault};
use tokio::sync::{OwnedSemaphorePermit, RwLock, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::jobs as handlers;
use crate::jobs::{Environment, Outcome};
use crate::leases::Leases;

/// How long the end of a job is tried while the database is away: less than a lease.
const FINISH_PATIENCE: Duration = Duration::from_secs(30);

/// What the consumers of a process share.
#[derive(Clone)]
pub struct Consumption {
    /// The process's context.
    pub ctx: Context,
    /// What the job handlers work with.
    pub environment: Environment,
    /// This process.
    pub worker: WorkerId,
    /// The leases that the heartbeat prolongs.
    pub leases: Leases,
    /// One permit per job that may run at once.
    pub slots: Arc<Semaphore>,
    /// Jobs hold it shared; a suspect job holds it alone.
    pub isolation: Arc<RwLock<()>>,
    /// The jobs that run, for the shutdown to wait for.
    pub running: TaskTracker,
    /// Ends consumption; running jobs go on.
    pub stop: CancellationToken,
    /// Hands running jobs back.
    pub abandon: CancellationToken,
}

impl Consumption {
    /// Consumes a queue until the process stops. At most `share` of its jobs run at once, so that batch work
    /// leaves a slot to interactive work; the slots themselves are given in order of asking, so that it is
    /// never starved either.
    pub async fn run(self, queue: QueueName, share: usize) {
        let prefetch = u16::try_from(share).unwrap_or(u16::MAX);
        let share = Arc::new(Semaphore::new(share));
        let mut pause = Duration::from_millis(200);
        while !self.stop.is_cancelled() {
            match self.ctx.queue.consume(queue, prefetch).await {
                Ok(mut consumer) => {
                    pause = Duration::from_millis(200);
                    self.drain(&mut consumer, &share).await;
                }
                Err(error) => {
                    tracing::warn!(%error, queue = %queue, "failed to consume");
                    pause = (pause * 2).min(Duration::from_secs(10));
                }
            }
            self.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
    }

    async fn drain(&self, consumer: &mut Consumer, share: &Arc<Semaphore>) {
        loop {
            // The permits come first: a message is taken only when it can be worked on.
            let Some(Some(permits)) = self.stop.run_until_cancelled(self.permits(share)).await else {
                return;
            };
            match self.stop.run_until_cancelled(consumer.next()).await {
                None => return,
                Some(Ok(delivery)) => {
                    let this = self.clone();
                    self.running.spawn(async move {
                        this.process(delivery).await;
                        drop(permits);
                    });
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "lost the queue");
                    return;
                }
            }
        }
    }

    async fn permits(&self, share: &Arc<Semaphore>) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        // Neither semaphore is ever closed.
        let own = share.clone().acquire_owned().await.ok()?;
        Some((own, self.slots.clone().acquire_owned().await.ok()?))
    }

    async fn process(&self, delivery: Delivery) {
        let Some(claimed) = self.claim(&delivery).await else {
            // Claimed, done or canceled already: the message was a duplicate.
            acknowledge(delivery).await;
            return;
        };
        self.ctx.claimed.notify_one();
        fault::point("consume.claimed");
        let started = std::time::Instant::now();
        let lease = claimed.lease.clone();
        let held = self.leases.hold(lease.clone());
        let outcome = match self.abandon.run_until_cancelled(self.execute(&claimed)).await {
            Some(outcome) => outcome,
            None => Outcome::Snooze(Duration::ZERO),
        };
        let kind = claimed.kind;
        let outcome_name = outcome.name();
        if self.finish(claimed, outcome).await {
            metrics::histogram!("idv_job_duration_seconds", "kind" => kind.as_str(), "outcome" => outcome_name)
                .record(started.elapsed());
            tracing::info!(
                job.id = %lease.job,
                job.kind = %kind,
                outcome = outcome_name,
                duration_ms = started.elapsed().as_millis() as u64,
                "finished a job"
            );
        }
        drop(held);
        fault::point("finish.committed");
        acknowledge(delivery).await;
        self.ctx.changed.notify_waiters();
    }

    /// Claims the delivery's job, for as long as it takes the database to answer.
    async fn claim(&self, delivery: &Delivery) -> Option<Claimed> {
        let mut pause = Duration::from_millis(200);
        loop {
            let (job, worker, limits) =
                (delivery.message.job_id.clone(), self.worker.clone(), self.ctx.limits);
            let claim = self.ctx.db.transaction(move |conn| {
                let now = db::now(conn)?;
                let claimed = jobs::claim_many(conn, &[job], &worker, &limits, now)?;
                Ok::<_, db::Error>(claimed.into_iter().next())
            });
            match claim.await {
                Ok(claimed) => return claimed,
                Err(error) => {
                    tracing::warn!(%error, job.id = %delivery.message.job_id, "failed to claim a job")
                }
            }
            // Stopping with the message unacknowledged is safe: the job is published again.
            self.stop.run_until_cancelled(tokio::time::sleep(pause)).await?;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn execute(&self, claimed: &Claimed) -> Outcome {
        if !claimed.suspect {
            let _shared = self.isolation.read().await;
            return handlers::run(&self.ctx, &self.environment, claimed).await;
        }
        let _alone = self.isolation.write().await;
        let lease = claimed.lease.clone();
        if let Err(error) = self.ctx.db.urgent(move |conn| jobs::mark_alone(conn, &lease)).await {
            return Outcome::Retry(error.to_string());
        }
        handlers::run(&self.ctx, &self.environment, claimed).await
    }

    /// Ends the claim in one transaction. `false` if it is not ours to end any more, or the database stays
    /// away; the sweep then finds the job.
    async fn finish(&self, claimed: Claimed, outcome: Outcome) -> bool {
        let deadline = tokio::time::Instant::now() + FINISH_PATIENCE;
        loop {
            let (claimed, outcome) = (claimed.clone(), outcome.clone());
            let (job, limits) = (claimed.lease.job.clone(), self.ctx.limits);
            let end = self.ctx.db.urgent(move |conn| {
                let now = db::now(conn)?;
                handlers::end(conn, &claimed, &outcome, &limits, now)?;
                fault::point("finish.before_commit");
                Ok::<_, db::Error>(())
            });
            match end.await {
                Ok(()) => return true,
                Err(db::Error::Fenced) => {
                    tracing::info!(job.id = %job, "dropped a result: the lease is no longer held");
                    return false;
                }
                Err(error) => tracing::error!(%error, job.id = %job, "failed to end a job"),
            }
            if tokio::time::Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn acknowledge(delivery: Delivery) {
    if let Err(error) = delivery.ack().await {
        // It comes again, and the claim will find nothing to do.
        tracing::debug!(%error, "failed to acknowledge a message");
    }
}
