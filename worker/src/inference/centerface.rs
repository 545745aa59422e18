//! CenterFace (Xu, Yan, Yang et al.: "CenterFace: Joint Face Detection and Alignment Using Face as
//! Point", 2019): a heat map of face centres at a quarter of the input's resolution.

use image::RgbImage;

use super::detect::{Letterbox, Sizes, without_doubles};
use super::tensor::{Channels, raw_planes};
use super::{Face, FaceDetector, Fault, Point, Rect};

/// The distance between the cells of its output grid, in pixels of the input.
const STRIDE: u32 = 4;

/// Bounds that overlap more than this show the same face.
const OVERLAP: f32 = 0.3;

/// The output that holds the probability of a face's centre in each cell.
const HEAT: &str = "537";
/// The output that holds the logarithms of height and width, in cells.
const SIZE: &str = "538";
/// The output that holds the centre's offset from its cell, down and to the right, in cells.
const OFFSET: &str = "539";
/// The output that holds the landmarks relative to the bounds, down and to the right each.
const LANDMARKS: &str = "540";

/// The detector; it takes red-green-blue values from 0 to 255.
pub struct CenterFace {
    sizes: Sizes,
}

impl CenterFace {
    /// Loads the network from its ONNX file's bytes; `name` is the manifest's.
    pub fn load(name: &str, onnx: Vec<u8>) -> Result<Self, Fault> {
        Ok(Self { sizes: Sizes::load(name, onnx)? })
    }
}

impl FaceDetector for CenterFace {
    fn detect(&self, image: &RgbImage, min_score: f32, zoom: u32) -> Result<Vec<Face>, Fault> {
        let letterbox = Letterbox::new(image, zoom);
        let (width, height) = letterbox.image.dimensions();
        let network = self.sizes.network((width, height))?;
        let outputs = network.run(&raw_planes(&letterbox.image, Channels::Rgb))?;
        let columns = (width / STRIDE) as usize;
        let grid = Grid {
            columns,
            cells: columns * (height / STRIDE) as usize,
            width: width as f32,
            height: height as f32,
            size: outputs.get(SIZE)?,
            offset: outputs.get(OFFSET)?,
            landmarks: outputs.get(LANDMARKS)?,
        };
        let heat = outputs.get(HEAT)?.iter().enumerate();
        let hot = heat.filter(|(_, score)| **score >= min_score);
        let faces = hot.map(|(cell, score)| grid.face(cell, *score)).collect();
        Ok(without_doubles(faces, OVERLAP).into_iter().map(|face| letterbox.restore(face)).collect())
    }
}

/// The output maps of one image, each a plane of cells per channel.
struct Grid<'a> {
    columns: usize,
    cells: usize,
    width: f32,
    height: f32,
    size: &'a [f32],
    offset: &'a [f32],
    landmarks: &'a [f32],
}

impl Grid<'_> {
    /// The face whose centre lies in `cell`, its bounds cut at the canvas's edges.
    fn face(&self, cell: usize, score: f32) -> Face {
        let unit = STRIDE as f32;
        let (row, column) = ((cell / self.columns) as f32, (cell % self.columns) as f32);
        let plane = |map: &[f32], channel: usize| map[channel * self.cells + cell];
        let (height, width) = (plane(self.size, 0).exp() * unit, plane(self.size, 1).exp() * unit);
        let centre_y = (row + plane(self.offset, 0) + 0.5) * unit;
        let centre_x = (column + plane(self.offset, 1) + 0.5) * unit;
        let left = (centre_x - width / 2.0).clamp(0.0, self.width);
        let top = (centre_y - height / 2.0).clamp(0.0, self.height);
        Face {
            score,
            bounds: Rect {
                left,
                top,
                right: (left + width).min(self.width),
                bottom: (top + height).min(self.height),
            },
            landmarks: std::array::from_fn(|k| {
                let (y, x) = (plane(self.landmarks, 2 * k), plane(self.landmarks, 2 * k + 1));
                Point::new(x * width + left, y * height + top)
            }),
        }
    }
}
