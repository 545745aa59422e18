//! Makes pictures black and white.

use image::{GrayImage, Luma};
use rxing::common::{BitMatrix, HybridBinarizer};
use rxing::{Binarizer, Luma8LuminanceSource};

use super::library::guarded;

/// The side of the blocks whose extremes are taken together, in pixels, and how many blocks around a block count.
const BLOCK: u32 = 8;
const AROUND: u32 = 2;
/// Surroundings with less contrast than this, in grey levels, are white.
const LEAST_CONTRAST: u8 = 24;

/// Dark is what is not brighter than the mean of its surroundings.
pub(super) fn by_mean(image: &GrayImage) -> Option<BitMatrix> {
    guarded(|| {
        let source = Luma8LuminanceSource::new(image.as_raw().clone(), image.width(), image.height()).ok()?;
        HybridBinarizer::new(source).get_black_matrix().ok().cloned()
    })?
}

/// Dark is what is nearer to the darkest than to the brightest of its surroundings. Unlike the mean this does not
/// depend on how much of them is dark.
pub(super) fn by_midpoint(image: &GrayImage) -> Option<BitMatrix> {
    let mut bits = BitMatrix::new(image.width(), image.height()).ok()?;
    let (columns, rows) = (image.width().div_ceil(BLOCK), image.height().div_ceil(BLOCK));
    let mut extremes = vec![(u8::MAX, u8::MIN); (columns * rows) as usize];
    for (x, y, pixel) in image.enumerate_pixels() {
        let block = &mut extremes[(y / BLOCK * columns + x / BLOCK) as usize];
        *block = (block.0.min(pixel.0[0]), block.1.max(pixel.0[0]));
    }
    let around = |place: u32, end: u32| place.saturating_sub(AROUND)..(place + AROUND + 1).min(end);
    let threshold = |column: u32, row: u32| {
        let mut found = (u8::MAX, u8::MIN);
        for row in around(row, rows) {
            for column in around(column, columns) {
                let (darkest, brightest) = extremes[(row * columns + column) as usize];
                found = (found.0.min(darkest), found.1.max(brightest));
            }
        }
        let contrast = found.1.saturating_sub(found.0);
        (contrast >= LEAST_CONTRAST).then(|| found.0 + contrast / 2)
    };
    let thresholds: Vec<Option<u8>> = (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (column, row)))
        .map(|(c, r)| threshold(c, r))
        .collect();
    for (x, y, pixel) in image.enumerate_pixels() {
        let threshold = thresholds[(y / BLOCK * columns + x / BLOCK) as usize];
        if threshold.is_some_and(|threshold| pixel.0[0] <= threshold) {
            bits.set(x, y);
        }
    }
    Some(bits)
}

/// The same picture of upright bars with their edges sharpened. A blur of about a module takes most of the
/// contrast of single modules; what a pixel differs from the mean of its surroundings is added `strength` times.
/// Along the bars the mean of some pixels takes the noise away.
pub(super) fn sharpened(image: &GrayImage, module: f32, strength: f32) -> GrayImage {
    let (width, height) = image.dimensions();
    let along = ((module / 3.0).round() as u32).min(4);
    let across = (module.round() as usize).clamp(1, 12);
    let mut sums = vec![0_u32; width as usize];
    let mut sharp = GrayImage::new(width, height);
    for y in 0..height {
        let rows = y.saturating_sub(along)..(y + along + 1).min(height);
        let count = rows.len() as f32;
        sums.fill(0);
        for row in rows {
            let start = row as usize * width as usize;
            for (sum, value) in sums.iter_mut().zip(&image.as_raw()[start..]) {
                *sum += u32::from(*value);
            }
        }
        let line: Vec<f32> = sums.iter().map(|sum| *sum as f32 / count).collect();
        let mut before = Vec::with_capacity(line.len() + 1);
        before.push(0.0);
        before.extend(line.iter().scan(0.0, |sum, value| {
            *sum += value;
            Some(*sum)
        }));
        for (x, value) in line.iter().enumerate() {
            let (start, end) = (x.saturating_sub(across), (x + across + 1).min(line.len()));
            let mean = (before[end] - before[start]) / (end - start) as f32;
            let restored = value + strength * (value - mean);
            sharp.put_pixel(x as u32, y, Luma([restored.round().clamp(0.0, 255.0) as u8]));
        }
    }
    sharp
}
