//! A line of results for each of many inputs.

use std::process::ExitCode;

use serde::Serialize;

use super::{output, parallel};

/// How the inputs are worked on and their results printed.
#[derive(clap::Args)]
pub(super) struct LineArgs {
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Inputs that are worked on at once.
    #[arg(long, default_value_t = parallel::cores())]
    jobs: usize,
}

/// What came of one input.
pub(super) trait Line: Serialize + Send {
    /// Why nothing came of it.
    fn error(&self) -> Option<&str>;

    /// Prints it for people.
    fn print(&self);
}

/// Works on every input and prints its line in order. Fails in the end if an input did, but goes on to it.
pub(super) fn run<I: Sync, L: Line>(
    items: &[I],
    args: &LineArgs,
    work: impl Fn(&I) -> L + Sync,
) -> anyhow::Result<ExitCode> {
    let (mut code, mut printed) = (ExitCode::SUCCESS, Ok(()));
    parallel::in_order(items, args.jobs, work, |line| {
        if line.error().is_some() {
            code = ExitCode::FAILURE;
        }
        match (args.json, printed.is_ok()) {
            (true, true) => printed = output::json(&line),
            (true, false) => {}
            (false, _) => line.print(),
        }
    });
    printed.map(|()| code)
}
