//! The integration tests: the real program, over HTTP and on the command line, with real models and images.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test fails by panicking, and nobody links to it"
)]
#![expect(clippy::print_stdout, reason = "a skipped test says why, and a measured one what it measured")]

mod harness;

mod arrows;
mod bad_input;
mod batches;
mod clips;
mod commands;
mod comparing;
mod compat;
mod crashes;
mod dead_jobs;
mod evaluating;
mod evidence;
mod images;
mod jobs;
mod production;
mod redaction;
mod reports;
mod reprocessing;
mod reviews;
mod schema;
mod ssrf;
mod subjects;
mod verifying;
mod webhooks;
