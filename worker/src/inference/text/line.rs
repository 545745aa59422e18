//! Words and lines as the detector finds them, and the geometry of a line.

use rten_imageproc::{PointF, RotatedRect, Vec2};

use crate::inference::{Point, Quad};

/// The least ratio of length to height from which a word's direction says where its line runs.
const DIRECTED_ASPECT: f32 = 2.2;

/// A word's rectangle: `along` is the unit vector of the reading direction in an upright page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Word {
    center: Point,
    along: Point,
    length: f32,
    height: f32,
}

impl Word {
    /// The rectangle, read in the direction that is nearest to rightwards.
    pub(super) fn upright(rect: RotatedRect) -> Self {
        let rect = rect.orient_towards(Vec2::from_yx(-1.0, 0.0));
        let up = rect.up_axis();
        Self {
            center: Point::new(rect.center().x, rect.center().y),
            along: Point::new(-up.y, up.x),
            length: rect.width(),
            height: rect.height(),
        }
    }

    /// The same rectangle in the layout analysis's terms.
    pub(super) fn to_rect(self) -> RotatedRect {
        let center = PointF::from_yx(self.center.y, self.center.x);
        RotatedRect::new(center, Vec2::from_yx(-self.along.x, self.along.y), self.length, self.height)
    }

    /// The angle of its long side in degrees, above -90 up to 90, clockwise positive; `None` if it is too short
    /// to tell.
    pub fn angle(&self) -> Option<f32> {
        let degrees = self.along.y.atan2(self.along.x).to_degrees();
        if self.length > DIRECTED_ASPECT * self.height {
            Some(degrees)
        } else if self.height > DIRECTED_ASPECT * self.length {
            Some(if degrees > 0.0 { degrees - 90.0 } else { degrees + 90.0 })
        } else {
            None
        }
    }

    /// The length of its longer side in pixels.
    pub fn long_side(&self) -> f32 {
        self.length.max(self.height)
    }

    fn start(&self) -> Point {
        self.at(-0.5)
    }

    fn end(&self) -> Point {
        self.at(0.5)
    }

    fn at(&self, part: f32) -> Point {
        Point::new(
            self.center.x + self.along.x * self.length * part,
            self.center.y + self.along.y * self.length * part,
        )
    }
}

/// A line of words in reading order, straightened: the axis is the least-squares line through the middles of
/// the words' short sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    start: Point,
    end: Point,
    height: f32,
    /// For each word, where it begins and ends on the axis: 0 is the line's start, 1 its end.
    words: Vec<(f32, f32)>,
}

impl Line {
    /// The line through at least one word.
    pub(super) fn through(words: &[Word]) -> Option<Self> {
        let ends: Vec<Point> = words.iter().flat_map(|word| [word.start(), word.end()]).collect();
        let (origin, along) = fit(&ends)?;
        let project = |point: Point| (point.x - origin.x) * along.x + (point.y - origin.y) * along.y;
        let places: Vec<(f32, f32)> =
            words.iter().map(|word| (project(word.start()), project(word.end()))).collect();
        let first = places.iter().map(|place| place.0).fold(f32::INFINITY, f32::min);
        let last = places.iter().map(|place| place.1).fold(f32::NEG_INFINITY, f32::max);
        let length = last - first;
        if length.is_nan() || length <= 0.0 {
            return None;
        }
        let at = |distance: f32| Point::new(origin.x + along.x * distance, origin.y + along.y * distance);
        Some(Self {
            start: at(first),
            end: at(last),
            height: median(words.iter().map(|word| word.height)),
            words: places
                .iter()
                .map(|place| ((place.0 - first) / length, (place.1 - first) / length))
                .collect(),
        })
    }

    /// The line that fills a quadrilateral, whose corners are in reading order; `None` if it has no length.
    pub fn along(quad: Quad) -> Option<Self> {
        let [a, b, c, d] = quad.0;
        let between = |p: Point, q: Point| Point::new((p.x + q.x) / 2.0, (p.y + q.y) / 2.0);
        let (start, end) = (between(a, d), between(b, c));
        let height = (a.distance(d) + b.distance(c)) / 2.0;
        (start.distance(end) > 0.0).then(|| Self { start, end, height, words: vec![(0.0, 1.0)] })
    }

    /// The line so many times as high, and moved down by so many of its heights.
    pub fn cut(&self, higher: f32, lower: f32) -> Self {
        let (along, by) = (self.direction(), self.height * lower);
        let moved = |point: Point| Point::new(point.x - along.y * by, point.y + along.x * by);
        let (start, end) = (moved(self.start), moved(self.end));
        Self { start, end, height: self.height * higher, words: self.words.clone() }
    }

    /// The same line read the other way.
    pub fn on_its_head(&self) -> Self {
        let words = self.words.iter().rev().map(|(start, end)| (1.0 - end, 1.0 - start)).collect();
        Self { start: self.end, end: self.start, height: self.height, words }
    }

    /// Its length in pixels.
    pub fn length(&self) -> f32 {
        self.start.distance(self.end)
    }

    /// The median height of its words in pixels.
    pub fn height(&self) -> f32 {
        self.height
    }

    /// Where the axis starts.
    pub(super) fn start(&self) -> Point {
        self.start
    }

    /// The unit vector of the reading direction.
    pub(super) fn direction(&self) -> Point {
        let length = self.length();
        Point::new((self.end.x - self.start.x) / length, (self.end.y - self.start.y) / length)
    }

    /// The index of the word that is nearest to a place on the axis, 0 to 1.
    pub(super) fn word_at(&self, place: f32) -> usize {
        let distance = |word: &(f32, f32)| (word.0 - place).max(place - word.1).max(0.0);
        let nearest = self.words.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        nearest.map_or(0, |(index, _)| index)
    }

    /// Its corners in pixels of the page.
    pub fn quad(&self) -> Quad {
        let (along, half) = (self.direction(), self.height / 2.0);
        let down = Point::new(-along.y * half, along.x * half);
        Quad([
            Point::new(self.start.x - down.x, self.start.y - down.y),
            Point::new(self.end.x - down.x, self.end.y - down.y),
            Point::new(self.end.x + down.x, self.end.y + down.y),
            Point::new(self.start.x + down.x, self.start.y + down.y),
        ])
    }
}

/// The least-squares line y(x) through points: one point of it, and its direction to the right.
fn fit(points: &[Point]) -> Option<(Point, Point)> {
    let count = points.len() as f32;
    let mean_x = points.iter().map(|p| p.x).sum::<f32>() / count;
    let mean_y = points.iter().map(|p| p.y).sum::<f32>() / count;
    let spread: f32 = points.iter().map(|p| (p.x - mean_x).powi(2)).sum();
    if spread.is_nan() || spread <= 0.0 {
        return None;
    }
    let slope = points.iter().map(|p| (p.x - mean_x) * (p.y - mean_y)).sum::<f32>() / spread;
    let norm = slope.hypot(1.0);
    Some((Point::new(mean_x, mean_y), Point::new(1.0 / norm, slope / norm)))
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_cut_higher_and_lower_and_read_the_other_way() {
        let quad =
            Quad([(10.0, 20.0), (110.0, 20.0), (110.0, 30.0), (10.0, 30.0)].map(|(x, y)| Point::new(x, y)));
        let line = Line::along(quad).unwrap();
        assert_eq!((line.length(), line.height(), line.quad()), (100.0, 10.0, quad));
        let cut = line.cut(1.5, 0.2);
        assert_eq!((cut.height(), cut.start()), (15.0, Point::new(10.0, 27.0)));
        let turned = line.on_its_head();
        assert_eq!((turned.start(), turned.direction()), (Point::new(110.0, 25.0), Point::new(-1.0, 0.0)));
        assert!(Line::along(Quad([Point::new(3.0, 3.0); 4])).is_none());
    }
}
