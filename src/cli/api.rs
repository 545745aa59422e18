//! `idv api`: HTTP only.

use std::net::SocketAddr;
use std::process::ExitCode;

use idv_common::Config;

use super::{server, shutdown};

#[derive(clap::Args)]
pub(super) struct Args {
    /// An address to listen on; may be given more than once. Overrides `server.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<SocketAddr>,
}

/// Serves HTTP until told to stop. Jobs run in worker processes.
pub(super) fn run(mut config: Config, args: Args) -> anyhow::Result<ExitCode> {
    if !args.listen.is_empty() {
        config.server.listen = args.listen;
    }
    shutdown::run_to_end(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let listeners = server::bind_all(&config.server.listen)?;
    let ctx = server::connect(config).await?;
    idv_api::check_exposure(&ctx, &listeners)?;
    server::announce(&listeners)?;
    let stop = shutdown::on_signal()?;
    Ok(idv_api::run(ctx, listeners, stop.cancelled_owned()).await?)
}
