//! How good a picture of a document is, in numbers with units, before anything is read.

mod judge;
mod light;
mod moire;
mod sharpness;

use image::RgbImage;
use serde::{Deserialize, Serialize};

pub use judge::{Defects, defects};

use super::locate::Outline;
use crate::inference::{Point, Quad};

/// What was measured of a document's picture. Nothing here depends on a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The longer side of the document in pixels of the image; of the image, if no outline was found.
    pub long_side_px: f32,
    /// The width of its sharp edges from 10 to 90 % of their height, in pixels of the image; zero if it has none.
    pub edge_width_px: f32,
    /// The same in thousandths of the longer side: what matters for reading, at any resolution.
    pub edge_width_permille: f32,
    /// The brightness of the document's paper, the median over its parts, in grey levels 0 to 255.
    pub paper_level: f32,
    /// The difference between its brightest and its darkest places without the last half percent of each, in grey
    /// levels.
    pub contrast: f32,
    /// The part of its area that is white beyond its paper and shows no print, 0 to 1.
    pub glare: f32,
    /// How many of its sides lie on the image's border although others do not.
    pub cut_sides: u32,
    /// How far the strongest regular pattern finer than print rises above its surroundings in the spectrum, in
    /// decibels.
    pub moire_db: f32,
    /// How colourful its most colourful places are (95th percentile) after the light's own colour is taken away,
    /// in grey levels.
    pub chroma: f32,
}

#[cfg(test)]
impl Quality {
    /// What a good picture measures.
    pub(crate) const GOOD: Self = Self {
        long_side_px: 1200.0,
        edge_width_px: 2.0,
        edge_width_permille: 1.7,
        paper_level: 220.0,
        contrast: 150.0,
        glare: 0.0,
        cut_sides: 0,
        moire_db: 10.0,
        chroma: 40.0,
    };
}

/// Measures the picture of a document within its outline, or the whole picture.
pub fn measure(image: &RgbImage, outline: Option<&Outline>) -> Quality {
    let quad = outline.map_or_else(|| whole(image), |outline| outline.quad);
    let long_side = long_side(&quad);
    let light = light::measure(image, &quad);
    let bounds = Bounds::around(&quad, image);
    let edge_width_px = sharpness::edge_width(image, &bounds);
    Quality {
        long_side_px: long_side,
        edge_width_px,
        edge_width_permille: 1000.0 * edge_width_px / long_side.max(1.0),
        paper_level: light.paper,
        contrast: light.contrast,
        glare: light.glare,
        cut_sides: outline.map_or(0, |outline| outline.cut_sides),
        moire_db: moire::strength(image, &bounds),
        chroma: light.chroma,
    }
}

/// The whole picture as a quadrilateral.
fn whole(image: &RgbImage) -> Quad {
    let (right, bottom) = (image.width() as f32 - 0.5, image.height() as f32 - 0.5);
    Quad([(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom)].map(|(x, y)| Point::new(x, y)))
}

/// The longer of the two mean lengths of opposite sides.
fn long_side(quad: &Quad) -> f32 {
    let side = |a: usize, b: usize| quad.0[a].distance(quad.0[b]);
    ((side(0, 1) + side(2, 3)) / 2.0).max((side(1, 2) + side(3, 0)) / 2.0)
}

/// The upright box around a quadrilateral, in whole pixels within the image; at least one pixel.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Bounds {
    fn around(quad: &Quad, image: &RgbImage) -> Self {
        let range = |of: fn(&Point) -> f32, size: u32| {
            let low = quad.0.iter().map(of).fold(f32::MAX, f32::min).floor().clamp(0.0, size as f32 - 1.0);
            let high = quad.0.iter().map(of).fold(f32::MIN, f32::max).ceil().clamp(low + 1.0, size as f32);
            (low as u32, (high - low) as u32)
        };
        let (left, width) = range(|p| p.x, image.width());
        let (top, height) = range(|p| p.y, image.height());
        Self { left, top, width, height }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn every_picture_has_finite_measurements() {
        for (width, height) in [(1, 1), (3, 500), (300, 2), (400, 300)] {
            let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x * y) as u8, x as u8, y as u8]));
            let stored = serde_json::to_string(&measure(&picture, None)).unwrap();
            assert!(serde_json::from_str::<Quality>(&stored).is_ok(), "{width} x {height}: {stored}");
        }
    }

    #[test]
    fn a_copy_has_no_colour_and_a_blurred_picture_wide_edges() {
        let print =
            |x: u32, y: u32| if (x / 24 + y / 30).is_multiple_of(2) { [40, 60, 90] } else { [230, 220, 190] };
        let sharp = RgbImage::from_fn(480, 300, |x, y| Rgb(print(x, y)));
        let grey = image::DynamicImage::ImageLuma8(image::imageops::grayscale(&sharp)).into_rgb8();
        let soft = imageproc::filter::gaussian_blur_f32(&sharp, 3.0);
        let [sharp, grey, soft] = [sharp, grey, soft].map(|picture| measure(&picture, None));
        assert!(sharp.chroma > 20.0 && grey.chroma < 2.0, "{} {}", sharp.chroma, grey.chroma);
        // A step from one pixel to the next counts as two pixels wide; blurred by three it rises within eight.
        assert!(sharp.edge_width_px < 2.5, "{}", sharp.edge_width_px);
        assert!((6.0..10.0).contains(&soft.edge_width_px), "{}", soft.edge_width_px);
        assert_eq!((sharp.glare, sharp.cut_sides), (0.0, 0));
    }
}
