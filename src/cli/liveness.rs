//! `idv liveness`: selfies, live or not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;
use idv_common::domain::{Outcome, Policy};
use idv_common::{Config, context};
use idv_worker::pipeline::Pipeline;
use serde::Serialize;

use super::lines::{self, LineArgs};
use super::{engine, output};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The selfies: photos or clips.
    #[arg(required = true)]
    images: Vec<PathBuf>,
    #[command(flatten)]
    lines: LineArgs,
}

/// One image's line.
#[derive(Serialize)]
struct Line {
    image: PathBuf,
    /// `live`, `spoof`, `inconclusive` or `not_run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    reasons: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Judges every image; one that cannot be read is a line with its reason.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let pipeline = engine::pipeline(&config)?;
    let policy = context::load_policy(&config)?;
    lines::run(&args.images, &args.lines, |image| judge(&pipeline, &policy, image))
}

fn judge(pipeline: &Pipeline, policy: &Policy, path: &Path) -> Line {
    let check = engine::read_selfie(path).and_then(|image| {
        pipeline
            .liveness(&image, policy)?
            .map_err(|unreadable| anyhow!("{}: {unreadable}", unreadable.reason))
    });
    let mut line = Line {
        image: path.to_owned(),
        class: None,
        outcome: None,
        score: None,
        reasons: vec![],
        error: None,
    };
    match check {
        Ok(check) => {
            line.class = Some(class(check.outcome));
            line.outcome = Some(check.outcome.as_str());
            line.score = check.score;
            line.reasons = check.reasons.iter().map(|reason| reason.as_str()).collect();
        }
        Err(error) => line.error = Some(format!("{error:#}")),
    }
    line
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "live",
        Outcome::Fail => "spoof",
        Outcome::Inconclusive => "inconclusive",
        Outcome::NotRun | Outcome::Error => "not_run",
    }
}

impl lines::Line for Line {
    fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    fn print(&self) {
        let score = self.score.map_or_else(|| "     ".to_owned(), |score| format!("{score:.3}"));
        let what = self.class.unwrap_or("failed");
        let why = self.error.clone().unwrap_or_else(|| self.reasons.join(", "));
        output::line(format_args!("{what:<12}  {score}  {}  {why}", self.image.display()));
    }
}
