//! The first look at a picture: a machine-readable zone found by its own geometry, before any word is looked for. It
//! tells which way up the document lies, too.

use super::read::{MrzFinding, best_of};
use super::sheet::hints_at_zone;
use super::variant::Variant;
use crate::inference::text::{Character, Line, TextModels};
use crate::inference::{Fault, Quad};
use crate::pipeline::bands::{Paper, Print, zone_lines};
use crate::pipeline::mrz::{self, Found};
use crate::pipeline::orientation::Turn;
use crate::pipeline::page::Page;

/// The height of a strip that reads well, in heights of its capitals.
const STRIP: f32 = 1.25;
/// How else the same lines are cut if a field stays in doubt: higher or lower, moved down or up, both in heights.
const CUTS: [(f32, f32); 4] = [(0.88, 0.0), (1.15, 0.0), (1.0, 0.08), (1.0, -0.08)];
/// How the paper and the print may be, tried in turn until a zone is certain.
const LOOKS: [(Paper, Print); 4] = [
    (Paper::Quiet, Print::Small),
    (Paper::Quiet, Print::Large),
    (Paper::Patterned, Print::Small),
    (Paper::Patterned, Print::Large),
];
/// A zone is certain if its characters have at least this mean probability.
const CERTAIN: f32 = 0.93;
/// The same for a zone of which a check digit disagrees.
const CERTAINLY_WRONG: f32 = 0.99;

/// A zone and the turn at which it is upright.
pub(super) struct Spotted {
    pub(super) turn: Turn,
    pub(super) finding: MrzFinding,
    pub(super) found: Found,
    /// Whether each cut of its lines reads alike.
    is_unanimous: bool,
}

impl Spotted {
    /// Whether no other look at the page is likely to show more. Either its check digits agree without correction, and all
    /// of it was read well: in visas no check digit covers the first line. Or they disagree in print: however the lines are
    /// cut, they say the same.
    pub(super) fn is_certain(&self) -> bool {
        let least = if self.found.is_clean() { CERTAIN } else { CERTAINLY_WRONG };
        self.finding.confidence >= least && (self.found.is_clean() || self.is_unanimous)
    }

    /// Whether no field of it is in doubt either.
    pub(super) fn is_settled(&self) -> bool {
        self.is_certain() && self.found.is_clean() && self.finding.reading.uncertain.is_empty()
    }

    /// The better of two.
    pub(super) fn or_better(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.found.rank() > self.found.rank() => other,
            _ => self,
        }
    }

    /// How far its lines slope once the page is turned, in degrees clockwise.
    pub(super) fn slope(&self) -> f32 {
        let Some(Quad([start, end, ..])) = self.finding.quads.first() else { return 0.0 };
        let degrees = (end.y - start.y).atan2(end.x - start.x).to_degrees() + f32::from(self.turn.degrees());
        (degrees + 180.0).rem_euclid(360.0) - 180.0
    }

    /// Whether all of it lies within a document's outline.
    pub(super) fn lies_in(&self, outline: &Quad) -> bool {
        self.finding.quads.iter().all(|quad| outline.contains(quad.middle()))
    }
}

/// The best zone that shows on a page as it lies or turned.
pub(super) fn spot(source: &Page, models: &TextModels) -> Result<Option<Spotted>, Fault> {
    let mut best: Option<Spotted> = None;
    if !models.reads_mrz() {
        return Ok(None);
    }
    for turn in [Turn::None, Turn::Quarter] {
        let page = source.turned(turn);
        for (paper, print) in LOOKS {
            for lines in zone_lines(&page.image, paper, print) {
                let Some(spotted) = read(&page, turn, &lines, models)? else { continue };
                if spotted.is_certain() {
                    return Ok(Some(spotted));
                }
                best = Some(spotted.or_better(best));
            }
        }
    }
    Ok(best)
}

/// The zone that these lines show, upright or on their head.
fn read(page: &Page, turn: Turn, lines: &[Quad], models: &TextModels) -> Result<Option<Spotted>, Fault> {
    let upright = look(page, lines, (1.0, 0.0), models)?;
    let (lines, first, turn) = if upright.zone.is_some() {
        (lines.to_vec(), upright, turn)
    } else {
        let turned: Vec<Quad> = lines.iter().rev().map(|quad| on_its_head(*quad)).collect();
        let look = look(page, &turned, (1.0, 0.0), models)?;
        if look.zone.is_some() || look.certainty > upright.certainty {
            (turned, look, turn.then(Turn::Half))
        } else {
            (lines.to_vec(), upright, turn)
        }
    };
    if !first.hints_at_zone {
        return Ok(None);
    }
    let mut seen: Vec<(MrzFinding, Found)> = first.zone.into_iter().collect();
    if !seen.first().is_some_and(|(_, found)| found.is_settled()) {
        for cut in CUTS {
            seen.extend(look(page, &lines, cut, models)?.zone);
        }
    }
    let is_unanimous = seen.len() > CUTS.len()
        && seen.windows(2).all(|two| two[0].0.reading.lines == two[1].0.reading.lines);
    Ok(best_of(seen).map(|(finding, found)| Spotted { turn, finding, found, is_unanimous }))
}

/// What lines read as.
struct Look {
    zone: Option<(MrzFinding, Found)>,
    hints_at_zone: bool,
    /// The mean probability of the characters.
    certainty: f32,
}

fn look(
    page: &Page,
    quads: &[Quad],
    (higher, lower): (f32, f32),
    models: &TextModels,
) -> Result<Look, Fault> {
    let lines: Vec<Line> = quads
        .iter()
        .filter_map(|quad| Line::along(*quad))
        .map(|line| line.cut(STRIP * higher, lower))
        .collect();
    let read: Result<Vec<Vec<Character>>, Fault> =
        lines.iter().map(|line| models.read_mrz_line(&page.image, line)).collect();
    let read = read?;
    let characters = || read.iter().flatten();
    let certainty =
        characters().map(|character| character.probability).sum::<f32>() / characters().count().max(1) as f32;
    let zone = mrz::find(&read).map(|found| {
        let written = |(at, line): (usize, &usize)| {
            let (start, end) = found.extent(at).unwrap_or((0.0, 1.0));
            page.to_source(quads[*line].part(start, end))
        };
        let quads = found.lines.iter().enumerate().map(written).collect();
        (MrzFinding::new(&found, quads, Variant::OwnLines), found)
    });
    Ok(Look { zone, hints_at_zone: read.iter().any(|line| hints_at_zone(line)), certainty })
}

/// The same line, read the other way.
fn on_its_head(Quad([a, b, c, d]): Quad) -> Quad {
    Quad([c, d, a, b])
}
