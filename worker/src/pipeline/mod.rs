//! The steps of a verification: pure functions from bytes and models to findings, and from findings and a
//! policy to checks.
//!
//! A step comes in two halves. `find_*` runs the networks; what it returns depends on the input and the
//! models alone, is plain data, and is stored and used again when both are the same. `judge_*` holds a
//! finding against a policy and runs no network, so that another policy costs nothing.

pub mod decode;
pub mod face_match;
pub mod faces;
mod jpeg;
pub mod liveness;
pub mod mrz;
