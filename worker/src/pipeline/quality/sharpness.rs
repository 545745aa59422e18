//! How sharp a picture is: the width of its sharpest edges.

use image::{GrayImage, RgbImage, imageops};
use imageproc::filter::gaussian_blur_f32;

use super::Bounds;
use crate::inference::resize;
use crate::inference::text::luma;

/// Larger pictures are shrunk to this longer side first, in pixels: more tells nothing about reading.
const LONG_SIDE: u32 = 2000;
/// Standard deviation of the blur that is added, in pixels.
const ADDED_BLUR: f32 = 1.2;
/// The part of the pixels that counts as edges: those that change most.
const EDGES: f32 = 0.015;
/// A weaker change is no edge, in eighths of a grey level per two pixels.
const LEAST_CHANGE: u16 = 96;
/// An edge blurred by a Gaussian rises from 10 to 90 % within this many standard deviations.
const RISE: f32 = 2.563;
/// A wider edge is not told from none, in standard deviations of the added blur.
const MOST: f32 = 12.0;

/// The width of the edges in pixels of the image: blurred once more, a sharp edge loses much of its slope and a
/// blurred one little (Zhuo and Sim, Defocus map estimation from a single image, 2011). The median over the
/// strongest edges; zero if there are none.
pub(super) fn edge_width(image: &RgbImage, bounds: &Bounds) -> f32 {
    let part = imageops::crop_imm(image, bounds.left, bounds.top, bounds.width, bounds.height).to_image();
    let scale = (LONG_SIDE as f32 / bounds.width.max(bounds.height) as f32).min(1.0);
    let side = |pixels: u32| ((pixels as f32 * scale).round() as u32).max(1);
    let part = if scale < 1.0 { resize(&part, side(bounds.width), side(bounds.height)) } else { part };
    let grey = luma(&part);
    let blurred = gaussian_blur_f32(&grey, ADDED_BLUR);
    let (before, after) = (changes(&grey), changes(&blurred));
    let least = strongest(&before).max(LEAST_CHANGE);
    let mut widths: Vec<f32> = before
        .iter()
        .zip(&after)
        .filter(|(before, _)| **before >= least)
        .map(|(before, after)| {
            let ratio = f32::from(*before) / f32::from((*after).max(1));
            ADDED_BLUR / (ratio * ratio - 1.0).max(1.0 / (MOST * MOST)).sqrt()
        })
        .collect();
    if widths.is_empty() {
        return 0.0;
    }
    let middle = widths.len() / 2;
    let deviation = *widths.select_nth_unstable_by(middle, f32::total_cmp).1;
    RISE * deviation / scale
}

/// How much each inner pixel's surroundings change, in eighths of a grey level per two pixels.
fn changes(grey: &GrayImage) -> Vec<u16> {
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let raw = grey.as_raw();
    let mut changes = Vec::with_capacity(raw.len());
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            let across = f32::from(raw[at + 1]) - f32::from(raw[at - 1]);
            let down = f32::from(raw[at + width]) - f32::from(raw[at - width]);
            changes.push((across.hypot(down) * 8.0) as u16);
        }
    }
    changes
}

/// The change that only the part of the pixels that counts as edges reaches.
fn strongest(changes: &[u16]) -> u16 {
    let mut counts = vec![0_usize; 8 * 512];
    for change in changes {
        counts[usize::from(*change).min(8 * 512 - 1)] += 1;
    }
    let wanted = (changes.len() as f32 * EDGES) as usize;
    let mut seen = 0;
    for (change, count) in counts.iter().enumerate().rev() {
        seen += count;
        if seen >= wanted.max(1) {
            return change as u16;
        }
    }
    0
}
