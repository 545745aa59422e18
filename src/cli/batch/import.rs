//! `idv batch import`: makes a verification of each document and selfie in a folder.
//!
//! This process reads the files and hands them in; the workers decide. What has been handed in is noted item by item in
//! the database, so that a process that died is followed by another one that goes on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use idv_common::blob::Source;
use idv_common::db::batches::{self, Batch, Item, NewBatch, Progress};
use idv_common::db::{self, Conn, workers};
use idv_common::domain::{
    BatchId, BatchKind, BatchStatus, ImportLine, ImportSelection, ImportSource, ItemState,
};
use idv_worker::import::ingest;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Desk, folder, follow, log, manifest, show};
use crate::cli::output;

/// How many lines one transaction stores: a transaction has to end within seconds.
const CHUNK: usize = 500;
/// Items that are handed in at once.
const HANDS: i64 = 8;
/// Items that are under way at least, however few slots the workers have.
const LEAST_AHEAD: i64 = 8;
/// How often in a row the servers may be away before the import stops.
const PATIENCE: u32 = 30;
/// How long they are left alone then.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder: NAME-front.jpg, NAME-back.jpg and NAME-selfie.jpg are an item, or NAME/front.jpg and so on; a
    /// selfie.jpg beside them is that of every item without one.
    folder: PathBuf,
    /// The items, instead: a CSV or JSONL file whose names are relative to the folder.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The most items that are handed in in a minute.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    per_minute: Option<i32>,
    /// Go on with this batch. Without it an import of the same folder that has not ended is gone on with.
    #[arg(long, value_name = "BATCH")]
    resume: Option<BatchId>,
}

/// Imports a folder, or goes on with it.
pub(super) async fn run(desk: &Desk, args: Args, stop: CancellationToken) -> anyhow::Result<ExitCode> {
    let shown = args.folder.display().to_string();
    let folder =
        args.folder.canonicalize().with_context(|| format!("failed to find the folder `{shown}`"))?;
    let batch = match find(desk, &args, &folder).await? {
        Some(batch) => {
            output::progress(format_args!("Going on with {}.", batch.id));
            if batch.status == BatchStatus::Preparing {
                fill(desk, &batch.id, lines(&args, &folder)?).await?;
            }
            batch
        }
        None => {
            let lines = lines(&args, &folder)?;
            let batch = make(desk, &args, &folder).await?;
            output::progress(format_args!("{}: {} items", batch.id, lines.len()));
            fill(desk, &batch.id, lines).await?;
            batch
        }
    };
    let hint =
        format!("`idv batch import {shown} --tenant {} --resume {}` goes on", desk.tenant_name, batch.id);
    let ended = work(desk, &batch.id, &folder, &stop).await.with_context(|| format!("stopped; {hint}"))?;
    let Some((batch, progress)) = ended else {
        output::progress(format_args!("Interrupted; {hint}."));
        return Ok(ExitCode::from(130));
    };
    show::print(&batch, &progress);
    let is_whole =
        batch.status == BatchStatus::Completed && !progress.counts.contains_key(&ItemState::Failed);
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The batch to go on with: the one that is named, or else one of the same folder that has not ended.
async fn find(desk: &Desk, args: &Args, folder: &Path) -> anyhow::Result<Option<Batch>> {
    let Some(id) = &args.resume else {
        let (tenant, description) = (desk.tenant.clone(), description(args, folder));
        let find = move |conn: &mut Conn| batches::unfinished_import(conn, &tenant, &description);
        let found = desk.ctx.db.read(find).await?;
        return Ok(found.filter(|batch| is_clients(batch).unwrap_or(false)));
    };
    let batch = desk.find(id).await?;
    ensure!(
        is_clients(&batch)?,
        "failed to go on with `{id}`: it is no import that was made by `idv batch import`"
    );
    Ok(Some(batch))
}

fn is_clients(batch: &Batch) -> anyhow::Result<bool> {
    if batch.kind != BatchKind::Import {
        return Ok(false);
    }
    let selection: ImportSelection = serde_json::from_str(&batch.selection)?;
    Ok(selection.source == ImportSource::Client)
}

/// What the batch is called; another run on the same files finds it by this.
fn description(args: &Args, folder: &Path) -> String {
    match &args.manifest {
        Some(manifest) => {
            // However it is written, it is the same file; one that is not there is told of when it is read.
            let manifest = manifest.canonicalize().unwrap_or_else(|_| manifest.clone());
            format!("import of {} by {}", folder.display(), manifest.display())
        }
        None => format!("import of {}", folder.display()),
    }
}

fn lines(args: &Args, folder: &Path) -> anyhow::Result<Vec<ImportLine>> {
    let lines = match &args.manifest {
        Some(manifest) => manifest::read(manifest)?,
        None => folder::find(folder)?,
    };
    ensure!(!lines.is_empty(), "failed to import `{}`: there is no item", folder.display());
    Ok(lines)
}

async fn make(desk: &Desk, args: &Args, folder: &Path) -> anyhow::Result<Batch> {
    let id = BatchId::generate();
    let (made, tenant, per_minute) = (id.clone(), desk.tenant.clone(), args.per_minute);
    let selection = serde_json::to_string(&ImportSelection { source: ImportSource::Client })?;
    let description = description(args, folder);
    let insert = move |conn: &mut Conn| {
        let new = NewBatch {
            id: &made,
            tenant: &tenant,
            kind: BatchKind::Import,
            description: Some(&description),
            selection: &selection,
            policy: None,
            shadow: false,
            overrides_reviews: false,
            per_minute,
        };
        let now = db::now(conn)?;
        batches::insert(conn, &new, now)?;
        log(conn, &tenant, "batch.create", &made)
    };
    desk.ctx.db.transaction(insert).await?;
    desk.find(&id).await
}

/// Stores the lines that the batch does not have yet, and starts it.
async fn fill(desk: &Desk, id: &BatchId, lines: Vec<ImportLine>) -> anyhow::Result<()> {
    let known = sources(desk, id).await?;
    let mut missing = Vec::new();
    for line in lines {
        if !known.contains(&serde_json::to_string(&line)?) {
            missing.push(line);
        }
    }
    for chunk in missing.chunks(CHUNK) {
        let (id, chunk) = (id.clone(), chunk.to_vec());
        let stored = desk.ctx.db.transaction(move |conn| batches::add_lines(conn, &id, &chunk)).await?;
        stored.context("failed to store the items: the batch was called off meanwhile")?;
    }
    let started = id.clone();
    let start = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        batches::start_import(conn, &started, now)
    };
    desk.ctx.db.transaction(start).await?.context("failed to start: the batch was called off meanwhile")?;
    Ok(())
}

/// The items that an earlier process has stored.
async fn sources(desk: &Desk, id: &BatchId) -> anyhow::Result<HashSet<String>> {
    let (mut known, mut from) = (HashSet::new(), 0);
    loop {
        let id = id.clone();
        let page = desk.ctx.db.read(move |conn| batches::items(conn, &id, None, from, CHUNK as i64)).await?;
        let Some(last) = page.last() else { return Ok(known) };
        from = last.position + 1;
        known.extend(page.into_iter().filter_map(|item| item.source));
    }
}

/// Hands the items in, no more at once than the workers need, until the batch has ended; `None` if the process is told
/// to stop before.
async fn work(
    desk: &Desk,
    id: &BatchId,
    folder: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<Option<(Batch, Progress)>> {
    let source = Source::folder(folder);
    let (mut display, mut failures) = (follow::Display::new(), 0);
    let mut looked: Option<Instant> = None;
    loop {
        // Counting a large batch is dear.
        let is_due = looked.is_none_or(|at| at.elapsed() >= follow::PERIOD);
        let pause = match round(desk, id, &source, is_due.then_some(&mut display)).await {
            Ok(Round::Ended(batch, progress)) => return Ok(Some((*batch, progress))),
            Ok(Round::HandedIn) => Duration::ZERO,
            Ok(Round::Waited) => follow::PERIOD,
            Err(error) if failures < PATIENCE => {
                tracing::warn!(error = format!("{error:#}"), "waiting for the servers");
                failures += 1;
                tokio::select! {
                    () = stop.cancelled() => return Ok(None),
                    () = tokio::time::sleep(AFTER_FAILURE) => continue,
                }
            }
            Err(error) => return Err(error),
        };
        failures = 0;
        if is_due {
            looked = Some(Instant::now());
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What came of one look at the batch.
enum Round {
    /// It has ended.
    Ended(Box<Batch>, Progress),
    /// Items were handed in.
    HandedIn,
    /// There was nothing to hand in for the moment.
    Waited,
}

async fn round(
    desk: &Desk,
    id: &BatchId,
    source: &Source,
    display: Option<&mut follow::Display>,
) -> anyhow::Result<Round> {
    if let Some(display) = display {
        let (batch, progress) = follow::look(desk, id).await?;
        display.show(&batch, &progress);
        if batch.status.is_finished() {
            return Ok(Round::Ended(Box::new(batch), progress));
        }
    }
    let items = take(desk, id).await?;
    if items.is_empty() {
        return Ok(Round::Waited);
    }
    let mut hands = JoinSet::new();
    for item in items {
        let (ctx, source) = (desk.ctx.clone(), source.clone());
        hands.spawn(async move { ingest(&ctx, &source, &item.id).await });
    }
    // All of them, whatever one of them meets: an item whose hand is taken away has been begun in vain.
    let mut failure = None;
    while let Some(handed_in) = hands.join_next().await {
        if let Err(error) = handed_in.map_err(anyhow::Error::from).flatten() {
            failure = Some(error);
        }
    }
    failure.map_or(Ok(Round::HandedIn), Err)
}

/// The items that may be handed in now.
async fn take(desk: &Desk, id: &BatchId) -> anyhow::Result<Vec<Item>> {
    let id = id.clone();
    let per_slot = desk.ctx.config.batch.ahead_per_slot;
    let take = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let ahead = (workers::slots(conn, now)? * per_slot).max(LEAST_AHEAD);
        let Some(batch) = batches::lock(conn, &id)? else { return Ok(Vec::new()) };
        if batch.status != BatchStatus::Running {
            return Ok(Vec::new());
        }
        let running = batches::under_way(conn, &id)?;
        let (allowed, _) = batches::pace(&batch, (ahead - running).clamp(0, HANDS), now);
        if allowed == 0 {
            return Ok(Vec::new());
        }
        let items = batches::items(conn, &id, Some(ItemState::Waiting), 0, allowed)?;
        batches::spend(conn, &batch, items.len() as i64, now)?;
        Ok::<_, db::Error>(items)
    };
    Ok(desk.ctx.db.transaction(take).await?)
}
