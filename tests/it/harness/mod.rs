//! A server of its own for each test, and what the tests feed it.

mod client;
pub mod command;
pub mod data;
pub mod deployment;
pub mod images;
#[path = "../../chaos/proxy.rs"]
pub mod proxy;
pub mod receiver;
mod server;
pub mod verification;

pub use client::{Answer, Client, Part};
pub use command::idv;
pub use server::{Server, ServerOptions, eventually, root};

/// Runs a future to its end, for what the tests ask of the database.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}
