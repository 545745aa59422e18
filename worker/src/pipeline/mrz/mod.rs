//! The machine-readable zone of ICAO Doc 9303 parts 3 to 7.

mod check_digit;
mod compose;
mod fields;
mod find;
mod fit;
mod layout;
mod repair;
mod transliterate;
mod zone;

#[cfg(test)]
mod tests;

pub use check_digit::check_digit;
pub use compose::{MrzFields, compose};
pub use fields::document_reading;
pub use find::{Found, find};
pub use transliterate::{transliterate, transliterations};
