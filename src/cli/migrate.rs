//! `idv migrate`: brings the schema up to date.

use std::process::ExitCode;

use idv_common::{Config, Context};

use super::output;

#[derive(clap::Args)]
pub(super) struct Args {}

/// Connecting to an embedded database migrates it; this says what was done.
pub(super) fn run(config: Config, _args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let ctx = Context::connect(config).await?;
        let applied = ctx.db.migrate().await?;
        match applied.as_slice() {
            [] => output::line("The schema is up to date."),
            names => output::line(format_args!("Applied: {}", names.join(", "))),
        }
        Ok(ExitCode::SUCCESS)
    })
}
