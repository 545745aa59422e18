//! What a run prints.

#![expect(clippy::print_stdout, reason = "a run's results go to standard output")]

use std::fmt::Display;

/// Prints one line.
pub(crate) fn say(line: impl Display) {
    println!("{line}");
}

/// Prints a line of a table.
pub(crate) fn row(name: impl Display, value: impl Display) {
    println!("  {name:<44} {value:>12}");
}
