//! A backlog is worked off by one, two, four processes.

use std::time::Duration;

use anyhow::Context as _;
use idv_common::domain::QueueName;

use crate::figures::{self, Goals, Job};
use crate::http;
use crate::program::Program;
use crate::rows;
use crate::servers::{Cpu, Servers, Work};
use crate::site::{Bench, Setup, Site};

/// Jobs per second that production mode has to reach.
const GOAL: f64 = 1000.0;

/// What a process count came to.
struct Result {
    rate: f64,
    statements: f64,
    transactions: Option<f64>,
    idv: Duration,
    servers: Option<Cpu>,
}

/// Measures each process count.
pub(crate) async fn run(bench: &Bench, goals: &mut Goals) -> anyhow::Result<()> {
    // Embedded mode has one process.
    let counts = if bench.servers.is_some() { bench.options.processes.clone() } else { vec![1] };
    println!("{} jobs, {} slots in all.\n", bench.options.jobs, bench.options.slots);
    println!(
        "| processes | jobs/s | statements per job | transactions per job | CPU ms per job: idv | PostgreSQL | RabbitMQ |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut best: f64 = 0.0;
    for processes in counts {
        let result = drain(bench, processes).await?;
        best = best.max(result.rate);
        print_row(processes, bench.options.jobs, &result);
    }
    let judged = bench.servers.is_some() && !bench.options.ci;
    goals.expect(!judged || best >= GOAL, || format!("{best:.0} jobs/s are drained; {GOAL} are wanted"));
    Ok(())
}

fn print_row(processes: usize, jobs: usize, result: &Result) {
    let each = |cpu: Duration| format!("{:.2}", cpu.as_secs_f64() * 1000.0 / jobs as f64);
    let none = || "–".to_owned();
    println!(
        "| {processes} | {:.0} | {:.1} | {} | {} | {} | {} |",
        result.rate,
        result.statements,
        result.transactions.map_or_else(none, |count| format!("{count:.1}")),
        each(result.idv),
        result.servers.map_or_else(none, |cpu| each(cpu.postgres)),
        result.servers.map_or_else(none, |cpu| each(cpu.rabbitmq)),
    );
}

async fn drain(bench: &Bench, processes: usize) -> anyhow::Result<Result> {
    let setup = Setup { slots: bench.options.slots.div_ceil(processes), noop_ms: 0 };
    let site = Site::open(bench, setup).await?;
    rows::fill(&site, &site.tenant, QueueName::Interactive, bench.options.jobs).await?;
    let before = counted(bench.servers.as_deref(), &site.name).await?;
    let (programs, address) = site.start(processes)?;
    site.until_done(&site.tenant, Duration::from_secs(600)).await?;
    let idv = programs.iter().map(Program::cpu).sum();
    let reported = address.as_deref().map(http::statements).transpose()?;
    programs.into_iter().try_for_each(Program::stop)?;
    let after = counted(bench.servers.as_deref(), &site.name).await?;
    if bench.options.statements
        && let Some(servers) = &bench.servers
    {
        print_statements(servers, &site, bench.options.jobs).await?;
    }
    let jobs = figures::done(&site.ctx.db, &site.tenant).await?;
    anyhow::ensure!(
        jobs.len() == bench.options.jobs,
        "{} of {} jobs are done",
        jobs.len(),
        bench.options.jobs
    );
    site.close().await?;
    let each = |count: i64| count as f64 / bench.options.jobs as f64;
    Ok(Result {
        rate: rate(&jobs).context("failed to find a job")?,
        statements: reported.map_or(each(after.0.statements - before.0.statements), each),
        transactions: bench.servers.as_ref().map(|_| each(after.0.transactions - before.0.transactions)),
        idv,
        servers: after.1.zip(before.1).map(|(after, before)| Cpu {
            postgres: after.postgres - before.postgres,
            rabbitmq: after.rabbitmq - before.rabbitmq,
        }),
    })
}

async fn counted(servers: Option<&Servers>, database: &str) -> anyhow::Result<(Work, Option<Cpu>)> {
    match servers {
        Some(servers) => Ok((servers.work(database).await?, servers.cpu())),
        None => Ok((Work::default(), None)),
    }
}

/// Jobs per second between the first claim and the last end.
fn rate(jobs: &[Job]) -> Option<f64> {
    let first = jobs.iter().map(|job| job.claimed_at).min()?;
    let last = jobs.iter().map(|job| job.finished_at).max()?;
    Some(jobs.len() as f64 / last.since(first).as_secs_f64())
}

async fn print_statements(servers: &Servers, site: &Site, jobs: usize) -> anyhow::Result<()> {
    println!("\n| calls per job | µs per job | statement |\n|---|---|---|");
    for (calls, milliseconds, text) in servers.dearest(&site.name).await? {
        let text: Vec<&str> = text.split_whitespace().collect();
        let text: String = text.join(" ").chars().take(160).collect();
        println!(
            "| {:.2} | {:.0} | `{text}` |",
            calls as f64 / jobs as f64,
            milliseconds * 1000.0 / jobs as f64
        );
    }
    println!();
    Ok(())
}
