//! Every place that can hold personal data, so that redaction and its test miss none.

/// A place that can hold personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Rows that go as a whole.
    Rows {
        /// The table.
        table: &'static str,
    },
    /// Columns that are emptied; the row stays.
    Columns {
        /// The table.
        table: &'static str,
        /// Its columns.
        columns: &'static [&'static str],
    },
    /// Objects of the object store.
    Objects {
        /// The first part of their key.
        prefix: &'static str,
    },
}

/// All of them. Redaction handles each; a test plants a canary in each and looks for it afterwards.
pub const PLACES: &[Place] = &[
    Place::Columns {
        table: "verifications",
        columns: &["client_reference", "metadata", "claims", "claims_key"],
    },
    Place::Columns { table: "runs", columns: &["report", "wrapped_key"] },
    Place::Columns { table: "batch_items", columns: &["source"] },
    Place::Columns { table: "comparisons", columns: &["client_reference", "result", "wrapped_key"] },
    Place::Rows { table: "subjects" },
    Place::Rows { table: "templates" },
    Place::Rows { table: "authentications" },
    Place::Rows { table: "images" },
    Place::Rows { table: "captures" },
    Place::Rows { table: "step_evidence" },
    // Whatever a receiver answers, if answers are kept.
    Place::Columns { table: "webhook_attempts", columns: &["response"] },
    Place::Rows { table: "review_notes" },
    Place::Objects { prefix: "captures" },
];
