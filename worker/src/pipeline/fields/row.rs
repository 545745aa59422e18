//! Lines of print in a frame in which they lie level, with a place for each character.

use idv_common::domain::CaptureKind;

use super::fold::Folded;
use crate::inference::{Point, Quad, Rect};
use crate::pipeline::document::TextFinding;

/// A line of print.
pub(super) struct Row {
    /// The side that it is printed on.
    pub(super) capture: CaptureKind,
    /// Its characters.
    pub(super) characters: Vec<char>,
    /// The same, folded.
    pub(super) folded: Folded,
    /// Where it lies in the level frame.
    pub(super) bounds: Rect,
    /// The mean probability of its characters, 0 to 1.
    pub(super) confidence: f32,
    quad: Quad,
    /// Where each character begins, 0 is the line's start and 1 its end; one more than there are characters.
    places: Vec<f32>,
}

impl Row {
    /// The lines of one side, in a frame that follows their direction.
    pub(super) fn of(capture: CaptureKind, lines: &[TextFinding]) -> Vec<Self> {
        let along = direction(lines);
        let row = |line: &TextFinding| {
            let characters: Vec<char> = line.text.chars().collect();
            Self {
                capture,
                folded: Folded::new(&line.text),
                bounds: bounds(&line.quad, along),
                confidence: line.confidence,
                quad: line.quad,
                places: places(&characters),
                characters,
            }
        };
        lines.iter().map(row).collect()
    }

    /// The characters of a part.
    pub(super) fn text(&self, start: usize, end: usize) -> String {
        self.characters.get(start..end).unwrap_or_default().iter().collect()
    }

    /// Its height in pixels.
    pub(super) fn height(&self) -> f32 {
        self.bounds.height()
    }

    /// Where the character of that index begins in the level frame.
    pub(super) fn x(&self, index: usize) -> f32 {
        self.bounds.left + self.bounds.width() * self.place(index)
    }

    /// Where a part lies in the level frame.
    pub(super) fn part(&self, start: usize, end: usize) -> Rect {
        Rect { left: self.x(start), right: self.x(end), ..self.bounds }
    }

    /// The corners of a part in pixels of the image.
    pub(super) fn corners(&self, start: usize, end: usize) -> Quad {
        let Quad([start_top, end_top, end_bottom, start_bottom]) = self.quad;
        let between =
            |a: Point, b: Point, at: f32| Point::new(a.x + (b.x - a.x) * at, a.y + (b.y - a.y) * at);
        let (from, to) = (self.place(start), self.place(end));
        Quad([
            between(start_top, end_top, from),
            between(start_top, end_top, to),
            between(start_bottom, end_bottom, to),
            between(start_bottom, end_bottom, from),
        ])
    }

    fn place(&self, index: usize) -> f32 {
        self.places.get(index).copied().unwrap_or(1.0)
    }
}

/// The unit vector that the lines follow, the long ones above all.
fn direction(lines: &[TextFinding]) -> Point {
    let (mut x, mut y) = (0.0, 0.0);
    for line in lines {
        let Quad([start, end, ..]) = line.quad;
        (x, y) = (x + end.x - start.x, y + end.y - start.y);
    }
    let length = x.hypot(y);
    if length > 0.0 { Point::new(x / length, y / length) } else { Point::new(1.0, 0.0) }
}

fn bounds(quad: &Quad, along: Point) -> Rect {
    let level = quad.0.map(|p| Point::new(p.x * along.x + p.y * along.y, p.y * along.x - p.x * along.y));
    // The middles of opposite corners, so that a slanted line does not grow into its neighbours.
    let mean = |a: f32, b: f32| (a + b) / 2.0;
    Rect {
        left: mean(level[0].x, level[3].x),
        top: mean(level[0].y, level[1].y),
        right: mean(level[1].x, level[2].x),
        bottom: mean(level[2].y, level[3].y),
    }
}

/// Where characters begin if each is as wide as its kind usually is.
fn places(characters: &[char]) -> Vec<f32> {
    let width = |character: &char| match character {
        'i' | 'l' | 'I' | 'j' | '.' | ',' | ':' | '\'' | '|' | '!' | '1' | ' ' | '/' => 0.55,
        'm' | 'w' | 'M' | 'W' => 1.45,
        character if character.is_uppercase() => 1.15,
        _ => 1.0,
    };
    let total: f32 = characters.iter().map(width).sum::<f32>().max(f32::EPSILON);
    let mut sum = 0.0;
    let mut places = vec![0.0];
    places.extend(characters.iter().map(|character| {
        sum += width(character);
        sum / total
    }));
    places
}

#[cfg(test)]
mod tests {
    use idv_common::domain::Private;

    use super::*;

    fn line(text: &str, corners: [(f32, f32); 4]) -> TextFinding {
        let quad = Quad(corners.map(|(x, y)| Point::new(x, y)));
        TextFinding { text: Private(text.to_owned()), quad, confidence: 1.0 }
    }

    #[test]
    fn lines_of_a_page_that_lies_on_its_side_are_level_in_their_frame() {
        // Reading direction downwards: the page was turned clockwise.
        let upper = line("ABCD", [(90.0, 10.0), (90.0, 50.0), (80.0, 50.0), (80.0, 10.0)]);
        let lower = line("EFGH", [(70.0, 10.0), (70.0, 50.0), (60.0, 50.0), (60.0, 10.0)]);
        let rows = Row::of(CaptureKind::DocumentFront, &[upper, lower]);
        assert!((rows[0].bounds.width() - 40.0).abs() < 0.01 && (rows[0].height() - 10.0).abs() < 0.01);
        assert!(rows[1].bounds.top > rows[0].bounds.bottom);
        assert!((rows[0].bounds.left - rows[1].bounds.left).abs() < 0.01);
    }

    #[test]
    fn a_part_lies_where_its_characters_do() {
        let row = line("AB CD", [(0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0)]);
        let row = &Row::of(CaptureKind::DocumentFront, &[row])[0];
        let part = row.corners(3, 5);
        assert!(part.0[0].x > 50.0 && part.0[0].x < 60.0 && part.0[1].x == 100.0, "{part:?}");
        assert_eq!(row.text(3, 5), "CD");
    }
}
