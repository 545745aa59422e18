//! Ground truth: JSON lines, one image a line.

use std::collections::BTreeMap;

use idv_common::domain::{FieldName, Private};
use serde::Deserialize;
use serde_json::Value;

/// What an image shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The file, relative to the folder.
    pub image: String,
    /// `TD1`, `TD2`, `TD3`, `MRVA`, `MRVB`, another format's name, or `NONE` without a machine-readable zone.
    pub format: String,
    /// The zone's lines; empty without one, or if they are not known.
    pub mrz: Vec<Private<String>>,
    /// Whether the check digits agree as they are printed.
    pub all_check_digits_valid: bool,
    /// The values that the zone encodes.
    pub fields: BTreeMap<FieldName, Private<String>>,
    /// The values that are printed for people.
    pub visual: BTreeMap<FieldName, Private<String>>,
    /// The zone's typeface, where the file names it.
    pub font: Option<String>,
    /// What is printed behind, where the file names it.
    pub background: Option<String>,
}

impl Expected {
    /// Whether the image has a zone whose text is known.
    pub fn has_zone(&self) -> bool {
        !self.mrz.is_empty()
    }
}

/// A line that is no ground truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub number: usize,
    /// What is wrong with it, without what it says.
    pub cause: String,
}

/// A line as it is written. Keys that are not known are passed over.
#[derive(Deserialize)]
struct Line {
    image: String,
    #[serde(rename = "type", default)]
    format: Option<String>,
    #[serde(default)]
    mrz: Vec<String>,
    #[serde(default = "yes")]
    all_check_digits_valid: bool,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    #[serde(default)]
    visual: BTreeMap<String, Value>,
    #[serde(default)]
    font: Option<String>,
    #[serde(default)]
    background: Option<String>,
}

fn yes() -> bool {
    true
}

/// Reads every line of a file; empty ones are passed over.
pub fn parse(text: &str) -> (Vec<Expected>, Vec<BadLine>) {
    let (mut expected, mut bad) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match parse_line(line) {
            Ok(line) => expected.push(line),
            Err(cause) => bad.push(BadLine { number: index + 1, cause }),
        }
    }
    (expected, bad)
}

fn parse_line(line: &str) -> Result<Expected, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| {
        // The parser's own words may quote the line, which is about a person.
        format!("it is not the JSON of an image at column {}", error.column())
    })?;
    if line.image.is_empty() {
        return Err("it names no image".to_owned());
    }
    if line.mrz.iter().any(|line| line.is_empty() || !line.chars().all(is_of_zone)) {
        return Err("`mrz` holds more than A to Z, 0 to 9 and <".to_owned());
    }
    let format = match line.format {
        Some(format) => format.to_uppercase().replace('-', ""),
        None if line.mrz.is_empty() => "NONE".to_owned(),
        None => return Err("it has `mrz` and no `type`".to_owned()),
    };
    Ok(Expected {
        image: line.image,
        format,
        mrz: line.mrz.into_iter().map(Private).collect(),
        all_check_digits_valid: line.all_check_digits_valid,
        fields: known(line.fields),
        visual: known(line.visual),
        font: line.font,
        background: line.background,
    })
}

fn is_of_zone(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '<'
}

/// The fields that have a name here and a text.
fn known(fields: BTreeMap<String, Value>) -> BTreeMap<FieldName, Private<String>> {
    let named = |name: &str| FieldName::ALL.iter().find(|known| known.as_str() == name).copied();
    let fields = fields.into_iter().filter_map(|(name, value)| match value {
        Value::String(value) if !value.is_empty() => Some((named(&name)?, Private(value))),
        _ => None,
    });
    fields.collect()
}
