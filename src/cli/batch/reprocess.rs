//! `idv batch reprocess`: takes another look at verifications.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use idv_common::db::batches::{self, NewBatch};
use idv_common::db::{self, Conn};
use idv_common::domain::{
    BatchId, BatchKind, ItemState, Policy, QueueName, ReasonCode, ReprocessSelection, Timestamp,
    VerificationId, VerificationStatus,
};
use jiff::civil::Date;
use tokio_util::sync::CancellationToken;

use super::{Desk, diff, follow, log, show};
use crate::cli::output;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only those in this status: verified, rejected, needs_review or failed. May be given more than once.
    #[arg(long)]
    status: Vec<VerificationStatus>,
    /// Only those made at this time or later: YYYY-MM-DD or RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Only those made before this time: YYYY-MM-DD or RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = time)]
    before: Option<Timestamp>,
    /// Only those decided by a policy of a lower version.
    #[arg(long, value_name = "N")]
    policy_version_below: Option<u32>,
    /// Only those that this model file took part in. May be given more than once.
    #[arg(long, value_name = "SHA256")]
    model: Vec<String>,
    /// Only those that have this reason. May be given more than once.
    #[arg(long, value_name = "CODE")]
    reason: Vec<ReasonCode>,
    /// Only this verification. May be given more than once.
    #[arg(long, value_name = "VER")]
    id: Vec<VerificationId>,
    /// The policy that decides; without it the one in force when an item is decided.
    #[arg(long, value_name = "FILE.toml")]
    policy: Option<PathBuf>,
    /// The caller's own words for it.
    #[arg(long)]
    description: Option<String>,
    /// Change nothing but the batch's report.
    #[arg(long)]
    shadow: bool,
    /// Decide anew what a reviewer has decided, too.
    #[arg(long)]
    override_reviews: bool,
    /// The most items that are begun in a minute.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    per_minute: Option<i32>,
    /// Count, and make nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show the progress until it ends; after a shadow run also what it would change.
    #[arg(long)]
    follow: bool,
}

/// Makes the batch, or counts what it would have.
pub(super) async fn run(desk: &Desk, args: Args, stop: CancellationToken) -> anyhow::Result<ExitCode> {
    let selection = selection(&args);
    selection.check()?;
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    if args.dry_run {
        let tenant = desk.tenant.clone();
        let count = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            batches::count(conn, &tenant, &selection, now)
        };
        output::line(format_args!("{} verifications", desk.ctx.db.read(count).await?));
        return Ok(ExitCode::SUCCESS);
    }
    let follows = args.follow;
    let id = make(desk, args, &selection, policy.as_ref()).await?;
    output::line(&id);
    if !follows {
        return Ok(ExitCode::SUCCESS);
    }
    let Some((batch, progress)) = follow::until_end(desk, &id, &stop).await? else {
        output::progress(format_args!("The workers go on; `idv batch show {id}` tells how far they are."));
        return Ok(ExitCode::from(130));
    };
    show::print(&batch, &progress);
    if batch.shadow {
        output::line("");
        diff::print(&batch, &diff::read(desk, &id).await?);
    }
    let has_failed = batch.error.is_some() || progress.counts.contains_key(&ItemState::Failed);
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn make(
    desk: &Desk,
    args: Args,
    selection: &ReprocessSelection,
    policy: Option<&Policy>,
) -> anyhow::Result<BatchId> {
    let id = BatchId::generate();
    let (made, tenant) = (id.clone(), desk.tenant.clone());
    let selection = serde_json::to_string(selection)?;
    let policy = policy.map(serde_json::to_string).transpose()?;
    let insert = move |conn: &mut Conn| {
        let new = NewBatch {
            id: &made,
            tenant: &tenant,
            kind: BatchKind::Reprocess,
            description: args.description.as_deref(),
            selection: &selection,
            policy: policy.as_deref(),
            shadow: args.shadow,
            overrides_reviews: args.override_reviews,
            per_minute: args.per_minute,
        };
        let now = db::now(conn)?;
        batches::insert_reprocess(conn, &new, None, now)?;
        log(conn, &tenant, "batch.create", &made)
    };
    desk.ctx.db.transaction(insert).await?;
    desk.ctx.publish_soon(QueueName::Batch);
    desk.ctx.settle(follow::PERIOD).await;
    Ok(id)
}

fn selection(args: &Args) -> ReprocessSelection {
    ReprocessSelection {
        statuses: args.status.clone(),
        created_from: args.from,
        created_before: args.before,
        policy_version_below: args.policy_version_below,
        policy_versions: Vec::new(),
        model_digests: args.model.clone(),
        reasons: args.reason.clone(),
        ids: (!args.id.is_empty()).then(|| args.id.clone()),
    }
}

/// Reads a policy file.
pub(super) fn read_policy(path: &Path) -> anyhow::Result<Policy> {
    let failed = || format!("failed to use the policy `{}`", path.display());
    let text = std::fs::read_to_string(path).with_context(failed)?;
    Policy::from_toml(&text).with_context(failed)
}

/// A time: a day begins at midnight UTC.
fn time(text: &str) -> anyhow::Result<Timestamp> {
    let parsed = text.parse::<jiff::Timestamp>().or_else(|_| {
        let day = text.parse::<Date>().map_err(|_| anyhow!("not YYYY-MM-DD or RFC 3339"))?;
        Ok::<_, anyhow::Error>(day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
    })?;
    Ok(Timestamp::from_micros(parsed.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_is_a_moment_or_a_day() {
        assert_eq!(time("2026-03-01").unwrap().to_string(), "2026-03-01T00:00:00.000Z");
        assert_eq!(time("2026-03-01T12:30:00+02:00").unwrap().to_string(), "2026-03-01T10:30:00.000Z");
        assert!(time("yesterday").is_err());
    }
}
