//! Straight lines in a picture, and how much of each is backed by edges.

use std::f32::consts::PI;

use super::gradient::EdgeMap;
use crate::inference::Point;

/// Directions that are told apart.
const ANGLES: usize = 180;
/// An edge votes for lines whose direction differs from its own by up to this many degrees.
const VOTE_REACH: i32 = 4;
/// Two lines nearer than this are one: degrees, and pixels at the middle of the picture.
const SAME_ANGLE: i32 = 3;
const SAME_OFFSET: i32 = 4;
/// How many lines are kept of each sector of directions, and how many sectors there are.
const LINES_PER_SECTOR: usize = 12;
const SECTORS: usize = 6;
/// A line has at least this much weight, as a part of the picture's shorter side.
const LEAST_WEIGHT: f32 = 0.04;
/// How far beside a line its edges may lie, in pixels.
const BESIDE: i32 = 2;
/// The least cosine between an edge's direction and the line's normal.
const ALIGNED: f32 = 0.94;

/// A straight line across the picture: the points whose projection on the normal is the offset.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The angle of the normal in radians, 0 up to pi.
    pub(super) angle: f32,
    normal: Point,
    offset: f32,
    /// Where the first entry of the sums lies on the line.
    start: f32,
    /// Sums of backed pixels up to each place: edges that brighten along the normal, and against it.
    rising: Vec<f32>,
    falling: Vec<f32>,
    /// Whether it is the picture's own border.
    pub(super) is_border: bool,
}

impl Line {
    fn through(edges: &EdgeMap, angle: f32, offset: f32) -> Self {
        let normal = Point::new(angle.cos(), angle.sin());
        let reach = (edges.width as f32).hypot(edges.height as f32);
        let steps = (2.0 * reach) as usize;
        let (mut rising, mut falling) = (Vec::with_capacity(steps + 1), Vec::with_capacity(steps + 1));
        let (mut up, mut down) = (0.0, 0.0);
        for step in 0..steps {
            rising.push(up);
            falling.push(down);
            let place = step as f32 - reach;
            let at = Point::new(normal.x * offset - normal.y * place, normal.y * offset + normal.x * place);
            let far_out = at.x < -4.0
                || at.y < -4.0
                || at.x > edges.width as f32 + 4.0
                || at.y > edges.height as f32 + 4.0;
            if !far_out {
                let (here_up, here_down) = backing(edges, at, normal);
                up += here_up;
                down += here_down;
            }
        }
        rising.push(up);
        falling.push(down);
        Self { angle, normal, offset, start: -reach, rising, falling, is_border: false }
    }

    /// The four borders of the picture: a document that was cut off ends there.
    pub(super) fn borders(edges: &EdgeMap) -> [Self; 4] {
        let border = |angle: f32, offset: f32| Self {
            angle,
            normal: Point::new(angle.cos(), angle.sin()),
            offset,
            start: 0.0,
            rising: Vec::new(),
            falling: Vec::new(),
            is_border: true,
        };
        let (right, bottom) = (edges.width as f32 - 1.0, edges.height as f32 - 1.0);
        [border(0.0, 0.0), border(0.0, right), border(PI / 2.0, 0.0), border(PI / 2.0, bottom)]
    }

    /// The part of the line between two of its places that is backed by edges, 0 to 1. Edges that brighten in the
    /// other direction than most count half: a document is brighter or darker than the table, or the table is
    /// patterned.
    pub(super) fn backed(&self, from: Point, to: Point) -> f32 {
        let (a, b) = (self.place(from), self.place(to));
        let (a, b) = if a < b { (a, b) } else { (b, a) };
        let sum = |sums: &[f32]| interpolated(sums, b - self.start) - interpolated(sums, a - self.start);
        let (up, down) = (sum(&self.rising), sum(&self.falling));
        (up.max(down) + 0.5 * up.min(down)) / (b - a).max(1.0)
    }

    /// Where a point's foot lies on the line.
    fn place(&self, point: Point) -> f32 {
        self.normal.x * point.y - self.normal.y * point.x
    }

    /// The distance of a point from the line, positive on the normal's side.
    pub(super) fn distance(&self, point: Point) -> f32 {
        self.normal.x * point.x + self.normal.y * point.y - self.offset
    }

    /// Where two lines cross; `None` if they are nearly parallel.
    pub(super) fn crossing(&self, other: &Self) -> Option<Point> {
        let (a, b) = (self.normal, other.normal);
        let determinant = a.x * b.y - a.y * b.x;
        (determinant.abs() > 0.2).then(|| {
            Point::new(
                (self.offset * b.y - other.offset * a.y) / determinant,
                (a.x * other.offset - b.x * self.offset) / determinant,
            )
        })
    }

    /// The angle between two lines in radians, 0 to pi / 2.
    pub(super) fn angle_to(&self, other: &Self) -> f32 {
        let difference = (self.angle - other.angle).abs();
        difference.min(PI - difference)
    }
}

fn interpolated(sums: &[f32], place: f32) -> f32 {
    let Some(last) = sums.len().checked_sub(1) else { return 0.0 };
    let place = place.clamp(0.0, last as f32);
    let below = (place as usize).min(last.saturating_sub(1));
    let part = place - below as f32;
    sums[below] * (1.0 - part) + sums[(below + 1).min(last)] * part
}

/// Whether a place of a line is backed by an edge that brightens along the normal, or against it.
fn backing(edges: &EdgeMap, at: Point, normal: Point) -> (f32, f32) {
    let (mut up, mut down) = (0.0_f32, 0.0_f32);
    for beside in -BESIDE..=BESIDE {
        let x = (at.x + normal.x * beside as f32).round() as i32;
        let y = (at.y + normal.y * beside as f32).round() as i32;
        let edge = edges.at(x, y);
        let cosine = edge.direction.0 * normal.x + edge.direction.1 * normal.y;
        // Even a faint edge backs the line.
        let weight = (3.0 * edge.weight).min(1.0);
        if cosine > ALIGNED {
            up = up.max(weight);
        } else if cosine < -ALIGNED {
            down = down.max(weight);
        }
    }
    (up, down)
}

/// The lines that most edges lie on (Hough's transform, each edge voting for its own direction only, after
/// O'Gorman and Clowes, 1976), the strongest of every sector of directions.
pub(super) fn lines(edges: &EdgeMap) -> Vec<Line> {
    let middle = Point::new(edges.width as f32 / 2.0, edges.height as f32 / 2.0);
    let reach = middle.x.hypot(middle.y).ceil() as i32 + 1;
    let offsets = (2 * reach + 1) as usize;
    let table: Vec<(f32, f32)> =
        (0..ANGLES).map(|angle| (angle as f32 * PI / ANGLES as f32).sin_cos()).collect();
    let mut votes = vec![0.0_f32; ANGLES * offsets];
    for (x, y, edge) in edges.iter() {
        let angle = edge.direction.1.atan2(edge.direction.0) * ANGLES as f32 / PI;
        for near in -VOTE_REACH..=VOTE_REACH {
            let bin = (angle.round() as i32 + near).rem_euclid(ANGLES as i32) as usize;
            let (sin, cos) = table[bin];
            let offset = (x as f32 - middle.x) * cos + (y as f32 - middle.y) * sin;
            let place = (offset.round() as i32 + reach) as usize;
            votes[bin * offsets + place] += edge.weight;
        }
    }
    let least = LEAST_WEIGHT * edges.width.min(edges.height) as f32;
    let peaks = peaks(&votes, offsets, least);
    let mut taken = [0; SECTORS];
    let mut kept: Vec<(i32, i32)> = Vec::new();
    let mut lines = Vec::new();
    for (bin, place) in peaks {
        let sector = bin as usize * SECTORS / ANGLES;
        if taken[sector] == LINES_PER_SECTOR || kept.iter().any(|other| is_same((bin, place), *other, reach))
        {
            continue;
        }
        taken[sector] += 1;
        kept.push((bin, place));
        let (sin, cos) = table[bin as usize];
        let offset = (place - reach) as f32 + middle.x * cos + middle.y * sin;
        lines.push(Line::through(edges, bin as f32 * PI / ANGLES as f32, offset));
    }
    lines
}

/// Local maxima of the votes, the highest first.
fn peaks(votes: &[f32], offsets: usize, least: f32) -> Vec<(i32, i32)> {
    let mut peaks: Vec<(f32, i32, i32)> = Vec::new();
    for (at, value) in votes.iter().enumerate().filter(|(_, value)| **value >= least) {
        let (bin, place) = (at / offsets, at % offsets);
        let beside = |step: usize| votes.get(at + step - 1).copied().unwrap_or(0.0);
        if place > 0 && (*value < beside(0) || *value < beside(2)) {
            continue;
        }
        peaks.push((*value, bin as i32, place as i32));
    }
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
    peaks.into_iter().map(|(_, bin, place)| (bin, place)).collect()
}

/// Whether two cells of the votes are the same line. Past half a turn a line comes again with the other sign.
fn is_same(a: (i32, i32), b: (i32, i32), reach: i32) -> bool {
    let turned = (a.0 - b.0).abs() > ANGLES as i32 / 2;
    let angle = if turned { ANGLES as i32 - (a.0 - b.0).abs() } else { (a.0 - b.0).abs() };
    let offset = if turned { (a.1 - reach) + (b.1 - reach) } else { a.1 - b.1 };
    angle <= SAME_ANGLE && offset.abs() <= SAME_OFFSET
}
