//! `idv read`: documents, read one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;
use idv_common::Config;
use idv_common::domain::{CaptureKind, CheckDigit, FieldName, MrzFormat, MrzRepair};
use idv_worker::pipeline::Pipeline;
use idv_worker::pipeline::document::{Document, DocumentFinding};
use jiff::civil::Date;
use serde::Serialize;

use super::lines::{self, LineArgs};
use super::{engine, output};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The images.
    #[arg(required = true)]
    images: Vec<PathBuf>,
    #[command(flatten)]
    lines: LineArgs,
}

/// One image's line.
#[derive(Serialize)]
struct Line {
    image: PathBuf,
    #[serde(flatten)]
    reading: Option<Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Reading {
    /// The format of the machine-readable zone, or `NONE`.
    #[serde(rename = "type")]
    format: &'static str,
    mrz: Vec<String>,
    all_check_digits_valid: bool,
    check_digits: Vec<CheckDigit>,
    repaired: u32,
    repairs: Vec<MrzRepair>,
    /// The fields of the zone that are to be confirmed elsewhere.
    uncertain: Vec<FieldName>,
    fields: BTreeMap<FieldName, String>,
    /// Degrees clockwise by which the image was turned to be read.
    turned: u16,
    text: Vec<String>,
}

/// Reads every image; one that cannot be read is a line with its reason.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let pipeline = engine::pipeline(&config)?;
    let today = jiff::Zoned::now().date();
    lines::run(&args.images, &args.lines, |image| read(&pipeline, image, today))
}

fn read(pipeline: &Pipeline, path: &Path, today: Date) -> Line {
    let found = engine::read_image(path, CaptureKind::DocumentFront).and_then(|image| {
        pipeline.read(&image)?.map_err(|unreadable| anyhow!("{}: {unreadable}", unreadable.reason))
    });
    let (reading, error) = match found {
        Ok(found) => (Some(described(&found, today)), None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Line { image: path.to_owned(), reading, error }
}

fn described(found: &DocumentFinding, today: Date) -> Reading {
    let document = Document::new(vec![(CaptureKind::DocumentFront, found)], today);
    let document = document.reading();
    let mrz = found.mrz.as_ref().map(|zone| &zone.reading);
    Reading {
        format: mrz.map_or("NONE", |mrz| MrzFormat::as_str(mrz.format)),
        mrz: mrz.map(|mrz| mrz.lines.iter().map(|line| (**line).clone()).collect()).unwrap_or_default(),
        all_check_digits_valid: mrz.is_some_and(|mrz| mrz.all_check_digits_valid()),
        check_digits: mrz.map(|mrz| mrz.check_digits.clone()).unwrap_or_default(),
        repaired: mrz.map_or(0, |mrz| mrz.repaired),
        repairs: mrz.map(|mrz| mrz.repairs.clone()).unwrap_or_default(),
        uncertain: mrz.map(|mrz| mrz.uncertain.clone()).unwrap_or_default(),
        fields: document.fields.iter().map(|(name, field)| (*name, (*field.value).clone())).collect(),
        turned: found.turn.degrees(),
        text: found.text.iter().map(|line| (*line.text).clone()).collect(),
    }
}

impl lines::Line for Line {
    fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    fn print(&self) {
        let Some(reading) = &self.reading else {
            output::line(format_args!(
                "{}  failed: {}",
                self.image.display(),
                self.error.as_deref().unwrap_or_default()
            ));
            return;
        };
        let digits = match (reading.mrz.is_empty(), reading.all_check_digits_valid) {
            (true, _) => "no machine-readable zone",
            (false, true) => "all check digits agree",
            (false, false) => "a check digit disagrees",
        };
        output::line(format_args!("{}  {}  {digits}", self.image.display(), reading.format));
        for zone_line in &reading.mrz {
            output::line(format_args!("  {zone_line}"));
        }
        for (name, value) in &reading.fields {
            output::line(format_args!("  {name:<18} {value}"));
        }
    }
}
