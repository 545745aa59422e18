//! What the face detectors share: the letterbox, the networks of several sizes, and the suppression of
//! doubles.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use image::{RgbImage, imageops};

use super::tract::Network;
use super::{Face, Fault, Point, Rect, resample};

/// The side of the square that an image is fitted into at zoom 1; zoom `n` has `n` times that. The false
/// match rates in the manifest were measured with landmarks found at this size.
const SIDE: u32 = 320;

/// The largest zoom; beyond it a network's buffers outgrow their use.
const MAX_ZOOM: u32 = 4;

/// An image in the upper left corner of a black square.
pub(crate) struct Letterbox {
    /// The square.
    pub(crate) image: RgbImage,
    scale: (f32, f32),
}

impl Letterbox {
    /// Fits `image` into a square of `side` pixels, keeping its proportions.
    pub(crate) fn new(image: &RgbImage, side: u32) -> Self {
        let (width, height) = image.dimensions();
        let fit = f64::from(side) / f64::from(width.max(height));
        let fitted = |length: u32| ((f64::from(length) * fit).round() as u32).clamp(1, side);
        let (inner_width, inner_height) = (fitted(width), fitted(height));
        let mut square = RgbImage::new(side, side);
        imageops::replace(&mut square, &resample::resize(image, inner_width, inner_height), 0, 0);
        let scale = (inner_width as f32 / width as f32, inner_height as f32 / height as f32);
        Self { image: square, scale }
    }

    /// From the square's pixels to the image's.
    pub(crate) fn restore(&self, face: Face) -> Face {
        let (sx, sy) = self.scale;
        let Rect { left, top, right, bottom } = face.bounds;
        Face {
            score: face.score,
            bounds: Rect { left: left / sx, top: top / sy, right: right / sx, bottom: bottom / sy },
            landmarks: face.landmarks.map(|p| Point::new(p.x / sx, p.y / sy)),
        }
    }
}

/// A detector's file, and its network at each size that was asked for.
pub(crate) struct Sizes {
    name: String,
    onnx: Vec<u8>,
    networks: Mutex<BTreeMap<u32, Arc<Network>>>,
}

impl Sizes {
    /// Loads the network at zoom 1, so that a bad file shows at start.
    pub(crate) fn load(name: &str, onnx: Vec<u8>) -> Result<Self, Fault> {
        let sizes = Self { name: name.to_owned(), onnx, networks: Mutex::default() };
        sizes.at(1)?;
        Ok(sizes)
    }

    /// The network for that zoom and the side of its square. The first caller loads it while the others
    /// wait.
    pub(crate) fn at(&self, zoom: u32) -> Result<(Arc<Network>, u32), Fault> {
        let side = SIDE * zoom.clamp(1, MAX_ZOOM);
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = networks.get(&side) {
            return Ok((Arc::clone(network), side));
        }
        let shape = [1, 3, side as usize, side as usize];
        let network = Arc::new(Network::load(&self.name, &self.onnx, shape)?);
        networks.insert(side, Arc::clone(&network));
        Ok((network, side))
    }
}

/// Keeps the best of every group of faces whose bounds overlap by more than `limit` (intersection over
/// union), in descending order of score.
pub(crate) fn without_doubles(mut faces: Vec<Face>, limit: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|better| better.bounds.intersection_over_union(&face.bounds) <= limit) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(score: f32, left: f32) -> Face {
        let bounds = Rect { left, top: 0.0, right: left + 10.0, bottom: 10.0 };
        Face { score, bounds, landmarks: [Point::new(left, 5.0); 5] }
    }

    #[test]
    fn the_best_of_overlapping_faces_stays() {
        let faces = without_doubles(vec![face(0.7, 0.0), face(0.9, 2.0), face(0.8, 30.0)], 0.3);
        let scores: Vec<f32> = faces.iter().map(|f| f.score).collect();
        assert_eq!(scores, [0.9, 0.8]);
    }

    #[test]
    fn a_letterboxed_point_finds_back() {
        let letterbox = Letterbox::new(&RgbImage::new(1001, 333), 320);
        assert_eq!(letterbox.image.dimensions(), (320, 320));
        let restored = letterbox.restore(face(1.0, 310.0));
        assert!((restored.bounds.right - 1001.0).abs() < 0.1, "{restored:?}");
    }
}
