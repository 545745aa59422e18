//! `idv eval documents`: how well documents are read, and how fast.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use idv_common::domain::{CaptureKind, Policy};
use idv_common::{Config, context};
use idv_worker::eval::{self, Cost, Expected, Score, Summary, truth};
use idv_worker::pipeline::Pipeline;
use idv_worker::pipeline::document::Extent;
use jiff::civil::Date;

use super::progress::Progress;
use super::rows::Rows;
use super::table;
use crate::cli::{engine, output};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder with the images and with truth.jsonl: one JSON object a line with the keys image, type, mrz,
    /// all_check_digits_valid and fields, all but the first optional.
    folder: PathBuf,
    /// The ground truth, if it is another file.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Write a row for each image, without the texts.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Add the zones' true and read texts to the rows. They are personal data.
    #[arg(long, requires = "csv")]
    texts: bool,
    /// Read printed text only where there is no zone.
    #[arg(long)]
    zone_only: bool,
    /// Stop after so many images.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// Reads one image after the other, on one thread, and prints the rates.
pub(super) fn run(config: &Config, args: &Args) -> anyhow::Result<ExitCode> {
    let file = args.truth.clone().unwrap_or_else(|| args.folder.join("truth.jsonl"));
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("failed to read the ground truth `{}`", file.display()))?;
    let (mut expected, bad) = truth::parse(&text);
    for line in &bad {
        output::progress(format_args!("{}:{}: skipped: {}", file.display(), line.number, line.cause));
    }
    ensure!(!expected.is_empty(), "failed to evaluate `{}`: it names no image", file.display());
    expected.truncate(args.limit.unwrap_or(usize::MAX));

    let bench = Bench {
        pipeline: engine::pipeline(config)?,
        policy: context::load_policy(config)?,
        extent: if args.zone_only { Extent::Zone } else { Extent::Everything },
        today: jiff::Zoned::now().date(),
    };
    let mut rows = args.csv.as_deref().map(|path| Rows::create(path, args.texts)).transpose()?;
    let (mut summary, mut left_out, mut progress) = (
        Summary::default(),
        LeftOut { bad: bad.len(), ..LeftOut::default() },
        Progress::over(expected.len()),
    );
    for line in &expected {
        progress.advance(&summary);
        match bench.measure(&args.folder, line)? {
            None => left_out.missing += 1,
            Some(measured) => {
                left_out.unreadable += usize::from(measured.error.is_some());
                summary.add(line, &measured.score, measured.cost);
                if let Some(rows) = &mut rows {
                    rows.write(line, &measured)?;
                }
            }
        }
    }
    progress.end();
    if let Some(rows) = rows {
        rows.finish()?;
    }
    table::print(&summary, &left_out);
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What could not be measured, or only as a failure to read.
#[derive(Default)]
pub(super) struct LeftOut {
    /// Lines of the truth that are none.
    pub(super) bad: usize,
    /// Images that are named and not there.
    pub(super) missing: usize,
    /// Files that could not be decoded.
    pub(super) unreadable: usize,
}

/// One image's measurement.
pub(super) struct Measured {
    pub(super) score: Score,
    pub(super) cost: Cost,
    /// The zone that was read.
    pub(super) zone: Vec<String>,
    /// Why the image could not be decoded.
    pub(super) error: Option<String>,
}

/// What every image is read with.
struct Bench {
    pipeline: Pipeline,
    policy: Policy,
    extent: Extent,
    today: Date,
}

impl Bench {
    /// Reads one image; `None` if it is not there.
    fn measure(&self, folder: &Path, expected: &Expected) -> anyhow::Result<Option<Measured>> {
        let path = folder.join(&expected.image);
        if !path.is_file() {
            output::progress(format_args!("skipped: there is no file `{}`", path.display()));
            return Ok(None);
        }
        let image = engine::read_image(&path, CaptureKind::DocumentFront)?;
        let (found, cost) = eval::read(&self.pipeline, &image, self.extent)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        Ok(Some(match found {
            Ok(found) => Measured {
                score: Score::of(expected, &found, &self.policy.document, self.today),
                cost,
                zone: found
                    .mrz
                    .iter()
                    .flat_map(|zone| &zone.reading.lines)
                    .map(|line| line.0.clone())
                    .collect(),
                error: None,
            },
            Err(unreadable) => {
                output::progress(format_args!("{}: {unreadable}", path.display()));
                Measured {
                    score: Score::of_nothing(expected),
                    cost,
                    zone: Vec::new(),
                    error: Some(unreadable.reason.to_string()),
                }
            }
        }))
    }
}
