//! Batches: many verifications at once.

use super::names::names;

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
