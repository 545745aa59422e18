//! The image, document and face steps on real photographs and hostile files. These lie beside the repository and are
//! no part of it; without them the tests that need them print `skipped` and pass.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "a skipped test says why, and a measured one what it measured")]

mod decoding;
mod documents;
mod faces;
mod loading;
mod pages;
mod print;
mod quality;

mod support;
