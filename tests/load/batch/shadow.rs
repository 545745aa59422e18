//! Another look at what was imported, under a stricter policy, that changes nothing.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use idv_common::db::batches;
use idv_common::domain::{BatchKind, Policy};

use crate::check;
use crate::figures::Goals;
use crate::import::path;
use crate::site::Site;

/// Takes the look, which prints what would change, and expects that something would and nothing did.
pub(crate) async fn run(site: &Site, policy: &Path, goals: &mut Goals) -> anyhow::Result<()> {
    let built_in = include_str!("../../../policy/default.toml");
    let strict = built_in
        .replace("\nversion = 1\n", "\nversion = 7\n")
        .replace("min_side_px = 300", "min_side_px = 1200")
        .replace("live_from = 0.8", "live_from = 0.999");
    ensure!(Policy::from_toml(&strict)?.version == 7, "failed to make a stricter policy of the built-in one");
    std::fs::write(policy, strict).context("failed to write the policy")?;
    let before = check::standing(site).await?;
    println!("\n$ idv batch reprocess --policy strict.toml --shadow --follow\n");
    let begun = Instant::now();
    let arguments =
        ["batch", "--tenant", "bench", "reprocess", "--shadow", "--follow", "--policy", path(policy)?];
    let mut command = site.launcher.command(&arguments)?;
    command.stdout(Stdio::inherit()).stderr(Stdio::inherit()).env("RUST_LOG", "warn");
    let status = tokio::task::spawn_blocking(move || command.status()).await??;
    ensure!(status.success(), "`idv {}` failed: {status}", arguments.join(" "));
    println!("\nThat took {:.1} s.", begun.elapsed().as_secs_f64());
    let after = check::standing(site).await?;
    goals.expect(before == after, || "a shadow run has changed verifications".to_owned());
    let tenant = site.tenant.clone();
    let diff = site.ctx.db.read(move |conn| {
        let found = batches::list(conn, &tenant, None, 10)?;
        let batch = found.into_iter().find(|batch| batch.kind == BatchKind::Reprocess);
        batch.map(|batch| batches::diff(conn, &batch.id)).transpose()
    });
    let diff = diff.await?.context("failed to find the shadow run")?;
    let all = i64::try_from(before.0.len())?;
    goals.expect(diff.compared == all, || format!("{} of {all} verifications were compared", diff.compared));
    goals.expect(diff.changed > 0, || "a stricter policy would change nothing".to_owned());
    Ok(())
}
