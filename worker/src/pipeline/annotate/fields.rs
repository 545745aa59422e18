//! The fields of the document: a number at the place of each, and a table of what they say and where from.

use idv_common::domain::{CaptureKind, Field, FieldName, FieldSource, Report};
use image::{Rgb, RgbImage};

use super::legend::{CAPITALS, LINE, rule};
use super::overlay::PADDING;
use super::{INK, QUIET};
use crate::{
    drawing::{Lettering, Typeface, fill},
    inference::{Point, Rect},
};

/// What stands above the columns.
const TITLES: [&str; 7] = ["", "field", "value", "source", "confidence", "raw text", "normalisation"];
/// How much of the table's width each column takes.
const SHARES: [f32; 7] = [0.035, 0.125, 0.28, 0.085, 0.085, 0.22, 0.17];
/// The room between two columns.
const GUTTER: f32 = 12.0;
/// The narrowest that a text is set before it is cut off.
const LEAST_SHRINK: f32 = 0.7;

/// The best reading of each field, numbered.
pub(super) struct Fields<'a> {
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    number: usize,
    name: FieldName,
    field: &'a Field,
}

/// A place on a capture and the numbers of the fields that were read there.
pub(super) struct Mark<'a> {
    /// The corners of the place, in pixels of the capture.
    pub(super) points: &'a [[f32; 2]],
    source: FieldSource,
    numbers: Vec<usize>,
}

impl Mark<'_> {
    /// What is written at the place.
    pub(super) fn text(&self) -> String {
        ranges(&self.numbers)
    }

    pub(super) fn colour(&self) -> Rgb<u8> {
        source_colour(self.source)
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let fields = report.document.iter().flat_map(|document| &document.fields);
        let rows = fields.zip(1..).map(|((name, field), number)| Row { number, name: *name, field });
        Self { rows: rows.collect() }
    }

    /// How many there are; the numbers after that are free.
    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    /// The places on one capture. Fields that were read in one place, as those of a barcode are, share a mark.
    pub(super) fn marks(&self, capture: CaptureKind) -> Vec<Mark<'a>> {
        let mut marks: Vec<Mark<'a>> = Vec::new();
        for Row { number, field, .. } in &self.rows {
            let Some(place) = field.place.as_ref().filter(|place| place.capture == capture) else { continue };
            let same = |mark: &&mut Mark<'a>| mark.points == place.points && mark.source == field.source;
            match marks.iter_mut().find(same) {
                Some(mark) => mark.numbers.push(*number),
                None => {
                    marks.push(Mark { points: &place.points, source: field.source, numbers: vec![*number] })
                }
            }
        }
        marks
    }

    pub(super) fn height(&self) -> f32 {
        if self.rows.is_empty() { 0.0 } else { (self.rows.len() + 1) as f32 * LINE }
    }

    /// Draws the table with its upper left corner at `at`.
    pub(super) fn draw(&self, page: &mut RgbImage, at: Point, width: f32) {
        if self.rows.is_empty() {
            return;
        }
        let columns = columns(at.x, width);
        let quiet = Lettering::new(Typeface::Sans, CAPITALS, QUIET);
        for (title, (left, _)) in TITLES.iter().zip(columns) {
            quiet.draw(page, Point::new(left, baseline(at.y)), title);
        }
        for (i, row) in self.rows.iter().enumerate() {
            row.draw(page, at.y + (i + 1) as f32 * LINE, columns);
        }
    }
}

impl Row<'_> {
    fn draw(&self, page: &mut RgbImage, top: f32, columns: [(f32, f32); 7]) {
        let [(number, _), (name, name_width), value, (source, _), (confidence, _), raw, normalised] = columns;
        rule(page, Rect { left: number, top, right: normalised.0 + normalised.1, bottom: top + 1.0 });
        let (field, colour) = (self.field, source_colour(self.field.source));
        let plain = Lettering::new(Typeface::Sans, CAPITALS, INK);
        let bold = Lettering::new(Typeface::SansBold, CAPITALS, INK);
        self.draw_number(page, Point::new(number, top), colour);
        write(page, plain, (name, name_width), top, self.name.as_str());
        write(page, bold, value, top, &field.value);
        let label = Lettering::new(Typeface::SansBold, CAPITALS, colour);
        label.draw(page, Point::new(source, baseline(top)), source_name(field.source));
        if let Some(sure) = field.confidence {
            plain.draw(page, Point::new(confidence, baseline(top)), &hundredths(sure));
        }
        if field.raw != field.value {
            write(page, plain, raw, top, &field.raw);
        }
        let steps: Vec<&str> = field.normalised.iter().map(|step| step.as_str()).collect();
        write(page, plain, normalised, top, &steps.join(", "));
    }

    /// The number as it stands at the field's place; hollow if that is not known.
    fn draw_number(&self, page: &mut RgbImage, at: Point, colour: Rgb<u8>) {
        let text = self.number.to_string();
        let placed = self.field.place.is_some();
        let lettering = Lettering::new(Typeface::SansBold, 9.0, if placed { Rgb([255; 3]) } else { colour });
        let width = lettering.width(&text) + 2.0 * PADDING;
        let chip = Rect { left: at.x, top: at.y + 4.0, right: at.x + width, bottom: at.y + LINE - 3.0 };
        fill(page, chip, colour, if placed { 1.0 } else { 0.12 });
        let foot = (chip.top + chip.bottom + lettering.cap_height()) / 2.0;
        lettering.draw(page, Point::new(chip.left + PADDING, foot), &text);
    }
}

/// The colour that a source goes by; none is one of an outcome.
fn source_colour(source: FieldSource) -> Rgb<u8> {
    match source {
        FieldSource::Mrz => Rgb([20, 90, 200]),
        FieldSource::VisualZone => Rgb([184, 28, 122]),
        FieldSource::Barcode => Rgb([120, 78, 16]),
    }
}

fn source_name(source: FieldSource) -> &'static str {
    match source {
        FieldSource::Mrz => "zone",
        FieldSource::VisualZone => "print",
        FieldSource::Barcode => "barcode",
    }
}

/// Where each column begins, and its width.
fn columns(left: f32, width: f32) -> [(f32, f32); 7] {
    let mut next = left;
    SHARES.map(|share| {
        let begin = next;
        next += share * width;
        (begin, share * width - GUTTER)
    })
}

fn baseline(top: f32) -> f32 {
    top + (LINE + CAPITALS) / 2.0
}

/// Writes a text into a cell: smaller if it is long, and cut off if that is not enough.
fn write(page: &mut RgbImage, lettering: Lettering, (left, width): (f32, f32), top: f32, text: &str) {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let room = width / LEAST_SHRINK;
    let text = if lettering.width(&text) <= room { text } else { cut(&text, &lettering, room) };
    lettering.fitting(&text, width).draw(page, Point::new(left, baseline(top)), &text);
}

/// As much of a text as there is room for, and dots.
fn cut(text: &str, lettering: &Lettering, room: f32) -> String {
    let mut left = room - lettering.width("…");
    let fits = |c: &char| {
        left -= lettering.width(c.encode_utf8(&mut [0; 4]));
        left >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// Two decimals, never rounded up: only what is certain is 1.00.
fn hundredths(confidence: f32) -> String {
    format!("{:.2}", (f64::from(confidence) * 100.0 + 1e-5).floor() / 100.0)
}

/// Numbers in rising order, those that follow one another as a range.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let texts = runs.filter_map(|run| match run {
        [] => None,
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first}–{last}")),
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[1]), "1");
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1–3, 5, 7–8");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn only_what_is_certain_is_shown_as_one() {
        assert_eq!([1.0, 0.99999, 0.29, 0.0].map(hundredths), ["1.00", "0.99", "0.29", "0.00"]);
    }

    #[test]
    fn a_text_that_is_too_long_ends_in_dots() {
        let lettering = Lettering::new(Typeface::Sans, 10.0, INK);
        let text = "12 LONG STREET, A TOWN, SOMEWHERE";
        let short = cut(text, &lettering, 120.0);
        assert!(short.ends_with('…') && text.starts_with(short.trim_end_matches('…')), "{short}");
        assert!(lettering.width(&short) <= 120.0);
        assert_eq!(cut(text, &lettering, 0.0), "…");
    }
}
