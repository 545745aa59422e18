//! The verdict on the face in an image.

use idv_common::domain::{ImageResult, Policy, ReasonCode};

use super::{CaptureImage, Pipeline};
use crate::inference::Fault;

impl Pipeline {
    /// Looks for a face in an image. One that cannot be decoded shows none, with the reason.
    pub fn inspect(&self, image: &CaptureImage, policy: &Policy) -> Result<ImageResult, Fault> {
        let mut reasons = Vec::new();
        let found = self.find_faces(&image.bytes, &mut reasons)?;
        let faces = super::compare::described(image.kind, &found, policy);
        if faces.count == 0 && reasons.is_empty() {
            reasons.push(ReasonCode::SelfieNoFace);
        }
        Ok(ImageResult {
            face_found: faces.count > 0,
            faces,
            reasons,
            policy: policy.stamp(),
            models: self.model_stamps().clone(),
        })
    }
}
