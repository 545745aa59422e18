//! One reading against the truth.

use std::cmp::Ordering::Equal;
use std::collections::BTreeMap;

use idv_common::domain::{CaptureKind, Check, DocumentPolicy, FieldName, FieldSource, Outcome};
use jiff::civil::Date;

use super::Expected;
use super::coverage::{agree, covered, name};
use crate::pipeline::document::{Document, DocumentFinding, MrzFinding};

/// Below this mean probability of its characters a zone counts as marked: it was read poorly and says so.
const LOW_CONFIDENCE: f32 = 0.9;

/// How one image was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// The format that was read; none if no zone was found.
    pub read_format: Option<String>,
    /// The outcome of the check `document_mrz`.
    pub outcome: String,
    /// Whether every character of the zone is right; none where the truth has no zone.
    pub exact: Option<bool>,
    /// How many characters the zone has.
    pub characters: usize,
    /// How many were added, left out or taken for others; all of them if no zone was found.
    pub wrong_characters: usize,
    /// Whether every check digit agrees in what was read.
    pub check_digits_agree: bool,
    /// Reported as passed, and a character under a check digit is wrong, or there is no such zone at all.
    pub is_false_accept: bool,
    /// A zone was found and its name is wrong.
    pub is_name_wrong: bool,
    /// Whether the reading itself says that the name may be wrong.
    pub is_name_marked: bool,
    /// How many characters the check digits corrected.
    pub repaired: u32,
    /// The mean probability of the zone's characters.
    pub confidence: Option<f32>,
    /// The rendering that the zone was read from.
    pub variant: String,
    /// Whether each field that the zone encodes is right.
    pub fields: BTreeMap<FieldName, bool>,
    /// Whether each field that is printed was read from the print and is right; empty if none was read so.
    pub printed: BTreeMap<FieldName, bool>,
}

impl Score {
    /// Holds a finding against the truth, as a policy judges it on that day.
    pub fn of(expected: &Expected, found: &DocumentFinding, policy: &DocumentPolicy, today: Date) -> Self {
        let document = Document::new(vec![(CaptureKind::DocumentFront, found)], today);
        let check = document.judge_mrz(policy);
        let reading = document.reading();
        let value = |name: &FieldName, printed: bool| {
            let of_kind = |source| (source == FieldSource::VisualZone) == printed;
            let readings =
                reading.readings.iter().filter(|one| one.name == *name && of_kind(one.field.source));
            let best =
                readings.max_by(|a, b| a.field.confidence.partial_cmp(&b.field.confidence).unwrap_or(Equal));
            best.map(|one| one.field.value.as_str())
        };
        let right = |printed: bool, truth: &BTreeMap<FieldName, _>| -> BTreeMap<FieldName, bool> {
            let is_right = |(name, wanted): (&FieldName, &idv_common::domain::Private<String>)| {
                (*name, value(name, printed) == Some(wanted.as_str()))
            };
            truth.iter().map(is_right).collect()
        };
        let reads_print = reading.readings.iter().any(|one| one.field.source == FieldSource::VisualZone);
        let mut score = Self {
            outcome: check.outcome.to_string(),
            fields: right(false, &expected.fields),
            printed: if reads_print { right(true, &expected.visual) } else { BTreeMap::new() },
            ..Self::of_nothing(expected)
        };
        if let Some(zone) = &found.mrz {
            score.hold_zone(expected, zone, &check);
        }
        score
    }

    /// What there is to say of an image on which nothing could be read.
    pub fn of_nothing(expected: &Expected) -> Self {
        let characters = expected.mrz.iter().map(|line| line.chars().count()).sum();
        Self {
            outcome: Outcome::Inconclusive.to_string(),
            exact: expected.has_zone().then_some(false),
            characters,
            wrong_characters: characters,
            fields: expected.fields.keys().map(|name| (*name, false)).collect(),
            ..Self::default()
        }
    }

    fn hold_zone(&mut self, expected: &Expected, zone: &MrzFinding, check: &Check) {
        let format = zone.reading.format.as_str().replace('-', "");
        let wanted: Vec<&str> = expected.mrz.iter().map(|line| line.as_str()).collect();
        let read: Vec<&str> = zone.reading.lines.iter().map(|line| line.as_str()).collect();
        let passes = check.outcome == Outcome::Pass;
        if expected.has_zone() {
            self.exact = Some(read == wanted);
            self.wrong_characters = strsim::levenshtein(&wanted.concat(), &read.concat());
            let same_format = format == expected.format;
            let is_right = same_format && agree(&covered(&expected.format, &wanted), &wanted, &read);
            self.is_false_accept = passes && !is_right;
            let name = name(&expected.format, &wanted);
            let is_name_right = same_format && agree(&name, &wanted, &read);
            self.is_name_wrong = !name.is_empty() && !is_name_right;
            self.is_name_marked = is_name_marked(zone, check);
        } else {
            // A zone of a document of which the truth says the format alone is neither right nor wrong.
            self.is_false_accept = passes && expected.format == "NONE";
        }
        self.check_digits_agree = zone.reading.all_check_digits_valid();
        self.repaired = zone.reading.repaired;
        self.confidence = Some(zone.confidence);
        let variant = serde_json::to_value(zone.variant).unwrap_or_default();
        self.variant = variant.as_str().unwrap_or_default().to_owned();
        self.read_format = Some(format);
    }
}

/// Whether a reading says itself that its name may be wrong: the name is in doubt, or the zone does not pass or was
/// read poorly.
fn is_name_marked(zone: &MrzFinding, check: &Check) -> bool {
    check.outcome != Outcome::Pass
        || zone.confidence < LOW_CONFIDENCE
        || zone.reading.uncertain.iter().any(|name| name.is_name())
}
