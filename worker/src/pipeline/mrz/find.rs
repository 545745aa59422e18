//! Finds the machine-readable zone among the lines that were read.

use idv_common::domain::{FieldName, MrzFormat, MrzReading, Private};

use super::cell::{Cell, as_letter};
use super::codes;
use super::fit::fit;
use super::layout::Layout;
use super::names;
use super::rank::Rank;
use super::settle::{settle, texts_of_fields};
use super::zone::Zone;
use crate::inference::text::Character;

/// The formats' shapes: lines and characters a line.
const SHAPES: [(usize, usize); 5] = [(2, 44), (2, 36), (3, 30), (2, 30), (1, 30)];
/// A zone of which a check digit disagrees is one only if it was read this well, and better if none agrees: print has
/// the shape of a zone at times.
const LEAST_CONFIDENCE: f32 = 0.85;
const LEAST_IF_NONE_AGREES: f32 = 0.95;
/// More lines than this are not tried in triples: a zone is among the longest few.
const MOST_LINES: usize = 8;

/// A zone that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What it says.
    pub reading: MrzReading,
    /// Which of the given lines it consists of.
    pub lines: Vec<usize>,
    /// The mean probability of its characters.
    pub confidence: f32,
    /// The zone before repair.
    zone: Zone,
}

impl Found {
    /// Whether every check digit agrees without correction.
    pub fn is_clean(&self) -> bool {
        self.reading.all_check_digits_valid() && self.reading.repaired == 0
    }

    /// Whether it is clean and no field in doubt.
    pub fn is_settled(&self) -> bool {
        self.is_clean() && self.reading.uncertain.is_empty()
    }

    /// How good it is as a reading of what was photographed.
    pub fn rank(&self) -> Rank {
        Rank::of(&self.reading, self.confidence)
    }

    /// Where the characters of its n-th line begin and end, as parts of the line that was read; `None` if the places of its
    /// characters are not known.
    pub fn extent(&self, line: usize) -> Option<(f32, f32)> {
        self.zone.extent(line)
    }

    /// The fields that another rendering, clean as well, reads otherwise without doubting them.
    pub fn contradicted(&self, other: &Self) -> Vec<FieldName> {
        if !other.is_clean() {
            return Vec::new();
        }
        let read = |found: &Self| {
            let zone = Zone::of_text(found.reading.lines.iter().map(|line| line.as_str()));
            zone.map(|zone| texts_of_fields(&zone)).unwrap_or_default()
        };
        let there = read(other);
        let differs = |(field, text): &(FieldName, String)| {
            !other.reading.uncertain.contains(field)
                && there.iter().any(|(name, other)| name == field && other != text)
        };
        read(self).into_iter().filter(differs).map(|(field, _)| field).collect()
    }
}

/// The likeliest zone among lines in order from top to bottom: one whose check digits agree before one that needs
/// a correction, before one that looks like a zone and is wrong.
pub fn find(lines: &[Vec<Character>]) -> Option<Found> {
    let lines: Vec<Vec<Cell>> =
        lines.iter().take(MOST_LINES).map(|line| line.iter().filter_map(Cell::read).collect()).collect();
    let mut best: Option<(Rank, Found)> = None;
    for (count, width) in SHAPES {
        let fitted: Vec<Vec<Vec<Cell>>> = lines.iter().map(|line| fit(line, width)).collect();
        for chosen in ordered_subsets(lines.len(), count) {
            for zone in combinations(&fitted, &chosen).into_iter().filter_map(recognised) {
                let Some(found) = judge(zone, &chosen) else { continue };
                let rank = found.rank();
                if best.as_ref().is_none_or(|(highest, _)| rank > *highest) {
                    best = Some((rank, found));
                }
            }
        }
    }
    best.map(|(_, found)| found)
}

/// What several renderings of one document show together: each place of the zone by vote, weighted by probability.
/// Zones of another format than the best one's, which comes first, have no vote, and neither have those in which a
/// character too many or too few has moved a line. `None` if there is no zone.
pub fn vote(found: &[&Found]) -> Option<Found> {
    let best = found.first()?;
    let zones: Vec<&Zone> =
        found.iter().map(|found| &found.zone).filter(|zone| zone.is_aligned_with(&best.zone)).collect();
    judge(Zone::vote(&zones)?, &best.lines)
}

/// The zone of lines of one width, if they have the layout of one.
fn recognised(lines: Vec<&Vec<Cell>>) -> Option<Zone> {
    let first = lines.first()?;
    let head: String = first.iter().take(5).map(|cell| as_letter(cell.best())).collect();
    let layout = Layout::recognise(lines.len(), first.len(), &head)?;
    Zone::new(layout, lines.into_iter().cloned().collect())
}

fn judge(zone: Zone, lines: &[usize]) -> Option<Found> {
    let layout = zone.layout;
    let code = zone.text(layout.code);
    let code_known = codes::is_document_code(layout.format, code.trim_end_matches('<'));
    let confidence = zone.confidence();
    let has_code = !code.starts_with('<');
    if !has_shape(&zone) || !has_code || !(code_known || zone.is_valid()) {
        return None;
    }
    let settled = settle(&zone);
    let check_digits = settled.zone.check_digits();
    let names = layout.names.map(|span| settled.zone.text(span));
    let reading = MrzReading {
        format: layout.format,
        lines: settled.zone.lines().into_iter().map(Private).collect(),
        check_digits,
        repaired: settled.repairs.len() as u32,
        repairs: settled.repairs,
        confidence: settled.confidence,
        uncertain: settled.uncertain,
        names_truncated: names.is_some_and(|names| names::is_truncated(&names)),
        may_be_misread: settled.may_be_misread,
    };
    let one_agrees = reading.check_digits.iter().any(|digit| digit.valid);
    let least = if one_agrees { LEAST_CONFIDENCE } else { LEAST_IF_NONE_AGREES };
    let plausible = code_known && confidence >= least;
    let found = Found { reading, lines: lines.to_vec(), confidence, zone };
    (plausible || found.reading.all_check_digits_valid()).then_some(found)
}

/// Whether the lines look like a zone even if their check digits disagree: dates are digits (or unknown), names
/// and state are letters.
fn has_shape(zone: &Zone) -> bool {
    let layout = zone.layout;
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '<');
    let letters = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c == '<');
    // A field for the surname alone may end with a single filler.
    let surname_only = layout.given_names.is_some() || layout.format == MrzFormat::Dl;
    let has_names = layout.names.is_none_or(|span| {
        let names = zone.text(span);
        letters(&names)
            && names.starts_with(|c: char| c.is_ascii_uppercase())
            && (names.contains("<<") || surname_only || names::is_truncated(&names))
    });
    let dates = [layout.birth, layout.expiry].into_iter().flatten();
    dates.map(|span| zone.text(span)).all(|date| digits(&date) && date.contains(|c: char| c.is_ascii_digit()))
        && letters(&zone.text(layout.state))
        && has_names
}

/// The ways to choose `count` of `total` lines, keeping their order.
fn ordered_subsets(total: usize, count: usize) -> Vec<Vec<usize>> {
    let mut subsets: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        subsets = (subsets.into_iter())
            .flat_map(|subset| {
                let next = subset.last().map_or(0, |last| last + 1);
                (next..total).map(move |line| [subset.clone(), vec![line]].concat())
            })
            .collect();
    }
    subsets
}

/// Every combination of one fit of each chosen line.
fn combinations<'a>(fitted: &'a [Vec<Vec<Cell>>], chosen: &[usize]) -> Vec<Vec<&'a Vec<Cell>>> {
    let mut combined: Vec<Vec<&Vec<Cell>>> = vec![Vec::new()];
    for line in chosen {
        combined = (combined.into_iter())
            .flat_map(|lines| fitted[*line].iter().map(move |fit| [lines.clone(), vec![fit]].concat()))
            .collect();
    }
    combined
}
