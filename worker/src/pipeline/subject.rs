//! Enrolment and authentication: a template of a face, and somebody who claims to be its owner.

use std::collections::BTreeMap;

use idv_common::domain::{
    AuthenticationResult, CaptureKind, Check, CheckName, EnrolmentResult, LivenessUse, Outcome, Policy,
    ReasonCode,
};
use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::clip::{ClipFinding, refused};
use super::decode::decode;
use super::faces::{self, FaceFinding};
use super::orientation::Turn;
use super::{CaptureImage, Pipeline, face_match};
use crate::inference::{Fault, ModelRole};

/// A face as a template: what an authentication is held against.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// SHA-256 of the embedder's file: templates of different embedders cannot be compared.
    #[serde(skip)]
    pub model_digest: String,
    /// The face and its vector.
    face: FaceFinding,
}

impl Pipeline {
    /// Makes a template of the face on a document or in a photo. Without a usable face there is none, and the result
    /// says why.
    pub fn enroll(
        &self,
        image: &CaptureImage,
        policy: &Policy,
    ) -> Result<(EnrolmentResult, Option<Template>), Fault> {
        let name = match image.kind {
            CaptureKind::DocumentFront => CheckName::DocumentFace,
            _ => CheckName::SelfieFace,
        };
        let (check, template) = match decode(&image.bytes, self.limits()) {
            Err(unreadable) => (Check::new(name, Outcome::Fail).because(unreadable.reason), None),
            Ok(pixels) => {
                let found = self.find_enrolled(&pixels, image.kind)?;
                let check = match name {
                    CheckName::DocumentFace => faces::judge_document_face(&found, image.kind, &policy.face),
                    _ => faces::judge_selfie_face(&found, image.kind, &policy.face),
                };
                (check, Some(self.template_of(found)))
            }
        };
        let template = template.filter(|_| check.outcome == Outcome::Pass);
        let result = EnrolmentResult {
            outcome: check.outcome,
            reasons: check.reasons.clone(),
            check,
            policy: policy.stamp(),
            models: self.model_stamps().clone(),
        };
        Ok((result, template))
    }

    /// The face of an image that may lie on its side, if it shows a document: a camera held over a table does not know
    /// which way is up.
    fn find_enrolled(&self, image: &RgbImage, kind: CaptureKind) -> Result<FaceFinding, Fault> {
        let models = &self.models().faces;
        if kind != CaptureKind::DocumentFront {
            return faces::find_selfie_face(image, &*models.detector, &*models.embedder);
        }
        for turn in Turn::ALL {
            let found = faces::find_document_face(&turn.apply(image), &*models.detector, &*models.embedder)?;
            if !found.faces.is_empty() {
                return Ok(found.turned_back(turn, image.dimensions()));
            }
        }
        Ok(FaceFinding::default())
    }

    fn template_of(&self, mut found: FaceFinding) -> Template {
        found.faces.truncate(1);
        Template { model_digest: self.embedder_digest(), face: found }
    }

    fn embedder_digest(&self) -> String {
        let stamps: &BTreeMap<_, _> = self.model_stamps();
        stamps.get(ModelRole::FaceEmbedder.as_str()).map(|stamp| stamp.sha256.clone()).unwrap_or_default()
    }

    /// Holds somebody against a template.
    pub fn authenticate(
        &self,
        images: &[CaptureImage],
        template: &Template,
        liveness: LivenessUse,
        policy: &Policy,
    ) -> Result<AuthenticationResult, Fault> {
        let files: Vec<&[u8]> = images.iter().map(|image| &image.bytes[..]).collect();
        let (mut checks, frames) = match self.find_clips(&files)? {
            Err(unreadable) => (vec![refused(CheckName::SelfieFace, &unreadable)], 0),
            Ok(seen) => (self.judge_claim(&seen, images, template, liveness, policy), seen.frames),
        };
        checks.sort_by_key(|check| check.name);
        let (outcome, reasons) = settle(&checks, liveness);
        let score =
            checks.iter().find(|check| check.name == CheckName::FaceMatch).and_then(|check| check.score);
        Ok(AuthenticationResult {
            outcome,
            score,
            checks,
            reasons,
            frames,
            policy: policy.stamp(),
            models: self.model_stamps().clone(),
        })
    }

    fn judge_claim(
        &self,
        seen: &ClipFinding,
        images: &[CaptureImage],
        template: &Template,
        liveness: LivenessUse,
        policy: &Policy,
    ) -> Vec<Check> {
        let kind = images.first().map_or(CaptureKind::Selfie, |image| image.kind);
        let matcher = &self.models().faces.matcher;
        let face_match = match template.model_digest == self.embedder_digest() {
            true => face_match::judge_face_match(&template.face, &seen.faces, matcher, &policy.face),
            false => Check::new(CheckName::FaceMatch, Outcome::NotRun).because(ReasonCode::TemplateOutdated),
        };
        let mut checks = vec![seen.judge_face(kind, &policy.face), face_match];
        if liveness != LivenessUse::Off {
            checks.push(seen.judge_liveness(&policy.liveness));
        }
        checks
    }
}

/// What the checks come to. Liveness counts only if it is required; a check that did not run is never a pass.
fn settle(checks: &[Check], liveness: LivenessUse) -> (Outcome, Vec<ReasonCode>) {
    let counts = |check: &&Check| check.name != CheckName::Liveness || liveness == LivenessUse::Require;
    let outcomes: Vec<Outcome> = checks.iter().filter(counts).map(|check| check.outcome).collect();
    let outcome = if outcomes.contains(&Outcome::Fail) {
        Outcome::Fail
    } else if outcomes.iter().all(|outcome| *outcome == Outcome::Pass) {
        Outcome::Pass
    } else {
        Outcome::Inconclusive
    };
    let mut reasons: Vec<ReasonCode> = Vec::new();
    for reason in checks.iter().filter(counts).flat_map(|check| &check.reasons) {
        if !reasons.contains(reason) {
            reasons.push(*reason);
        }
    }
    (outcome, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(liveness: Outcome) -> Vec<Check> {
        vec![
            Check::new(CheckName::SelfieFace, Outcome::Pass),
            Check::new(CheckName::FaceMatch, Outcome::Pass),
            Check::new(CheckName::Liveness, liveness).because(ReasonCode::LivenessInconclusive),
        ]
    }

    #[test]
    fn liveness_decides_only_if_it_is_required() {
        let of = |outcome, liveness| settle(&checks(outcome), liveness);
        assert_eq!(of(Outcome::Fail, LivenessUse::Report), (Outcome::Pass, vec![]));
        assert_eq!(of(Outcome::Fail, LivenessUse::Require).0, Outcome::Fail);
        assert_eq!(of(Outcome::NotRun, LivenessUse::Require).0, Outcome::Inconclusive);
    }

    #[test]
    fn the_same_reason_is_told_once() {
        let no_face = |name, outcome| Check::new(name, outcome).because(ReasonCode::SelfieNoFace);
        let checks =
            [no_face(CheckName::SelfieFace, Outcome::Fail), no_face(CheckName::FaceMatch, Outcome::NotRun)];
        let (outcome, reasons) = settle(&checks, LivenessUse::Off);
        assert_eq!((outcome, reasons), (Outcome::Fail, vec![ReasonCode::SelfieNoFace]));
    }
}
