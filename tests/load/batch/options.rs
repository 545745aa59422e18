//! What to measure, and how large.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Specimens are imported by two workers while every process is killed once, then looked at again.
    Import,
    /// Interactive work alone, and beside a batch.
    Beside,
}

impl Part {
    /// The heading of its table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Import => "An import, with a kill of each process",
            Self::Beside => "Interactive work beside a batch",
        }
    }
}

/// Measures batches on PostgreSQL, RabbitMQ and S3.
#[derive(Debug, Clone, Parser)]
#[command(name = "scripts/bench-batch")]
pub(crate) struct Options {
    /// What to measure.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "import,beside")]
    pub(crate) parts: Vec<Part>,
    /// Specimens of the import.
    #[arg(long, default_value_t = 500)]
    pub(crate) items: usize,
    /// Items of the batch beside interactive work.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) batch: usize,
    /// The folder with the models.
    #[arg(long, env = "IDV_MODELS__DIR", default_value = "models/cache")]
    pub(crate) models: PathBuf,
    /// The photo on the specimens.
    #[arg(long)]
    pub(crate) portrait: Option<PathBuf>,
    /// Another photo of the same person.
    #[arg(long)]
    pub(crate) selfie: Option<PathBuf>,
    /// The program.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_idv"))]
    pub(crate) idv: PathBuf,
    /// A small size with short leases, for the tests.
    #[arg(long)]
    pub(crate) ci: bool,
    /// What `cargo bench` says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// With the sizes of `--ci`, if it was given. The batch beside interactive work stays as large as it is: its goal is
    /// about that size.
    pub(crate) fn sized(self) -> Self {
        if self.ci { Self { items: 30, ..self } } else { self }
    }
}
