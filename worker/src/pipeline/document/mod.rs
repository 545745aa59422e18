//! The document: what can be read on it, and what follows from that under a policy.

mod barcode;
mod consistency;
mod judge;
mod legibility;
mod quality;
mod read;
mod reading;
mod sheet;
mod variant;
mod view;
mod zone;

#[cfg(test)]
mod tests;

pub use judge::Document;
pub use read::{DocumentFinding, Extent, MrzFinding, TextFinding, read_document};
pub use variant::Variant;
