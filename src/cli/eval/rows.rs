//! A row for each image.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use csv::Writer;
use idv_worker::eval::Expected;

use super::documents::Measured;

/// The columns without personal data.
const COLUMNS: [&str; 27] = [
    "image",
    "type",
    "font",
    "background",
    "read_type",
    "outcome",
    "exact",
    "check_digits_agree",
    "false_accept",
    "name_wrong",
    "name_marked",
    "characters",
    "wrong_characters",
    "repaired",
    "confidence",
    "variant",
    "fields",
    "fields_right",
    "wrong_fields",
    "printed",
    "printed_right",
    "cpu_ms",
    "find_ms",
    "read_zone_ms",
    "read_text_ms",
    "rest_ms",
    "error",
];

/// The file that is being written.
pub(super) struct Rows {
    writer: Writer<File>,
    path: PathBuf,
    texts: bool,
}

impl Rows {
    /// Begins the file, which only its owner may read.
    pub(super) fn create(path: &Path, texts: bool) -> anyhow::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.with_context(|| format!("failed to write `{}`", path.display()))?;
        let mut rows = Self { writer: Writer::from_writer(file), path: path.to_owned(), texts };
        let of_texts: &[&str] = if texts { &["true_zone", "read_zone"] } else { &[] };
        rows.record(COLUMNS.iter().chain(of_texts).map(|column| (*column).to_owned()).collect())?;
        Ok(rows)
    }

    /// Writes one image's row.
    pub(super) fn write(&mut self, expected: &Expected, measured: &Measured) -> anyhow::Result<()> {
        let Measured { score, cost, zone, error } = measured;
        let right = |fields: &std::collections::BTreeMap<_, bool>| fields.values().filter(|r| **r).count();
        let wrong: Vec<&str> =
            score.fields.iter().filter(|(_, right)| !**right).map(|(name, _)| name.as_str()).collect();
        let mut row = vec![
            expected.image.clone(),
            expected.format.clone(),
            expected.font.clone().unwrap_or_default(),
            expected.background.clone().unwrap_or_default(),
            score.read_format.clone().unwrap_or_default(),
            score.outcome.clone(),
            score.exact.map(|exact| exact.to_string()).unwrap_or_default(),
            score.check_digits_agree.to_string(),
            score.is_false_accept.to_string(),
            score.is_name_wrong.to_string(),
            score.is_name_marked.to_string(),
            score.characters.to_string(),
            score.wrong_characters.to_string(),
            score.repaired.to_string(),
            score.confidence.map(|confidence| format!("{confidence:.4}")).unwrap_or_default(),
            score.variant.clone(),
            score.fields.len().to_string(),
            right(&score.fields).to_string(),
            wrong.join(" "),
            score.printed.len().to_string(),
            right(&score.printed).to_string(),
            millis(cost.total),
            millis(cost.find),
            millis(cost.read_zone),
            millis(cost.read_text),
            millis(cost.rest()),
            error.clone().unwrap_or_default(),
        ];
        if self.texts {
            let truth: Vec<&str> = expected.mrz.iter().map(|line| line.as_str()).collect();
            row.extend([truth.join("\n"), zone.join("\n")]);
        }
        self.record(row)
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.writer.flush().with_context(|| format!("failed to write `{}`", self.path.display()))
    }

    fn record(&mut self, row: Vec<String>) -> anyhow::Result<()> {
        self.writer.write_record(row).with_context(|| format!("failed to write `{}`", self.path.display()))
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
