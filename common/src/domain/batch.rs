//! Batches: many verifications at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::names::names;
use super::{CaptureKind, ReasonCode, ReceiverUrl, Timestamp, Verdict, VerificationId, VerificationStatus};

names! {
    /// What a batch does.
    BatchKind {
        /// Makes new verifications of files.
        Import = "import",
        /// Takes another look at old ones.
        Reprocess = "reprocess",
    }
}

names! {
    /// Where a batch stands.
    BatchStatus {
        /// Its items are being found.
        Preparing = "preparing",
        /// Its items are worked on.
        Running = "running",
        /// No item is begun; those that have begun end.
        Paused = "paused",
        /// Every item has its result.
        Completed = "completed",
        /// It was given up; `error` says why.
        Failed = "failed",
        /// It was called off.
        Canceled = "canceled",
    }
}

names! {
    /// Where an item of a batch stands.
    ItemState {
        /// It waits for its turn.
        Waiting = "waiting",
        /// It is worked on.
        Running = "running",
        /// It has its result.
        Done = "done",
        /// It has its result, and what a reviewer decided stays.
        KeptReview = "kept_review",
        /// What it needs is there no more.
        NotReprocessable = "not_reprocessable",
        /// Its personal data was erased.
        SkippedRedacted = "skipped_redacted",
        /// It was given up; `error` says why.
        Failed = "failed",
        /// It was called off.
        Canceled = "canceled",
    }
}

impl BatchStatus {
    /// Whether nothing more happens.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

impl ItemState {
    /// Whether nothing more happens.
    pub fn is_finished(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// Which verifications a reprocessing looks at again: those for which everything holds that is given here. Only settled
/// ones with a result, or given up, are taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ReprocessSelection {
    /// These statuses, of [`ReprocessSelection::STATUSES`]; empty: all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<VerificationStatus>,
    /// Made at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<Timestamp>,
    /// Made before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
    /// Decided by a policy of a version below this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version_below: Option<u32>,
    /// Decided by a policy of one of these versions; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy_versions: Vec<u32>,
    /// One of these model files took part, by SHA-256 in hex; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_digests: Vec<String>,
    /// One of these is among the reasons of its run; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonCode>,
    /// One of these verifications; `None`: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<VerificationId>>,
}

impl ReprocessSelection {
    /// The statuses that a verification may be reprocessed from.
    pub const STATUSES: &'static [VerificationStatus] = &[
        VerificationStatus::Verified,
        VerificationStatus::Rejected,
        VerificationStatus::NeedsReview,
        VerificationStatus::Failed,
    ];

    /// The most ids that one selection names.
    pub const MAX_IDS: usize = 10_000;

    /// Refuses what no verification can meet and what is not of the right form. The error names the field and what it
    /// may hold.
    pub fn check(&self) -> Result<(), InvalidSelection> {
        let wrong = |field, what: &str| Err(InvalidSelection { field, what: what.to_owned() });
        let settled = |status: &VerificationStatus| Self::STATUSES.contains(status);
        if !self.statuses.iter().all(settled) {
            return wrong("statuses", "only verified, rejected, needs_review and failed may be reprocessed");
        }
        let is_digest = |text: &String| {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !self.model_digests.iter().all(is_digest) {
            return wrong("model_digests", "a SHA-256 has 64 hexadecimal digits in lower case");
        }
        if self.ids.as_ref().is_some_and(|ids| ids.len() > Self::MAX_IDS) {
            return wrong("ids", "at most 10000 verifications may be named");
        }
        Ok(())
    }
}

/// A selection that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to use `{field}`: {what}")]
pub struct InvalidSelection {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: String,
}

names! {
    /// Where the files of an import are.
    ImportSource {
        /// Where the setting `batch.source` says: workers fetch them.
        Configured = "configured",
        /// With the program that made the batch, which hands them in.
        Client = "client",
    }
}

/// What an import reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportSelection {
    /// Where the files are.
    pub source: ImportSource,
}

/// One item of an import: its files, by their names in the source, and what the verification is made with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ImportLine {
    /// The caller's own name for it, 1 to 200 printable characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reference: Option<String>,
    /// The side of the document with the portrait.
    pub document_front: String,
    /// The other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_back: Option<String>,
    /// A photo of the person; may be left out if there is a clip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selfie: Option<String>,
    /// A clip of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selfie_clip: Option<String>,
    /// The caller's own JSON object, at most 8192 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Object>))]
    pub metadata: Option<Map<String, Value>>,
    /// Where to send the verification's events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
}

impl ImportLine {
    /// The longest name of an object, in bytes.
    const MAX_NAME: usize = 1024;
    /// The longest reference, in characters.
    const MAX_REFERENCE: usize = 200;
    /// The largest metadata, in bytes of JSON.
    const MAX_METADATA: usize = 8192;

    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = (CaptureKind, &str)> {
        [
            (CaptureKind::DocumentFront, Some(&self.document_front)),
            (CaptureKind::DocumentBack, self.document_back.as_ref()),
            (CaptureKind::Selfie, self.selfie.as_ref()),
            (CaptureKind::SelfieClip, self.selfie_clip.as_ref()),
        ]
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, name?.as_str())))
    }

    /// The metadata as it is stored.
    pub fn metadata_json(&self) -> Option<String> {
        self.metadata.clone().map(|map| Value::Object(map).to_string())
    }

    /// Refuses what no verification can be made of. The error names the field and what it may hold.
    pub fn check(&self) -> Result<(), InvalidSelection> {
        let wrong = |field: &'static str, what: &str| Err(InvalidSelection { field, what: what.to_owned() });
        if self.selfie.is_none() && self.selfie_clip.is_none() {
            return wrong("selfie", "name a selfie or a selfie_clip");
        }
        for (kind, name) in self.files() {
            if !is_object_name(name) || name.len() > Self::MAX_NAME {
                let what = "a name is relative to the source, with / between its parts and without .. in it";
                return wrong(kind.as_str(), what);
            }
        }
        let is_reference = |reference: &String| {
            (1..=Self::MAX_REFERENCE).contains(&reference.chars().count())
                && !reference.chars().any(char::is_control)
        };
        if !self.client_reference.iter().all(is_reference) {
            return wrong("client_reference", "1 to 200 printable characters are kept");
        }
        if self.metadata_json().is_some_and(|json| json.len() > Self::MAX_METADATA) {
            return wrong("metadata", "at most 8192 bytes of JSON are kept");
        }
        if let Some(Err(refused)) = self.webhook_url.as_ref().map(|url| url.parse::<ReceiverUrl>()) {
            return wrong("webhook_url", &refused.to_string());
        }
        Ok(())
    }
}

/// Whether a text names an object below a source: no absolute path, no step upwards, nothing that another system takes
/// for a separator.
fn is_object_name(name: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    name.split('/').all(is_part) && !name.chars().any(|c| c == '\\' || c.is_control())
}

/// What a batch's runs change, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Diff {
    /// How many items are in each state.
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::HashMap<String, i64>))]
    pub items: BTreeMap<ItemState, i64>,
    /// How many items have a verdict that was compared with the one before.
    pub compared: i64,
    /// Of these, how many have another verdict or other reasons.
    pub changed: i64,
    /// How many items went from one verdict to another, or stayed.
    pub verdicts: Vec<VerdictChange>,
    /// On how many items each reason appears or disappears.
    pub reasons: Vec<ReasonChange>,
}

/// How many items went from one verdict to another, or stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct VerdictChange {
    /// What was decided before; `None`: nothing.
    pub from: Option<Verdict>,
    /// What the batch's run recommends.
    pub to: Verdict,
    /// How many items.
    pub items: i64,
}

/// On how many items a reason appears or disappears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ReasonChange {
    /// The reason.
    pub reason: ReasonCode,
    /// Items that have it now and had it not.
    pub appears: i64,
    /// Items that had it and have it no more.
    pub disappears: i64,
}

impl ReasonChange {
    /// No change yet.
    pub fn of(reason: ReasonCode) -> Self {
        Self { reason, appears: 0, disappears: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(front: &str) -> ImportLine {
        let selfie = Some("a/selfie.jpg".to_owned());
        ImportLine { document_front: front.to_owned(), selfie, ..ImportLine::default() }
    }

    #[test]
    fn a_name_that_leaves_the_source_is_refused() {
        assert_eq!(line("a/front.jpg").check(), Ok(()));
        for name in ["", "/etc/passwd", "../a", "a/../../b", "a//b", "./a", "a\\b", "a\0b", "a/"] {
            assert_eq!(line(name).check().unwrap_err().field, "document_front", "{name:?}");
        }
    }

    #[test]
    fn an_item_needs_something_of_the_person() {
        let line = ImportLine { selfie: None, ..line("front.jpg") };
        assert_eq!(line.check().unwrap_err().field, "selfie");
    }

    #[test]
    fn what_a_request_could_not_say_of_a_verification_no_line_can() {
        let reference = |text: &str| ImportLine { client_reference: Some(text.into()), ..line("a") };
        assert_eq!(reference("order 17").check(), Ok(()));
        for text in ["", "a\0b", "a\nb"] {
            assert_eq!(reference(text).check().unwrap_err().field, "client_reference", "{text:?}");
        }
        let hook = |url: &str| ImportLine { webhook_url: Some(url.into()), ..line("a") };
        assert_eq!(hook("https://example.org/hook").check(), Ok(()));
        for url in ["", "hook", "ftp://example.org/", "https://a:b@example.org/"] {
            assert_eq!(hook(url).check().unwrap_err().field, "webhook_url", "{url:?}");
        }
    }

    #[test]
    fn a_selection_takes_only_what_has_been_decided_or_given_up() {
        let parse = |json: &str| serde_json::from_str::<ReprocessSelection>(json);
        assert_eq!(parse(r#"{"statuses":["verified"]}"#).unwrap().check(), Ok(()));
        let waiting = parse(r#"{"statuses":["processing"]}"#).unwrap();
        assert_eq!(waiting.check().unwrap_err().field, "statuses");
        let short = parse(r#"{"model_digests":["ab"]}"#).unwrap();
        assert_eq!(short.check().unwrap_err().field, "model_digests");
        assert!(parse(r#"{"state":["verified"]}"#).is_err());
    }
}
