//! What to measure, and how large.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// A backlog is worked off: jobs per second, and what each costs the database.
    Drain,
    /// Jobs at a steady rate: the time from submit to claim.
    Latency,
    /// `POST /v1/verifications` with two small images from several clients.
    Http,
    /// One tenant's backlog and another's few jobs.
    Fairness,
    /// What batch work gets while there is more interactive work than can be done.
    Share,
}

impl Part {
    /// The heading of its table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Drain => "Working off a backlog",
            Self::Latency => "From submit to claim at a steady rate",
            Self::Http => "POST /v1/verifications",
            Self::Fairness => "A small tenant beside a large one",
            Self::Share => "Batch beside saturated interactive work",
        }
    }
}

/// What the program runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// `idv api` and `idv worker` on PostgreSQL, RabbitMQ and S3.
    Production,
    /// `idv serve` alone.
    Embedded,
}

impl Mode {
    /// Its name in a heading.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Embedded => "embedded",
        }
    }
}

/// Measures jobs whose pipeline does nothing, through the whole path.
#[derive(Debug, Clone, Parser)]
#[command(name = "scripts/bench-queue")]
pub(crate) struct Options {
    /// What to measure.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "drain,latency,http,fairness,share")]
    pub(crate) parts: Vec<Part>,
    /// On what.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "production,embedded")]
    pub(crate) modes: Vec<Mode>,
    /// Numbers of worker processes; each is one measurement.
    #[arg(long, value_delimiter = ',', default_value = "1,2,4")]
    pub(crate) processes: Vec<usize>,
    /// Jobs of the backlog.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) jobs: usize,
    /// Jobs that all worker processes together run at once.
    #[arg(long, default_value_t = 64)]
    pub(crate) slots: usize,
    /// Jobs per second that are submitted steadily.
    #[arg(long, default_value_t = 200)]
    pub(crate) rate: u32,
    /// Seconds of steady load, and of HTTP load.
    #[arg(long, default_value_t = 20)]
    pub(crate) seconds: u32,
    /// Jobs of the large tenant.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) large: usize,
    /// Times that the small tenant submits its 20 jobs.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// The program.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_idv"))]
    pub(crate) idv: PathBuf,
    /// Prints the statements that took the most time.
    #[arg(long)]
    pub(crate) statements: bool,
    /// A small size that judges fairness alone and no speed, for the tests.
    #[arg(long)]
    pub(crate) ci: bool,
    /// What `cargo bench` says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// With the sizes of `--ci`, if it was given.
    pub(crate) fn sized(self) -> Self {
        if !self.ci {
            return self;
        }
        Self { processes: vec![2], jobs: 500, rate: 50, seconds: 3, large: 1_000, rounds: 3, ..self }
    }
}
