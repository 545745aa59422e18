//! What the comparison of two faces comes to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CaptureKind, ModelStamp, Outcome, PolicyStamp, ReasonCode, Region};

/// The result of one comparison, stored sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ComparisonResult {
    /// Whether both images show the same person; `None` if that cannot be told.
    pub same: Option<bool>,
    /// `pass` for the same person, `fail` for different ones, `inconclusive` if the score lies between the
    /// policy's limits or an image shows no usable face, `not_run` if a model is missing.
    pub outcome: Outcome,
    /// The similarity or distance of the two faces, in the unit of `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// How the embedder's templates are compared: `cosine` or `euclidean`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The score at which the policy's `pass_fmr` is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The estimated share of pairs of different people that score at least this alike. It ends where the
    /// embedder's table ends: the true share of a worse score is higher, and of a better score lower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_fmr: Option<f64>,
    /// What was found in each image, `image_a` first.
    pub faces: Vec<ComparedFaces>,
    /// Why the outcome is not `pass`, most important first.
    #[serde(default)]
    pub reasons: Vec<ReasonCode>,
    /// The policy whose limits were applied.
    pub policy: PolicyStamp,
    /// The model files that took part, by role.
    pub models: BTreeMap<String, ModelStamp>,
}

/// The faces of one of a comparison's images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ComparedFaces {
    /// The image.
    pub image: CaptureKind,
    /// How many faces were found.
    pub count: usize,
    /// Where they are; the first is the one that was compared.
    pub boxes: Vec<Region>,
}
