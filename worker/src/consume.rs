//! Consumption: a delivery becomes a claim, a claim becomes an outcome, and one transaction ends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use idv_common::db::jobs::{self, Claimed};
use idv_common::queue::Delivery;
use idv_common::{Context, fault};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::claims::{Claim, Claims};
use crate::finishes::Finishes;
use crate::intake::Intake;
use crate::jobs as handlers;
use crate::jobs::{Environment, Outcome};
use crate::leases::Leases;

/// How long a suspect job waits for the process to be its own, while nothing else begins.
const ISOLATION: Duration = Duration::from_secs(15);

/// What the jobs of a process share.
#[derive(Clone)]
pub(crate) struct Consumption {
    /// The process's context.
    pub(crate) ctx: Context,
    /// What the job handlers work with.
    pub(crate) environment: Environment,
    /// The leases that the heartbeat prolongs.
    pub(crate) leases: Leases,
    /// Begins jobs.
    pub(crate) claims: Claims,
    /// Ends jobs.
    pub(crate) finishes: Finishes,
    /// Jobs hold it shared from before their claim until after their end; a suspect job holds it alone.
    pub(crate) isolation: Arc<RwLock<()>>,
    /// The jobs that run, for the shutdown to wait for.
    pub(crate) running: TaskTracker,
    /// Ends consumption; running jobs go on.
    pub(crate) stop: CancellationToken,
    /// Hands running jobs back.
    pub(crate) abandon: CancellationToken,
}

/// How a job shares its process.
enum Isolation {
    /// With others, none of them suspect.
    Shared { _guard: OwnedRwLockReadGuard<()> },
    /// Not at all.
    Alone { _guard: OwnedRwLockWriteGuard<()> },
}

impl Consumption {
    /// Works on messages until the process stops. What has been sent and not been begun then goes back to the
    /// broker with the intake.
    pub(crate) async fn run(self, mut intake: Intake) {
        while let Some(Some((delivery, slot))) = self.stop.run_until_cancelled(intake.next()).await {
            let this = self.clone();
            self.running.spawn(async move {
                this.process(delivery).await;
                drop(slot);
            });
        }
    }

    async fn process(&self, delivery: Delivery) {
        // Before the claim: jobs that wait for a suspect one to end are nobody's, and its crash does not touch them.
        let Some(shared) = self.stop.run_until_cancelled(self.isolation.clone().read_owned()).await else {
            return;
        };
        match self.claims.claim(delivery.message.job_id.clone()).await {
            Ok(Some(claim)) => self.work(claim, shared).await,
            // Claimed, done or canceled already: the message was a duplicate.
            Ok(None) => drop(shared),
            // The broker gives the message to somebody else.
            Err(_) => return,
        }
        if let Err(error) = delivery.ack().await {
            // It comes again, and the claim will find nothing to do.
            tracing::debug!(%error, "failed to acknowledge a message");
        }
    }

    /// Runs a job to its end. The isolation lasts as long: whoever dies until then is not a neighbour.
    async fn work(&self, claim: Claim, shared: OwnedRwLockReadGuard<()>) {
        self.ctx.claimed.notify_one();
        fault::point("consume.claimed");
        let started = Instant::now();
        let (job, kind) = (claim.job.lease.job.clone(), claim.job.kind);
        let held = self.leases.hold(claim.job.lease.clone());
        let (outcome, _isolation) = match self.isolate(&claim.job, shared).await {
            Ok(isolation) => (self.execute(&claim).await, Some(isolation)),
            Err(outcome) => (outcome, None),
        };
        let outcome_name = outcome.name();
        if self.finishes.finish(claim.job, outcome).await {
            let duration = started.elapsed();
            metrics::histogram!("idv_job_duration_seconds", "kind" => kind.as_str(), "outcome" => outcome_name)
                .record(duration);
            tracing::info!(
                job.id = %job,
                job.kind = %kind,
                outcome = outcome_name,
                duration_ms = duration.as_millis() as u64,
                "finished a job"
            );
        }
        drop(held);
        fault::point("finish.committed");
        self.ctx.changed.notify_waiters();
    }

    /// Gives a suspect job the process to itself. What it comes to if it cannot have it.
    async fn isolate(&self, job: &Claimed, shared: OwnedRwLockReadGuard<()>) -> Result<Isolation, Outcome> {
        if !job.suspect {
            return Ok(Isolation::Shared { _guard: shared });
        }
        drop(shared);
        let alone = tokio::time::timeout(ISOLATION, self.isolation.clone().write_owned());
        let Some(Ok(guard)) = self.abandon.run_until_cancelled(alone).await else {
            return Err(Outcome::Snooze(Duration::ZERO));
        };
        let lease = job.lease.clone();
        match self.ctx.db.urgent(move |conn| jobs::mark_alone(conn, &lease)).await {
            Ok(()) => Ok(Isolation::Alone { _guard: guard }),
            Err(error) => {
                tracing::warn!(%error, job.id = %job.lease.job, "failed to isolate a suspect job");
                Err(Outcome::Snooze(handlers::AWAY))
            }
        }
    }

    async fn execute(&self, claim: &Claim) -> Outcome {
        let work = handlers::run(&self.ctx, &self.environment, &claim.job, claim.at);
        self.abandon.run_until_cancelled(work).await.unwrap_or(Outcome::Snooze(Duration::ZERO))
    }
}
