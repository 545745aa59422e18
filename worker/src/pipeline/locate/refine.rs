//! Moves the sides of a candidate onto the edges that back them.

use super::gradient::EdgeMap;
use super::quads::Candidate;
use crate::inference::{Point, Quad};

/// How far from a side its edges may lie at first and at last, in pixels.
const REACHES: [f32; 3] = [4.0, 2.5, 1.5];
/// The least cosine between an edge's direction and the side's normal.
const ALIGNED: f32 = 0.94;
/// The part of a side at each end that is left out: corners may be round.
const ROUND_CORNER: f32 = 0.07;
/// A side moves only if at least this part of it is backed.
const LEAST_BACKED: f32 = 0.2;

/// A side as a point and a unit vector along it.
type Side = (Point, Point);

/// The quadrilateral with each side at the least-squares line through its edges.
pub(super) fn refined(candidate: &Candidate, edges: &EdgeMap) -> Quad {
    let corners = candidate.quad.0;
    let sides: [Side; 4] = std::array::from_fn(|at| {
        let (from, to) = (corners[at], corners[(at + 1) % 4]);
        let mut side = (from, direction(from, to));
        for reach in REACHES {
            side = fitted(side, from.distance(to), reach, edges).unwrap_or(side);
        }
        side
    });
    let moved: [Option<Point>; 4] = std::array::from_fn(|at| crossing(sides[(at + 3) % 4], sides[at]));
    Quad(std::array::from_fn(|at| moved[at].unwrap_or(corners[at])))
}

fn direction(from: Point, to: Point) -> Point {
    let length = from.distance(to).max(1e-3);
    Point::new((to.x - from.x) / length, (to.y - from.y) / length)
}

/// The line through the edges near a side, each place of the side giving its nearest one.
fn fitted((from, along): Side, length: f32, reach: f32, edges: &EdgeMap) -> Option<Side> {
    let across = Point::new(-along.y, along.x);
    let (mut sum_a, mut sum_b, mut sum_aa, mut sum_ab, mut weight) = (0.0, 0.0, 0.0, 0.0, 0.0_f32);
    let steps = (length * (1.0 - 2.0 * ROUND_CORNER)) as usize;
    for step in 0..steps {
        let a = length * ROUND_CORNER + step as f32;
        let Some((b, here)) = nearest((from, along), a, across, reach, edges) else { continue };
        sum_a += here * a;
        sum_b += here * b;
        sum_aa += here * a * a;
        sum_ab += here * a * b;
        weight += here;
    }
    let spread = weight * sum_aa - sum_a * sum_a;
    if weight < LEAST_BACKED * steps as f32 || spread <= 0.0 {
        return None;
    }
    let slope = (weight * sum_ab - sum_a * sum_b) / spread;
    let start = (sum_b - slope * sum_a) / weight;
    let at = |a: f32| {
        let b = start + slope * a;
        Point::new(from.x + along.x * a + across.x * b, from.y + along.y * a + across.y * b)
    };
    Some((at(0.0), direction(at(0.0), at(length))))
}

/// How far beside a place of a side the nearest edge lies that runs along it, and its weight.
fn nearest((from, along): Side, a: f32, across: Point, reach: f32, edges: &EdgeMap) -> Option<(f32, f32)> {
    let steps = reach.ceil() as i32;
    let mut found: Option<(f32, f32)> = None;
    for step in -steps..=steps {
        let b = step as f32;
        let x = (from.x + along.x * a + across.x * b).round();
        let y = (from.y + along.y * a + across.y * b).round();
        let edge = edges.at(x as i32, y as i32);
        if (edge.direction.0 * across.x + edge.direction.1 * across.y).abs() < ALIGNED {
            continue;
        }
        // The pixel's own distance from the side, not that of the place that was rounded.
        let exact = (x - from.x) * across.x + (y - from.y) * across.y;
        if exact.abs() <= reach && found.is_none_or(|(other, _)| exact.abs() < other.abs()) {
            found = Some((exact, (3.0 * edge.weight).min(1.0)));
        }
    }
    found
}

fn crossing((p, u): Side, (q, v): Side) -> Option<Point> {
    let determinant = u.x * v.y - u.y * v.x;
    let t = ((q.x - p.x) * v.y - (q.y - p.y) * v.x) / determinant;
    (determinant.abs() > 0.2).then(|| Point::new(p.x + u.x * t, p.y + u.y * t))
}
