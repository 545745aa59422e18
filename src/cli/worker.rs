//! `idv worker`: jobs only.

use std::process::ExitCode;

use anyhow::bail;
use idv_common::Config;
use idv_worker::Role;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The roles to run.
    #[arg(long, value_delimiter = ',', default_values = ["relay", "verify", "sweep"])]
    roles: Vec<Role>,
}

/// Refuses: a worker process on its own needs a queue server, which this version does not use yet.
pub(super) fn run(_config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let roles: Vec<&str> = args.roles.iter().map(|role| role.as_str()).collect();
    bail!(
        "`idv worker --roles {}` needs PostgreSQL, RabbitMQ and an object store, which this version does not use yet: run `idv serve`",
        roles.join(",")
    )
}
