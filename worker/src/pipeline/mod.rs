//! The pipeline: bytes in, a report out. Nothing here knows a database, a queue, HTTP or an async runtime.
//!
//! A step comes in two halves. `find_*` runs the networks; what it returns depends on the input and the
//! models alone, is plain data, and is stored and used again when both are the same. `judge_*` holds a
//! finding against a policy and runs no network, so that another policy costs nothing.

mod annotate;
pub mod bands;
pub mod barcode;
mod clip;
mod compare;
pub mod decide;
pub mod decode;
pub mod document;
pub mod face_match;
pub mod faces;
pub mod fields;
pub mod homography;
mod inspect;
mod jpeg;
pub mod liveness;
pub mod locate;
mod memo;
pub mod mrz;
pub mod orientation;
pub mod page;
mod pictures;
pub mod quality;
mod single;
mod subject;
mod turned;
mod verify;

pub use clip::ClipFinding;
pub use decode::DecodeLimits;
pub use memo::Memo;
pub use pictures::Pictures;
pub use subject::Template;
pub use verify::{CaptureImage, Pipeline};
