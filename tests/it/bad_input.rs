//! What callers get wrong: each time one clear problem or a verdict with a reason, and the server goes on.

mod files;
mod full_disk;
mod requests;
mod unusable;

use std::sync::Arc;

use crate::harness::{Server, ServerOptions};

/// The largest upload that the server of these tests takes, in bytes.
const LARGEST: usize = 2 << 20;

fn server() -> Option<Arc<Server>> {
    Server::shared("bad input", || {
        ServerOptions::default()
            .lenient()
            .set("IDV_LIMITS__CAPTURE_BYTES", LARGEST)
            .set("IDV_LIMITS__RATE_PER_S", 10_000)
            .set("IDV_LIMITS__RATE_BURST", 10_000)
    })
}
