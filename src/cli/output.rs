//! What commands print.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's results go to standard output")]

use serde::Serialize;

/// Prints one line of results.
pub(super) fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// Prints one JSON object on one line.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}

/// Prints one line of progress.
pub(super) fn progress(text: impl std::fmt::Display) {
    eprintln!("{text}");
}

/// Prints why a command failed: one line with the chain of causes.
pub(super) fn error(error: &anyhow::Error) {
    eprintln!("idv: {error:#}");
}
