//! What the handlers share.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use idv_common::Context;

use crate::compat;
use crate::limits::Backlog;
use crate::rate_limit::RateLimits;
use crate::wait::Waiters;

/// What the handlers share.
pub(crate) struct State {
    /// Database, object store, queue, policy and configuration.
    pub ctx: Context,
    /// Those who wait for a result.
    pub waiters: Waiters,
    /// How often each credential may ask.
    pub rate_limits: RateLimits,
    /// What URLs in answers begin with, without a slash at the end.
    pub base_url: String,
    /// Whether the process was told to stop.
    pub stopping: AtomicBool,
    /// How many interactive jobs wait.
    pub backlog: Backlog,
    /// The tenants of the earlier systems.
    pub tenants: compat::Tenants,
}

impl State {
    /// The state of a server that callers reach under `base_url`. Must be called within a runtime that
    /// lives as long as the server.
    pub(crate) fn new(ctx: Context, base_url: &str) -> Self {
        Self {
            waiters: Waiters::start(&ctx),
            rate_limits: RateLimits::new(&ctx.config.limits),
            base_url: base_url.trim_end_matches('/').to_owned(),
            stopping: AtomicBool::new(false),
            backlog: Backlog::default(),
            tenants: compat::Tenants::default(),
            ctx,
        }
    }

    /// How long a body may take to arrive.
    pub(crate) fn upload_time(&self) -> Duration {
        Duration::from_secs(self.ctx.config.limits.upload_s)
    }
}
