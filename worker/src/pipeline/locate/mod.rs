//! Finds the document in a picture: the quadrilateral of its outline.
//!
//! Edges of the small picture vote for straight lines; lines make quadrilaterals; a quadrilateral counts by how much
//! of its sides is backed by edges, whether the sides end at its corners, and whether its shape is a card's or a
//! page's. A wrong outline is worse than none, so one that is not certain is not given.

mod gradient;
mod lines;
mod quads;
mod refine;
#[cfg(test)]
mod tests;

use image::RgbImage;
use serde::{Deserialize, Serialize};

use crate::inference::{Point, Quad, resize};
use crate::pipeline::orientation::Turn;
use gradient::EdgeMap;
use lines::Line;

/// The longer sides of the small pictures in pixels: fine texture disappears in the first, faint and short sides
/// show in the second.
const LONG_SIDES: [u32; 2] = [320, 560];
/// From this certainty on an outline is given.
const CERTAIN: f32 = 0.55;
/// The same for an outline of which a side is the image's border.
const CERTAIN_IF_CUT: f32 = 0.65;
/// A document that covers this part of the picture fills it.
const FILLED: f32 = 0.9;
/// From this certainty on no other size is looked at.
const SETTLED: f32 = 0.7;

/// A document's outline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// Its corners in pixels of the image, clockwise, the first side running rightwards more than in any other
    /// direction.
    pub quad: Quad,
    /// How certain it is that this is the document, 0 to 1.
    pub certainty: f32,
    /// How many of its sides lie on the image's border: there the document was cut off.
    pub cut_sides: u32,
}

impl Outline {
    /// The document's width and height in pixels of the image, as it looks from straight above: the means of opposite
    /// sides, in the proportions of the nearest standard size if one is near.
    pub fn size(&self) -> (f32, f32) {
        let side = |a: usize, b: usize| self.quad.0[a].distance(self.quad.0[b]);
        let (width, height) = ((side(0, 1) + side(2, 3)) / 2.0, (side(1, 2) + side(3, 0)) / 2.0);
        let ratio = width.max(height) / width.min(height).max(1.0);
        let off = |standard: f32| (standard / ratio).ln().abs();
        let nearest = PROPORTIONS.into_iter().min_by(|a, b| off(*a).total_cmp(&off(*b)));
        let ratio = nearest.filter(|standard| off(*standard) < NEAR_PROPORTION).unwrap_or(ratio);
        let long = width.max(height);
        if width >= height { (long, long / ratio) } else { (long / ratio, long) }
    }

    /// How far the level lines of the document slope once the image is turned, in degrees clockwise.
    pub fn slope(&self, turn: Turn) -> f32 {
        let start = usize::from((4 - turn.degrees() / 90) % 4);
        let (a, b) = (self.quad.0[start], self.quad.0[(start + 1) % 4]);
        let degrees = (b.y - a.y).atan2(b.x - a.x).to_degrees() + f32::from(turn.degrees());
        (degrees + 180.0).rem_euclid(360.0) - 180.0
    }
}

/// The long over the short side of ID-1 cards and of ID-2 cards and ID-3 booklets (ISO/IEC 7810).
const PROPORTIONS: [f32; 2] = [85.6 / 53.98, 125.0 / 88.0];
/// How near a standard proportion must be, as a difference of logarithms.
const NEAR_PROPORTION: f32 = 0.12;

/// Finds the outline of the document in a picture; `None` if no outline is certain, as when the document fills the
/// picture.
pub fn locate(image: &RgbImage) -> Option<Outline> {
    let overview = shrunk(image, LONG_SIDES[1]);
    let mut best: Option<Outline> = None;
    for long_side in LONG_SIDES {
        let small = shrunk(&overview, long_side);
        if let Some(outline) = candidates(&small, image.dimensions()).into_iter().next()
            && best.is_none_or(|best| outline.certainty > best.certainty)
        {
            best = Some(outline);
        }
        if best.is_some_and(|best| best.certainty >= SETTLED) {
            break;
        }
    }
    best.filter(|best| best.certainty >= if best.cut_sides > 0 { CERTAIN_IF_CUT } else { CERTAIN })
}

/// The picture with its longer side no longer than that.
fn shrunk(image: &RgbImage, long_side: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    let scale = (long_side as f32 / width.max(height) as f32).min(1.0);
    let side = |pixels: u32| ((pixels as f32 * scale).round() as u32).max(3);
    resize(image, side(width), side(height))
}

/// Every candidate in a small picture of an image of that width and height, the best first.
fn candidates(small: &RgbImage, (width, height): (u32, u32)) -> Vec<Outline> {
    let edges = EdgeMap::of(small);
    let mut lines = lines::lines(&edges);
    lines.extend(Line::borders(&edges));
    let (across, down) = (width as f32 / small.width() as f32, height as f32 / small.height() as f32);
    let candidates = quads::candidates(&lines, small.width() as f32, small.height() as f32);
    let outlines = candidates.iter().map(|candidate| {
        let refined = refine::refined(candidate, &edges).0;
        // Pixel centres are whole numbers, so the edges lie half a pixel further out.
        let enlarged = refined.map(|p| Point::new((p.x + 0.5) * across - 0.5, (p.y + 0.5) * down - 0.5));
        Outline {
            quad: Quad(enlarged),
            certainty: candidate.certainty.clamp(0.0, 1.0),
            // A document that fills the picture is no less whole for touching its border.
            cut_sides: if candidate.area < FILLED { candidate.cut_sides } else { 0 },
        }
    });
    outlines.collect()
}
