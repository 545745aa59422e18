//! The machine-readable zone of ICAO Doc 9303 parts 3 to 7.

mod check_digit;
mod compose;
mod layout;
mod transliterate;

pub use check_digit::check_digit;
pub use compose::{MrzFields, compose};
