//! YuNet, a face detector of 75 856 parameters (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face
//! Detector", 2023), as published by libfacedetection.

use image::RgbImage;

use super::detect::{Letterbox, Sizes, without_doubles};
use super::tensor::{Channels, raw_planes};
use super::tract::Outputs;
use super::{Face, FaceDetector, Fault, Point, Rect};

/// The distances between the cells of its three output grids, in pixels of the input.
const STRIDES: [u32; 3] = [8, 16, 32];

/// Bounds that overlap more than this show the same face.
const OVERLAP: f32 = 0.3;

/// The detector; it takes blue-green-red values from 0 to 255.
pub struct YuNet {
    sizes: Sizes,
}

impl YuNet {
    /// Loads the network from its ONNX file's bytes; `name` is the manifest's.
    pub fn load(name: &str, onnx: Vec<u8>) -> Result<Self, Fault> {
        Ok(Self { sizes: Sizes::load(name, onnx)? })
    }
}

impl FaceDetector for YuNet {
    fn detect(&self, image: &RgbImage, min_score: f32, zoom: u32) -> Result<Vec<Face>, Fault> {
        let letterbox = Letterbox::new(image, zoom);
        let network = self.sizes.network(letterbox.image.dimensions())?;
        let outputs = network.run(&raw_planes(&letterbox.image, Channels::Bgr))?;
        let mut faces = Vec::new();
        for stride in STRIDES {
            decode(&outputs, stride, letterbox.image.width() / stride, min_score, &mut faces)?;
        }
        Ok(without_doubles(faces, OVERLAP).into_iter().map(|face| letterbox.restore(face)).collect())
    }
}

/// Decodes one grid. Each of its cells predicts a face relative to its own upper left corner, in units of
/// the stride; sizes are logarithms.
fn decode(
    outputs: &Outputs<'_>,
    stride: u32,
    columns: u32,
    min_score: f32,
    faces: &mut Vec<Face>,
) -> Result<(), Fault> {
    let class = outputs.get(&format!("cls_{stride}"))?;
    let object = outputs.get(&format!("obj_{stride}"))?;
    let boxes = outputs.get(&format!("bbox_{stride}"))?.chunks_exact(4);
    let points = outputs.get(&format!("kps_{stride}"))?.chunks_exact(10);
    let unit = stride as f32;
    for (cell, (((class, object), bounds), points)) in
        (0_u32..).zip(class.iter().zip(object).zip(boxes).zip(points))
    {
        let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
        if score < min_score {
            continue;
        }
        let (x, y) = ((cell % columns) as f32, (cell / columns) as f32);
        let (centre_x, centre_y) = ((x + bounds[0]) * unit, (y + bounds[1]) * unit);
        let (half_width, half_height) = (bounds[2].exp() * unit / 2.0, bounds[3].exp() * unit / 2.0);
        faces.push(Face {
            score,
            bounds: Rect {
                left: centre_x - half_width,
                top: centre_y - half_height,
                right: centre_x + half_width,
                bottom: centre_y + half_height,
            },
            landmarks: std::array::from_fn(|k| {
                Point::new((x + points[2 * k]) * unit, (y + points[2 * k + 1]) * unit)
            }),
        });
    }
    Ok(())
}
