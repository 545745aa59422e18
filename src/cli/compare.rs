//! `idv compare`: faces of pairs of images.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use idv_common::domain::{CaptureKind, Policy};
use idv_common::{Config, context};
use idv_worker::pipeline::Pipeline;
use serde::Serialize;

use super::lines::{self, LineArgs};
use super::{engine, output};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The two images, unless `--pairs` is given.
    #[arg(num_args = 2, required_unless_present = "pairs", conflicts_with = "pairs")]
    images: Vec<PathBuf>,
    /// A CSV file with two paths a line, relative to the file's folder. Further columns are ignored, and so is
    /// a first line that names the columns.
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    #[command(flatten)]
    lines: LineArgs,
}

/// One pair's line.
#[derive(Serialize)]
struct Line {
    a: PathBuf,
    b: PathBuf,
    #[serde(flatten)]
    result: Option<Compared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Compared {
    same: Option<bool>,
    outcome: &'static str,
    score: Option<f64>,
    metric: Option<String>,
    threshold: Option<f64>,
    estimated_fmr: Option<f64>,
    faces: Vec<usize>,
    reasons: Vec<&'static str>,
}

/// Compares every pair; one that cannot be read is a line with its reason.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let pairs = match (&args.pairs, args.images.as_slice()) {
        (Some(file), _) => read_pairs(file)?,
        (None, [a, b]) => vec![(a.clone(), b.clone())],
        _ => bail!("give two images, or `--pairs FILE.csv`"),
    };
    let pipeline = engine::pipeline(&config)?;
    let policy = context::load_policy(&config)?;
    lines::run(&pairs, &args.lines, |(a, b)| compare(&pipeline, &policy, a, b))
}

fn compare(pipeline: &Pipeline, policy: &Policy, a: &Path, b: &Path) -> Line {
    let result = (|| {
        let images =
            [engine::read_image(a, CaptureKind::ImageA)?, engine::read_image(b, CaptureKind::ImageB)?];
        let result = pipeline.compare(&images, policy)?;
        Ok::<_, anyhow::Error>(Compared {
            same: result.same,
            outcome: result.outcome.as_str(),
            score: result.score,
            metric: result.metric,
            threshold: result.threshold,
            estimated_fmr: result.estimated_fmr,
            faces: result.faces.iter().map(|faces| faces.count).collect(),
            reasons: result.reasons.iter().map(|reason| reason.as_str()).collect(),
        })
    })();
    let (result, error) = match result {
        Ok(result) => (Some(result), None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Line { a: a.to_owned(), b: b.to_owned(), result, error }
}

impl lines::Line for Line {
    fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    fn print(&self) {
        let (a, b) = (self.a.display(), self.b.display());
        match (&self.result, &self.error) {
            (Some(result), _) => {
                let verdict = match result.same {
                    Some(true) => "same",
                    Some(false) => "different",
                    None => "inconclusive",
                };
                let score = result.score.map_or_else(String::new, |score| format!("  score {score:.3}"));
                let fmr = result.estimated_fmr.map_or_else(String::new, |fmr| format!("  FMR {fmr:.1e}"));
                let reasons = result.reasons.join(", ");
                output::line(format_args!("{verdict:<12}{score}{fmr}  {a}  {b}  {reasons}"));
            }
            (None, error) => {
                output::line(format_args!(
                    "failed        {a}  {b}  {}",
                    error.as_deref().unwrap_or_default()
                ));
            }
        }
    }
}

fn read_pairs(file: &Path) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("failed to read `{}`", file.display()))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut pairs = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut columns = line.split(',').map(|column| column.trim().trim_matches('"'));
        let (Some(a), Some(b)) = (columns.next(), columns.next()) else {
            bail!("failed to read line {} of `{}`: it has not two columns", number + 1, file.display());
        };
        let (a, b) = (folder.join(a), folder.join(b));
        let is_header = number == 0 && !a.exists() && !b.exists();
        if !is_header {
            pairs.push((a, b));
        }
    }
    Ok(pairs)
}
