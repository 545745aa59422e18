//! Points and shapes in pixels. A point (x, y) with whole numbers is the centre of a pixel; x grows to the
//! right and y downwards.

use serde::{Deserialize, Serialize};

/// A point in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

impl Point {
    /// The point (x, y).
    pub fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// The distance to another point.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An upright rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rect {
    /// The left edge.
    pub left: f32,
    /// The upper edge.
    pub top: f32,
    /// The right edge.
    pub right: f32,
    /// The lower edge.
    pub bottom: f32,
}

impl Rect {
    /// Its width, never negative.
    pub fn width(&self) -> f32 {
        (self.right - self.left).max(0.0)
    }

    /// Its height, never negative.
    pub fn height(&self) -> f32 {
        (self.bottom - self.top).max(0.0)
    }

    /// Its area in square pixels.
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// The part of the union of both that both cover, 0 to 1.
    pub fn intersection_over_union(&self, other: &Self) -> f32 {
        let shared = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
        .area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Its corners, clockwise from the upper left.
    pub fn corners(&self) -> Quad {
        Quad([
            Point::new(self.left, self.top),
            Point::new(self.right, self.top),
            Point::new(self.right, self.bottom),
            Point::new(self.left, self.bottom),
        ])
    }
}

/// A quadrilateral: start-top, end-top, end-bottom, start-bottom.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quad(pub [Point; 4]);

impl Quad {
    /// Its corners as pairs, for a report's evidence.
    pub fn to_pairs(self) -> Vec<[f32; 2]> {
        self.0.iter().map(|p| [p.x, p.y]).collect()
    }

    /// The mean of its corners.
    pub fn middle(self) -> Point {
        let mean = |of: fn(&Point) -> f32| self.0.iter().map(of).sum::<f32>() / 4.0;
        Point::new(mean(|point| point.x), mean(|point| point.y))
    }

    /// Whether a point lies in it, if it is convex.
    pub fn contains(&self, point: Point) -> bool {
        let side = |index: usize| {
            let (a, b) = (self.0[index], self.0[(index + 1) % 4]);
            (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
        };
        (0..4).all(|index| side(index) >= 0.0) || (0..4).all(|index| side(index) <= 0.0)
    }

    /// What lies between two parts of its length, 0 being its start and 1 its end.
    pub fn part(self, from: f32, to: f32) -> Self {
        let between =
            |a: Point, b: Point, part: f32| Point::new(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part);
        let [start_top, end_top, end_bottom, start_bottom] = self.0;
        Self([
            between(start_top, end_top, from),
            between(start_top, end_top, to),
            between(start_bottom, end_bottom, to),
            between(start_bottom, end_bottom, from),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadrilateral_contains_what_lies_within_it_whichever_way_it_runs() {
        let corners = [(0.0, 0.0), (10.0, 2.0), (9.0, 8.0), (1.0, 6.0)].map(|(x, y)| Point::new(x, y));
        let [a, b, c, d] = corners;
        for quad in [Quad([a, b, c, d]), Quad([d, c, b, a])] {
            assert!(quad.contains(quad.middle()));
            assert!(!quad.contains(Point::new(5.0, 0.5)) && !quad.contains(Point::new(-1.0, 3.0)));
        }
        assert_eq!(Quad(corners).middle(), Point::new(5.0, 4.0));
    }
}
