//! The sweep: rescues what was left behind, expires what is overdue, and takes away what may not be kept.

mod housekeeping;
mod orphans;
mod rescue;

use std::time::Duration;

use idv_common::Context;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

pub use housekeeping::keep_house;

/// How often what is not urgent is looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Sweeps, over and over, until the process stops. The duties do not wait for each other: a search through a
/// large store must not keep a job from its rescue.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let orphan_search = Duration::from_secs(ctx.config.limits.orphan_search_s.max(1));
    let duties = async {
        tokio::join!(
            rescue::run(&ctx),
            every(HOUSEKEEPING, "keep house", || keep_house(&ctx)),
            every(orphan_search, "look for orphans", || orphans::remove(&ctx)),
        )
    };
    // Each of them may be interrupted anywhere: what it has not done it finds again.
    stop.run_until_cancelled(duties).await;
}

async fn every<F>(period: Duration, what: &str, duty: impl Fn() -> F)
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut ticks = ticks(period);
    loop {
        ticks.tick().await;
        report(what, duty().await);
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn report(what: &str, result: anyhow::Result<()>) -> bool {
    result
        .inspect_err(|error| {
            tracing::warn!(error = format!("{error:#}"), "failed to {what}; trying again");
        })
        .is_ok()
}
