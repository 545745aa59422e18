//! The image and face steps on real photographs and hostile files. These lie beside the repository and are
//! no part of it; without them the tests that need them print `skipped` and pass.

mod decoding;
mod faces;
mod support;
