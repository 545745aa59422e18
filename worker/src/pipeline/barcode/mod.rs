//! Barcodes: PDF417, whose contents on North American cards [`aamva`] explains, and QR codes as they are.

pub mod aamva;
mod areas;
mod binary;
mod fields;
mod library;
mod look;
mod pdf417;
mod qr;
mod read;
mod strip;

#[cfg(test)]
mod tests;

pub use fields::{document_fields, document_kind};
pub use read::{BarcodeFinding, BarcodesFinding, Symbology, read_barcodes};
