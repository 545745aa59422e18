//! `idv eval`: measures on images whose truth is known.

mod documents;
mod progress;
mod rows;
mod table;

use std::process::ExitCode;

use idv_common::Config;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Read every document of a folder and hold it against the folder's ground truth.
    Documents(documents::Args),
}

/// Runs the subcommand.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Documents(args) => documents::run(&config, &args),
    }
}
