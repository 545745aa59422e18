//! `idv api`: HTTP only.

use std::process::ExitCode;

use anyhow::bail;
use idv_common::Config;

#[derive(clap::Args)]
pub(super) struct Args {}

/// Refuses: an API process on its own needs a queue server, which this version does not use yet.
pub(super) fn run(_config: Config, _args: Args) -> anyhow::Result<ExitCode> {
    bail!(
        "`idv api` needs PostgreSQL, RabbitMQ and an object store, which this version does not use yet: run `idv serve`"
    )
}
