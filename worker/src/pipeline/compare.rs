//! One comparison of two faces.

use idv_common::domain::{
    CaptureKind, Check, ComparedFaces, ComparisonResult, Outcome, Policy, ReasonCode, Region,
};

use super::decode::decode;
use super::faces::{self, FaceFinding};
use super::{CaptureImage, Pipeline, face_match};
use crate::inference::Fault;

impl Pipeline {
    /// Compares the largest face of one image with the largest of another. An image that cannot be decoded
    /// or shows no face makes the result inconclusive, with the reason.
    pub fn compare(&self, images: &[CaptureImage; 2], policy: &Policy) -> Result<ComparisonResult, Fault> {
        let mut reasons = Vec::new();
        let mut findings = Vec::with_capacity(2);
        for image in images {
            findings.push(self.find_faces(&image.bytes, &mut reasons)?);
        }
        let matcher = &self.models().faces.matcher;
        let check = match findings.as_slice() {
            [a, b] => face_match::judge_face_match(a, b, matcher, &policy.face),
            _ => Check::new(idv_common::domain::CheckName::FaceMatch, Outcome::NotRun),
        };
        if reasons.is_empty() {
            reasons.clone_from(&check.reasons);
        }
        let faces = images.iter().zip(&findings).map(|(image, found)| described(image.kind, found, policy));
        Ok(ComparisonResult {
            same: match check.outcome {
                Outcome::Pass => Some(true),
                Outcome::Fail => Some(false),
                _ => None,
            },
            outcome: if check.outcome == Outcome::NotRun { Outcome::Inconclusive } else { check.outcome },
            score: check.score,
            metric: Some(matcher.metric.as_str().to_owned()),
            threshold: check.threshold,
            estimated_fmr: check.evidence.details.get("estimated_fmr").and_then(serde_json::Value::as_f64),
            faces: faces.collect(),
            reasons,
            policy: policy.stamp(),
            models: self.model_stamps().clone(),
        })
    }

    /// The faces of an image, the largest first; none, with a reason, if it cannot be decoded.
    pub(super) fn find_faces(
        &self,
        bytes: &[u8],
        reasons: &mut Vec<ReasonCode>,
    ) -> Result<FaceFinding, Fault> {
        let models = &self.models().faces;
        match decode(bytes, self.limits()) {
            Ok(image) => faces::find_document_face(&image, &*models.detector, &*models.embedder),
            Err(unreadable) => {
                reasons.push(unreadable.reason);
                Ok(FaceFinding::default())
            }
        }
    }
}

/// Where the faces of an image are.
pub(super) fn described(kind: CaptureKind, found: &FaceFinding, policy: &Policy) -> ComparedFaces {
    let check = faces::judge_document_face(found, kind, &policy.face);
    let boxes: Vec<Region> =
        check.evidence.regions.into_iter().filter(|region| region.label == "face").collect();
    ComparedFaces { image: kind, count: boxes.len(), boxes }
}
