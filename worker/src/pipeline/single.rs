//! One step alone over one image, for measuring on images of one's own.

use idv_common::domain::{Check, Policy};
use image::RgbImage;

use super::decode::{Unreadable, decode};
use super::document::{DocumentFinding, Extent, read_document};
use super::{CaptureImage, Pipeline};
use crate::inference::Fault;

impl Pipeline {
    /// Decodes an image under the pipeline's limits.
    pub fn decode(&self, image: &CaptureImage) -> Result<RgbImage, Unreadable> {
        decode(&image.bytes, self.limits())
    }

    /// Reads one side of a document.
    pub fn read(&self, image: &CaptureImage) -> Result<Result<DocumentFinding, Unreadable>, Fault> {
        self.read_extent(image, Extent::Everything)
    }

    /// Reads one side of a document, or its zone alone.
    pub fn read_extent(
        &self,
        image: &CaptureImage,
        extent: Extent,
    ) -> Result<Result<DocumentFinding, Unreadable>, Fault> {
        match self.decode(image) {
            Ok(pixels) => read_document(&pixels, extent, &self.models().text).map(Ok),
            Err(unreadable) => Ok(Err(unreadable)),
        }
    }

    /// Judges whether a selfie, or a clip, shows a live person.
    pub fn liveness(
        &self,
        image: &CaptureImage,
        policy: &Policy,
    ) -> Result<Result<Check, Unreadable>, Fault> {
        Ok(self.find_clip(&image.bytes)?.map(|found| found.judge_liveness(&policy.liveness)))
    }
}
