//! `idv batch list`, `show` and `items`.

use std::process::ExitCode;

use idv_common::db::batches::{self, Batch, Item, Progress};
use idv_common::db::{self, Conn};
use idv_common::domain::{BatchId, ItemState, ReasonCode, Verdict};
use serde_json::{Value, json};

use super::Desk;
use crate::cli::output;

/// How many rows are read at once.
const PAGE: i64 = 500;

#[derive(clap::Args)]
pub(super) struct ListArgs {
    /// How many.
    #[arg(long, default_value_t = 20)]
    limit: i64,
}

#[derive(clap::Args)]
pub(super) struct ShowArgs {
    /// The batch's id, `bat_…`.
    id: BatchId,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(super) struct ItemArgs {
    /// The batch's id, `bat_…`.
    id: BatchId,
    /// Only those in this state: waiting, running, done, kept_review, not_reprocessable, skipped_redacted, failed or
    /// canceled.
    #[arg(long)]
    state: Option<ItemState>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Lists a tenant's batches.
pub(super) async fn list(desk: &Desk, args: &ListArgs) -> anyhow::Result<ExitCode> {
    let (tenant, limit) = (desk.tenant.clone(), args.limit);
    for batch in desk.ctx.db.read(move |conn| batches::list(conn, &tenant, None, limit)).await? {
        let shadow = if batch.shadow { " shadow" } else { "" };
        output::line(format_args!(
            "{}  {}{shadow}  {:<9}  {:>7} items  created {}  {}",
            batch.id,
            batch.kind,
            batch.status,
            batch.total,
            batch.created_at,
            batch.description.as_deref().unwrap_or_default()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a batch.
pub(super) async fn show(desk: &Desk, args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let batch = desk.find(&args.id).await?;
    let read = batch.clone();
    let progress = desk.ctx.db.read(move |conn: &mut Conn| {
        let now = db::now(conn)?;
        batches::progress(conn, &read, now)
    });
    let progress = progress.await?;
    if args.json {
        output::json(&as_json(&batch, &progress)?)?;
    } else {
        print(&batch, &progress);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints how a batch stands.
pub(super) fn print(batch: &Batch, progress: &Progress) {
    let shadow = if batch.shadow { ", shadow: nothing is changed" } else { "" };
    output::line(format_args!("{}  {} {}{shadow}", batch.id, batch.kind, batch.status));
    output::line(format_args!("items     {} of {} ended", progress.finished, batch.total));
    for (state, count) in &progress.counts {
        output::line(format_args!("  {state:<18} {count}"));
    }
    if let Some(rate) = progress.per_minute {
        output::line(format_args!("rate      {rate:.1} a minute"));
    }
    if let Some(end) = progress.estimated_end {
        output::line(format_args!("ends      about {end}"));
    }
    if let Some(error) = &batch.error {
        output::line(format_args!("error     {error}"));
    }
}

fn as_json(batch: &Batch, progress: &Progress) -> anyhow::Result<Value> {
    Ok(json!({
        "id": batch.id,
        "kind": batch.kind,
        "status": batch.status,
        "description": batch.description,
        "selection": serde_json::from_str::<Value>(&batch.selection)?,
        "shadow": batch.shadow,
        "override_reviews": batch.overrides_reviews,
        "per_minute": batch.per_minute,
        "total": batch.total,
        "items": progress.counts,
        "finished": progress.finished,
        "rate_per_minute": progress.per_minute,
        "estimated_end": progress.estimated_end,
        "error": batch.error,
        "created_at": batch.created_at,
        "finished_at": batch.finished_at,
    }))
}

/// Lists a batch's items, page by page.
pub(super) async fn items(desk: &Desk, args: &ItemArgs) -> anyhow::Result<ExitCode> {
    let id = desk.find(&args.id).await?.id;
    let mut from = 0;
    loop {
        let (id, state) = (id.clone(), args.state);
        let page = desk.ctx.db.read(move |conn| batches::items(conn, &id, state, from, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
        from = last.position + 1;
        for item in &page {
            print_item(item, args.json)?;
        }
    }
}

fn print_item(item: &Item, as_json: bool) -> anyhow::Result<()> {
    let (old, new) = batches::change_of(item)?;
    if as_json {
        let decided = |verdict: Option<Verdict>, reasons: &[ReasonCode]| {
            verdict.map(|verdict| json!({"verdict": verdict, "reasons": reasons}))
        };
        return output::json(&json!({
            "position": item.position,
            "state": item.state,
            "verification_id": item.verification_id,
            "old": decided(item.old_verdict, &old),
            "new": decided(item.new_verdict, &new),
            "error": item.error,
        }));
    }
    let name = item.verification_id.as_ref().map_or("-", |id| id.as_str());
    let change = match (item.old_verdict, item.new_verdict) {
        (Some(old), Some(new)) => format!("{old} -> {new}"),
        (None, Some(new)) => new.to_string(),
        (Some(old), None) => old.to_string(),
        (None, None) => "-".to_owned(),
    };
    let reasons: Vec<&str> = new.iter().map(|reason| reason.as_str()).collect();
    let why = item.error.clone().unwrap_or_else(|| reasons.join(" "));
    output::line(format_args!("{:>7}  {:<18}  {name}  {change}  {why}", item.position, item.state));
    Ok(())
}
