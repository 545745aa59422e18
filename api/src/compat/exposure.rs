//! The earlier systems' interfaces know no keys: the server does not start where strangers would reach them.

use std::net::TcpListener;

use idv_common::Context;

/// The earlier systems' interfaces would be open to other machines.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to start: {systems} would answer without an API key on {address}, which other machines reach; set \
     `compat = []` to leave them out, `compat.require_key = true` to ask for keys, \
     `compat_allow_unauthenticated = true` to allow it, or listen on 127.0.0.1"
)]
pub struct Exposed {
    systems: String,
    address: String,
}

/// Refuses listeners beyond this machine while earlier systems are answered without keys, unless that is allowed, and
/// then warns.
pub fn check_exposure(ctx: &Context, listeners: &[TcpListener]) -> Result<(), Exposed> {
    let facades = ctx.facades();
    if facades.is_empty() || ctx.config.compat.require_key {
        return Ok(());
    }
    let addresses = listeners.iter().filter_map(|listener| listener.local_addr().ok());
    let Some(open) = addresses.into_iter().find(|address| !address.ip().is_loopback()) else { return Ok(()) };
    let names: Vec<_> = facades.iter().map(|facade| facade.as_str()).collect();
    let (systems, address) = (names.join(", "), open.to_string());
    if !ctx.config.compat_allow_unauthenticated {
        return Err(Exposed { systems, address });
    }
    tracing::warn!(%systems, %address, "whoever reaches this address may use these interfaces: they ask for no API key");
    Ok(())
}
