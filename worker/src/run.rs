//! The roles of a worker process, and how they start and stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use idv_common::db::workers::{self, Worker};
use idv_common::db::{self};
use idv_common::domain::{QueueName, WorkerId};
use idv_common::{Config, Context};
use tokio::sync::{RwLock, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::consume::Consumption;
use crate::engine::Engine;
use crate::jobs::Environment;
use crate::leases::{Leases, heartbeat};
use crate::threads::InferenceThreads;
use crate::{relay, sweep};

/// What a worker process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Keeps the broker's window filled.
    Relay,
    /// Runs jobs.
    Verify,
    /// Rescues, expires and purges.
    Sweep,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Relay, Self::Verify, Self::Sweep];

    /// The role's name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Verify => "verify",
            Self::Sweep => "sweep",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is none of: relay, verify, sweep"))
    }
}

/// Runs the roles until `stop`, then waits `shutdown_s` for running jobs and hands the rest back. The engine
/// is loaded only for the role that needs it.
pub async fn run(
    ctx: Context,
    roles: &[Role],
    load: impl FnOnce(&Config) -> anyhow::Result<Engine> + Send + 'static,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let engine = match roles.contains(&Role::Verify) {
        true => {
            let config = ctx.config.clone();
            Some(tokio::task::spawn_blocking(move || load(&config)).await??)
        }
        false => None,
    };
    let slots = if engine.is_some() { ctx.config.worker.slot_count() } else { 0 };
    let worker = describe(engine.as_ref(), roles, slots)?;
    join(&ctx, &worker).await?;

    let (leases, loops, running) = (Leases::default(), TaskTracker::new(), TaskTracker::new());
    let (beating, abandon) = (CancellationToken::new(), CancellationToken::new());
    let pulse = tokio::spawn(heartbeat(ctx.clone(), worker.clone(), leases.clone(), beating.clone()));
    if roles.contains(&Role::Relay) {
        loops.spawn(relay::run(ctx.clone(), stop.clone()));
    }
    if roles.contains(&Role::Sweep) {
        loops.spawn(sweep::run(ctx.clone(), stop.clone()));
    }
    if let Some(engine) = engine {
        let threads = InferenceThreads::start(slots).context("failed to start the inference threads")?;
        let consumption = Consumption {
            ctx: ctx.clone(),
            environment: Environment { engine, threads },
            worker: worker.id.clone(),
            leases,
            slots: Arc::new(Semaphore::new(slots)),
            isolation: Arc::new(RwLock::new(())),
            running: running.clone(),
            stop: stop.clone(),
            abandon: abandon.clone(),
        };
        loops.spawn(consumption.clone().run(QueueName::Interactive, slots));
        loops.spawn(consumption.run(QueueName::Batch, slots.saturating_sub(1).max(1)));
    }
    tracing::info!(worker.id = %worker.id, slots, roles = ?worker.roles, "the worker is ready");

    loops.close();
    loops.wait().await;
    drain(&ctx, &running, &abandon).await;
    beating.cancel();
    // A heartbeat that panicked has nothing left to stop.
    let _ = pulse.await;
    let id = worker.id;
    ctx.db.transaction(move |conn| workers::leave(conn, &id)).await?;
    Ok(())
}

fn describe(engine: Option<&Engine>, roles: &[Role], slots: usize) -> anyhow::Result<Worker> {
    Ok(Worker {
        id: WorkerId::generate(),
        roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
        slots: i32::try_from(slots)?,
        models: engine.map(Engine::model_stamps).unwrap_or_default(),
        missing: engine.map(Engine::missing_roles).unwrap_or_default(),
    })
}

async fn join(ctx: &Context, worker: &Worker) -> Result<(), db::Error> {
    let worker = worker.clone();
    ctx.db
        .transaction(move |conn| {
            let now = db::now(conn)?;
            workers::beat(conn, &worker, now)
        })
        .await
}

/// Waits for running jobs; those that take too long are handed back uncharged.
async fn drain(ctx: &Context, running: &TaskTracker, abandon: &CancellationToken) {
    running.close();
    if !running.is_empty() {
        tracing::info!(jobs = running.len(), "waiting for running jobs");
    }
    let patience = Duration::from_secs(ctx.config.server.shutdown_s);
    if tokio::time::timeout(patience, running.wait()).await.is_err() {
        tracing::warn!(jobs = running.len(), "handing jobs back that take too long");
        abandon.cancel();
        running.wait().await;
    }
}
