//! Drawing on RGB images: anti-aliased strokes, fills and lettering.
//!
//! Both the specimens and the annotated pictures are made with these few primitives. Coordinates are pixels,
//! a point with whole numbers being a pixel's centre.

mod lettering;
mod mask;

use image::{Rgb, RgbImage};

use crate::inference::{Point, Rect};

pub use lettering::{Lettering, Typeface};
pub use mask::Mask;

/// Mixes `colour` into one pixel; outside the image nothing happens. `alpha` is clamped to 0..1.
pub fn blend(image: &mut RgbImage, x: i32, y: i32, colour: Rgb<u8>, alpha: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
    if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
        *pixel = mix(*pixel, colour, alpha);
    }
}

/// The colour `alpha` of the way from `from` to `to`.
pub fn mix(from: Rgb<u8>, to: Rgb<u8>, alpha: f32) -> Rgb<u8> {
    let alpha = alpha.clamp(0.0, 1.0);
    let channel = |i: usize| {
        let (from, to) = (f32::from(from.0[i]), f32::from(to.0[i]));
        (from + (to - from) * alpha).round() as u8
    };
    Rgb([channel(0), channel(1), channel(2)])
}

/// Fills an upright rectangle; its edges are rounded to whole pixels.
pub fn fill(image: &mut RgbImage, rect: Rect, colour: Rgb<u8>, alpha: f32) {
    for y in rect.top.round() as i32..rect.bottom.round() as i32 {
        for x in rect.left.round() as i32..rect.right.round() as i32 {
            blend(image, x, y, colour, alpha);
        }
    }
}

/// Strokes the line through `points`, `width` pixels wide with round joints; a closed one returns to its
/// first point.
pub fn stroke(image: &mut RgbImage, points: &[Point], closed: bool, width: f32, colour: Rgb<u8>, alpha: f32) {
    let mut mask = Mask::around(image, points, width);
    mask.polyline(points, width);
    if let (true, [first, .., last]) = (closed, points) {
        mask.segment(*last, *first, width);
    }
    mask.paint(image, colour, alpha);
}

/// Fills a disc.
pub fn disc(image: &mut RgbImage, centre: Point, radius: f32, colour: Rgb<u8>) {
    stroke(image, &[centre, centre], false, 2.0 * radius, colour, 1.0);
}
