//! Batches on a whole production system: an import through kills of every process, a shadow run under a stricter policy,
//! and a batch beside interactive work. `scripts/bench-batch` starts the servers and runs this.

#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]

mod beside;
mod check;
mod import;
mod options;
mod shadow;

// What the benchmark of the queue has, too.
#[path = "../queue/client.rs"]
#[expect(dead_code, reason = "the other benchmark uses all of it")]
mod client;
#[path = "../queue/figures.rs"]
#[expect(dead_code, reason = "the other benchmark uses all of it")]
mod figures;
#[path = "../queue/program.rs"]
#[expect(dead_code, reason = "the other benchmark uses all of it")]
mod program;
#[path = "../queue/rows.rs"]
#[expect(dead_code, reason = "the other benchmark uses all of it")]
mod rows;
#[path = "../queue/servers.rs"]
#[expect(dead_code, reason = "the other benchmark uses all of it")]
mod servers;
#[path = "../queue/site.rs"]
#[expect(dead_code, reason = "the other benchmark uses all of it")]
mod site;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use figures::Goals;
use options::{Options, Part};
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
            println!("\nbench-batch: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> anyhow::Result<Goals> {
    tokio::runtime::Runtime::new()?.block_on(measure(options))
}

async fn measure(options: Options) -> anyhow::Result<Goals> {
    let mut goals = Goals::default();
    let bench = Bench { servers: Some(Arc::new(Servers::from_environment()?)), options };
    for part in &bench.options.parts {
        println!("\n### {}\n", part.title());
        match part {
            Part::Import => import::run(&bench, &mut goals).await?,
            Part::Beside => beside::run(&bench, &mut goals).await?,
        }
    }
    Ok(goals)
}
