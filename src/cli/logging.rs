//! Log lines: to standard error, so that results can be piped.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging; `RUST_LOG` chooses what is logged.
pub(super) fn start(format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("info,tract_onnx=warn,tract_core=warn,tract_hir=warn,actix_server=warn")
    });
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        Format::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
        Format::Json => lines.json().flatten_event(true).init(),
    }
}
