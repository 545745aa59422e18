//! Interactive work alone, and beside a batch: how long each takes from request to result.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use idv_common::domain::QueueName;
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::client::Client;
use crate::figures::{self, Durations, Goals};
use crate::program::Program;
use crate::site::{Bench, Site, TENANT};

/// How many times longer interactive work may take beside a batch.
const GOAL: f64 = 2.0;
/// Worker processes, the jobs that each runs at once, and the milliseconds that each job takes.
const WORKERS: usize = 2;
const SLOTS: usize = 4;
const JOB_MS: u64 = 100;
/// Interactive requests per second.
const RATE: u32 = 15;
/// Interactive requests where there is no batch to end with.
const ALONE: u32 = 200;
/// How long the batch may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was measured.
struct Measured {
    times: Durations,
    batch_seconds: Option<f64>,
}

/// Measures both, and expects that the second is not twice the first.
pub(crate) async fn run(bench: &Bench, goals: &mut Goals) -> anyhow::Result<()> {
    let items = bench.options.batch;
    println!(
        "{WORKERS} workers of {SLOTS} slots, {JOB_MS} ms a job, {RATE} requests a second; from the commit of the request \
         to that of its result. The batch imports {items} items.\n"
    );
    let alone = measure(bench, None).await?;
    let beside = measure(bench, Some(items)).await?;
    println!("| | requests | p50 ms | p95 ms | p99 ms | batch items/s |\n|---|---|---|---|---|---|");
    for (name, measured) in [("alone", &alone), ("beside the batch", &beside)] {
        let rate = measured.batch_seconds.map(|seconds| format!("{:.1}", items as f64 / seconds));
        println!(
            "| {name} | {} | {:.0} | {:.0} | {:.0} | {} |",
            measured.times.len(),
            measured.times.percentile(50),
            measured.times.percentile(95),
            measured.times.percentile(99),
            rate.unwrap_or_else(|| "–".to_owned())
        );
    }
    let ratio = beside.times.percentile(95) / alone.times.percentile(95);
    println!("\nThe 95th percentile beside the batch is {ratio:.2} times that alone.");
    goals.expect(ratio < GOAL, || {
        format!("interactive work takes {ratio:.2} times longer beside a batch; {GOAL} are the limit")
    });
    Ok(())
}

async fn measure(bench: &Bench, items: Option<usize>) -> anyhow::Result<Measured> {
    let files = tempfile::tempdir()?;
    // Each tenant's imports read a folder of its own.
    let folder = files.path().join(TENANT);
    std::fs::create_dir(&folder)?;
    for name in ["front.jpg", "selfie.jpg"] {
        RgbImage::new(64, 64).save_with_format(folder.join(name), ImageFormat::Jpeg)?;
    }
    let site = Site::open_with(bench, &settings(files.path())?).await?;
    let mut programs = Vec::new();
    for _ in 0..WORKERS {
        programs.push(site.launcher.start(&["worker"])?);
    }
    let (api, address) = site.start_api()?;
    programs.push(api);
    site.until_ready(WORKERS).await?;
    site.warm_up().await?;
    let client = Client::new(&address, &site.key)?;
    let batch_seconds = match items {
        None => {
            post_steadily(&client, ALONE, || false).await?;
            None
        }
        Some(items) => Some(beside_batch(&client, &Batch::make(&address, &site.key, items)?).await?),
    };
    site.until_done(&site.tenant, Duration::from_secs(60)).await?;
    let jobs = figures::done(&site.ctx.db, &site.tenant).await?;
    let interactive = jobs.iter().filter(|job| job.queue == QueueName::Interactive);
    let times = interactive.map(|job| job.wait() + job.finished_at.since(job.claimed_at)).collect();
    programs.into_iter().try_for_each(Program::stop)?;
    site.close().await?;
    Ok(Measured { times, batch_seconds })
}

fn settings(files: &Path) -> anyhow::Result<String> {
    let source = format!("file://{}", crate::import::path(files)?);
    Ok(format!(
        "[worker]\nslots = {SLOTS}\npipeline = \"noop\"\nnoop_ms = {JOB_MS}\n[batch]\nsource = {source:?}\n"
    ))
}

/// Posts at a steady rate for as long as the batch lasts. Gives the batch's seconds.
async fn beside_batch(client: &Client, batch: &Batch) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let (done, ended) = tokio::sync::watch::channel(None);
    let watcher = {
        let batch = batch.clone();
        tokio::task::spawn_blocking(move || {
            let seconds = batch.until_done();
            // The other side is gone only if posting has failed.
            let _ = done.send(Some(()));
            seconds
        })
    };
    let most = RATE * u32::try_from(PATIENCE.as_secs())?;
    post_steadily(client, most, || ended.borrow().is_some()).await?;
    watcher.await??;
    Ok(begun.elapsed().as_secs_f64())
}

async fn post_steadily(client: &Client, count: u32, is_over: impl Fn() -> bool) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut requests = JoinSet::new();
    for _ in 0..count {
        ticks.tick().await;
        if is_over() {
            break;
        }
        let client = client.clone();
        requests.spawn_blocking(move || client.post());
    }
    while let Some(request) = requests.join_next().await {
        request??;
    }
    Ok(())
}

/// A batch that was made over HTTP.
#[derive(Clone)]
struct Batch {
    url: String,
    key: String,
}

impl Batch {
    /// Imports the same two files so many times.
    fn make(address: &str, key: &str, items: usize) -> anyhow::Result<Self> {
        let mut manifest = "document_front,selfie,client_reference\n".to_owned();
        for number in 0..items {
            let _ = writeln!(manifest, "front.jpg,selfie.jpg,item-{number}");
        }
        let key = format!("Bearer {key}");
        let mut answer = ureq::post(format!("{address}/v1/batches"))
            .header("authorization", &key)
            .header("content-type", "text/csv")
            .send(manifest)?;
        let view: Value = answer.body_mut().read_json()?;
        let id = view["id"].as_str().with_context(|| format!("failed to make a batch: {view}"))?;
        Ok(Self { url: format!("{address}/v1/batches/{id}"), key })
    }

    fn until_done(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let mut answer = ureq::get(&self.url).header("authorization", &self.key).call()?;
            let view: Value = answer.body_mut().read_json()?;
            if view["status"] == "completed" {
                ensure!(view["items"] == json!({"done": view["total"]}), "not every item is done: {view}");
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "failed to finish the batch within {PATIENCE:?}: {view}");
            std::thread::sleep(Duration::from_millis(250));
        }
    }
}
