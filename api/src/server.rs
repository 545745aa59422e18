//! Runs the HTTP server.

use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::Server;
use actix_web::web::Data;
use idv_common::Context;
use idv_common::metrics::{self, PrometheusHandle};

use crate::app::app;
use crate::state::State;

/// How long a request's head may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long the last jobs may take to be handed to the broker when the server ends.
const SETTLE: Duration = Duration::from_secs(3);

/// A server that could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listeners are of no use, or the server broke.
    #[error("failed to serve HTTP: {0}")]
    Serve(#[from] std::io::Error),
    /// The process records its metrics elsewhere.
    #[error("failed to record metrics: {0}")]
    Metrics(#[from] metrics::BuildError),
}

/// Serves HTTP on `listeners` until `shutdown` is there; then says at `/readyz` that it stops, takes no more
/// connections after `server.drain_s`, and finishes what it has begun, for at most `server.shutdown_s`.
pub async fn run(
    ctx: Context,
    listeners: Vec<TcpListener>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let recorder = metrics::recorder()?;
    let upkeep = tokio::spawn(metrics::upkeep(recorder.clone()));
    let served = start(ctx.clone(), recorder, listeners, shutdown)?.await;
    ctx.settle(SETTLE).await;
    upkeep.abort();
    Ok(served?)
}

// A function of its own because the builder, unlike the server, cannot move between threads.
fn start(
    ctx: Context,
    recorder: PrometheusHandle,
    listeners: Vec<TcpListener>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<Server> {
    let patience = ctx.config.server.shutdown_s;
    let base_url = base_url(&ctx, &listeners)?;
    let state = Data::new(State::new(ctx, &base_url));
    let recorder = Data::new(recorder);
    let told = state.clone();
    let shutdown = async move {
        shutdown.await;
        told.stopping.store(true, Ordering::Relaxed);
        tokio::time::sleep(told.ctx.drain_time()).await;
    };
    let mut server = HttpServer::new(move || app(state.clone(), recorder.clone()))
        .client_request_timeout(HEAD_TIME)
        // Who closes the connection has hung up: what was done for that caller alone ends.
        .h1_allow_half_closed(false)
        .shutdown_timeout(patience)
        .shutdown_signal(shutdown);
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}

/// What URLs in answers begin with: as configured, or the first address that is listened on.
fn base_url(ctx: &Context, listeners: &[TcpListener]) -> std::io::Result<String> {
    let configured = &ctx.config.server.public_url;
    match listeners.first() {
        Some(listener) if configured.is_empty() => Ok(format!("http://{}", listener.local_addr()?)),
        _ => Ok(configured.clone()),
    }
}
