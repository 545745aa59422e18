//! What the machinery itself costs: jobs whose pipeline does nothing, through the whole path.
//! `scripts/bench-queue` starts the servers and runs this.

#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]

mod client;
mod drain;
mod fairness;
mod figures;
mod http;
mod latency;
mod options;
mod program;
mod rows;
mod servers;
mod share;
mod site;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use figures::Goals;
use options::{Mode, Options, Part};
use servers::Servers;
use site::Bench;

fn main() -> ExitCode {
    match run(Options::parse().sized()) {
        Ok(goals) if goals.missed().is_empty() => ExitCode::SUCCESS,
        Ok(goals) => {
            for missed in goals.missed() {
                println!("\nmissed: {missed}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nbench-queue: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> anyhow::Result<Goals> {
    tokio::runtime::Runtime::new()?.block_on(measure(options))
}

async fn measure(options: Options) -> anyhow::Result<Goals> {
    let mut goals = Goals::default();
    for mode in options.modes.clone() {
        let servers = match mode {
            Mode::Production => Some(Arc::new(Servers::from_environment()?)),
            Mode::Embedded => None,
        };
        let bench = Bench { options: options.clone(), servers };
        for part in &bench.options.parts {
            println!("\n### {} ({})\n", part.title(), mode.name());
            match part {
                Part::Drain => drain::run(&bench, &mut goals).await?,
                Part::Latency => latency::run(&bench, &mut goals).await?,
                Part::Http => http::run(&bench).await?,
                Part::Fairness => fairness::run(&bench, &mut goals).await?,
                Part::Share => share::run(&bench, &mut goals).await?,
            }
        }
    }
    Ok(goals)
}
