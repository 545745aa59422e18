//! Checks: what was examined, what came out, and on what evidence.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CaptureKind, Private, ReasonCode, names::names};

names! {
    /// The name of a check.
    CheckName {
        /// The document's image can be decoded and is large enough to read.
        DocumentQuality = "document_quality",
        /// The machine-readable zone was found and its ICAO 9303 check digits agree.
        DocumentMrz = "document_mrz",
        /// The barcode was read and is well formed.
        DocumentBarcode = "document_barcode",
        /// The fields that the policy asks for were read.
        DocumentFields = "document_fields",
        /// The document's sources do not contradict each other.
        DocumentConsistency = "document_consistency",
        /// The document is valid on the day of the decision.
        DocumentExpiry = "document_expiry",
        /// The document shows a face.
        DocumentFace = "document_face",
        /// The selfie shows exactly one face.
        SelfieFace = "selfie_face",
        /// Both faces are the same person's, at the policy's false match rate.
        FaceMatch = "face_match",
        /// A live person took the selfie.
        Liveness = "liveness",
    }
}

names! {
    /// What a check came to. Only evidence makes `fail`; a fault makes `error`.
    Outcome {
        /// The evidence supports the claim.
        Pass = "pass",
        /// The evidence refutes the claim.
        Fail = "fail",
        /// The evidence is too weak either way.
        Inconclusive = "inconclusive",
        /// The check had nothing to work on, or its model is missing.
        NotRun = "not_run",
        /// The machinery failed; this says nothing about the person.
        Error = "error",
    }
}

/// One check of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Check {
    /// Which check this is.
    pub name: CheckName,
    /// What it came to.
    pub outcome: Outcome,
    /// The measured value, where there is one; its unit is in the evidence's `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The policy's limit for the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Why the outcome is not `pass`, most important first.
    #[serde(default)]
    pub reasons: Vec<ReasonCode>,
    /// What the outcome rests on.
    #[serde(default)]
    pub evidence: Evidence,
}

impl Check {
    /// A check with nothing but an outcome.
    pub fn new(name: CheckName, outcome: Outcome) -> Self {
        Self {
            name,
            outcome,
            score: None,
            threshold: None,
            reasons: Vec::new(),
            evidence: Evidence::default(),
        }
    }

    /// Adds a reason, unless it is there already.
    pub fn because(mut self, reason: ReasonCode) -> Self {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        self
    }

    /// Sets the score and the limit that it was held against.
    pub fn scored(mut self, score: f64, threshold: Option<f64>) -> Self {
        self.score = Some(score);
        self.threshold = threshold;
        self
    }

    /// Adds one named detail to the evidence.
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.details.insert(name.to_owned(), value.into());
        self
    }

    /// Adds regions to the evidence.
    pub fn regions(mut self, regions: impl IntoIterator<Item = Region>) -> Self {
        self.evidence.regions.extend(regions);
        self
    }
}

/// What a check's outcome rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// Places in the captures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// Named values: metrics, sub-checks, model names.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Object))]
    pub details: Map<String, Value>,
}

/// A place in a capture, in pixels of the upright image (EXIF orientation applied).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Region {
    /// The capture that it lies in.
    pub capture: CaptureKind,
    /// What is there: `face`, `landmarks`, `mrz_line`, `text`, `pdf417`, `qr_code`.
    pub label: String,
    /// The corners of a quadrilateral in reading order, or loose points for `landmarks`.
    pub points: Vec<[f32; 2]>,
    /// The text that was read there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<String>))]
    pub text: Option<Private<String>>,
    /// The detector's or reader's confidence, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}
