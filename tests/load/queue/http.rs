//! `POST /v1/verifications` with two small images.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::client::Client;
use crate::figures::{self, Durations};
use crate::program::Program;
use crate::site::{Bench, Setup, Site};

/// Clients that post at once, each one request after the other.
const CLIENTS: usize = 8;

/// Measures `idv api` with one worker, or `idv serve`.
pub(crate) async fn run(bench: &Bench) -> anyhow::Result<()> {
    let site = Site::open(bench, Setup { slots: bench.options.slots, noop_ms: 0 }).await?;
    let (mut programs, address) = site.start(1)?;
    let address = match address {
        Some(address) => address,
        None => {
            let (api, address) = site.start_api()?;
            programs.push(api);
            address
        }
    };
    site.until_ready(1).await?;
    let client = Client::new(&address, &site.key)?;
    let limit = Duration::from_secs(bench.options.seconds.into());
    let begun = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let client = client.clone();
            tokio::task::spawn_blocking(move || client.post_for(limit))
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    site.until_done(&site.tenant, Duration::from_secs(120)).await?;
    let waits = Durations::waits(&figures::done(&site.ctx.db, &site.tenant).await?);
    let statements = match &site.servers {
        Some(servers) => servers.work(&site.name).await?.statements,
        None => statements(&address)?,
    } as f64;
    let statements = statements / times.len() as f64;
    programs.into_iter().try_for_each(Program::stop)?;
    site.close().await?;
    let times: Durations = times.into_iter().collect();
    println!(
        "| clients | requests/s | p50 ms | p99 ms | submit to claim: p50 ms | p99 ms | statements per request and job |"
    );
    println!("|---|---|---|---|---|---|---|");
    println!(
        "| {CLIENTS} | {rate:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {statements:.1} |",
        times.percentile(50),
        times.percentile(99),
        waits.percentile(50),
        waits.percentile(99)
    );
    Ok(())
}

/// The database statements that the process at `address` has run so far, by its own count.
pub(crate) fn statements(address: &str) -> anyhow::Result<i64> {
    let text = ureq::get(format!("{address}/metrics")).call()?.body_mut().read_to_string()?;
    let count = text.lines().find_map(|line| line.strip_prefix("idv_db_statements_total "));
    count.and_then(|count| count.trim().parse().ok()).context("failed to find `idv_db_statements_total`")
}
