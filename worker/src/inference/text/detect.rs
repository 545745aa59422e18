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
        let (width, height) = self.input_size(page);
        let scaled = imageops::resize(page, width, height, FilterType::Triangle);
        let output = self.network.run::<4>(self.input(&scaled))?;
        let mask = output.slice((0, 0));
        if mask.shape() != [height as usize, width as usize] {
            return Err(self.network.fault("its output is not as large as its input".to_owned()));
        }
        let scale = (page.width() as f32 / width as f32, page.height() as f32 / height as f32);
        let threshold = self.threshold();
        let contours = find_contours(mask.map(|value| *value > threshold).view(), RetrievalMode::External);
        let words = contours.iter().filter_map(|contour| {
            let points: Vec<PointF> = (contour.iter())
                .map(|p| PointF::from_yx(p.y as f32 * scale.1, p.x as f32 * scale.0))
                .collect();
            self.grown(min_area_rect(&simplify_polygon(&points, 1.0))?)
        });
        Ok(words.map(Word::upright).collect())
    }

    /// Width and height of the network's input for a page.
    fn input_size(&self, page: &GrayImage) -> (u32, u32) {
        let (width, height) = (page.width() as f32, page.height() as f32);
        let round = |side: f32, step: f32| ((side / step).round().max(1.0) * step) as u32;
        match self.kind {
            DetectorKind::Ocrs => {
                let scale = (OCRS_AREA / (width * height)).sqrt().min(1.0);
                (round(width * scale, 16.0), round(height * scale, 16.0))
            }
            DetectorKind::PpOcr => {
                let scale = (PP_SHORT_SIDE / width.min(height)).min(PP_LONG_SIDE / width.max(height));
                (round(width * scale, 32.0), round(height * scale, 32.0))
            }
        }
    }

    fn input(&self, page: &GrayImage) -> NdTensor<f32, 4> {
        let (width, height) = (page.width() as usize, page.height() as usize);
        match self.kind {
            DetectorKind::Ocrs => {
                let pixels: Vec<f32> = page.iter().map(|value| f32::from(*value) / 255.0 - 0.5).collect();
                NdTensor::from_data([1, 1, height, width], pixels)
            }
            DetectorKind::PpOcr => {
                let plane: Vec<f32> = page.iter().map(|value| f32::from(*value) / 127.5 - 1.0).collect();
                NdTensor::from_data([1, 3, height, width], plane.repeat(3))
            }
        }
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

/// The ocrs detector's input has about as many pixels as it was trained on, 800 by 600; pages are not squeezed
/// into that shape.
const OCRS_AREA: f32 = 1024.0 * 768.0;
/// The ocrs detector marks words this much smaller than they are, in pixels.
const OCRS_GROWTH: f32 = 3.0;
/// PP-OCR's detector: the short side of its input, as long as the long side allows it.
const PP_SHORT_SIDE: f32 = 736.0;
const PP_LONG_SIDE: f32 = 1280.0;
/// PP-OCR's detector marks areas shrunk by this times their area over their perimeter.
const PP_UNCLIP: f32 = 1.6;
/// Smaller words are specks, in square pixels.
const LEAST_AREA: f32 = 100.0;
