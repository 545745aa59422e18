//! The leases that this process holds, and the heartbeat that prolongs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use idv_common::Context;
use idv_common::db::jobs::Lease;
use idv_common::db::workers::Worker;
use idv_common::db::{self, jobs, workers};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How soon a heartbeat that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// The leases of the jobs that run in this process, and since when.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<HashMap<Lease, Instant>>>);

/// Keeps a lease alive until dropped.
pub(crate) struct Held {
    leases: Leases,
    lease: Lease,
}

impl Leases {
    /// Prolongs this lease from now on.
    pub(crate) fn hold(&self, lease: Lease) -> Held {
        self.lock().insert(lease.clone(), Instant::now());
        Held { leases: self.clone(), lease }
    }

    /// The leases that have been held for `age`. Younger ones last until the next heartbeat, and most jobs are done
    /// by then.
    fn older_than(&self, age: Duration) -> Vec<Lease> {
        let held = self.lock();
        held.iter().filter(|(_, since)| since.elapsed() >= age).map(|(lease, _)| lease.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lease, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.lease);
    }
}

/// Prolongs all leases and renews the worker's row, over and over, until the process stops.
pub(crate) async fn heartbeat(ctx: Context, worker: Worker, leases: Leases, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(ctx.limits.heartbeat);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let held = leases.older_than(ctx.limits.heartbeat / 2);
        if let Err(error) = beat(&ctx, &worker, held).await {
            // The sweep waits for one heartbeat after the database's return, so this one must not be late.
            ticks.reset_after(RETRY.min(ctx.limits.heartbeat));
            tracing::warn!(%error, "missed a heartbeat; leases last {} s", ctx.limits.lease.as_secs());
        }
    }
}

async fn beat(ctx: &Context, worker: &Worker, held: Vec<Lease>) -> Result<(), db::Error> {
    let (limits, worker, count) = (ctx.limits, worker.clone(), held.len());
    let kept = ctx
        .db
        .urgent(move |conn| {
            let now = db::now(conn)?;
            workers::beat(conn, &worker, now)?;
            if held.is_empty() {
                return Ok::<_, db::Error>(0);
            }
            jobs::extend(conn, &held, &limits, now)
        })
        .await?;
    if kept < count {
        // The job goes on, but its end will be fenced out; somebody else has it or nobody wants it.
        tracing::info!(lost = count - kept, "some leases are no longer held");
    }
    Ok(())
}
