//! What receivers of webhooks see while some of them hang, and while the process that sends dies again and again.
//! `scripts/bench-webhooks` starts the servers and runs this.

#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]

mod kills;
mod options;
mod receiver;
mod site;
mod slow;

#[path = "../queue/figures.rs"]
#[expect(dead_code, reason = "the queue's benchmark also looks at jobs")]
mod figures;
#[path = "../queue/program.rs"]
#[expect(dead_code, reason = "the queue's benchmark also looks at the work of a process")]
mod program;
#[path = "../queue/servers.rs"]
#[expect(dead_code, reason = "the queue's benchmark also looks at the work of the servers")]
mod servers;

use std::process::ExitCode;

use clap::Parser;

use figures::Goals;
use options::{Options, Part};
use servers::Servers;

fn main() -> ExitCode {
    match run(&Options::parse().sized()) {
        Ok(goals) if goals.missed().is_empty() => ExitCode::SUCCESS,
        Ok(goals) => {
            for missed in goals.missed() {
                println!("\nmissed: {missed}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nbench-webhooks: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<Goals> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut goals = Goals::default();
        for part in &options.parts {
            println!("\n### {}\n", part.title());
            let servers = Servers::from_environment()?;
            match part {
                Part::Slow => slow::run(options, servers, &mut goals).await?,
                Part::Kills => kills::run(options, servers, &mut goals).await?,
            }
        }
        Ok(goals)
    })
}
