//! Batch work while there is more interactive work than can be done.

use std::time::Duration;

use anyhow::Context as _;
use idv_common::domain::{QueueName, Timestamp};

use crate::figures::{self, Goals, Job};
use crate::program::Program;
use crate::rows;
use crate::site::{Bench, Setup, Site};

/// The least part of the slots that batch work gets, in percent.
const GOAL: f64 = 5.0;

/// Milliseconds that each job takes.
const JOB_MS: u64 = 10;

/// Measures one worker process of two and of four slots.
pub(crate) async fn run(bench: &Bench, goals: &mut Goals) -> anyhow::Result<()> {
    if bench.servers.is_none() {
        println!("Not measured: the consumers are the same.");
        return Ok(());
    }
    let (interactive, batch) = if bench.options.ci { (600, 200) } else { (3_000, 500) };
    println!("{interactive} interactive and {batch} batch jobs queued, {JOB_MS} ms each.\n");
    println!("| slots | interactive jobs/s | batch jobs/s | batch's share |\n|---|---|---|---|");
    for slots in [2, 4] {
        let site = Site::open(bench, Setup { slots, noop_ms: JOB_MS }).await?;
        rows::fill(&site, &site.tenant, QueueName::Interactive, interactive).await?;
        rows::fill(&site, &site.tenant, QueueName::Batch, batch).await?;
        let (programs, _) = site.start(1)?;
        site.until_done(&site.tenant, Duration::from_secs(300)).await?;
        let jobs = figures::done(&site.ctx.db, &site.tenant).await?;
        programs.into_iter().try_for_each(Program::stop)?;
        site.close().await?;

        let (interactive, batch) = (claims(&jobs, QueueName::Interactive), claims(&jobs, QueueName::Batch));
        // From the first claim to the moment when one of them runs out.
        let first = interactive.iter().min().context("failed to find an interactive job")?;
        let until = interactive.iter().max().min(batch.iter().max()).context("failed to find a batch job")?;
        let count = |claims: &[Timestamp]| claims.iter().filter(|at| *at <= until).count() as f64;
        let (interactive, batch) = (count(&interactive), count(&batch));
        let share = 100.0 * batch / (batch + interactive);
        let seconds = until.since(*first).as_secs_f64();
        println!("| {slots} | {:.0} | {:.0} | {share:.1} % |", interactive / seconds, batch / seconds);
        goals.expect(share >= GOAL, || {
            format!("batch work gets {share:.1} % of {slots} slots; {GOAL} % are wanted")
        });
    }
    Ok(())
}

/// When the jobs of a queue were claimed.
fn claims(jobs: &[Job], queue: QueueName) -> Vec<Timestamp> {
    jobs.iter().filter(|job| job.queue == queue).map(|job| job.claimed_at).collect()
}
