//! The random run: load, the nemesis, quiet, and the check.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;

use crate::check::{self, Verdict};
use crate::history::History;
use crate::load::{Load, Seen, Volume};
use crate::nemesis::{self, Struck};
use crate::output::{row, say};
use crate::schedule::{self, Fault, Kind};
use crate::system::{Setup, System};

/// How large a run is.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    /// How long faults happen.
    window: Duration,
    /// How long the load goes on without faults.
    quiet: Duration,
    /// How long a claim lasts.
    lease: Duration,
    /// How long the rest may take.
    patience: Duration,
    /// Operations begun per second.
    rate: f64,
    setup: Setup,
}

impl Size {
    /// A run of so many minutes with the settings of production, or the small one.
    pub(crate) fn of(minutes: u64, ci: bool) -> Self {
        let full = Self {
            window: Duration::from_secs(minutes * 60 - 60),
            quiet: Duration::from_secs(60),
            lease: Duration::from_secs(45),
            patience: Duration::from_secs(300),
            rate: 6.0,
            setup: Setup::production(100),
        };
        if !ci {
            return full;
        }
        Self {
            window: Duration::from_secs(60),
            quiet: Duration::from_secs(10),
            lease: Duration::from_secs(10),
            patience: Duration::from_secs(120),
            setup: full.setup.with_short_leases(),
            ..full
        }
    }
}

/// Prints the schedule of a seed.
pub(crate) fn print_plan(seed: u64, size: Size) {
    for fault in schedule::draw(seed, size.window, size.lease) {
        print_fault(&fault);
    }
}

fn print_fault(fault: &Fault) {
    let Fault { at_ms, kind, target, lasting_ms, latency_ms, resumes } = fault;
    let more = match kind {
        Kind::Delay => format!("{latency_ms} ms each way"),
        Kind::HalfOpen if *resumes => "resumes".to_owned(),
        _ => String::new(),
    };
    let (at_s, lasting_s) = (*at_ms as f64 / 1e3, *lasting_ms as f64 / 1e3);
    say(format_args!("  {at_s:>7.1} s  {kind:<15} {target:<9} {lasting_s:>5.1} s  {more}"));
}

/// Runs faults against a system under load. Whether everything held.
pub(crate) fn run(seed: u64, size: Size, folder: &Path, history: Arc<History>) -> anyhow::Result<bool> {
    let faults = schedule::draw(seed, size.window, size.lease);
    ensure!(faults == schedule::draw(seed, size.window, size.lease), "the seed does not give one schedule");
    history.note("schedule", json!({ "seed": seed, "faults": faults }));
    say(format_args!("schedule of seed {seed}:"));
    faults.iter().for_each(print_fault);
    let mut system = System::start(&size.setup, folder, history)?;
    system.wait_until_all_ready()?;
    let load = Load::new(&system, Volume { seed, rate: size.rate });
    let (struck, seen) = load.during(|_| {
        let struck = nemesis::strike(&system, &faults)?;
        std::thread::sleep(size.quiet);
        Ok(struck)
    })?;
    let verdict = check::check(&mut system, &seen, size.patience)?;
    summarise(&faults);
    report(&seen, &verdict);
    let recovery_s = recovery(&struck, &seen.accepted_ms).as_secs_f64();
    row("longest until the API accepted again", format_args!("{recovery_s:.1} s"));
    check::print(&verdict.violations);
    Ok(verdict.violations.is_empty())
}

fn summarise(faults: &[Fault]) {
    let mut kinds = BTreeMap::<Kind, usize>::new();
    for fault in faults {
        *kinds.entry(fault.kind).or_default() += 1;
    }
    say("faults");
    for (kind, count) in &kinds {
        row(kind, count);
    }
    row("all", faults.len());
    say("requests");
}

/// The longest time from the return of the database or the store, which the API cannot do without, to the next
/// 202. A return that another such fault spoils does not count.
fn recovery(struck: &[Struck], accepted_ms: &[u64]) -> Duration {
    let needed: Vec<_> = struck.iter().filter(|fault| ["postgres", "s3"].contains(&fault.target)).collect();
    let recoveries = needed.iter().filter_map(|fault| {
        let next = *accepted_ms.iter().find(|at| **at >= fault.end_ms)?;
        let spoils = |other: &&&Struck| other.end_ms > fault.end_ms && other.begin_ms < next;
        (needed.iter().find(spoils).is_none()).then(|| next - fault.end_ms)
    });
    Duration::from_millis(recoveries.max().unwrap_or_default())
}

/// Prints what every run and scenario ends with.
pub(crate) fn report(seen: &Seen, verdict: &Verdict) {
    let count = |rules: &[&str]| {
        verdict.violations.iter().filter(|violation| rules.contains(&violation.rule.as_str())).count()
    };
    row("accepted", seen.accepted.len());
    row("with a result", verdict.settled);
    row("lost", count(&["nothing accepted is lost", "every job is done, or canceled with its verification"]));
    row("double", count(&["every verification has one result", "one request makes one resource"]));
    row("attempts", seen.attempts);
    row("attempts without an answer", seen.unanswered);
    row("answers that ask to try again", seen.put_off);
    row("answers that are not documented", seen.unexpected.len());
    row("longest time without a 202", format_args!("{:.1} s", seen.longest_gap().as_secs_f64()));
    let [median, p99, longest] = verdict.waits_s;
    row("from 202 to the result: median", format_args!("{median:.2} s"));
    row("from 202 to the result: 99th percentile", format_args!("{p99:.1} s"));
    row("from 202 to the result: longest", format_args!("{longest:.1} s"));
    row("until nothing was left to do", format_args!("{:.1} s", verdict.drained.as_secs_f64()));
    row("violations", verdict.violations.len());
}
