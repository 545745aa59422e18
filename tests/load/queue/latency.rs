//! Jobs at a steady rate: how long each waits until a worker claims it.

use std::sync::Arc;
use std::time::Duration;

use idv_common::domain::QueueName;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::client::Client;
use crate::figures::{self, Durations, Goals};
use crate::program::Program;
use crate::site::{Bench, Setup, Site};

/// The wait that 99 of 100 jobs may not exceed, in milliseconds.
const GOAL_MS: f64 = 50.0;

/// In embedded mode jobs come over HTTP, which alone can tell the relay; the rate is divided by this.
const HTTP_SHARE: u32 = 10;

/// Measures two worker processes, or one `idv serve`.
pub(crate) async fn run(bench: &Bench, goals: &mut Goals) -> anyhow::Result<()> {
    let processes = if bench.servers.is_some() { 2 } else { 1 };
    let setup = Setup { slots: bench.options.slots.div_ceil(processes), noop_ms: 0 };
    let site = Arc::new(Site::open(bench, setup).await?);
    let (programs, address) = site.start(processes)?;
    site.until_ready(processes).await?;
    let rate = match &address {
        None => {
            site.warm_up().await?;
            submit_steadily(&site, bench.options.rate, bench.options.seconds).await?
        }
        Some(address) => {
            let rate = (bench.options.rate / HTTP_SHARE).max(1);
            let client = Client::new(address, &site.key)?;
            post_steadily(&client, rate, bench.options.seconds).await?;
            rate
        }
    };
    site.until_done(&site.tenant, Duration::from_secs(60)).await?;
    let waits = Durations::waits(&figures::done(&site.ctx.db, &site.tenant).await?);
    programs.into_iter().try_for_each(Program::stop)?;
    if let Some(site) = Arc::into_inner(site) {
        site.close().await?;
    }
    let p99 = waits.percentile(99);
    println!("| processes | slots in all | jobs/s | jobs | p50 ms | p95 ms | p99 ms | longest ms |");
    println!("|---|---|---|---|---|---|---|---|");
    println!(
        "| {processes} | {} | {rate} | {} | {:.1} | {:.1} | {p99:.1} | {:.1} |",
        setup.slots * processes,
        waits.len(),
        waits.percentile(50),
        waits.percentile(95),
        waits.percentile(100)
    );
    let judged = bench.servers.is_some() && !bench.options.ci;
    goals.expect(!judged || p99 <= GOAL_MS, || {
        format!("99 of 100 jobs are claimed within {p99:.0} ms; {GOAL_MS} ms are wanted")
    });
    Ok(())
}

async fn submit_steadily(site: &Arc<Site>, rate: u32, seconds: u32) -> anyhow::Result<u32> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut submissions = JoinSet::new();
    for _ in 0..rate * seconds {
        ticks.tick().await;
        let site = site.clone();
        submissions.spawn(async move { site.submit(&site.tenant, QueueName::Interactive).await });
    }
    while let Some(submission) = submissions.join_next().await {
        submission??;
    }
    Ok(rate)
}

async fn post_steadily(client: &Client, rate: u32, seconds: u32) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut requests = JoinSet::new();
    for _ in 0..rate * seconds {
        ticks.tick().await;
        let client = client.clone();
        requests.spawn_blocking(move || client.post());
    }
    while let Some(request) = requests.join_next().await {
        request??;
    }
    Ok(())
}
