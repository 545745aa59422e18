//! What a reader makes of a symbol.

use crate::inference::{Point, Quad};

/// A symbol that was found.
pub(super) struct Look {
    /// Its corners, from where it begins.
    pub(super) quad: Quad,
    /// What it says; `None` if it cannot be read.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Look {
    /// The same symbol with its corners put elsewhere.
    pub(super) fn placed(self, place: impl Fn(Point) -> Point) -> Self {
        Self { quad: Quad(self.quad.0.map(place)), ..self }
    }

    /// Whether the middle of one symbol lies within the bounds of the other.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        within(middle(&self.quad), &other.quad) || within(middle(&other.quad), &self.quad)
    }
}

fn middle(quad: &Quad) -> Point {
    let sum = quad.0.iter().fold(Point::default(), |sum, point| Point::new(sum.x + point.x, sum.y + point.y));
    Point::new(sum.x / 4.0, sum.y / 4.0)
}

fn within(point: Point, quad: &Quad) -> bool {
    let bounds = |of: fn(&Point) -> f32| {
        let values = quad.0.iter().map(of);
        values.clone().fold(f32::MAX, f32::min)..=values.fold(f32::MIN, f32::max)
    };
    bounds(|point| point.x).contains(&point.x) && bounds(|point| point.y).contains(&point.y)
}
