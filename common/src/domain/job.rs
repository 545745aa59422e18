//! Background work: its kinds, its states and the limits of its patience.

use std::time::Duration;

use super::names::names;

names! {
    /// What a job does.
    JobKind {
        /// Executes one run of a verification; its subject is the run.
        Verify = "verify",
        /// Compares two faces; its subject is the comparison.
        Compare = "compare",
        /// Makes a template of a person's face; its subject is the person.
        Enroll = "enroll",
        /// Holds somebody against a template; its subject is the authentication.
        Authenticate = "authenticate",
        /// Looks for a face in an image; its subject is the image.
        Inspect = "inspect",
        /// Deletes objects; its subject is the erasure.
        Erase = "erase",
        /// Finds the items of a batch; its subject is the batch.
        Prepare = "prepare",
        /// Makes a verification of files; its subject is the batch's item.
        Import = "import",
    }
}

impl JobKind {
    /// The queue that jobs of this kind normally travel in.
    pub fn queue(self) -> QueueName {
        match self {
            Self::Verify | Self::Compare | Self::Enroll | Self::Authenticate | Self::Inspect => {
                QueueName::Interactive
            }
            Self::Erase | Self::Prepare | Self::Import => QueueName::Batch,
        }
    }
}

names! {
    /// Where a job stands.
    JobState {
        /// Waits for its time, for the broker, or for a worker.
        Queued = "queued",
        /// A worker holds its lease.
        Running = "running",
        /// Finished; what it came to is in its subject.
        Done = "done",
        /// Given up; listed, and may be driven again.
        Dead = "dead",
        /// No longer wanted.
        Canceled = "canceled",
    }
}

names! {
    /// The queues, each with a channel and a prefetch of its own.
    QueueName {
        /// Somebody is waiting.
        Interactive = "interactive",
        /// Nobody is waiting.
        Batch = "batch",
    }
}

/// The times and counts that bound a job's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobLimits {
    /// How long a claim lasts without a heartbeat.
    pub lease: Duration,
    /// How often a worker prolongs its leases.
    pub heartbeat: Duration,
    /// How often the sweep looks for what was left behind.
    pub sweep: Duration,
    /// How long a published job may stay unclaimed before it is published again.
    pub republish: Duration,
    /// Handler failures after which a job is dead.
    pub max_attempts: i32,
    /// Deaths of a process running this job alone after which the job is dead.
    pub max_crashes: i32,
}

impl Default for JobLimits {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(45),
            heartbeat: Duration::from_secs(10),
            sweep: Duration::from_secs(5),
            republish: Duration::from_secs(60),
            max_attempts: 5,
            max_crashes: 3,
        }
    }
}

names! {
    /// Why a run was made.
    RunReason {
        /// The first submission.
        Submit = "submit",
        /// A submission after a restart.
        Restart = "restart",
        /// A new look at the same captures.
        Reprocess = "reprocess",
    }
}

names! {
    /// Where a comparison, an authentication or the inspection of an image stands.
    TaskStatus {
        /// A worker will do it.
        Processing = "processing",
        /// The result is there.
        Completed = "completed",
        /// Given up after faults of the machinery.
        Failed = "failed",
    }
}

names! {
    /// Where a subject stands.
    SubjectStatus {
        /// A worker will make the template.
        Processing = "processing",
        /// The template is there.
        Enrolled = "enrolled",
        /// The image gives no template.
        Rejected = "rejected",
        /// Given up after faults of the machinery.
        Failed = "failed",
    }
}

names! {
    /// Why objects are erased.
    ErasureReason {
        /// The caller asked for it.
        Redact = "redact",
        /// Their time was up.
        Retention = "retention",
        /// They have served their purpose: a comparison, an enrolment or an authentication is done with them.
        Used = "used",
    }
}
