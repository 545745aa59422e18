//! One step alone over one image, for measuring on images of one's own.

use idv_common::domain::{Check, Policy};
use image::RgbImage;

use super::decode::{Unreadable, decode};
use super::document::{DocumentFinding, Extent, read_document};
use super::{CaptureImage, Pipeline, faces, liveness};
use crate::inference::Fault;

impl Pipeline {
    /// Decodes an image under the pipeline's limits.
    pub fn decode(&self, image: &CaptureImage) -> Result<RgbImage, Unreadable> {
        decode(&image.bytes, self.limits())
    }

    /// Reads one side of a document.
    pub fn read(&self, image: &CaptureImage) -> Result<Result<DocumentFinding, Unreadable>, Fault> {
        match self.decode(image) {
            Ok(pixels) => read_document(&pixels, Extent::Everything, &self.models().text).map(Ok),
            Err(unreadable) => Ok(Err(unreadable)),
        }
    }

    /// Judges whether a selfie shows a live person.
    pub fn liveness(
        &self,
        image: &CaptureImage,
        policy: &Policy,
    ) -> Result<Result<Check, Unreadable>, Fault> {
        let pixels = match self.decode(image) {
            Ok(pixels) => pixels,
            Err(unreadable) => return Ok(Err(unreadable)),
        };
        let models = &self.models().faces;
        let found = match &models.liveness {
            None => None,
            Some(scorer) => {
                let selfie = faces::find_selfie_face(&pixels, &*models.detector, &*models.embedder)?;
                Some(liveness::find_liveness(&pixels, &selfie, &**scorer)?)
            }
        };
        Ok(Ok(liveness::judge_liveness(found.as_ref(), &policy.liveness)))
    }
}
