//! `idv serve`: the API and every worker role in one process.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::Context as _;
use idv_common::{Config, Context};
use idv_worker::Role;

use super::{engine, output, shutdown};

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
    tokio::runtime::Runtime::new()?.block_on(serve(config))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let listeners = bind(&config.server.listen)?;
    let mut ctx = Context::connect(config).await?;
    ctx.take_over().await?;
    if let Some(key) = ctx.bootstrap().await? {
        output::line(format_args!("API key of the tenant `default`, shown this once: {key}"));
    }
    for listener in &listeners {
        output::line(format_args!("Listening on http://{}", listener.local_addr()?));
    }
    let stop = shutdown::on_signal()?;
    let api = tokio::spawn(idv_api::run(ctx.clone(), listeners, stop.clone().cancelled_owned()));
    let worker = idv_worker::run(ctx, &Role::ALL, engine::load, stop.clone()).await;
    // Whichever ends first ends the other.
    stop.cancel();
    api.await??;
    worker
}

/// Binds every address before anything else starts, so that a taken port is noticed at once.
pub(super) fn bind(addresses: &[SocketAddr]) -> anyhow::Result<Vec<TcpListener>> {
    let bind = |address: &SocketAddr| {
        TcpListener::bind(address).with_context(|| {
            format!("failed to listen on {address}: choose another with `--listen` or stop what uses it")
        })
    };
    addresses.iter().map(bind).collect()
}
