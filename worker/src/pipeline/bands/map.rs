//! How much the brightness changes from column to column, place by place: dense strokes show, even paper does not.

use image::GrayImage;

use super::group::Band;
use crate::inference::Point;

/// Contrast below this many grey levels is never taken for the strongest.
const LEAST_CONTRAST: u32 = 12;
/// How far contrast is summed up along a line, as a part of the width, and the gaps in a line that count as part of it.
const ALONG: f32 = 0.03;
const GAP: f32 = 0.02;
/// The same across, in pixels.
const ACROSS: usize = 3;
/// A band is at least this long, as a part of the width, and at least this many rows high.
const LEAST_LENGTH: f32 = 0.28;
const LEAST_HEIGHT: f32 = 4.0;
/// It is so many times as long as high.
const LEAST_ASPECT: f32 = 11.0;
/// A row goes on with the band above it if both share this part of the shorter one.
const LEAST_SHARED: f32 = 0.6;

/// A picture of numbers from 0 to 1.
pub(super) struct Map {
    pub(super) width: usize,
    pub(super) height: usize,
    values: Vec<f32>,
}

impl Map {
    /// The contrast of an image that is first reduced by a whole factor. Above that of a part `strongest` of all places
    /// it does not grow.
    pub(super) fn contrast(image: &GrayImage, factor: u32, strongest: f32) -> Self {
        let (width, height, grey) = reduced(image, factor as usize);
        let mut differences = vec![0_u32; width * height];
        for (row, out) in grey.chunks_exact(width).zip(differences.chunks_exact_mut(width)) {
            for (x, window) in row.windows(3).enumerate() {
                out[x + 1] = window[0].abs_diff(window[2]);
            }
        }
        let mut counts = [0_usize; 256];
        differences.iter().for_each(|value| counts[*value as usize & 255] += 1);
        let mut rest = (differences.len() as f32 * (1.0 - strongest)) as usize;
        let strongest = (0..256).rev().find(|level| {
            let here = counts[*level];
            let found = here > rest;
            rest = rest.saturating_sub(here);
            found
        });
        let strongest = strongest.map_or(LEAST_CONTRAST, |level| (level as u32).max(LEAST_CONTRAST));
        let values =
            differences.iter().map(|value| (*value).min(strongest) as f32 / strongest as f32).collect();
        Self { width, height, values }
    }

    /// The map reduced to about the given width.
    pub(super) fn reduced_to(&self, width: usize) -> Self {
        let factor = self.width.div_ceil(width).max(1);
        let (columns, rows) = ((self.width / factor).max(1), (self.height / factor).max(1));
        let mean = |x: usize, y: usize| {
            let row = |dy: usize| (0..factor).map(move |dx| self.at(x * factor + dx, y * factor + dy));
            (0..factor).flat_map(row).sum::<f32>() / (factor * factor) as f32
        };
        let values = (0..rows).flat_map(|y| (0..columns).map(move |x| mean(x, y))).collect();
        Self { width: columns, height: rows, values }
    }

    /// The value at a place; the edge goes on outside.
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        self.values[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
    }

    /// The map with each column moved up or down, so that lines of that slope are level.
    pub(super) fn sheared(&self, degrees: f32) -> Self {
        let mut values = vec![0.0; self.values.len()];
        for x in 0..self.width {
            let shift = self.shift(x as f32, degrees).round() as isize;
            for y in 0..self.height {
                if let Some(from) = y.checked_add_signed(shift).filter(|from| *from < self.height) {
                    values[y * self.width + x] = self.values[from * self.width + x];
                }
            }
        }
        Self { width: self.width, height: self.height, values }
    }

    /// Where a point of the sheared map was before.
    pub(super) fn before_shear(&self, point: Point, degrees: f32) -> Point {
        Point::new(point.x, point.y + self.shift(point.x, degrees))
    }

    fn shift(&self, x: f32, degrees: f32) -> f32 {
        (x - self.width as f32 / 2.0) * degrees.to_radians().tan()
    }

    /// The map with each place the mean of its surroundings, far along the lines and near across them.
    pub(super) fn smoothed(&self) -> Self {
        let along = ((self.width as f32 * ALONG) as usize).max(9) | 1;
        let mut rows = Vec::with_capacity(self.values.len());
        for row in self.values.chunks_exact(self.width) {
            running_mean(row, along, &mut rows);
        }
        let mut values = vec![0.0; self.values.len()];
        for (y, out) in values.chunks_exact_mut(self.width).enumerate() {
            for near in (y + ACROSS / 2).saturating_sub(ACROSS - 1)..=(y + ACROSS / 2).min(self.height - 1) {
                let row = &rows[near * self.width..(near + 1) * self.width];
                out.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / ACROSS as f32);
            }
        }
        Self { width: self.width, height: self.height, values }
    }

    /// The bands of a smoothed map: neighbouring rows that are above the threshold along one long run.
    pub(super) fn bands(&self, threshold: f32) -> Vec<Band> {
        let mut done = Vec::new();
        let mut open: Vec<Vec<Run>> = Vec::new();
        for y in 0..=self.height {
            let mut runs = if y < self.height { self.runs(y, threshold) } else { Vec::new() };
            let mut still_open = Vec::new();
            for mut rows in open {
                let last = rows[rows.len() - 1];
                match runs.iter().position(|run| run.shared(last) >= LEAST_SHARED) {
                    Some(next) => {
                        rows.push(runs.swap_remove(next));
                        still_open.push(rows);
                    }
                    None => done.extend(self.band(&rows)),
                }
            }
            still_open.extend(runs.into_iter().map(|run| vec![run]));
            open = still_open;
        }
        done.sort_by(|a, b| a.top.total_cmp(&b.top));
        done
    }

    /// The long runs of a row above the threshold.
    fn runs(&self, y: usize, threshold: f32) -> Vec<Run> {
        let (gap, least) = ((self.width as f32 * GAP) as usize, (self.width as f32 * LEAST_LENGTH) as usize);
        let row = &self.values[y * self.width..(y + 1) * self.width];
        let mut runs: Vec<Run> = Vec::new();
        for (x, _) in row.iter().enumerate().filter(|(_, value)| **value > threshold) {
            match runs.last_mut() {
                Some(run) if x - run.end <= gap => run.end = x + 1,
                _ => runs.push(Run { y, start: x, end: x + 1 }),
            }
        }
        runs.retain(|run| run.end - run.start >= least);
        runs
    }

    /// The band of these rows, if it has the shape of one.
    fn band(&self, rows: &[Run]) -> Option<Band> {
        let median = |of: fn(&Run) -> usize| {
            let mut values: Vec<usize> = rows.iter().map(of).collect();
            values.sort_unstable();
            values[values.len() / 2] as f32
        };
        let band = Band {
            left: median(|run| run.start),
            right: median(|run| run.end),
            top: rows.first()?.y as f32,
            bottom: rows.last()?.y as f32 + 1.0,
        };
        let height = band.height();
        (height >= LEAST_HEIGHT && band.right - band.left >= LEAST_ASPECT * height).then_some(band)
    }
}

/// A run of places in a row, `end` exclusive.
#[derive(Clone, Copy)]
struct Run {
    y: usize,
    start: usize,
    end: usize,
}

impl Run {
    /// The part of the shorter run that lies in both.
    fn shared(&self, other: Self) -> f32 {
        let both = self.end.min(other.end).saturating_sub(self.start.max(other.start));
        both as f32 / (self.end - self.start).min(other.end - other.start) as f32
    }
}

/// Width, height and grey levels of an image, reduced by a whole factor.
fn reduced(image: &GrayImage, factor: usize) -> (usize, usize, Vec<u32>) {
    let stride = image.width() as usize;
    let (width, height) = ((stride / factor).max(1), (image.height() as usize / factor).max(1));
    let raw = image.as_raw();
    let mut sums = vec![0_u32; width * height];
    for (y, row) in raw.chunks_exact(stride).take(height * factor).enumerate() {
        let out = &mut sums[(y / factor).min(height - 1) * width..][..width];
        for (sum, pixels) in out.iter_mut().zip(row.chunks(factor)) {
            *sum += pixels.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
        }
    }
    let area = (factor * factor) as u32;
    sums.iter_mut().for_each(|sum| *sum /= area);
    (width, height, sums)
}

/// Appends the mean of the `length` values about each value; there is nothing beyond the ends.
fn running_mean(values: &[f32], length: usize, means: &mut Vec<f32>) {
    let reach = length / 2;
    let mut sum: f32 = values.iter().take(reach).sum();
    for at in 0..values.len() {
        sum += values.get(at + reach).copied().unwrap_or(0.0);
        if at > reach {
            sum -= values[at - reach - 1];
        }
        means.push(sum / length as f32);
    }
}
