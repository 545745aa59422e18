//! Follows a band along its length: where its print begins and ends, and where its upper and lower edges run.

use super::group::Band;
use super::map::Map;
use crate::inference::{Point, Quad};

/// The band is looked at in so many parts.
const PARTS: usize = 14;
/// How far above and below the band its edges are looked for, in its heights.
const REACH: f32 = 0.4;
/// A part whose densest row has less contrast than this tells nothing.
const LEAST_CONTRAST: f32 = 0.12;
/// The edges lie where the contrast has fallen to this part of its height.
const EDGE: f32 = 0.5;
/// Beyond the ends of a line the contrast is below this part of the line's, over this many of its heights.
const BLANK: f32 = 0.35;
const BLANK_LENGTH: f32 = 1.3;
/// A line is astray if its slope differs by more than this from that of the surest one.
const LEAST_ASTRAY: f32 = 0.006;
/// A line that is lower than this part of the highest one shows fillers.
const FILLERS: f32 = 0.78;
/// How far out an end may lie that a line takes over from its neighbour, in heights.
const LENT: f32 = 4.5;
/// Where the paper beside a line is looked at, in heights from its middle: between it and the next one.
const BESIDE: (f32, f32) = (0.68, 0.9);
/// How far a band may reach over the ends of its line, as a part of the map's width: smoothing widens it.
const OVERSHOOT: f32 = 0.05;
/// Parts that lie off the fitted edge by more than this, in heights, are left out of a second fit.
const OUTLYING: f32 = 0.2;

/// A line of print: where it begins and ends, its middle as (offset, slope), and the height of its capitals.
pub(super) struct Trace {
    left: f32,
    right: f32,
    middle: (f32, f32),
    pub(super) height: f32,
    /// The middle of each of its parts, and how many of them lie on the line.
    parts: Vec<(f32, f32)>,
    support: usize,
}

impl Trace {
    /// Follows a band; `None` if it shows no line.
    pub(super) fn of(map: &Map, band: &Band) -> Option<Self> {
        let margin = REACH * band.height();
        let rows = (band.top - margin).max(0.0) as usize..((band.bottom + margin) as usize).min(map.height);
        let part = (band.right - band.left) / PARTS as f32;
        let parts = (0..PARTS).map(|index| band.left + index as f32 * part);
        let edges: Vec<(f32, f32, f32)> = parts
            .filter_map(|start| {
                let columns = start as usize..((start + part) as usize).min(map.width);
                let (top, bottom) = edges(map, columns, rows.clone())?;
                Some((start + part / 2.0, top, bottom))
            })
            .collect();
        let height = median(edges.iter().map(|(_, top, bottom)| bottom - top))?;
        let parts: Vec<(f32, f32)> =
            edges.iter().map(|(x, top, bottom)| (*x, (top + bottom) / 2.0)).collect();
        let (middle, support) = fit(&parts, height)?;
        let (left, right) = ends(map, band, middle, height);
        Some(Self { left, right, middle, height, parts, support })
    }

    /// Runs the line parallel to another one of the same zone, if it does not nearly do so already: what stands beside it
    /// has led it astray.
    fn straighten(&mut self, other: (f32, f32)) {
        if (self.middle.1 - other.1).abs() > LEAST_ASTRAY {
            let offsets = self.parts.iter().map(|(x, y)| y - other.1 * x);
            self.middle = (median(offsets).unwrap_or(self.middle.0), other.1);
        }
    }

    /// Its length.
    pub(super) fn length(&self) -> f32 {
        self.right - self.left
    }

    /// Its corners, clockwise from the upper left one.
    pub(super) fn quad(&self) -> Quad {
        let at =
            |x: f32, side: f32| Point::new(x, self.middle.0 + self.middle.1 * x + side * self.height / 2.0);
        Quad([at(self.left, -1.0), at(self.right, -1.0), at(self.right, 1.0), at(self.left, 1.0)])
    }
}

/// Makes lines that show hardly more than fillers, which are lower than capitals, as high as the others of their zone.
pub(super) fn of_one_height(lines: &mut [Trace]) {
    let highest = lines.iter().map(|line| line.height).fold(0.0, f32::max);
    for line in lines.iter_mut().filter(|line| line.height < FILLERS * highest) {
        line.height = highest;
    }
}

/// Lets the lines of a zone, which are parallel and begin and end at the same places, lend each other their direction, and
/// what thin strokes or glare hide of their ends. An end that lies too far out is none.
pub(super) fn aligned(mut lines: Vec<Trace>) -> Vec<Trace> {
    if let Some(surest) = lines.iter().max_by_key(|line| line.support).map(|line| line.middle) {
        lines.iter_mut().for_each(|line| line.straighten(surest));
    }
    let near = LENT * lines.iter().map(|line| line.height).fold(0.0, f32::max);
    let outermost = |ends: Vec<f32>, sign: f32| -> Vec<f32> {
        let lent = |end: &f32| {
            let others = ends.iter().map(|other| (other - end) * sign).filter(|further| *further <= near);
            end + sign * others.fold(0.0, f32::max)
        };
        ends.iter().map(lent).collect()
    };
    let lefts = outermost(lines.iter().map(|line| line.left).collect(), -1.0);
    let rights = outermost(lines.iter().map(|line| line.right).collect(), 1.0);
    for (line, (left, right)) in lines.iter_mut().zip(lefts.into_iter().zip(rights)) {
        (line.left, line.right) = (left, right);
    }
    lines
}

/// Where the print of a part of a line begins and ends from top to bottom.
fn edges(map: &Map, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Option<(f32, f32)> {
    let count = columns.len().max(1) as f32;
    let profile: Vec<f32> =
        rows.clone().map(|y| columns.clone().map(|x| map.at(x, y)).sum::<f32>() / count).collect();
    let (peak, highest) = profile.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let lowest = profile.iter().copied().fold(f32::MAX, f32::min);
    if highest < LEAST_CONTRAST {
        return None;
    }
    let level = lowest + EDGE * (highest - lowest);
    let above = (0..peak).rev().find(|at| profile[*at] < level)?;
    let below = (peak + 1..profile.len()).find(|at| profile[*at] < level)?;
    // Where the profile crosses the level between two rows.
    let crossing =
        |out: usize, inside: usize| (level - profile[out]) / (profile[inside] - profile[out]).max(1e-6);
    let top = above as f32 + crossing(above, above + 1);
    let bottom = below as f32 - crossing(below, below - 1);
    Some((rows.start as f32 + top, rows.start as f32 + bottom))
}

/// The least-squares line through points as (offset, slope), without the points that lie far off a first line, and how many
/// are left.
fn fit(points: &[(f32, f32)], height: f32) -> Option<((f32, f32), usize)> {
    let (offset, slope) = robust(points)?;
    let is_near = |(x, y): &&(f32, f32)| (y - offset - slope * x).abs() <= OUTLYING * height;
    let near: Vec<(f32, f32)> = points.iter().filter(is_near).copied().collect();
    let mean = |of: fn(&(f32, f32)) -> f32| near.iter().map(of).sum::<f32>() / near.len() as f32;
    let (mean_x, mean_y) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f32 = near.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    if spread <= 0.0 || spread.is_nan() {
        return Some(((offset, slope), near.len()));
    }
    let slope = near.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f32>() / spread;
    Some(((mean_y - slope * mean_x, slope), near.len()))
}

/// The line of the median slope between any two points (Theil and Sen).
fn robust(points: &[(f32, f32)]) -> Option<(f32, f32)> {
    let pairs = points.iter().enumerate().flat_map(|(i, a)| points[i + 1..].iter().map(move |b| (a, b)));
    let slope = median(pairs.map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)))?;
    Some((median(points.iter().map(|(x, y)| y - slope * x))?, slope))
}

/// Where the line's print begins and ends.
fn ends(map: &Map, band: &Band, middle: (f32, f32), height: f32) -> (f32, f32) {
    // What goes on above and below the line, as noise and the document's own edge do, is none of its print.
    let column = |x: usize| {
        let centre = middle.0 + middle.1 * x as f32;
        let mean = |from: f32, to: f32| {
            let rows = (centre + from * height).max(0.0) as usize..=(centre + to * height).max(0.0) as usize;
            let count = rows.clone().count() as f32;
            rows.map(|y| map.at(x, y)).sum::<f32>() / count
        };
        mean(-0.5, 0.5) - (mean(-BESIDE.1, -BESIDE.0) + mean(BESIDE.0, BESIDE.1)) / 2.0
    };
    let columns: Vec<f32> = (0..map.width).map(column).collect();
    let (from, to) = (band.left as usize, (band.right as usize).min(map.width));
    let level = BLANK * columns[from..to].iter().sum::<f32>() / (to - from).max(1) as f32;
    let blank = ((BLANK_LENGTH * height) as usize).max(3);
    let is_blank = |window: &[f32]| window.iter().sum::<f32>() < level * window.len() as f32;
    let is_print = |x: &usize| columns[*x] > level;
    // The band may reach a little too far, or end in glare: its ends are looked for near them, from the inside.
    let near = blank + (OVERSHOOT * map.width as f32) as usize;
    let left = (0..(from + near).min(to)).rev().find(|x| is_blank(&columns[x.saturating_sub(blank)..=*x]));
    let left = left.map_or(0, |x| (x.saturating_sub(blank)..=x).find(is_print).unwrap_or(x + 1));
    let right = (to.saturating_sub(near).max(from)..map.width)
        .find(|x| is_blank(&columns[*x..(x + blank).min(map.width)]));
    let right = right
        .map_or(map.width, |x| (x..(x + blank).min(map.width)).rev().find(is_print).map_or(x, |x| x + 1));
    (left as f32, right as f32)
}

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}
