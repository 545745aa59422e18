//! One picture of a whole run: the captures with what was found on them, every check with its outcome, and every field
//! with what it says and where from.

mod fields;
mod legend;
mod overlay;

use idv_common::domain::{CaptureKind, Outcome, Region, Report, Verdict};
use image::{Rgb, RgbImage, imageops};

use crate::{
    drawing::{Lettering, Typeface, fill},
    inference::{Point, Rect},
};
use fields::Fields;
use overlay::Overlay;

/// The widest picture that is drawn, in pixels.
const MAX_WIDTH: f32 = 1600.0;
/// The narrowest one: the table of checks needs that much.
const MIN_WIDTH: f32 = 1100.0;
/// The most that a capture is scaled up to.
const MAX_HEIGHT: f32 = 760.0;
/// The space about and between the parts.
const GAP: f32 = 24.0;
/// The room for a capture's name above it.
const CAPTION: f32 = 24.0;

const PAPER: Rgb<u8> = Rgb([250, 250, 248]);
const INK: Rgb<u8> = Rgb([30, 32, 38]);
const QUIET: Rgb<u8> = Rgb([104, 108, 116]);

/// Draws the captures side by side at one height, with the regions of every check's evidence in the colour of
/// its outcome and the text that was read beside them, and the document's fields in the colour of their source and
/// with their numbers; above it the verdict, below it the table of checks and that of the numbered fields. Regions
/// are in pixels of the captures as they are given, upright. The picture holds personal data.
pub(super) fn annotate(captures: &[(CaptureKind, &RgbImage)], report: &Report) -> RgbImage {
    let height = common_height(captures);
    let fields = Fields::of(report);
    let mut panels: Vec<Panel> =
        captures.iter().map(|capture| Panel::draw(capture, height, report, &fields)).collect();
    number_the_rest(&mut panels, fields.count());
    let pictures: f32 = panels.iter().map(|panel| panel.image.width() as f32 + GAP).sum();
    let width = (pictures + GAP).max(MIN_WIDTH);
    let unplaced = panels.iter().flat_map(|panel| &panel.unplaced);
    let legend = legend::Legend::new(report, &fields, unplaced, width - 2.0 * GAP);
    let top = legend::HEADER + GAP;
    let below = top + if panels.is_empty() { 0.0 } else { CAPTION + height + GAP };
    let mut page = RgbImage::from_pixel(width as u32, (below + legend.height() + GAP) as u32, PAPER);
    legend::draw_header(&mut page, report);
    let mut left = GAP;
    for panel in &panels {
        panel.place(&mut page, Point::new(left, top));
        left += panel.image.width() as f32 + GAP;
    }
    legend.draw(&mut page, Point::new(GAP, below));
    page
}

/// The colour that an outcome goes by.
fn outcome_colour(outcome: Outcome) -> Rgb<u8> {
    match outcome {
        Outcome::Pass => Rgb([22, 138, 72]),
        Outcome::Fail => Rgb([204, 32, 40]),
        Outcome::Inconclusive => Rgb([206, 122, 0]),
        Outcome::NotRun => QUIET,
        Outcome::Error => Rgb([124, 58, 172]),
    }
}

fn verdict_colour(verdict: Verdict) -> Rgb<u8> {
    outcome_colour(match verdict {
        Verdict::Verified => Outcome::Pass,
        Verdict::Rejected => Outcome::Fail,
        Verdict::NeedsReview => Outcome::Inconclusive,
    })
}

/// The height at which all captures fit side by side.
fn common_height(captures: &[(CaptureKind, &RgbImage)]) -> f32 {
    let proportions: f32 = captures.iter().map(|(_, image)| proportion(image)).sum();
    let room = MAX_WIDTH - GAP * (captures.len() as f32 + 1.0);
    (room / proportions.max(0.1)).clamp(1.0, MAX_HEIGHT)
}

/// Width over height. What is longer than any photo is shown squeezed, so that it leaves room for the rest.
fn proportion(image: &RgbImage) -> f32 {
    (image.width() as f32 / image.height().max(1) as f32).clamp(0.1, 10.0)
}

/// One capture with its regions drawn in.
struct Panel {
    kind: CaptureKind,
    image: RgbImage,
    /// Texts for which there was no room beside their regions, and where those are.
    unplaced: Vec<overlay::Unplaced>,
}

impl Panel {
    fn draw(
        (kind, capture): &(CaptureKind, &RgbImage),
        height: f32,
        report: &Report,
        fields: &Fields<'_>,
    ) -> Self {
        let width = (height * proportion(capture)).round().max(1.0);
        let scale = [width / capture.width().max(1) as f32, height / capture.height().max(1) as f32];
        let filter =
            if scale[1] < 1.0 { imageops::FilterType::Triangle } else { imageops::FilterType::CatmullRom };
        let scaled = imageops::resize(*capture, width as u32, height.round() as u32, filter);
        let mut overlay = Overlay::new(scaled, scale, fields.marks(*kind));
        for (region, outcome) in regions_of(*kind, report) {
            // What was read is judged as fields, not where it stands.
            let colour = if region.label == "text" { QUIET } else { outcome_colour(outcome) };
            overlay.add(region, colour);
        }
        let (image, unplaced) = overlay.finish();
        Self { kind: *kind, image, unplaced }
    }

    fn place(&self, page: &mut RgbImage, at: Point) {
        let caption = Lettering::new(Typeface::Sans, 11.0, QUIET);
        caption.draw(page, Point::new(at.x, at.y + 14.0), self.kind.as_str());
        imageops::replace(page, &self.image, at.x as i64, (at.y + CAPTION) as i64);
    }
}

/// The regions on one capture, those of failed checks first: where two checks rest on the same region, the
/// worse outcome gives the colour.
fn regions_of(kind: CaptureKind, report: &Report) -> Vec<(&Region, Outcome)> {
    let mut regions: Vec<(&Region, Outcome)> = report
        .checks
        .iter()
        .flat_map(|check| check.evidence.regions.iter().map(|region| (region, check.outcome)))
        .filter(|(region, _)| region.capture == kind)
        .collect();
    regions.sort_by_key(|(_, outcome)| match outcome {
        Outcome::Fail => 0,
        Outcome::Error => 1,
        Outcome::Inconclusive => 2,
        Outcome::Pass => 3,
        Outcome::NotRun => 4,
    });
    regions
}

/// Numbers the texts without room through all panels, after the fields, and marks their regions with the numbers.
fn number_the_rest(panels: &mut [Panel], fields: usize) {
    let mut number = fields;
    for panel in panels {
        for unplaced in &mut panel.unplaced {
            number += 1;
            unplaced.mark(&mut panel.image, number);
        }
    }
}

/// Fills a strip and writes into it.
fn write_boxed(image: &mut RgbImage, area: Rect, lettering: Lettering, ground: Rgb<u8>, text: &str) {
    fill(image, area, ground, 0.88);
    let baseline = (area.top + area.bottom + lettering.cap_height()) / 2.0;
    lettering.draw(image, Point::new(area.left + overlay::PADDING, baseline), text);
}

#[cfg(test)]
mod tests;
