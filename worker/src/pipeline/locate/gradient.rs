//! Edges of a colour picture: where the colour changes, in which direction, and how much compared with the
//! surroundings.

use image::RgbImage;
use imageproc::filter::gaussian_blur_f32;

/// Standard deviation of the smoothing before the derivatives, in pixels.
const SMOOTHING: f32 = 1.0;
/// Weaker changes are noise, in grey levels per pixel.
const LEAST_CHANGE: f32 = 1.2;
/// Reach of the window that tells how busy the surroundings are, in pixels.
const SURROUNDINGS: usize = 12;
/// A change as strong as this and its surroundings together counts one half, in grey levels per pixel.
const HALF_WEIGHT: f32 = 2.0;

/// An edge pixel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Edge {
    /// How much the edge stands out, 0 (no edge) to 1.
    pub(super) weight: f32,
    /// The unit vector from dark to bright, in the channel that changes most.
    pub(super) direction: (f32, f32),
}

/// The edges of a picture, one pixel wide.
pub(super) struct EdgeMap {
    pub(super) width: usize,
    pub(super) height: usize,
    edges: Vec<Edge>,
}

impl EdgeMap {
    /// The edges of a picture: derivatives by Sobel's operator in the channel that changes most, thinned across
    /// the edge (Canny, 1986), and weighted by the mean change in the surroundings, so that a faint but clean edge
    /// on a plain table counts as much as a strong one in a busy picture.
    pub(super) fn of(picture: &RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let slopes = slopes(&gaussian_blur_f32(picture, SMOOTHING));
        let change: Vec<f32> = slopes.iter().map(|(x, y)| x.hypot(*y)).collect();
        let busy = box_mean(&change, width, SURROUNDINGS);
        let mut edges = vec![Edge::default(); width * height];
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let at = y * width + x;
                let (here, (dx, dy)) = (change[at], slopes[at]);
                if here < LEAST_CHANGE || !is_ridge(&change, width, at, (dx, dy)) {
                    continue;
                }
                edges[at] = Edge {
                    weight: here / (here + busy[at] + HALF_WEIGHT),
                    direction: (dx / here, dy / here),
                };
            }
        }
        Self { width, height, edges }
    }

    /// The edge at a pixel; none outside the picture.
    pub(super) fn at(&self, x: i32, y: i32) -> Edge {
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
        if inside { self.edges[y as usize * self.width + x as usize] } else { Edge::default() }
    }

    /// Every edge pixel with its place.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize, Edge)> {
        let edges = self.edges.iter().enumerate().filter(|(_, edge)| edge.weight > 0.0);
        edges.map(|(at, edge)| (at % self.width, at / self.width, *edge))
    }
}

/// The derivatives to the right and downwards in grey levels per pixel, in the channel that changes most.
fn slopes(picture: &RgbImage) -> Vec<(f32, f32)> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let raw = picture.as_raw();
    let mut slopes = vec![(0.0, 0.0); width * height];
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let mut strongest = 0;
            for channel in 0..3 {
                let value =
                    |dx: usize, dy: usize| i32::from(raw[((y + dy - 1) * width + x + dx - 1) * 3 + channel]);
                let right = value(2, 0) + 2 * value(2, 1) + value(2, 2);
                let left = value(0, 0) + 2 * value(0, 1) + value(0, 2);
                let below = value(0, 2) + 2 * value(1, 2) + value(2, 2);
                let above = value(0, 0) + 2 * value(1, 0) + value(2, 0);
                let (across, down) = (right - left, below - above);
                let square = across * across + down * down;
                if square > strongest {
                    strongest = square;
                    slopes[y * width + x] = (across as f32 / 8.0, down as f32 / 8.0);
                }
            }
        }
    }
    slopes
}

/// Whether no neighbour across the edge changes more.
fn is_ridge(change: &[f32], width: usize, at: usize, (dx, dy): (f32, f32)) -> bool {
    let (before, after) = if dx.abs() > 2.414 * dy.abs() {
        (at - 1, at + 1)
    } else if dy.abs() > 2.414 * dx.abs() {
        (at - width, at + width)
    } else if (dx > 0.0) == (dy > 0.0) {
        (at - width - 1, at + width + 1)
    } else {
        (at - width + 1, at + width - 1)
    };
    change[at] >= change[before] && change[at] > change[after]
}

/// The mean over a square around each pixel, by sums over rows and columns.
fn box_mean(values: &[f32], width: usize, reach: usize) -> Vec<f32> {
    let height = values.len() / width.max(1);
    let stride = width + 1;
    let mut sums = vec![0.0_f64; stride * (height + 1)];
    for y in 0..height {
        let mut row = 0.0;
        for x in 0..width {
            row += f64::from(values[y * width + x]);
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
        }
    }
    let mut means = Vec::with_capacity(values.len());
    for y in 0..height {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let sum = sums[bottom * stride + right] + sums[top * stride + left]
                - sums[top * stride + right]
                - sums[bottom * stride + left];
            means.push((sum / ((bottom - top) * (right - left)) as f64) as f32);
        }
    }
    means
}
