//! Faults against a whole production system: random ones, and a few that are always the same.
//!
//! `scripts/chaos` brings up the servers and runs this. It starts the processes of the program, puts load on them,
//! lets faults happen, waits until everything has come to rest, and checks that every accepted request has exactly
//! one result, that nothing exists which was not accepted, and that nothing is left over.

mod chance;
mod check;
mod history;
mod http;
mod load;
mod nemesis;
mod output;
mod process;
mod proxy;
mod random;
mod scenarios;
mod schedule;
mod servers;
mod system;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};

use history::History;
use output::say;

/// Runs faults against a whole production system and checks that nothing is lost and nothing done twice.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Options {
    /// How long load and faults last.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=600))]
    minutes: u64,

    /// What decides the schedule of the faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// The small size, with a fault of every kind in a minute and short leases.
    #[arg(long)]
    ci: bool,

    /// What to do instead of random faults.
    #[arg(long, value_enum)]
    scenario: Option<Scenario>,

    /// How often the rolling restart goes round.
    #[arg(long, default_value_t = 20)]
    times: u32,

    /// Print the schedule and do nothing.
    #[arg(long)]
    plan: bool,
}

/// What can be done instead of random faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// The broker is away for two minutes.
    BrokerDown,
    /// A worker is killed while it runs jobs.
    WorkerKilled,
    /// Every API process and every worker is restarted in turn under load.
    RollingRestart,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(format_args!("chaos: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Whether everything held.
fn run(options: &Options) -> anyhow::Result<bool> {
    if options.plan {
        random::print_plan(options.seed, random::Size::of(options.minutes, options.ci));
        return Ok(true);
    }
    let name = match options.scenario {
        None => format!("seed-{}", options.seed),
        Some(scenario) => {
            scenario.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
        }
    };
    let folder = folder_of(&name)?;
    let history = Arc::new(History::begin(&folder.with_extension("jsonl"))?);
    say(format_args!("history: {}", history.path().display()));
    say(format_args!("logs:    {}", folder.display()));
    let held = match options.scenario {
        None => {
            random::run(options.seed, random::Size::of(options.minutes, options.ci), &folder, history.clone())
        }
        Some(Scenario::BrokerDown) => scenarios::broker_down(options.ci, &folder, history.clone()),
        Some(Scenario::WorkerKilled) => scenarios::worker_killed(&folder, history.clone()),
        Some(Scenario::RollingRestart) => {
            scenarios::rolling_restart(if options.ci { 2 } else { options.times }, &folder, history.clone())
        }
    };
    history.finish()?;
    held
}

/// A new folder for the logs of a run, beside its history.
fn folder_of(name: &str) -> anyhow::Result<PathBuf> {
    let target = std::env::var_os("IDV_CHAOS_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/chaos")), PathBuf::from);
    let stamp = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
    let folder = target.join(format!("{name}-{stamp}"));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
