//! What all servers begin with: their addresses, and the servers behind them.

#[cfg(feature = "api")]
use std::net::SocketAddr;
use std::net::{TcpListener, ToSocketAddrs};
use std::time::Duration;

use anyhow::Context as _;
use idv_common::{Config, Context, context};

/// How long the database is waited for, so that a schema of another version is refused at once.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Binds an address; `setting` is where another one can be chosen.
pub(super) fn bind(
    address: impl ToSocketAddrs + std::fmt::Display,
    setting: &str,
) -> anyhow::Result<TcpListener> {
    TcpListener::bind(&address).with_context(|| {
        format!("failed to listen on {address}: choose another with {setting} or stop what uses it")
    })
}

/// Binds every address of the API before anything else starts, so that a taken port is noticed at once.
#[cfg(feature = "api")]
pub(super) fn bind_all(addresses: &[SocketAddr]) -> anyhow::Result<Vec<TcpListener>> {
    addresses.iter().map(|address| bind(address, "`--listen`")).collect()
}

/// Says where the API answers.
#[cfg(feature = "api")]
pub(super) fn announce(listeners: &[TcpListener]) -> anyhow::Result<()> {
    for listener in listeners {
        super::output::line(format_args!("Listening on http://{}", listener.local_addr()?));
    }
    Ok(())
}

/// Opens what a process that does a part of the work shares with the others. A database that is away does not
/// keep it from starting: whatever needs the database waits for it.
pub(super) async fn connect(config: Config) -> anyhow::Result<Context> {
    let ctx = Context::connect(config).await?;
    ctx.require_servers()?;
    match ctx.wait_for_schema(PATIENCE).await {
        Err(context::Error::Database(error)) => {
            tracing::warn!(%error, "started without the database");
            Ok(ctx)
        }
        checked => Ok(checked.map(|()| ctx)?),
    }
}
