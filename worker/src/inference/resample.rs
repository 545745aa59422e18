//! Resizing: averaging over areas when shrinking, bilinear when growing.

use image::RgbImage;

/// The source samples that one target sample is made of, and their weights, which add up to 1.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// An image of another size. Shrinking averages over the area that a target pixel covers, so that no
/// detail aliases; growing interpolates between pixel centres.
pub(crate) fn resize(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let columns = taps(image.width(), width);
    let rows = taps(image.height(), height);
    let narrowed = across(image, &columns);
    let stride = columns.len() * 3;
    let mut line = vec![0.0_f32; stride];
    let mut target = Vec::with_capacity(rows.len() * stride);
    for taps in &rows {
        line.fill(0.5);
        for (row, weight) in (taps.first..).zip(&taps.weights) {
            let source = &narrowed[row * stride..(row + 1) * stride];
            line.iter_mut().zip(source).for_each(|(sum, value)| *sum += weight * value);
        }
        target.extend(line.iter().map(|v| *v as u8));
    }
    RgbImage::from_raw(width, height, target).unwrap_or_default()
}

/// Resizes every row.
fn across(image: &RgbImage, columns: &[Taps]) -> Vec<f32> {
    let stride = image.width() as usize * 3;
    let mut narrowed = Vec::with_capacity(columns.len() * 3 * image.height() as usize);
    for row in image.as_raw().chunks_exact(stride) {
        for taps in columns {
            let mut sum = [0.0_f32; 3];
            for (pixel, weight) in row[taps.first * 3..].chunks_exact(3).zip(&taps.weights) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += weight * f32::from(*value);
                }
            }
            narrowed.extend(sum);
        }
    }
    narrowed
}

/// The taps of every target sample along one axis.
fn taps(from: u32, to: u32) -> Vec<Taps> {
    let step = f64::from(from) / f64::from(to);
    let taps_at = if step > 1.0 { area } else { linear };
    (0..to).map(|target| taps_at(f64::from(target), step, from as usize)).collect()
}

/// Shrinking: each source sample weighs as much of it as lies under the target sample.
fn area(target: f64, step: f64, from: usize) -> Taps {
    let (start, end) = (target * step, ((target + 1.0) * step).min(from as f64));
    let first = (start as usize).min(from - 1);
    let last = (end.ceil() as usize).clamp(first + 1, from);
    let covered = |at: usize| (end.min(at as f64 + 1.0) - start.max(at as f64)).max(0.0);
    normalised(first, (first..last).map(covered))
}

/// Growing: the two nearest source samples, the edge repeated.
fn linear(target: f64, step: f64, from: usize) -> Taps {
    let centre = ((target + 0.5) * step - 0.5).clamp(0.0, from as f64 - 1.0);
    let first = (centre as usize).min(from.saturating_sub(2));
    let part = centre - first as f64;
    normalised(first, [1.0 - part, part].into_iter().take(from))
}

fn normalised(first: usize, weights: impl Iterator<Item = f64> + Clone) -> Taps {
    let sum: f64 = weights.clone().sum();
    Taps { first, weights: weights.map(|weight| (weight / sum) as f32).collect() }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn shrinking_averages_and_growing_interpolates() {
        let checks = RgbImage::from_fn(8, 8, |x, y| Rgb([if (x + y) % 2 == 0 { 0 } else { 200 }; 3]));
        assert!(resize(&checks, 2, 4).pixels().all(|p| p.0 == [100; 3]));

        let edge = RgbImage::from_fn(2, 1, |x, _| Rgb([x as u8 * 100; 3]));
        let values: Vec<u8> = resize(&edge, 4, 2).pixels().map(|p| p.0[0]).collect();
        assert_eq!(values, [0, 25, 75, 100, 0, 25, 75, 100]);
    }

    #[test]
    fn any_size_becomes_any_other() {
        for (from, to) in
            [((1, 1), (7, 3)), ((640, 1), (320, 1)), ((3, 5), (3, 5)), ((1000, 999), (320, 319))]
        {
            let grey = RgbImage::from_pixel(from.0, from.1, Rgb([77, 78, 79]));
            let resized = resize(&grey, to.0, to.1);
            assert_eq!(resized.dimensions(), to);
            assert!(resized.pixels().all(|p| p.0 == [77, 78, 79]));
        }
    }
}
