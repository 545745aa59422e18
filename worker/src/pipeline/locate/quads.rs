//! Quadrilaterals made of lines, and how likely each is a document's outline.

use std::f32::consts::PI;

use super::lines::Line;
use crate::inference::{Point, Quad};

/// Opposite sides differ in direction by less than this, in radians.
const MOST_CONVERGENCE: f32 = 0.45;
/// Neighbouring sides meet at an angle of at least this, in radians.
const LEAST_CORNER: f32 = 1.05;
/// Opposite sides lie at least this far apart, as a part of the picture's shorter side.
const LEAST_SIDE: f32 = 0.16;
/// How far a corner may lie outside the picture, as a part of its longer side.
const OUTSIDE: f32 = 0.04;
/// The ratios of the long to the short side of a document that is seen from an angle: ID-1 is 1.585, ID-2 1.419
/// and ID-3 1.420 (ISO/IEC 7810). A portrait has 1.29, and must not pass for one.
const RATIOS: std::ops::RangeInclusive<f32> = 1.30..=1.95;
/// The ratios that cost nothing.
const LIKELY_RATIOS: std::ops::RangeInclusive<f32> = 1.34..=1.70;
/// The part of a side at each end that need not be backed: corners may be round.
const ROUND_CORNER: f32 = 0.07;
/// How far beyond its ends a side is looked at, as a part of its length.
const BEYOND: f32 = 0.12;
/// What a side on the picture's border counts for.
const BORDER_BACKING: f32 = 0.55;

/// A candidate.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Its corners, clockwise, the first side running rightwards more than in any other direction.
    pub(super) quad: Quad,
    /// How much the candidate resembles a document's outline; a perfect one that fills the picture has 1.
    pub(super) score: f32,
    /// The same with less regard for its size: small is no proof against it.
    pub(super) certainty: f32,
    /// Its area as a part of the picture's.
    pub(super) area: f32,
    /// How many sides lie on the picture's border.
    pub(super) cut_sides: u32,
}

/// The best candidates among the quadrilaterals that the lines make, the best first.
pub(super) fn candidates(lines: &[Line], width: f32, height: f32) -> Vec<Candidate> {
    let pairs = pairs(lines, width, height);
    let mut best: Vec<Candidate> = Vec::new();
    for (at, first) in pairs.iter().enumerate() {
        for second in &pairs[at + 1..] {
            if !crosses(lines, *first, *second) {
                continue;
            }
            let Some(candidate) = candidate(lines, *first, *second, (width, height)) else { continue };
            let place = best.partition_point(|other| other.score >= candidate.score);
            if place < KEPT {
                best.insert(place, candidate);
                best.truncate(KEPT);
            }
        }
    }
    best
}

/// How many candidates are kept.
const KEPT: usize = 8;

/// Pairs of lines that may be opposite sides.
fn pairs(lines: &[Line], width: f32, height: f32) -> Vec<(usize, usize)> {
    let middle = Point::new(width / 2.0, height / 2.0);
    let apart = LEAST_SIDE * width.min(height);
    let mut pairs = Vec::new();
    for (a, first) in lines.iter().enumerate() {
        for (b, second) in lines.iter().enumerate().skip(a + 1) {
            if first.angle_to(second) > MOST_CONVERGENCE || (first.is_border && second.is_border) {
                continue;
            }
            // Past half a turn the normal points the other way.
            let flipped = (first.angle - second.angle).abs() > PI / 2.0;
            let sign = if flipped { -1.0 } else { 1.0 };
            let distance = (first.distance(middle) - sign * second.distance(middle)).abs();
            if distance >= apart {
                pairs.push((a, b));
            }
        }
    }
    pairs
}

fn crosses(lines: &[Line], first: (usize, usize), second: (usize, usize)) -> bool {
    let steep = |a: usize, b: usize| lines[a].angle_to(&lines[b]) >= LEAST_CORNER;
    steep(first.0, second.0)
        && steep(first.0, second.1)
        && steep(first.1, second.0)
        && steep(first.1, second.1)
}

fn candidate(
    lines: &[Line],
    first: (usize, usize),
    second: (usize, usize),
    (width, height): (f32, f32),
) -> Option<Candidate> {
    let around = [first.0, second.0, first.1, second.1].map(|index| &lines[index]);
    let cut_sides = around.iter().filter(|line| line.is_border).count() as u32;
    if cut_sides > 1 {
        return None;
    }
    let mut corners = [Point::default(); 4];
    for (at, corner) in corners.iter_mut().enumerate() {
        // The corner before the side, so that side `at` runs from corner `at` to the next.
        *corner = around[(at + 3) % 4].crossing(around[at])?;
        let margin = OUTSIDE * width.max(height);
        let is_inside =
            (-margin..=width + margin).contains(&corner.x) && (-margin..=height + margin).contains(&corner.y);
        if !is_inside {
            return None;
        }
    }
    let shape = shape(&corners, (width, height))?;
    let mut backing = [BORDER_BACKING; 4];
    let mut beyond = 0.0;
    for (side, backing) in backing.iter_mut().enumerate().filter(|(side, _)| !around[*side].is_border) {
        let (from, to) = (corners[side], corners[(side + 1) % 4]);
        let at = |part: f32| Point::new(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
        *backing = around[side].backed(at(ROUND_CORNER), at(1.0 - ROUND_CORNER));
        if *backing < LEAST_BACKING {
            return None;
        }
        let before = around[side].backed(at(-BEYOND), at(-0.02));
        let after = around[side].backed(at(1.02), at(1.0 + BEYOND));
        beyond += (before + after) / 2.0;
    }
    let mean = backing.iter().sum::<f32>() / 4.0;
    let weakest = backing.iter().copied().fold(1.0, f32::min);
    let score = 0.5 * mean + 0.5 * weakest - BEYOND_COST * beyond / 4.0 + shape;
    let area = area(&corners) / (width * height);
    Some(Candidate {
        quad: clockwise(corners),
        score,
        certainty: score - (AREA_GAIN - AREA_CERTAINTY) * area.min(1.0).ln(),
        area,
        cut_sides,
    })
}

/// A side of which less is backed is none.
const LEAST_BACKING: f32 = 0.25;
/// What it costs when every side runs on beyond its ends.
const BEYOND_COST: f32 = 0.35;
/// What a unit of the logarithm of the area, as a part of the picture, counts for.
const AREA_GAIN: f32 = 0.2;
/// The same for the certainty.
const AREA_CERTAINTY: f32 = 0.1;
/// What a unit of the logarithm of a ratio outside the likely ones costs.
const RATIO_COST: f32 = 1.0;
/// What a unit of the logarithm of the ratio of opposite sides costs.
const CONVERGENCE_COST: f32 = 0.25;

/// What the shape alone counts for; `None` if no document looks like that.
fn shape(corners: &[Point; 4], (width, height): (f32, f32)) -> Option<f32> {
    let side = |a: usize, b: usize| corners[a].distance(corners[b]);
    let (a, b, c, d) = (side(0, 1), side(1, 2), side(2, 3), side(3, 0));
    let (first, second) = ((a + c) / 2.0, (b + d) / 2.0);
    let ratio = first.max(second) / first.min(second).max(1.0);
    let turns = (0..4).map(|at| cross(corners[at], corners[(at + 1) % 4], corners[(at + 2) % 4]));
    let (left, right) = turns.fold((0, 0), |(l, r), t| if t > 0.0 { (l + 1, r) } else { (l, r + 1) });
    let area = area(corners) / (width * height);
    let convergence = (a / c.max(1.0)).ln().abs().max((b / d.max(1.0)).ln().abs());
    if !RATIOS.contains(&ratio) || (left != 4 && right != 4) || convergence > 0.6 || area < 0.04 {
        return None;
    }
    let unlikely = (ratio / LIKELY_RATIOS.end()).ln().max((LIKELY_RATIOS.start() / ratio).ln()).max(0.0);
    Some(AREA_GAIN * area.min(1.0).ln() - RATIO_COST * unlikely - CONVERGENCE_COST * convergence)
}

fn cross(a: Point, b: Point, c: Point) -> f32 {
    (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x)
}

fn area(corners: &[Point; 4]) -> f32 {
    let sum: f32 = (0..4)
        .map(|at| {
            let (a, b) = (corners[at], corners[(at + 1) % 4]);
            a.x * b.y - b.x * a.y
        })
        .sum();
    sum.abs() / 2.0
}

/// The corners clockwise from the one whose side runs rightwards most.
pub(super) fn clockwise(mut corners: [Point; 4]) -> Quad {
    if cross(corners[0], corners[1], corners[2]) < 0.0 {
        corners.reverse();
    }
    let rightwards = |at: usize| {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        (b.x - a.x) / a.distance(b).max(1.0)
    };
    let first = (0..4).max_by(|a, b| rightwards(*a).total_cmp(&rightwards(*b))).unwrap_or(0);
    corners.rotate_left(first);
    Quad(corners)
}
