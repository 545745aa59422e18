//! What the small tasks about one face come to: an enrolment, an authentication, the inspection of an image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Check, ComparedFaces, ModelStamp, Outcome, PolicyStamp, ReasonCode};

/// What came of an enrolment, stored sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct EnrolmentResult {
    /// `pass` if the image gave a template; else `fail` or `inconclusive`.
    pub outcome: Outcome,
    /// `document_face` or `selfie_face`, by what the image shows.
    pub check: Check,
    /// Why the outcome is not `pass`, most important first.
    #[serde(default)]
    pub reasons: Vec<ReasonCode>,
    /// The policy whose limits were applied.
    pub policy: PolicyStamp,
    /// The model files that took part, by role.
    pub models: BTreeMap<String, ModelStamp>,
}

/// What came of an authentication, stored sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct AuthenticationResult {
    /// `pass`: it is the subject, and live if that is required. `fail`: it is not. `inconclusive`: it cannot be told.
    pub outcome: Outcome,
    /// The similarity or distance of the face to the template, as the check `face_match` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// `selfie_face`, `face_match` and, unless it is off, `liveness`.
    pub checks: Vec<Check>,
    /// Why the outcome is not `pass`, most important first.
    #[serde(default)]
    pub reasons: Vec<ReasonCode>,
    /// How many images or frames of a clip were looked at.
    pub frames: usize,
    /// The policy whose limits were applied.
    pub policy: PolicyStamp,
    /// The model files that took part, by role.
    pub models: BTreeMap<String, ModelStamp>,
}

/// The verdict on the face in an image, stored sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ImageResult {
    /// Whether there is a face.
    pub face_found: bool,
    /// The faces that were found, the largest first.
    pub faces: ComparedFaces,
    /// Why there is no usable face.
    #[serde(default)]
    pub reasons: Vec<ReasonCode>,
    /// The policy whose limits were applied.
    pub policy: PolicyStamp,
    /// The model files that took part, by role.
    pub models: BTreeMap<String, ModelStamp>,
}
