//! The machine-readable zone of ICAO Doc 9303 parts 3 to 7, and those of national cards and driving licences.

mod cell;
mod check_digit;
mod codes;
mod compose;
mod dates;
mod fields;
mod find;
mod fit;
mod layout;
mod names;
mod places;
mod rank;
mod search;
mod settle;
mod transliterate;
mod zone;

#[cfg(test)]
mod tests;

pub use check_digit::check_digit;
pub use codes::{is_document_code, is_state};
pub use compose::{MrzFields, compose};
pub use fields::document_reading;
pub use find::{Found, find, vote};
pub use places::{Part, place_of};
pub use rank::Rank;
pub use transliterate::{transliterate, transliterations};
