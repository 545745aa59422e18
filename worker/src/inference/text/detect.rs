//! Word detectors: networks that give each pixel a probability of belonging to text.

use image::GrayImage;
use image::imageops::{self, FilterType};
use rten_imageproc::{PointF, RetrievalMode, RotatedRect, find_contours, min_area_rect, simplify_polygon};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::line::Word;
use super::network::Network;
use crate::inference::Fault;

/// The kinds of word detectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetectorKind {
    /// The detector of the ocrs project: it marks whole words.
    Ocrs,
    /// PP-OCR's detector (differentiable binarisation): it marks the cores of text areas.
    PpOcr,
}

/// A word detector.
pub(super) struct Detector {
    kind: DetectorKind,
    network: Network,
}

impl Detector {
    pub(super) fn load(kind: DetectorKind, name: &str, bytes: Vec<u8>) -> Result<Self, Fault> {
        Ok(Self { kind, network: Network::load(name, bytes)? })
    }

    /// The words of a page, in no order.
    pub(super) fn words(&self, page: &GrayImage) -> Result<Vec<Word>, Fault> {
        let (filled, (width, height)) = (self.filled_size(page), self.input_size(page));
        let scaled = imageops::resize(page, filled.0, filled.1, FilterType::Triangle);
        let output = self.network.run::<4>(self.input(&scaled, width as usize, height as usize))?;
        let mask = output.slice((0, 0));
        if mask.shape() != [height as usize, width as usize] {
            return Err(self.network.fault("its output is not as large as its input".to_owned()));
        }
        let scale = (page.width() as f32 / filled.0 as f32, page.height() as f32 / filled.1 as f32);
        let threshold = self.threshold();
        let contours = find_contours(mask.map(|value| *value > threshold).view(), RetrievalMode::External);
        let words = contours.iter().filter_map(|contour| {
            let points: Vec<PointF> = (contour.iter())
                .map(|p| {
                    PointF::from_yx((p.y as f32 + 0.5) * scale.1 - 0.5, (p.x as f32 + 0.5) * scale.0 - 0.5)
                })
                .collect();
            self.grown(min_area_rect(&simplify_polygon(&points, 1.0))?)
        });
        Ok(words.map(Word::upright).collect())
    }

    /// Width and height of the network's input for a page.
    fn input_size(&self, page: &GrayImage) -> (u32, u32) {
        match self.kind {
            DetectorKind::Ocrs => OCRS_SIZE,
            DetectorKind::PpOcr => self.filled_size(page),
        }
    }

    /// Which part of the input, from the upper left, the page fills.
    fn filled_size(&self, page: &GrayImage) -> (u32, u32) {
        let (width, height) = page.dimensions();
        match self.kind {
            // Its one input size squeezes larger pages, as in its training; smaller ones are not blown up.
            DetectorKind::Ocrs => (width.min(OCRS_SIZE.0), height.min(OCRS_SIZE.1)),
            DetectorKind::PpOcr => {
                let (width, height) = (width as f32, height as f32);
                let scale = (PP_SHORT_SIDE / width.min(height)).min(PP_LONG_SIDE / width.max(height));
                let round = |side: f32| ((side * scale / PP_STRIDE).round().max(1.0) * PP_STRIDE) as u32;
                (round(width), round(height))
            }
        }
    }

    /// The page in the upper left of the input, black beside it.
    fn input(&self, page: &GrayImage, width: usize, height: usize) -> NdTensor<f32, 4> {
        let (channels, scale, black) = match self.kind {
            DetectorKind::Ocrs => (1, 255.0, -0.5),
            DetectorKind::PpOcr => (3, 127.5, -1.0),
        };
        let mut plane = vec![black; width * height];
        for (row, line) in page.rows().enumerate() {
            for (cell, pixel) in plane[row * width..].iter_mut().zip(line) {
                *cell = f32::from(pixel.0[0]) / scale + black;
            }
        }
        NdTensor::from_data([1, channels, height, width], plane.repeat(channels))
    }

    fn threshold(&self) -> f32 {
        match self.kind {
            DetectorKind::Ocrs => 0.2,
            DetectorKind::PpOcr => 0.3,
        }
    }

    /// The rectangle of a marked area grown to the text's own; `None` for specks.
    fn grown(&self, rect: RotatedRect) -> Option<RotatedRect> {
        let growth = match self.kind {
            DetectorKind::Ocrs => OCRS_GROWTH,
            DetectorKind::PpOcr => PP_UNCLIP * rect.area() / (2.0 * (rect.width() + rect.height())),
        };
        if rect.width().min(rect.height()) < 1.0 {
            return None;
        }
        let grown = rect.expanded(2.0 * growth, 2.0 * growth);
        (grown.area() >= LEAST_AREA).then_some(grown)
    }
}

/// The ocrs detector's one input size, width and height.
const OCRS_SIZE: (u32, u32) = (600, 800);
/// The ocrs detector marks words this much smaller than they are, in pixels.
const OCRS_GROWTH: f32 = 3.0;
/// PP-OCR's detector: the short side of its input, as long as the long side allows it.
const PP_SHORT_SIDE: f32 = 736.0;
const PP_LONG_SIDE: f32 = 1280.0;
/// The sides of its input are multiples of this.
const PP_STRIDE: f32 = 32.0;
/// PP-OCR's detector marks areas shrunk by this times their area over their perimeter.
const PP_UNCLIP: f32 = 1.6;
/// Smaller words are specks, in square pixels.
const LEAST_AREA: f32 = 100.0;
