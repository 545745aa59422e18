//! Finds the machine-readable zone among the lines that were read.

use idv_common::domain::{MrzReading, Private};

use super::fit::fit;
use super::repair::repair;
use super::zone::{Cell, Zone};
use crate::inference::text::Character;

/// The formats' shapes: lines and characters a line.
const SHAPES: [(usize, usize); 3] = [(2, 44), (2, 36), (3, 30)];
/// The letters that a document code begins with: passports, visas, and cards of three kinds.
const CODES: [char; 5] = ['P', 'V', 'I', 'A', 'C'];
/// A zone whose check digits disagree is one only if it was read this well: noise has the shape of a zone at times.
const LEAST_CONFIDENCE: f32 = 0.85;
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
}

impl Found {
    /// Whether every check digit agrees without correction.
    pub fn is_clean(&self) -> bool {
        self.reading.all_check_digits_valid() && self.reading.repaired == 0
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
            for zone in combinations(&fitted, &chosen).into_iter().filter_map(Zone::new) {
                let (rank, found) = judge(zone, &chosen);
                if found.is_some() && best.as_ref().is_none_or(|(highest, _)| rank > *highest) {
                    best = found.map(|found| (rank, found));
                }
            }
        }
    }
    best.map(|(_, found)| found)
}

/// How good a reading is: better ones compare greater.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Rank {
    valid: bool,
    unrepaired: bool,
    agreeing: usize,
    code_known: bool,
    confidence: f32,
}

fn judge(zone: Zone, lines: &[usize]) -> (Rank, Option<Found>) {
    let repaired = if zone.is_valid() { None } else { repair(&zone) };
    let corrections = u32::from(repaired.is_some());
    let zone = repaired.unwrap_or(zone);
    let check_digits = zone.check_digits();
    let rank = Rank {
        valid: zone.is_valid(),
        unrepaired: corrections == 0,
        agreeing: check_digits.iter().filter(|digit| digit.valid).count(),
        code_known: zone.text(zone.layout.code).starts_with(CODES),
        confidence: zone.confidence(),
    };
    let plausible = rank.code_known && rank.confidence >= LEAST_CONFIDENCE && has_shape(&zone);
    let found = (plausible || rank.valid && has_shape(&zone)).then(|| Found {
        reading: MrzReading {
            format: zone.layout.format,
            lines: zone.lines().into_iter().map(Private).collect(),
            check_digits,
            repaired: corrections,
        },
        lines: lines.to_vec(),
        confidence: rank.confidence,
    });
    (rank, found)
}

/// Whether the lines look like a zone even if their check digits disagree: dates are digits (or unknown), names
/// and state are letters.
fn has_shape(zone: &Zone) -> bool {
    let layout = zone.layout;
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '<');
    let letters = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c == '<');
    let names = zone.text(layout.names);
    let dates = [Some(layout.birth), layout.expiry].into_iter().flatten();
    dates.map(|span| zone.text(span)).all(|date| digits(&date) && date.contains(|c: char| c.is_ascii_digit()))
        && letters(&zone.text(layout.state))
        && letters(&names)
        && names.starts_with(|c: char| c.is_ascii_uppercase())
        && (names.contains("<<") || layout.given_names.is_some())
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
fn combinations(fitted: &[Vec<Vec<Cell>>], chosen: &[usize]) -> Vec<Vec<Vec<Cell>>> {
    let mut combined: Vec<Vec<Vec<Cell>>> = vec![Vec::new()];
    for line in chosen {
        combined = (combined.into_iter())
            .flat_map(|lines| {
                fitted[*line].iter().map(move |fit| [lines.clone(), vec![fit.clone()]].concat())
            })
            .collect();
    }
    combined
}
