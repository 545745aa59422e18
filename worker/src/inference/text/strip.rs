//! Straightens a line into a strip of its own: an upright picture of nothing but that line.
//!
//! A line recogniser expects such a strip. The upright bounding box of a slanted line holds its neighbours too.

use image::GrayImage;

use super::line::Line;

/// How much taller than the median word a strip is.
const HEIGHT_FACTOR: f32 = 1.12;
/// Pixels that are added to that height.
const HEIGHT_MARGIN: f32 = 2.0;
/// How many samples along each side make up a pixel of the strip.
const LEAST_SAMPLES: usize = 2;
const MOST_SAMPLES: usize = 6;
/// How far the strip reaches over both ends of the line, in heights of the strip.
const END_MARGIN: f32 = 0.35;

/// A straightened line.
pub(super) struct Strip {
    /// Its pixels, row by row, -0.5 (black) to 0.5 (white).
    pub(super) pixels: Vec<f32>,
    /// Columns.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
    /// Where the line starts and how long it is, both in columns.
    line: (f32, f32),
}

impl Strip {
    /// Cuts the line out of the page, `height` pixels high. It is sampled at twice that resolution or more, as the page
    /// is finer, and averaged.
    pub(super) fn cut(page: &GrayImage, line: &Line, height: usize, max_width: usize) -> Self {
        let source_height = line.height() * HEIGHT_FACTOR + HEIGHT_MARGIN;
        let margin = source_height * END_MARGIN;
        let source_length = line.length() + 2.0 * margin;
        let natural = (source_length * height as f32 / source_height).round() as usize;
        let width = natural.clamp(height / 2, max_width);
        let samples = ((source_height / height as f32).ceil() as usize).clamp(LEAST_SAMPLES, MOST_SAMPLES);
        // Page pixels for each sample, along the line and across it.
        let step = (source_length / (samples * width) as f32, source_height / (samples * height) as f32);
        let (along, start) = (line.direction(), line.start());
        let sample = |column: usize, row: usize| {
            let a = (column as f32 + 0.5) * step.0 - margin;
            let b = (row as f32 + 0.5) * step.1 - source_height / 2.0;
            bicubic(page, start.x + along.x * a - along.y * b, start.y + along.y * a + along.x * b)
        };
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                let sum: f32 = (0..samples * samples)
                    .map(|at| sample(samples * column + at % samples, samples * row + at / samples))
                    .sum();
                pixels.push((sum / (samples * samples) as f32).clamp(0.0, 255.0) / 255.0 - 0.5);
            }
        }
        let columns = width as f32 / source_length;
        Self { pixels, width, height, line: (margin * columns, line.length() * columns) }
    }

    /// Where on the line's axis a part of the strip's width lies: 0 is the line's start, 1 its end.
    pub(super) fn place(&self, part: f32) -> f32 {
        (part * self.width as f32 - self.line.0) / self.line.1
    }
}

/// The page's value at a point by cubic convolution (a = -0.75), its edge continued outwards.
fn bicubic(page: &GrayImage, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (weights(x - left), weights(y - top));
    let clamp = |value: i64, size: u32| value.clamp(0, i64::from(size) - 1) as u32;
    let mut sum = 0.0;
    for (row, row_weight) in down.iter().enumerate() {
        let source_y = clamp(top as i64 + row as i64 - 1, page.height());
        for (column, weight) in across.iter().enumerate() {
            let source_x = clamp(left as i64 + column as i64 - 1, page.width());
            sum += f32::from(page.get_pixel(source_x, source_y).0[0]) * weight * row_weight;
        }
    }
    sum
}

/// The weights of the four pixels around a place that lies `t` behind the second of them.
fn weights(t: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let outer = |d: f32| ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A;
    let inner = |d: f32| ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0;
    [outer(t + 1.0), inner(t), inner(1.0 - t), outer(2.0 - t)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_add_up_and_hit_the_pixels() {
        assert_eq!(weights(0.0), [0.0, 1.0, 0.0, 0.0]);
        for t in [0.1, 0.5, 0.9] {
            assert!((weights(t).iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}
