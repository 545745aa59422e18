//! What to measure, and how large.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Some endpoints hang: what the others see.
    Slow,
    /// The process that sends is killed again and again: what arrives.
    Kills,
}

impl Part {
    /// The heading of its table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Slow => "From event to delivery while some endpoints hang",
            Self::Kills => "Deliveries while the process that sends is killed",
        }
    }
}

/// Measures the delivery of webhooks to receivers on this machine.
#[derive(Debug, Clone, Parser)]
#[command(name = "scripts/bench-webhooks")]
pub(crate) struct Options {
    /// What to measure.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "slow,kills")]
    pub(crate) parts: Vec<Part>,
    /// Endpoints, all of which are told of every event.
    #[arg(long, default_value_t = 20)]
    pub(crate) endpoints: usize,
    /// How many of them take what is sent and never answer.
    #[arg(long, default_value_t = 5)]
    pub(crate) hanging: usize,
    /// Events per second.
    #[arg(long, default_value_t = 50)]
    pub(crate) rate: u32,
    /// Seconds of events.
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u32,
    /// Events that flow while processes are killed.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) events: usize,
    /// How often the process is killed.
    #[arg(long, default_value_t = 20)]
    pub(crate) kills: usize,
    /// The program.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_idv"))]
    pub(crate) idv: PathBuf,
    /// A small size, for the tests.
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
        // An unoptimised program on a busy machine: what is judged is that nobody waits for those that hang.
        Self { rate: 10, seconds: 10, events: 200, kills: 4, ..self }
    }
}
