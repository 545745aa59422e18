//! The subcommands, one file each. The only place where roles are wired together.

#[cfg(feature = "api")]
mod api;
#[cfg(feature = "worker")]
mod batch;
#[cfg(feature = "worker")]
mod compare;
#[cfg(feature = "worker")]
mod decode_video;
#[cfg(feature = "worker")]
mod doctor;
#[cfg(feature = "worker")]
mod engine;
#[cfg(feature = "worker")]
mod eval;
mod jobs;
mod keys;
#[cfg(feature = "worker")]
mod lines;
#[cfg(feature = "worker")]
mod liveness;
mod logging;
mod migrate;
#[cfg(feature = "worker")]
mod models;
mod output;
#[cfg(feature = "worker")]
mod parallel;
#[cfg(feature = "worker")]
mod read;
mod report;
mod reviews;
#[cfg(all(feature = "api", feature = "worker"))]
mod serve;
#[cfg(any(feature = "api", feature = "worker"))]
mod server;
#[cfg(any(feature = "api", feature = "worker"))]
mod shutdown;
#[cfg(feature = "worker")]
mod specimen;
mod tenants;
#[cfg(feature = "worker")]
mod verify;
mod webhooks;
#[cfg(feature = "worker")]
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use idv_common::Config;

/// What `idv verify` exits with when it cannot run; other commands exit with 1.
#[cfg(feature = "worker")]
const CANNOT_RUN: u8 = 4;

#[derive(Parser)]
#[command(name = "idv", version, about = "Identity verification, self-hosted", max_term_width = 100)]
struct Cli {
    /// A TOML file with settings; environment variables `IDV_<SECTION>__<KEY>` override it.
    #[arg(long, global = true, value_name = "FILE", env = "IDV_CONFIG")]
    config: Option<PathBuf>,

    /// The form of log lines.
    #[arg(long, global = true, value_enum, default_value_t = logging::Format::Text, env = "IDV_LOG")]
    log: logging::Format,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve everything in one process: needs no server.
    #[cfg(all(feature = "api", feature = "worker"))]
    Serve(serve::Args),
    /// Serve HTTP only.
    #[cfg(feature = "api")]
    Api(api::Args),
    /// Run jobs only.
    #[cfg(feature = "worker")]
    Worker(worker::Args),
    /// Bring the database's schema up to date.
    Migrate(migrate::Args),
    /// List, fetch and verify the model files.
    #[cfg(feature = "worker")]
    Models(models::Args),
    /// Create, list and revoke API keys.
    Keys(keys::Args),
    /// Create and list tenants, set how long their data is kept and where their webhooks may go.
    Tenants(tenants::Args),
    /// List the receivers of events, and send them again what they have missed.
    Webhooks(webhooks::Args),
    /// List, claim and decide what waits for a person.
    Reviews(reviews::Args),
    /// List jobs and what they met; drive dead ones again, or discard them.
    Jobs(jobs::Args),
    /// Count verifications by status, reason and day, and measure their times; or write them to a CSV file.
    Report(report::Args),
    /// Import many verifications, or take another look at them.
    #[cfg(feature = "worker")]
    Batch(batch::Args),
    /// Verify one person in the terminal. Exits with 0 (verified), 1 (rejected), 3 (needs review) or
    /// 4 (could not run).
    #[cfg(feature = "worker")]
    Verify(verify::Args),
    /// Read documents.
    #[cfg(feature = "worker")]
    Read(read::Args),
    /// Compare faces.
    #[cfg(feature = "worker")]
    Compare(compare::Args),
    /// Judge whether selfies show live persons.
    #[cfg(feature = "worker")]
    Liveness(liveness::Args),
    /// Render synthetic documents for demos and tests.
    #[cfg(feature = "worker")]
    Specimen(specimen::Args),
    /// Measure on images whose truth is known.
    #[cfg(feature = "worker")]
    Eval(eval::Args),
    /// Check that everything is in place, and say how to mend what is not.
    #[cfg(feature = "worker")]
    Doctor(doctor::Args),
    #[cfg(feature = "worker")]
    #[command(name = "__decode-video", hide = true)]
    DecodeVideo(decode_video::Args),
}

/// Parses the command line, runs the command and turns its outcome into an exit code.
pub(crate) fn main() -> ExitCode {
    #[cfg(feature = "testing")]
    let _armed = idv_common::fault::arm();
    let cli = Cli::parse();
    #[cfg(feature = "worker")]
    if let Command::DecodeVideo(args) = &cli.command {
        return decode_video::run(args);
    }
    logging::start(cli.log);
    let failure = cli.command.failure_code();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::from(failure)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = Config::load(cli.config.as_deref())?;
    match cli.command {
        #[cfg(all(feature = "api", feature = "worker"))]
        Command::Serve(args) => serve::run(config, args),
        #[cfg(feature = "api")]
        Command::Api(args) => api::run(config, args),
        #[cfg(feature = "worker")]
        Command::Worker(args) => worker::run(config, args),
        Command::Migrate(args) => migrate::run(config, args),
        #[cfg(feature = "worker")]
        Command::Models(args) => models::run(config, args),
        Command::Keys(args) => keys::run(config, args),
        Command::Tenants(args) => tenants::run(config, args),
        Command::Webhooks(args) => webhooks::run(config, args),
        Command::Reviews(args) => reviews::run(config, args),
        Command::Jobs(args) => jobs::run(config, args),
        Command::Report(args) => report::run(config, args),
        #[cfg(feature = "worker")]
        Command::Batch(args) => batch::run(config, args),
        #[cfg(feature = "worker")]
        Command::Verify(args) => verify::run(config, args),
        #[cfg(feature = "worker")]
        Command::Read(args) => read::run(config, args),
        #[cfg(feature = "worker")]
        Command::Compare(args) => compare::run(config, args),
        #[cfg(feature = "worker")]
        Command::Liveness(args) => liveness::run(config, args),
        #[cfg(feature = "worker")]
        Command::Specimen(args) => specimen::run(&config, &args),
        #[cfg(feature = "worker")]
        Command::Eval(args) => eval::run(config, args),
        #[cfg(feature = "worker")]
        Command::Doctor(args) => doctor::run(config, args),
        #[cfg(feature = "worker")]
        Command::DecodeVideo(args) => Ok(decode_video::run(&args)),
    }
}

impl Command {
    fn failure_code(&self) -> u8 {
        match self {
            #[cfg(feature = "worker")]
            Self::Verify(_) => CANNOT_RUN,
            _ => 1,
        }
    }
}
