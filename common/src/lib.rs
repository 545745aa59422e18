//! What the API and the workers share: the domain, the configuration, and the access to database,
//! object store and queue.

pub mod auth;
pub mod blob;
pub mod config;
pub mod context;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod fault;
pub mod keyring;
pub mod manifest;
pub mod media;
pub mod metrics;
pub mod outbox;
pub mod queue;

pub use config::Config;
pub use context::Context;

/// Lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
