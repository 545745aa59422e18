//! A server of its own for each test, and what the tests feed it.

mod client;
pub mod images;
mod server;

pub use client::{Answer, Client, Part};
pub use server::{Server, ServerOptions, idv};
