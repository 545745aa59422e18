//! The verdict above the captures, and the tables of checks and fields below them.

use idv_common::domain::{Check, Outcome, ReasonCode, Report};
use image::{Rgb, RgbImage};
use serde_json::Value;

use super::{INK, QUIET, fields::Fields, outcome_colour, overlay::Unplaced, verdict_colour};
use crate::{
    drawing::{Lettering, Typeface, disc, fill},
    inference::{Point, Rect},
};

/// The height of the verdict's bar.
pub(super) const HEADER: f32 = 72.0;
/// The distance between two lines of the table.
pub(super) const LINE: f32 = 24.0;
/// Capital letters of the table.
pub(super) const CAPITALS: f32 = 11.0;
/// Where the columns begin: outcome, score, reasons.
const COLUMNS: [f32; 3] = [210.0, 320.0, 560.0];
/// How many columns the list of numbered texts has.
const TEXT_COLUMNS: usize = 3;

/// The bar with the verdict, its reasons and the policy that decided.
pub(super) fn draw_header(page: &mut RgbImage, report: &Report) {
    let width = page.width() as f32;
    let bar = Rect { left: 0.0, top: 0.0, right: width, bottom: HEADER };
    fill(page, bar, verdict_colour(report.verdict), 1.0);
    let white = Rgb([255; 3]);
    let verdict = report.verdict.as_str().replace('_', " ").to_uppercase();
    let large = Lettering::new(Typeface::SansBold, 24.0, white);
    let end = 24.0 + large.draw(page, Point::new(24.0, 48.0), &verdict);
    let policy = format!("policy {} v{}", report.policy.name, report.policy.version);
    let small = Lettering::new(Typeface::Sans, 12.0, white);
    let policy_width = small.width(&policy);
    small.draw(page, Point::new(width - 24.0 - policy_width, 44.0), &policy);
    let reasons = codes(&report.reasons);
    let room = width - end - policy_width - 24.0 * 4.0;
    small.fitting(&reasons, room).draw(page, Point::new(end + 24.0, 44.0), &reasons);
}

/// The table of checks, that of fields, and below them the texts that found no room in the captures.
pub(super) struct Legend<'a> {
    report: &'a Report,
    fields: &'a Fields<'a>,
    texts: Vec<&'a Unplaced>,
    width: f32,
}

impl<'a> Legend<'a> {
    pub(super) fn new(
        report: &'a Report,
        fields: &'a Fields<'a>,
        texts: impl Iterator<Item = &'a Unplaced>,
        width: f32,
    ) -> Self {
        Self { report, fields, texts: texts.collect(), width }
    }

    pub(super) fn height(&self) -> f32 {
        let lines: usize = self.report.checks.iter().map(lines_of).sum();
        let texts = self.texts.len().div_ceil(TEXT_COLUMNS) as f32 * LINE;
        lines as f32 * LINE + gap_before(self.fields.height()) + gap_before(texts)
    }

    pub(super) fn draw(&self, page: &mut RgbImage, at: Point) {
        let mut top = at.y;
        for check in &self.report.checks {
            self.draw_check(page, Point::new(at.x, top), check);
            top += lines_of(check) as f32 * LINE;
        }
        self.fields.draw(page, Point::new(at.x, top + LINE / 2.0), self.width);
        top += gap_before(self.fields.height());
        self.draw_texts(page, Point::new(at.x, top + LINE / 2.0));
    }

    fn draw_check(&self, page: &mut RgbImage, at: Point, check: &Check) {
        let colour = outcome_colour(check.outcome);
        let ink = if check.outcome == Outcome::NotRun { QUIET } else { INK };
        let baseline = at.y + (LINE + CAPITALS) / 2.0;
        rule(page, Rect { left: at.x, top: at.y, right: at.x + self.width, bottom: at.y + 1.0 });
        disc(page, Point::new(at.x + 6.0, at.y + LINE / 2.0), 5.0, colour);
        let plain = Lettering::new(Typeface::Sans, CAPITALS, ink);
        let bold = Lettering::new(Typeface::SansBold, CAPITALS, colour);
        plain.draw(page, Point::new(at.x + 20.0, baseline), check.name.as_str());
        bold.draw(page, Point::new(at.x + COLUMNS[0], baseline), check.outcome.as_str());
        let score = score_text(check);
        let room = COLUMNS[2] - COLUMNS[1] - 16.0;
        plain.fitting(&score, room).draw(page, Point::new(at.x + COLUMNS[1], baseline), &score);
        for (i, reason) in check.reasons.iter().enumerate() {
            let text = format!("{reason}: {}", reason.text().operator);
            let at = Point::new(at.x + COLUMNS[2], baseline + i as f32 * LINE);
            plain.fitting(&text, self.width - COLUMNS[2]).draw(page, at, &text);
        }
    }

    fn draw_texts(&self, page: &mut RgbImage, at: Point) {
        let rows = self.texts.len().div_ceil(TEXT_COLUMNS).max(1);
        let column = self.width / TEXT_COLUMNS as f32;
        for (i, unplaced) in self.texts.iter().enumerate() {
            let left = at.x + (i / rows) as f32 * column;
            let baseline = at.y + (i % rows) as f32 * LINE + (LINE + CAPITALS) / 2.0;
            let number = Lettering::new(Typeface::SansBold, CAPITALS, INK);
            number.draw(page, Point::new(left, baseline), &unplaced.number.to_string());
            let text = Lettering::new(Typeface::Sans, CAPITALS, INK).fitting(&unplaced.text, column - 50.0);
            text.draw(page, Point::new(left + 34.0, baseline), &unplaced.text);
        }
    }
}

/// A line between two rows of a table.
pub(super) fn rule(page: &mut RgbImage, area: Rect) {
    fill(page, area, Rgb([222, 222, 218]), 1.0);
}

/// The height of a part with the gap that parts it from what is above; none of a part that is not there.
fn gap_before(height: f32) -> f32 {
    if height > 0.0 { height + LINE / 2.0 } else { 0.0 }
}

fn lines_of(check: &Check) -> usize {
    check.reasons.len().max(1)
}

/// The score, the policy's limit, and the metric where the evidence names it.
fn score_text(check: &Check) -> String {
    let Some(score) = check.score else { return String::new() };
    let metric = match check.evidence.details.get("metric") {
        Some(Value::String(metric)) => format!(" {metric}"),
        _ => String::new(),
    };
    let limit = check.threshold.map(|limit| format!("  limit {}", number(limit))).unwrap_or_default();
    format!("{}{metric}{limit}", number(score))
}

/// Three decimals, none for whole numbers; false match rates are too small for that.
fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value.abs() < 0.001 {
        format!("{value:.1e}")
    } else {
        format!("{value:.3}")
    }
}

fn codes(reasons: &[ReasonCode]) -> String {
    reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(", ")
}
