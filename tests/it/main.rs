//! The integration tests: the real program, over HTTP and on the command line, with real models and images.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test fails by panicking, and nobody links to it"
)]

mod harness;

mod arrows;
mod bad_input;
mod commands;
mod comparing;
mod crashes;
mod redaction;
mod schema;
mod verifying;
