//! The report of one run: everything a decision rests on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Check, CheckName, Field, FieldName, FieldReading, Private, ReasonCode, names::names};

/// The report's format; raised when a reader of the old one would misread the new one.
pub const REPORT_SCHEMA: u32 = 1;

names! {
    /// What a run recommends.
    Verdict {
        /// Every required check passed.
        Verified = "verified",
        /// At least one required check failed.
        Rejected = "rejected",
        /// No required check failed, but at least one did not pass.
        NeedsReview = "needs_review",
    }
}

/// The report of one run. It never changes once written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_SCHEMA`] at the time of writing.
    pub schema: u32,
    /// What the run recommends.
    pub verdict: Verdict,
    /// Why, most important first: the reasons of the checks that the verdict rests on.
    pub reasons: Vec<ReasonCode>,
    /// Every check, in the order of [`CheckName::ALL`].
    pub checks: Vec<Check>,
    /// What was read on the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentReading>,
    /// The policy that decided.
    pub policy: PolicyStamp,
    /// The model files that took part, by role.
    pub models: BTreeMap<String, ModelStamp>,
    /// Milliseconds spent in each step.
    pub steps: Vec<StepTiming>,
}

impl Report {
    /// The check of that name.
    pub fn check(&self, name: CheckName) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

/// Which policy decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct PolicyStamp {
    /// The policy's name.
    pub name: String,
    /// The policy's version.
    pub version: u32,
    /// SHA-256 of the policy's canonical JSON, in hex.
    pub sha256: String,
}

/// Which model file took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ModelStamp {
    /// The manifest's name for it.
    pub name: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

/// How long a step took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct StepTiming {
    /// The step's name.
    pub step: String,
    /// Wall-clock milliseconds.
    pub ms: f64,
    /// Whether stored evidence of an earlier run was used instead of running the step.
    pub reused: bool,
}

/// What was read on a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct DocumentReading {
    /// The kind of document, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<DocumentKind>,
    /// The best reading of each field: the machine-readable zone's before a barcode's, and that before the print's.
    pub fields: BTreeMap<FieldName, Field>,
    /// Every reading of every field, source by source; reports stored earlier have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<FieldReading>,
    /// The machine-readable zone, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrz: Option<MrzReading>,
}

names! {
    /// The kind of a document.
    DocumentKind {
        /// A passport or another booklet of its size.
        Passport = "passport",
        /// A national identity card or residence permit.
        IdCard = "id_card",
        /// A visa.
        Visa = "visa",
        /// A driving licence.
        DriversLicence = "drivers_licence",
        /// Another document.
        Other = "other",
    }
}

names! {
    /// The formats of ICAO 9303 parts 4 to 7, and that of driving licences.
    MrzFormat {
        /// Three lines of 30: cards of the size of a bank card.
        Td1 = "TD1",
        /// Two lines of 36.
        Td2 = "TD2",
        /// Two lines of 44: passports.
        Td3 = "TD3",
        /// Visa, two lines of 44.
        MrvA = "MRV-A",
        /// Visa, two lines of 36.
        MrvB = "MRV-B",
        /// Driving licence: one line of 30 (France, the Netherlands) or two (Switzerland).
        Dl = "DL",
    }
}

/// A machine-readable zone as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct MrzReading {
    /// The format that its line lengths and document code say.
    pub format: MrzFormat,
    /// The lines, after repair.
    #[cfg_attr(feature = "utoipa", schema(value_type = Vec<String>))]
    pub lines: Vec<Private<String>>,
    /// Each check digit and whether it agrees.
    pub check_digits: Vec<CheckDigit>,
    /// How many characters the check digits corrected.
    pub repaired: u32,
    /// Each of these corrections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<MrzRepair>,
    /// How probable it is that a field was read right, 0 to 1: for a field under check digits among all readings
    /// that they allow, for another by its least certain character.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub confidence: BTreeMap<FieldName, f32>,
    /// The fields that are to be confirmed elsewhere: another reading is about as good, and no check digit tells
    /// the two apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncertain: Vec<FieldName>,
    /// Whether the name fills its field to the last place, and so must be taken for truncated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_truncated: bool,
    /// Whether check digits that disagree may have been misread: with other characters that the recogniser had in mind all
    /// of them would agree.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_misread: bool,
}

impl MrzReading {
    /// Whether there are check digits and every one agrees.
    pub fn all_check_digits_valid(&self) -> bool {
        !self.check_digits.is_empty() && self.check_digits.iter().all(|digit| digit.valid)
    }
}

/// A character of a machine-readable zone that its check digits corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct MrzRepair {
    /// The line, counted from 0.
    pub line: u32,
    /// The place in the line, counted from 0.
    pub position: u32,
    /// The character that was read.
    #[cfg_attr(feature = "utoipa", schema(value_type = String))]
    pub from: Private<char>,
    /// The character that stands there now.
    #[cfg_attr(feature = "utoipa", schema(value_type = String))]
    pub to: Private<char>,
    /// How much more probable the recogniser thought the first one, as a natural logarithm.
    pub margin: f32,
}

/// One check digit of a machine-readable zone, ICAO 9303 part 3, section 4.9.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct CheckDigit {
    /// What it covers: `document_number`, `date_of_birth`, `date_of_expiry`, `personal_number`,
    /// `composite`.
    pub field: String,
    /// Whether it agrees.
    pub valid: bool,
}
