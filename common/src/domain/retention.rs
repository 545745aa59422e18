//! How long personal data is kept.

use serde::{Deserialize, Serialize};

/// How many days after a verification is settled its personal data is kept. The sweep enforces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The uploaded images.
    pub captures_days: u32,
    /// What the steps found, face templates among it.
    pub evidence_days: u32,
    /// The reports with the document's fields.
    pub reports_days: u32,
    /// The results of comparisons; their images go as soon as they are compared.
    pub comparisons_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { captures_days: 30, evidence_days: 7, reports_days: 365, comparisons_days: 1 }
    }
}
