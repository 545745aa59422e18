//! Policies: the rules and thresholds of a decision, as versioned data.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CheckName, DocumentKind, FieldName, MrzFormat, PolicyStamp};

/// The policy that applies when none is configured.
const DEFAULT: &str = include_str!("../../../policy/default.toml");

/// A policy, as read from a `policy/*.toml` file, which explains each setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// A name for people.
    pub name: String,
    /// Raised with every change of meaning.
    pub version: u32,
    /// The checks that must pass for `verified`.
    pub required: Vec<CheckName>,
    /// Rules for the document.
    pub document: DocumentPolicy,
    /// Rules for face images and their comparison.
    pub face: FacePolicy,
    /// Rules for liveness.
    pub liveness: LivenessPolicy,
    /// Rules for the session.
    pub session: SessionPolicy,
}

/// Rules for the document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentPolicy {
    /// Kinds of document that are taken; empty: every kind.
    pub accepted_kinds: Vec<DocumentKind>,
    /// Formats of the machine-readable zone that are taken; empty: every format.
    pub accepted_mrz: Vec<MrzFormat>,
    /// Fields without which `document_fields` does not pass.
    pub required_fields: Vec<FieldName>,
    /// The shortest side that an image may have, in pixels.
    pub min_side_px: u32,
    /// How many characters of the machine-readable zone check digits may correct.
    pub max_repaired: u32,
    /// How many days past its date of expiry a document is still taken.
    pub expiry_grace_days: u32,
    /// The age in years that the holder must have reached; 0: any. Policies written before this setting have none.
    #[serde(default)]
    pub min_age_years: u32,
    /// Rules for the quality of its pictures; a policy without them takes the built-in ones.
    #[serde(default)]
    pub quality: QualityPolicy,
}

/// Rules for the quality of a document's picture. What is beyond a limit of the first group counts only if the
/// document was not read well; what is beyond one of the last two asks for a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityPolicy {
    /// The width of edges above which a picture is blurry, in thousandths of the document's longer side.
    pub max_edge_width_permille: f32,
    /// The least length of the document's longer side, in pixels.
    pub min_document_px: u32,
    /// The least brightness of the document's paper, in grey levels.
    pub min_paper_level: f32,
    /// The least difference between bright and dark places, in grey levels.
    pub min_contrast: f32,
    /// The largest glaring part of the document, 0 to 1.
    pub max_glare: f32,
    /// How many sides may lie on the image's border.
    pub max_cut_sides: u32,
    /// The strongest pattern of a screen, in decibels.
    pub max_moire_db: f32,
    /// The least colour, in grey levels.
    pub min_chroma: f32,
}

impl Default for QualityPolicy {
    /// The limits of the built-in policy.
    fn default() -> Self {
        Self {
            max_edge_width_permille: 5.0,
            min_document_px: 350,
            min_paper_level: 40.0,
            min_contrast: 25.0,
            max_glare: 0.3,
            max_cut_sides: 0,
            max_moire_db: 35.0,
            min_chroma: 3.0,
        }
    }
}

/// Rules for face images and their comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FacePolicy {
    /// The lowest detector score that counts as a face, 0 to 1.
    pub min_detection_score: f32,
    /// The least distance between the eyes in the selfie, in pixels.
    pub min_selfie_eye_distance_px: f32,
    /// The least distance between the eyes in the document's portrait, in pixels.
    pub min_document_eye_distance_px: f32,
    /// A second face in the selfie counts if its area is at least this part of the largest one's.
    pub second_face_area_ratio: f32,
    /// `face_match` passes up to this estimated false match rate, by metric of the embedder.
    pub pass_fmr: FmrLimit,
    /// `face_match` fails from this estimated false match rate on; between the two it is inconclusive.
    pub fail_fmr: FmrLimit,
}

/// A false match rate for each kind of embedder: the weaker one has a table that ends earlier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FmrLimit {
    /// For embedders compared by cosine similarity.
    pub cosine: f64,
    /// For embedders compared by Euclidean distance.
    pub euclidean: f64,
}

/// Rules for liveness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivenessPolicy {
    /// Live from this score on.
    pub live_from: f32,
    /// Spoof below this score; between the two it is inconclusive.
    pub spoof_below: f32,
}

/// Rules for the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionPolicy {
    /// How many hours a verification waits for its captures.
    pub expires_after_hours: u32,
    /// How often a verification may be submitted.
    pub max_attempts: u32,
}

/// A policy file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPolicy {
    /// The file is not the TOML of a policy.
    #[error("failed to parse the policy: {0}")]
    Syntax(#[from] toml::de::Error),
    /// The JSON is not that of a policy.
    #[error("failed to read the policy: {0}")]
    Shape(#[from] serde_json::Error),
    /// A value contradicts another.
    #[error("failed to accept the policy: {0}")]
    Rule(&'static str),
}

impl Policy {
    /// Reads a policy from TOML and checks that its limits are in order.
    pub fn from_toml(text: &str) -> Result<Self, InvalidPolicy> {
        toml::from_str::<Self>(text)?.checked()
    }

    /// Reads a policy from JSON, as a batch brings it, and checks the same.
    pub fn from_json(value: serde_json::Value) -> Result<Self, InvalidPolicy> {
        serde_json::from_value::<Self>(value)?.checked()
    }

    fn checked(self) -> Result<Self, InvalidPolicy> {
        let FacePolicy { pass_fmr, fail_fmr, .. } = &self.face;
        if pass_fmr.cosine > fail_fmr.cosine || pass_fmr.euclidean > fail_fmr.euclidean {
            return Err(InvalidPolicy::Rule("face.pass_fmr must not exceed face.fail_fmr"));
        }
        if self.liveness.spoof_below > self.liveness.live_from {
            return Err(InvalidPolicy::Rule("liveness.spoof_below must not exceed liveness.live_from"));
        }
        if self.session.max_attempts == 0 {
            return Err(InvalidPolicy::Rule("session.max_attempts must be at least 1"));
        }
        Ok(self)
    }

    /// Which policy this is, for the report.
    #[expect(clippy::expect_used, reason = "a struct of plain values always serialises")]
    pub fn stamp(&self) -> PolicyStamp {
        let json = serde_json::to_vec(self).expect("a policy serialises");
        PolicyStamp {
            name: self.name.clone(),
            version: self.version,
            sha256: crate::hex(&Sha256::digest(json)),
        }
    }
}

impl Default for Policy {
    #[expect(clippy::expect_used, reason = "the file is compiled in and parsed by a test")]
    fn default() -> Self {
        Self::from_toml(DEFAULT).expect("the built-in policy parses")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_policies_parse_and_differ() {
        let demo = Policy::from_toml(include_str!("../../../policy/demo.toml")).unwrap();
        assert!(!demo.required.contains(&CheckName::Liveness));
        assert!(Policy::default().required.contains(&CheckName::Liveness));
        assert_ne!(demo.stamp().sha256, Policy::default().stamp().sha256);
    }

    #[test]
    fn a_policy_survives_json_and_is_checked_there_as_well() {
        let mut json = serde_json::to_value(Policy::default()).unwrap();
        assert_eq!(Policy::from_json(json.clone()).unwrap(), Policy::default());
        json["liveness"]["spoof_below"] = 0.9.into();
        let message = Policy::from_json(json).unwrap_err().to_string();
        assert!(message.contains("liveness.spoof_below"), "{message}");
    }

    #[test]
    fn a_policy_without_limits_of_quality_takes_the_built_in_ones() {
        let from = DEFAULT.find("[document.quality]").unwrap();
        let to = DEFAULT.find("[face]").unwrap();
        let without = format!("{}{}", &DEFAULT[..from], &DEFAULT[to..]);
        assert_eq!(Policy::from_toml(&without).unwrap(), Policy::default());
    }

    #[test]
    fn limits_in_the_wrong_order_are_refused() {
        let text = DEFAULT.replace("spoof_below = 0.3", "spoof_below = 0.9");
        let message = Policy::from_toml(&text).unwrap_err().to_string();
        assert!(message.contains("liveness.spoof_below"), "{message}");
    }
}
