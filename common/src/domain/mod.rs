//! The vocabulary of identity verification: plain types that know no database, queue or network.

mod capture;
mod check;
mod comparison;
mod facade;
mod face_task;
mod ids;
mod job;
mod names;
pub mod personal_data;
mod policy;
mod private;
mod reason;
mod report;
mod retention;
mod status;
mod step;
mod time;

pub use capture::{CaptureKind, MediaFormat};
pub use check::{Check, CheckName, Evidence, Outcome, Region};
pub use comparison::{ComparedFaces, ComparisonResult};
pub use facade::{Facade, LivenessUse};
pub use face_task::{AuthenticationResult, EnrolmentResult, ImageResult};
pub use ids::*;
pub use job::*;
pub use names::UnknownName;
pub use policy::{
    DocumentPolicy, FacePolicy, FmrLimit, InvalidPolicy, LivenessPolicy, Policy, SessionPolicy,
};
pub use private::Private;
pub use reason::{ReasonCode, ReasonText};
pub use report::*;
pub use retention::Retention;
pub use status::VerificationStatus;
pub use step::StepKey;
pub use time::{Timestamp, micros};
