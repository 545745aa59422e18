//! How a worker process starts and stops.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use idv_common::db::workers::{self, Worker};
use idv_common::domain::WorkerId;
use idv_common::{Config, Context};
use tokio::sync::{RwLock, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::claims::Claims;
use crate::consume::Consumption;
use crate::deliver::Deliver;
use crate::engine::Engine;
use crate::finishes::Finishes;
use crate::health::{self, Phase};
use crate::intake::Intake;
use crate::jobs::Environment;
use crate::leases::{Leases, heartbeat};
use crate::role::Role;
use crate::threads::InferenceThreads;
use crate::{feed, relay, sweep};

/// How long jobs that are handed back may take to be so.
const HAND_BACK: Duration = Duration::from_secs(3);

/// How long the process tries to take itself off the list of workers.
const LEAVE: Duration = Duration::from_secs(1);

/// Runs the roles until `stop`, then waits `server.shutdown_s` for running jobs and hands the rest back. The
/// engine is loaded only for the role that needs it; how the process is can be asked on `health`.
///
/// A database or broker that is away ends nothing: each loop waits for it.
pub async fn run(
    ctx: Context,
    roles: &[Role],
    health: Option<TcpListener>,
    load: impl FnOnce(&Config) -> anyhow::Result<Engine> + Send + 'static,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // A token of its own, because a loop that ends by itself ends the worker and nothing besides.
    let stop = stop.child_token();
    let (phase, seen) = watch::channel(Phase::Starting);
    let health = health.map(|listener| health::start(listener, seen)).transpose()?;
    let engine = match roles.contains(&Role::Verify) {
        true => {
            let config = ctx.config.clone();
            Some(tokio::task::spawn_blocking(move || load(&config)).await??)
        }
        false => None,
    };
    let mut process = Process::start(ctx, roles, engine, &stop)?;
    phase.send_replace(Phase::Working);
    let failed = tokio::select! {
        () = stop.cancelled() => false,
        _ = process.loops.join_next() => !stop.is_cancelled(),
    };
    stop.cancel();
    phase.send_replace(Phase::Stopping);
    process.end().await;
    if let Some(health) = health {
        health.end().await;
    }
    if failed {
        bail!("a loop of the worker ended by itself: the log says why");
    }
    Ok(())
}

/// A worker process at work.
struct Process {
    ctx: Context,
    id: WorkerId,
    /// What goes on until the process is told to stop.
    loops: JoinSet<()>,
    /// The jobs that run.
    running: TaskTracker,
    /// Hands them back.
    abandon: CancellationToken,
    /// The heartbeat goes on until the last job has ended.
    pulse: JoinHandle<()>,
    beating: CancellationToken,
}

impl Process {
    fn start(
        ctx: Context,
        roles: &[Role],
        engine: Option<Engine>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let slots = if engine.is_some() { ctx.config.worker.slot_count() } else { 0 };
        let worker = describe(engine.as_ref(), roles, slots)?;
        let (leases, running, mut loops) = (Leases::default(), TaskTracker::new(), JoinSet::new());
        let (beating, abandon) = (CancellationToken::new(), CancellationToken::new());
        let pulse = tokio::spawn(heartbeat(ctx.clone(), worker.clone(), leases.clone(), beating.clone()));
        if roles.contains(&Role::Relay) {
            loops.spawn(relay::run(ctx.clone(), stop.clone()));
            loops.spawn(feed::run(ctx.clone(), stop.clone()));
        }
        if roles.contains(&Role::Sweep) {
            loops.spawn(sweep::run(ctx.clone(), stop.clone()));
        }
        if roles.contains(&Role::Deliver) {
            loops.spawn(Deliver::prepare(&ctx)?.run(stop.clone()));
        }
        if let Some(engine) = engine {
            let threads = InferenceThreads::start(slots).context("failed to start the inference threads")?;
            let consumption = Consumption {
                environment: Environment { engine, threads },
                leases,
                claims: Claims::start(&ctx, &worker.id, stop),
                finishes: Finishes::start(&ctx.db, ctx.limits),
                isolation: Arc::new(RwLock::new(())),
                running: running.clone(),
                stop: stop.clone(),
                abandon: abandon.clone(),
                ctx: ctx.clone(),
            };
            loops.spawn(consumption.run(Intake::new(&ctx.queue, slots)));
        }
        tracing::info!(worker.id = %worker.id, slots, roles = ?worker.roles, "the worker is ready");
        Ok(Self { ctx, id: worker.id, loops, running, abandon, pulse, beating })
    }

    /// Ends everything, once the loops were told to stop.
    async fn end(mut self) {
        let patience = Duration::from_secs(self.ctx.config.server.shutdown_s);
        self.drain(Instant::now() + patience).await;
        self.ctx.queue.close().await;
        self.beating.cancel();
        let (db, id, pulse) = (self.ctx.db.clone(), self.id, self.pulse);
        let leave = async {
            // A heartbeat under way would put the worker on the list again.
            let _ = pulse.await;
            db.urgent(move |conn| workers::leave(conn, &id)).await
        };
        match timeout(LEAVE, leave).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "left the list of workers to the sweep"),
            Err(_) => tracing::warn!("left the list of workers to the sweep: the database is slow"),
        }
    }

    /// Waits for running jobs; those that take too long are handed back uncharged.
    async fn drain(&mut self, deadline: Instant) {
        let (loops, running) = (&mut self.loops, &self.running);
        let rest = async {
            while loops.join_next().await.is_some() {}
            running.close();
            if !running.is_empty() {
                tracing::info!(jobs = running.len(), "waiting for running jobs");
            }
            running.wait().await;
        };
        if timeout_at(deadline, rest).await.is_ok() {
            return;
        }
        running.close();
        tracing::warn!(jobs = running.len(), "handing jobs back that take too long");
        self.abandon.cancel();
        if timeout(HAND_BACK, running.wait()).await.is_err() {
            tracing::warn!(jobs = running.len(), "left jobs to the sweep: they cannot be handed back");
        }
    }
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
