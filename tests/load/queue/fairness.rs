//! A tenant with a long backlog, and another that submits a few jobs.

use std::sync::Arc;
use std::time::Duration;

use idv_common::domain::{QueueName, TenantId};
use tokio::task::JoinSet;

use crate::figures::{self, Durations, Goals};
use crate::program::Program;
use crate::rows;
use crate::site::{Bench, Setup, Site};

/// Jobs that the small tenant submits at once.
const FEW: usize = 20;

/// How many times longer the small tenant may wait beside the large one.
const GOAL: f64 = 2.0;

/// Jobs that run at once.
const SLOTS: usize = 4;

/// Measures jobs that take some time, and jobs that take none.
pub(crate) async fn run(bench: &Bench, goals: &mut Goals) -> anyhow::Result<()> {
    if bench.servers.is_none() {
        println!("Not measured: the relay is the same.");
        return Ok(());
    }
    println!(
        "{SLOTS} slots; one tenant has {} jobs queued, the other submits {FEW} at once.\n",
        bench.options.large
    );
    println!("| ms per job | p95 ms alone | p95 ms beside the other | ratio |\n|---|---|---|---|");
    for noop_ms in [50, 0] {
        let setup = Setup { slots: SLOTS, noop_ms };
        let alone = small_tenant(bench, setup, 0).await?.percentile(95);
        let beside = small_tenant(bench, setup, bench.options.large).await?.percentile(95);
        let ratio = beside / alone;
        println!("| {noop_ms} | {alone:.0} | {beside:.0} | {ratio:.2} |");
        // Where jobs take no time, the machinery's own hiccups decide.
        goals.expect(noop_ms == 0 || ratio <= GOAL, || {
            format!("a small tenant waits {ratio:.2} times longer beside a large one; {GOAL} are allowed")
        });
    }
    Ok(())
}

/// The small tenant's waits, with so many jobs of the other queued before.
async fn small_tenant(bench: &Bench, setup: Setup, large: usize) -> anyhow::Result<Durations> {
    let site = Arc::new(Site::open(bench, setup).await?);
    let small = site.another_tenant("small").await?;
    rows::fill(&site, &site.tenant, QueueName::Interactive, large).await?;
    let (programs, _) = site.start(1)?;
    site.warm_up().await?;
    for _ in 0..bench.options.rounds {
        submit_few(&site, &small).await?;
        site.until_done(&small, Duration::from_secs(60)).await?;
    }
    if large > 0 && !figures::has_unfinished(&site.ctx.db, &site.tenant).await? {
        println!("The large tenant's jobs ran out meanwhile.");
    }
    let waits = Durations::waits(&figures::done(&site.ctx.db, &small).await?);
    programs.into_iter().try_for_each(Program::stop)?;
    if let Some(site) = Arc::into_inner(site) {
        site.close().await?;
    }
    Ok(waits)
}

async fn submit_few(site: &Arc<Site>, tenant: &TenantId) -> anyhow::Result<()> {
    let mut submissions = JoinSet::new();
    for _ in 0..FEW {
        let (site, tenant) = (site.clone(), tenant.clone());
        submissions.spawn(async move { site.submit(&tenant, QueueName::Interactive).await });
    }
    while let Some(submission) = submissions.join_next().await {
        submission??;
    }
    Ok(())
}
