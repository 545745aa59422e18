//! The vocabulary of identity verification: plain types that know no database, queue or network.

mod capture;
mod check;
mod ids;
mod names;
mod policy;
mod private;
mod reason;
mod report;
mod status;
mod time;

pub use capture::{CaptureKind, ImageFormat};
pub use check::{Check, CheckName, Evidence, Outcome, Region};
pub use ids::*;
pub use names::UnknownName;
pub use policy::{DocumentPolicy, FacePolicy, FmrLimit, InvalidPolicy, LivenessPolicy, Policy, SessionPolicy};
pub use private::Private;
pub use reason::{ReasonCode, ReasonText};
pub use report::*;
pub use status::VerificationStatus;
pub use time::{Timestamp, micros};
