//! What the face detectors share: the letterbox, the networks of several sizes, and the suppression of
//! doubles.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use image::{RgbImage, imageops};

use super::tract::Network;
use super::{Face, Fault, Point, Rect, resample};

/// What an image's longer side is scaled to at zoom 1; zoom `n` has `n` times that. The false match rates in
/// the manifest were measured with landmarks found at this size.
const SIDE: u32 = 320;

/// What the height is padded to, so that little is computed for nothing on a wide photo; few, because each
/// takes a network of its own, and multiples of 32, as the networks ask. The width is always the whole
/// side: tract takes longer for narrower rows than it saves.
const HEIGHTS: [u32; 3] = [192, 256, 320];

/// The largest zoom; beyond it a network's buffers outgrow their use.
const MAX_ZOOM: u32 = 4;

/// An image in the upper left corner of a black canvas.
pub(crate) struct Letterbox {
    /// The canvas.
    pub(crate) image: RgbImage,
    scale: (f32, f32),
}

impl Letterbox {
    /// Scales `image` to the size of that zoom, keeping its proportions.
    pub(crate) fn new(image: &RgbImage, zoom: u32) -> Self {
        let zoom = zoom.clamp(1, MAX_ZOOM);
        let (width, height) = image.dimensions();
        let fit = f64::from(SIDE * zoom) / f64::from(width.max(height));
        let fitted = |length: u32| ((f64::from(length) * fit).round() as u32).clamp(1, SIDE * zoom);
        let (inner_width, inner_height) = (fitted(width), fitted(height));
        let height_on_canvas = HEIGHTS.map(|height| height * zoom).into_iter().find(|h| *h >= inner_height);
        let mut canvas = RgbImage::new(SIDE * zoom, height_on_canvas.unwrap_or(SIDE * zoom));
        imageops::replace(&mut canvas, &resample::resize(image, inner_width, inner_height), 0, 0);
        let scale = (inner_width as f32 / width as f32, inner_height as f32 / height as f32);
        Self { image: canvas, scale }
    }

    /// From the canvas's pixels to the image's.
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
    networks: Mutex<BTreeMap<(u32, u32), Arc<Network>>>,
}

impl Sizes {
    /// Loads the network for square images at zoom 1, so that a bad file shows at start.
    pub(crate) fn load(name: &str, onnx: Vec<u8>) -> Result<Self, Fault> {
        let sizes = Self { name: name.to_owned(), onnx, networks: Mutex::default() };
        sizes.network((SIDE, SIDE))?;
        Ok(sizes)
    }

    /// The network for canvases of that width and height. The first caller loads it while the others wait.
    pub(crate) fn network(&self, (width, height): (u32, u32)) -> Result<Arc<Network>, Fault> {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = networks.get(&(width, height)) {
            return Ok(Arc::clone(network));
        }
        let shape = [1, 3, height as usize, width as usize];
        let network = Arc::new(Network::load(&self.name, &self.onnx, shape)?);
        networks.insert((width, height), Arc::clone(&network));
        Ok(network)
    }
}

/// Keeps the best of every group of faces whose bounds overlap by more than `limit` (intersection over
/// union), in descending order of score. What cannot be a face at all, with points at infinity or in one
/// place, is dropped, so that whatever is found can be aligned.
pub(crate) fn without_doubles(mut faces: Vec<Face>, limit: f32) -> Vec<Face> {
    faces.retain(|face| face.bounds.area().is_normal() && face.eye_distance().is_normal());
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
        Face { score, bounds, landmarks: [0, 1, 2, 3, 4].map(|k| Point::new(left + k as f32, 5.0)) }
    }

    #[test]
    fn what_has_no_extent_is_no_face() {
        let point = Face { landmarks: [Point::default(); 5], ..face(0.9, 0.0) };
        let endless = Face { bounds: Rect { right: f32::INFINITY, ..Rect::default() }, ..face(0.9, 0.0) };
        assert!(without_doubles(vec![point, endless], 0.3).is_empty());
    }

    #[test]
    fn the_best_of_overlapping_faces_stays() {
        let faces = without_doubles(vec![face(0.7, 0.0), face(0.9, 2.0), face(0.8, 30.0)], 0.3);
        let scores: Vec<f32> = faces.iter().map(|f| f.score).collect();
        assert_eq!(scores, [0.9, 0.8]);
    }

    #[test]
    fn a_letterboxed_point_finds_back() {
        let letterbox = Letterbox::new(&RgbImage::new(1001, 333), 1);
        assert_eq!(letterbox.image.dimensions(), (320, 192));
        let restored = letterbox.restore(face(1.0, 310.0));
        assert!((restored.bounds.right - 1001.0).abs() < 0.1, "{restored:?}");
    }

    #[test]
    fn canvases_come_in_few_sizes() {
        for (image, zoom, canvas) in [
            ((3000, 4000), 1, (320, 320)),
            ((1920, 1080), 2, (640, 384)),
            ((1, 1), 9, (1280, 1280)),
            ((4000, 3000), 1, (320, 256)),
        ] {
            assert_eq!(Letterbox::new(&RgbImage::new(image.0, image.1), zoom).image.dimensions(), canvas);
        }
    }
}
