//! Brightness, contrast, glare and colour, on a small picture of the document seen from straight above.

use image::{Rgb, RgbImage};

use crate::inference::{Point, Quad, resize};
use crate::pipeline::homography::Homography;

/// The longer side of the small picture in pixels.
const LONG_SIDE: f32 = 400.0;
/// What is left out at each side of the document: the outline may be off by as much.
const MARGIN: f32 = 0.03;
/// The small picture is looked at in squares of this many pixels.
const CELL: u32 = 8;
/// A square is glare if its darkest channel is at least this bright, in grey levels,
const GLARE_LEVEL: f32 = 246.0;
/// by at least this much brighter than the paper,
const GLARE_RISE: f32 = 10.0;
/// and differs by no more than this within: print does not show through.
const GLARE_SPREAD: f32 = 24.0;

/// This part of the brightest and of the darkest places is left out of the contrast.
const EXTREME: f32 = 0.005;

/// What was measured.
pub(super) struct Light {
    pub(super) paper: f32,
    pub(super) contrast: f32,
    pub(super) glare: f32,
    pub(super) chroma: f32,
}

/// Measures the document within a quadrilateral.
pub(super) fn measure(image: &RgbImage, quad: &Quad) -> Light {
    let small = small(image, quad);
    let levels: Vec<f32> = small.pixels().map(luma).collect();
    let cells = cells(&small);
    let paper = percentile(cells.iter().map(|cell| cell.luma).collect(), 0.5);
    let darkest_of_paper = percentile(cells.iter().map(|cell| cell.darkest).collect(), 0.5);
    let is_glare = |cell: &&Cell| {
        cell.darkest >= GLARE_LEVEL
            && cell.darkest >= darkest_of_paper + GLARE_RISE
            && cell.spread <= GLARE_SPREAD
    };
    Light {
        paper,
        contrast: percentile(levels.clone(), 1.0 - EXTREME) - percentile(levels, EXTREME),
        glare: cells.iter().filter(is_glare).count() as f32 / cells.len().max(1) as f32,
        chroma: chroma(&small),
    }
}

/// A square of the small picture: the 90th percentiles of its luma and of its darkest channel, and the difference
/// between the 90th and the 10th percentile of its luma.
struct Cell {
    luma: f32,
    darkest: f32,
    spread: f32,
}

fn cells(small: &RgbImage) -> Vec<Cell> {
    let mut cells = Vec::new();
    for top in (0..small.height().saturating_sub(CELL - 1)).step_by(CELL as usize) {
        for left in (0..small.width().saturating_sub(CELL - 1)).step_by(CELL as usize) {
            let places = (0..CELL * CELL).map(|at| (left + at % CELL, top + at / CELL));
            let pixels: Vec<&Rgb<u8>> = places.map(|(x, y)| small.get_pixel(x, y)).collect();
            let lumas: Vec<f32> = pixels.iter().map(|pixel| luma(pixel)).collect();
            let darkest =
                pixels.iter().map(|pixel| pixel.0.into_iter().min().map_or(0.0, f32::from)).collect();
            let high = percentile(lumas.clone(), 0.9);
            cells.push(Cell {
                luma: high,
                darkest: percentile(darkest, 0.9),
                spread: high - percentile(lumas, 0.1),
            });
        }
    }
    cells
}

/// How far the channels differ from each other at the most colourful places, each channel scaled to the same mean:
/// on a copy in shades of grey they differ nowhere, whatever the colour of the light.
fn chroma(small: &RgbImage) -> f32 {
    let count = (small.width() * small.height()).max(1) as f32;
    let mut means = [0.0_f32; 3];
    for pixel in small.pixels() {
        means.iter_mut().zip(pixel.0).for_each(|(mean, value)| *mean += f32::from(value) / count);
    }
    let grey = means.iter().sum::<f32>() / 3.0;
    let factors = means.map(|mean| grey / mean.max(1.0));
    let spread = |pixel: &Rgb<u8>| {
        let scaled: [f32; 3] = std::array::from_fn(|channel| f32::from(pixel.0[channel]) * factors[channel]);
        scaled.into_iter().fold(f32::MIN, f32::max) - scaled.into_iter().fold(f32::MAX, f32::min)
    };
    percentile(small.pixels().map(spread).collect(), 0.95)
}

/// The document from straight above, without its margin.
fn small(image: &RgbImage, quad: &Quad) -> RgbImage {
    let side = |a: usize, b: usize| quad.0[a].distance(quad.0[b]);
    let (across, down) = ((side(0, 1) + side(2, 3)) / 2.0, (side(1, 2) + side(3, 0)) / 2.0);
    let scale = (LONG_SIDE / across.max(down).max(1.0)).min(1.0);
    let pixels = |side: f32| ((side * scale).round() as u32).max(1);
    let (width, height) = (pixels(across), pixels(down));
    let shrunk = resize(image, pixels(image.width() as f32), pixels(image.height() as f32));
    let (x_scale, y_scale) =
        (shrunk.width() as f32 / image.width() as f32, shrunk.height() as f32 / image.height() as f32);
    let moved = quad.0.map(|p| Point::new((p.x + 0.5) * x_scale - 0.5, (p.y + 0.5) * y_scale - 0.5));
    let Some(square) = Homography::from_unit_square(Quad(moved)) else { return shrunk };
    let inner = |at: u32, size: u32| MARGIN + (1.0 - 2.0 * MARGIN) * (at as f32 + 0.5) / size as f32;
    RgbImage::from_fn(width, height, |x, y| {
        let at = square.map(Point::new(inner(x, width), inner(y, height)));
        let near = |place: f32, size: u32| place.round().clamp(0.0, size as f32 - 1.0) as u32;
        *shrunk.get_pixel(near(at.x, shrunk.width()), near(at.y, shrunk.height()))
    })
}

fn luma(pixel: &Rgb<u8>) -> f32 {
    let [red, green, blue] = pixel.0.map(f32::from);
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// The value below which that part of the values lies; zero of none.
fn percentile(mut values: Vec<f32>, part: f32) -> f32 {
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let at = (last as f32 * part).round() as usize;
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}
