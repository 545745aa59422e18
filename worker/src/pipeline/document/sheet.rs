//! One look at a page: its words, its lines, and the machine-readable zone among them.

use super::read::MrzFinding;
use super::variant::Variant;
use crate::inference::Fault;
use crate::inference::text::{Character, Line, TextModels, Word};
use crate::pipeline::bands::slope_of_print;
use crate::pipeline::mrz::{self, Found, Rank};
use crate::pipeline::orientation::slope;
use crate::pipeline::page::Page;

/// Pages that slope less than this many degrees are left as they are.
const LEVEL: f32 = 0.6;
/// Words on pages that slope less than this many degrees need not be found anew: each line is cut along its own slope.
const LEVEL_ENOUGH: f32 = 2.0;
/// Fewer words do not tell how a page slopes.
const TELLING_WORDS: usize = 6;
/// A zone's line is at least this long, as a part of the longest line.
const LEAST_LENGTH: f32 = 0.35;
/// A zone's line is at least this long, in heights.
const LEAST_ASPECT: f32 = 5.5;
/// How many of the longest such lines are read.
const MOST_CANDIDATES: usize = 8;
/// So many fillers, read with that mean probability, make a line look like a zone's: one at least has them.
const HINTING_FILLERS: usize = 3;
const HINTING_PROBABILITY: f32 = 0.8;
/// A page that has been looked at.
pub(super) struct Sheet {
    pub(super) page: Page,
    pub(super) words: Vec<Word>,
    pub(super) lines: Vec<Line>,
    /// The zone.
    pub(super) zone: Option<(MrzFinding, Found)>,
    /// Whether any line reads like a zone's, even if no zone could be made of it.
    pub(super) hints_at_zone: bool,
    /// How far the page's lines sloped, in degrees clockwise.
    pub(super) slope: f32,
}

impl Sheet {
    /// Levels the page, which is that rendering, joins its words into lines and looks for a zone.
    pub(super) fn examine(page: Page, variant: Variant, models: &TextModels) -> Result<Self, Fault> {
        let mut sheet = Self::lay_out(page, models)?;
        sheet.find_zone(variant, models)?;
        Ok(sheet)
    }

    /// Levels the page and joins its words into lines. The contrast of the print tells its slope before any word is found;
    /// the words tell it better, where that is worth a second look.
    pub(super) fn lay_out(mut page: Page, models: &TextModels) -> Result<Self, Fault> {
        let mut levelled = 0.0;
        let mut level = |page: &mut Page, degrees: f32, least: f32| {
            let slopes = degrees.abs() > least;
            if slopes {
                *page = page.levelled(degrees);
                levelled += degrees;
            }
            slopes
        };
        let print = slope_of_print(&page.image);
        level(&mut page, print, LEVEL);
        let mut words = models.words(&page.image)?;
        if words.len() >= TELLING_WORDS && level(&mut page, slope(&words), LEVEL_ENOUGH) {
            words = models.words(&page.image)?;
        }
        let lines = models.lines(&words)?;
        Ok(Self { page, words, lines, zone: None, hints_at_zone: false, slope: levelled })
    }

    fn find_zone(&mut self, variant: Variant, models: &TextModels) -> Result<(), Fault> {
        if !models.reads_mrz() {
            return Ok(());
        }
        let candidates = candidates(&self.lines);
        let read: Result<Vec<Vec<Character>>, Fault> = candidates
            .iter()
            .map(|index| models.read_mrz_line(&self.page.image, &self.lines[*index]))
            .collect();
        let read = read?;
        self.hints_at_zone = read.iter().any(|line| hints_at_zone(line));
        self.zone = mrz::find(&read).map(|found| {
            let quad = |line: &usize| self.page.to_source(self.lines[candidates[*line]].quad());
            let quads = found.lines.iter().map(quad).collect();
            (MrzFinding::new(&found, quads, variant), found)
        });
        Ok(())
    }

    /// Whether a zone was found whose check digits agree without correction.
    pub(super) fn is_clean(&self) -> bool {
        self.zone.as_ref().is_some_and(|(_, found)| found.is_clean())
    }

    /// Whether such a zone was found and no field of it is in doubt.
    pub(super) fn is_settled(&self) -> bool {
        self.zone.as_ref().is_some_and(|(_, found)| found.is_settled())
    }

    /// How good the zone is as a reading.
    pub(super) fn rank(&self) -> Option<Rank> {
        self.zone.as_ref().map(|(_, found)| found.rank())
    }

    /// The length of all lines together, in pixels of the source.
    pub(super) fn length_of_lines(&self) -> f32 {
        let length = |line: &Line| {
            let [start, end, ..] = self.page.to_source(line.quad()).0;
            start.distance(end)
        };
        self.lines.iter().map(length).sum()
    }
}

/// Whether a line has a zone's fillers, and was read too well to be print.
pub(super) fn hints_at_zone(line: &[Character]) -> bool {
    let fillers = line.iter().filter(|character| character.best == '<').count();
    let sum: f32 = line.iter().map(|character| character.probability).sum();
    fillers >= HINTING_FILLERS && sum >= HINTING_PROBABILITY * line.len() as f32
}

/// The lines that might belong to a zone, from top to bottom.
fn candidates(lines: &[Line]) -> Vec<usize> {
    let longest = lines.iter().map(Line::length).fold(0.0, f32::max);
    let is_candidate = |line: &Line| {
        line.length() >= LEAST_LENGTH * longest && line.length() >= LEAST_ASPECT * line.height()
    };
    let mut indices: Vec<usize> = (0..lines.len()).filter(|index| is_candidate(&lines[*index])).collect();
    indices.sort_by(|a, b| lines[*b].length().total_cmp(&lines[*a].length()));
    indices.truncate(MOST_CANDIDATES);
    let middle = |index: &usize| lines[*index].quad().0.iter().map(|point| point.y).sum::<f32>();
    indices.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    indices
}
