//! `idv serve`: the API and every worker role in one process.

use std::net::SocketAddr;
use std::process::ExitCode;

use idv_common::{Config, Context};
use idv_worker::Role;

use super::{engine, output, server, shutdown};

#[derive(clap::Args)]
pub(super) struct Args {
    /// An address to listen on; may be given more than once. Overrides `server.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<SocketAddr>,
}

/// Serves until told to stop.
pub(super) fn run(mut config: Config, args: Args) -> anyhow::Result<ExitCode> {
    if !args.listen.is_empty() {
        config.server.listen = args.listen;
    }
    shutdown::run_to_end(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let listeners = server::bind_all(&config.server.listen)?;
    let mut ctx = Context::connect(config).await?;
    ctx.wait_for_schema(server::PATIENCE).await?;
    ctx.take_over().await?;
    if let Some(key) = ctx.bootstrap().await? {
        output::line(format_args!("API key of the tenant `default`, shown this once: {key}"));
    }
    idv_api::check_exposure(&ctx, &listeners)?;
    server::announce(&listeners)?;
    let stop = shutdown::on_signal()?;
    let api = tokio::spawn(idv_api::run(ctx.clone(), listeners, stop.clone().cancelled_owned()));
    let worker = idv_worker::run(ctx, &Role::ALL, None, engine::load, stop.clone()).await;
    // Whichever ends first ends the other.
    stop.cancel();
    api.await??;
    worker
}
