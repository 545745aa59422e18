//! Events: what happened, in names that never change.

use super::names::names;

names! {
    /// What happened: the first word names the kind of thing that it happened to.
    EventType {
        /// A verification was created.
        Created = "verification.created",
        /// It was submitted.
        Processing = "verification.processing",
        /// It was restarted.
        RequiresInput = "verification.requires_input",
        /// It was decided: a person has to look.
        NeedsReview = "verification.needs_review",
        /// It was decided: verified.
        Verified = "verification.verified",
        /// It was decided: rejected.
        Rejected = "verification.rejected",
        /// It was called off.
        Canceled = "verification.canceled",
        /// It was not submitted in time.
        Expired = "verification.expired",
        /// It was given up after faults of the machinery.
        Failed = "verification.failed",
        /// Its personal data was erased.
        Redacted = "verification.redacted",
        /// A comparison has its result.
        ComparisonCompleted = "comparison.completed",
        /// A batch knows its items and runs.
        BatchStarted = "batch.started",
        /// A batch has come further.
        BatchProgress = "batch.progress",
        /// Every item of a batch has its result.
        BatchCompleted = "batch.completed",
        /// A batch was given up, or called off.
        BatchFailed = "batch.failed",
        /// An endpoint is told of nothing any more.
        EndpointDisabled = "endpoint.disabled",
        /// Somebody tries an endpoint.
        EndpointTest = "endpoint.test",
    }
}

impl EventType {
    /// The status of the thing after it, where the type tells.
    pub fn status(self) -> Option<&'static str> {
        match self {
            Self::Created => Some("requires_input"),
            Self::Processing
            | Self::RequiresInput
            | Self::NeedsReview
            | Self::Verified
            | Self::Rejected
            | Self::Canceled
            | Self::Expired
            | Self::Failed => self.as_str().split_once('.').map(|(_, status)| status),
            Self::ComparisonCompleted | Self::BatchCompleted => Some("completed"),
            Self::BatchStarted | Self::BatchProgress => Some("running"),
            Self::EndpointDisabled => Some("disabled"),
            Self::Redacted | Self::BatchFailed | Self::EndpointTest => None,
        }
    }
}

impl From<super::VerificationStatus> for EventType {
    fn from(status: super::VerificationStatus) -> Self {
        use super::VerificationStatus as Status;
        match status {
            Status::RequiresInput => Self::RequiresInput,
            Status::Processing => Self::Processing,
            Status::Verified => Self::Verified,
            Status::Rejected => Self::Rejected,
            Status::NeedsReview => Self::NeedsReview,
            Status::Canceled => Self::Canceled,
            Status::Expired => Self::Expired,
            Status::Failed => Self::Failed,
        }
    }
}
