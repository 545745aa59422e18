//! `idv batch diff`: what a batch changes, or would.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use idv_common::db::batches::{self, Batch, CSV_HEADER, csv_line};
use idv_common::domain::{BatchId, Diff};

use super::Desk;
use crate::cli::output;

/// Items that are read at a time.
const PAGE: i64 = 500;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The batch's id, `bat_…`.
    id: BatchId,
    /// Write a line for each verification whose verdict or reasons differ to this file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Tells what a batch changes.
pub(super) async fn run(desk: &Desk, args: &Args) -> anyhow::Result<ExitCode> {
    let batch = desk.find(&args.id).await?;
    if let Some(path) = &args.csv {
        write_csv(desk, &batch.id, path).await?;
    }
    let diff = read(desk, &batch.id).await?;
    match args.json {
        true => output::json(&diff)?,
        false => print(&batch, &diff),
    }
    Ok(ExitCode::SUCCESS)
}

/// Holds what was decided before a batch against what its runs came to.
pub(super) async fn read(desk: &Desk, id: &BatchId) -> anyhow::Result<Diff> {
    let id = id.clone();
    Ok(desk.ctx.db.read(move |conn| batches::diff(conn, &id)).await?)
}

/// Prints a table for people.
pub(super) fn print(batch: &Batch, diff: &Diff) {
    let verb = if batch.shadow { "would change" } else { "changes" };
    output::line(format_args!(
        "{}: {verb} {} of {} verifications that were decided again.",
        batch.id, diff.changed, diff.compared
    ));
    output::line(format_args!("\n{:<14}    {:<14} {:>8}", "from", "to", "count"));
    for change in &diff.verdicts {
        let from = change.from.map_or("-", |verdict| verdict.as_str());
        let same = if change.from == Some(change.to) { "  the same" } else { "" };
        output::line(format_args!("{from:<14} -> {:<14} {:>8}{same}", change.to, change.items));
    }
    if !diff.reasons.is_empty() {
        output::line(format_args!("\n{:<32} {:>8} {:>10}", "reason", "appears", "disappears"));
    }
    for change in &diff.reasons {
        output::line(format_args!(
            "{:<32} {:>8} {:>10}",
            change.reason.as_str(),
            change.appears,
            change.disappears
        ));
    }
    let not_compared: i64 = diff.items.values().sum::<i64>() - diff.compared;
    if not_compared > 0 {
        let states: Vec<String> =
            diff.items.iter().map(|(state, count)| format!("{count} {state}")).collect();
        output::line(format_args!("\nNot compared: {not_compared}. All items: {}.", states.join(", ")));
    }
}

async fn write_csv(desk: &Desk, id: &BatchId, path: &Path) -> anyhow::Result<()> {
    let failed = || format!("failed to write `{}`", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(failed)?);
    file.write_all(CSV_HEADER.as_bytes()).with_context(failed)?;
    let mut from = 0;
    loop {
        let id = id.clone();
        let page = desk.ctx.db.read(move |conn| batches::changed_items(conn, &id, from, PAGE)).await?;
        let Some(last) = page.last() else { break };
        from = last.position + 1;
        for item in &page {
            file.write_all(csv_line(item)?.as_bytes()).with_context(failed)?;
        }
    }
    file.flush().with_context(failed)
}
