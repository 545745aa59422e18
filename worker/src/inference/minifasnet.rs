//! Liveness from one photo: the pair of MiniFASNet networks of Silent-Face-Anti-Spoofing (Minivision,
//! 2020), which look at the face with much and with very much of its surroundings.

use image::RgbImage;

use super::tensor::{Channels, raw_planes};
use super::tract::Network;
use super::{Face, Fault, LivenessScore, LivenessScorer, Rect};

/// The side of the networks' input.
const SIDE: u32 = 80;

/// How many times larger than the face the part is that each network looks at.
const MARGIN_V2: f32 = 2.7;
/// The same for the network with squeeze-and-excitation blocks.
const MARGIN_V1SE: f32 = 4.0;

/// The scorer: the mean of both networks' probabilities.
pub struct MiniFasNet {
    branches: [(Network, f32); 2],
}

impl MiniFasNet {
    /// Loads MiniFASNetV2 and MiniFASNetV1SE from their ONNX files' bytes; `name` is the manifest's.
    pub fn load(name: &str, v2: &[u8], v1se: &[u8]) -> Result<Self, Fault> {
        let network = |onnx| Network::load(name, onnx, [1, 3, SIDE as usize, SIDE as usize]);
        Ok(Self { branches: [(network(v2)?, MARGIN_V2), (network(v1se)?, MARGIN_V1SE)] })
    }
}

impl LivenessScorer for MiniFasNet {
    fn score(&self, image: &RgbImage, face: &Face) -> Result<LivenessScore, Fault> {
        let mut sum = [0.0_f32; 3];
        for (network, margin) in &self.branches {
            let crop = Crop::around(face.bounds, *margin, image.dimensions());
            let input = raw_planes(&crop.resized(image), Channels::Bgr);
            let outputs = network.run(&input)?;
            sum.iter_mut().zip(outputs.get("probs")?).for_each(|(sum, p)| *sum += p);
        }
        // Class 1 is a live face. The publisher calls both others fakes without telling them apart: its
        // sample print and its sample screen are both of class 2, so that class is the general one here.
        let [print, live, replay] = sum.map(|p| p / 2.0);
        Ok(LivenessScore { live, print, replay })
    }
}

/// A part of an image: first and last column and row, both inside.
#[derive(Debug, PartialEq)]
struct Crop {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Crop {
    /// The part `margin` times the size of the face, shrunk until it fits the image and then moved
    /// inside. The networks were trained with boxes that are near square and sit lower than those of the
    /// detectors here; the box is changed to match.
    fn around(bounds: Rect, margin: f32, (width, height): (u32, u32)) -> Self {
        let side = bounds.area().sqrt();
        let centre_x = (bounds.left + bounds.right) / 2.0;
        let centre_y = (bounds.top + bounds.bottom) / 2.0 + 0.06 * bounds.height();
        let left = (centre_x - side / 2.0).trunc();
        let top = (centre_y - side / 2.0).trunc();
        let size = (side + 1.0).trunc();
        let (last_x, last_y) = (width as f32 - 1.0, height as f32 - 1.0);
        let half = size * margin.min(last_x / size).min(last_y / size) / 2.0;
        let (left, right) = inside(left + size / 2.0, half, last_x);
        let (top, bottom) = inside(top + size / 2.0, half, last_y);
        Self { left, top, right, bottom }
    }

    /// The part as a square of the networks' size, sampled bilinearly between pixel centres without
    /// averaging, because the networks were trained so.
    fn resized(&self, image: &RgbImage) -> RgbImage {
        let across = Axis { first: self.left, last: self.right };
        let down = Axis { first: self.top, last: self.bottom };
        RgbImage::from_fn(SIDE, SIDE, |x, y| {
            let (x0, x1, part_x) = across.taps(x);
            let (y0, y1, part_y) = down.taps(y);
            let value = |x, y, c: usize| f32::from(image.get_pixel(x, y).0[c]);
            image::Rgb(std::array::from_fn(|c| {
                let upper = value(x0, y0, c) * (1.0 - part_x) + value(x1, y0, c) * part_x;
                let lower = value(x0, y1, c) * (1.0 - part_x) + value(x1, y1, c) * part_x;
                (upper * (1.0 - part_y) + lower * part_y + 0.5) as u8
            }))
        })
    }
}

/// The first and last pixel of a span about `centre`, moved inside `0..=last`.
fn inside(centre: f32, half: f32, last: f32) -> (u32, u32) {
    let (mut low, mut high) = (centre - half, centre + half);
    if low < 0.0 {
        (low, high) = (0.0, high - low);
    }
    if high > last {
        (low, high) = (low - (high - last), last);
    }
    (low.max(0.0) as u32, high.clamp(0.0, last.max(0.0)) as u32)
}

/// One axis of a part.
struct Axis {
    first: u32,
    last: u32,
}

impl Axis {
    /// The two pixels that a target pixel lies between, and how far it is towards the second.
    fn taps(&self, target: u32) -> (u32, u32, f32) {
        let length = (self.last - self.first + 1) as f32;
        let at = ((target as f32 + 0.5) * length / SIDE as f32 - 0.5).clamp(0.0, length - 1.0);
        let first = self.first + at as u32;
        (first, (first + 1).min(self.last), at.fract())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_that_fits_is_centred_and_one_that_does_not_is_moved_and_shrunk() {
        let face = Rect { left: 400.0, top: 400.0, right: 499.0, bottom: 499.0 };
        let crop = Crop::around(face, 2.0, (1000, 1000));
        assert_eq!(crop.right - crop.left, 200);
        let at_edge = Rect { left: -20.0, top: 10.0, right: 79.0, bottom: 109.0 };
        assert_eq!(Crop::around(at_edge, 2.7, (1000, 1000)).left, 0);
        let filling = Rect { left: -50.0, top: -50.0, right: 150.0, bottom: 150.0 };
        assert_eq!(Crop::around(filling, 4.0, (100, 120)), Crop { left: 0, top: 13, right: 99, bottom: 112 });
    }

    #[test]
    fn the_smallest_images_and_faces_are_survived() {
        for size in [(1, 1), (1, 50), (2, 2)] {
            for face in [Rect::default(), Rect { left: -9.0, top: 90.0, right: 9.0, bottom: 99.0 }] {
                let image = RgbImage::new(size.0, size.1);
                Crop::around(face, 4.0, size).resized(&image);
            }
        }
    }
}
