//! `idv worker`: jobs only.

use std::process::ExitCode;

use idv_common::Config;
use idv_worker::Role;

use super::{engine, output, server, shutdown};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The roles to run.
    #[arg(long, value_delimiter = ',', default_values = ["relay", "verify", "sweep", "deliver"])]
    roles: Vec<Role>,
}

/// Runs jobs until told to stop.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    shutdown::run_to_end(work(config, args.roles))
}

async fn work(config: Config, roles: Vec<Role>) -> anyhow::Result<()> {
    // Bound before anything else starts, so that a taken port is noticed at once.
    let health = match config.worker.listen.as_str() {
        "" => None,
        address => Some(server::bind(address, "the setting `worker.listen`")?),
    };
    let ctx = server::connect(config).await?;
    if let Some(listener) = &health {
        output::line(format_args!("Worker listening on http://{}", listener.local_addr()?));
    }
    let stop = shutdown::on_signal()?;
    idv_worker::run(ctx, &roles, health, engine::load, stop).await
}
