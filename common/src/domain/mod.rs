//! The vocabulary of identity verification: plain types that know no database, queue or network.

mod batch;
mod capture;
mod check;
mod claims;
mod comparison;
mod decision;
mod event;
mod facade;
mod face_task;
mod field;
mod ids;
mod job;
mod names;
pub mod personal_data;
mod policy;
mod private;
mod reason;
mod receiver;
mod report;
mod retention;
mod review;
mod status;
mod step;
mod time;
mod webhook;

pub use batch::{
    BatchKind, BatchStatus, Diff, ImportLine, ImportSelection, ImportSource, InvalidSelection, ItemState,
    ReasonChange, ReprocessSelection, VerdictChange,
};
pub use capture::{CaptureKind, MediaFormat};
pub use check::{Check, CheckName, Evidence, Outcome, Region};
pub use claims::{Claims, InvalidClaim, MOST_CLAIM_CHARACTERS};
pub use comparison::{ComparedFaces, ComparisonResult};
pub use decision::{DecisionSource, Standing};
pub use event::EventType;
pub use facade::{Facade, LivenessUse};
pub use face_task::{AuthenticationResult, EnrolmentResult, ImageResult};
pub use field::*;
pub use ids::*;
pub use job::*;
pub use names::UnknownName;
pub use policy::{
    DocumentPolicy, FacePolicy, FmrLimit, InvalidPolicy, LivenessPolicy, Policy, QualityPolicy, SessionPolicy,
};
pub use private::Private;
pub use reason::{ReasonCode, ReasonText};
pub use receiver::{ReceiverUrl, Receivers, RefusedReceiver};
pub use report::*;
pub use retention::Retention;
pub use review::{InvalidText, NoteText, Reviewer};
pub use status::VerificationStatus;
pub use step::StepKey;
pub use time::{InvalidTime, Timestamp, micros};
pub use webhook::{
    DeliveryLimits, DeliveryState, DisabledReason, EndpointStatus, WebhookData, WebhookPayload,
};
