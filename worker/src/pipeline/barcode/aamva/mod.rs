//! The contents of the PDF417 on the cards of North America: driver licences and identification cards after the
//! AAMVA DL/ID Card Design Standard, annex D, in its versions 01 (2000) to 10 (2020) and the one of 2025.
//!
//! [`Card::parse`] is a pure function over the decoded bytes. It takes what is printed in practice: subfile
//! offsets that point elsewhere, missing subfile types, separators that an encoder has replaced, dates in the
//! other country's order. What the standard demands and the card lacks is named by [`Card::defects`], and the
//! rest of the card can be used all the same.

mod address;
mod card;
mod date;
mod elements;
mod header;
mod jurisdiction;
mod name;
mod physical;
mod split;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(in crate::pipeline) use tests::CARD;

pub use address::Address;
pub use card::{Card, Defect, Defects, Invalid, SubfileType};
pub use elements::{Element, element};
pub use header::{Header, SubfileDesignator};
pub use jurisdiction::{Country, Jurisdiction};
pub use name::{Name, Truncation};
pub use physical::{EyeColor, Height, Sex};
