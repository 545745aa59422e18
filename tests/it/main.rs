//! The integration tests: the real program, over HTTP and on the command line, with real models and images.

mod harness;

mod arrows;
mod bad_input;
mod commands;
mod comparing;
mod crashes;
mod redaction;
mod schema;
mod verifying;
