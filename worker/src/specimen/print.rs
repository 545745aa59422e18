//! How values are printed in the visual zone.

use jiff::civil::Date;

use super::Language;

/// The issuing state as a title.
pub(super) fn state(code: &str) -> String {
    if code == "UTO" { "UTOPIA · UTOPIE".to_owned() } else { code.to_owned() }
}

/// The holder's nationality.
pub(super) fn nationality(code: &str) -> String {
    if code == "UTO" { "UTOPIAN".to_owned() } else { code.to_owned() }
}

/// Capital letters; `ß` has kept its shape on documents.
pub(super) fn upper(text: &str) -> String {
    text.chars().flat_map(|c| if c == 'ß' { vec!['ẞ'] } else { c.to_uppercase().collect() }).collect()
}

/// A date such as `07 MAR 1974`.
pub(super) fn date(date: Date) -> String {
    const MONTHS: [&str; 12] =
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    format!("{:02} {} {:04}", date.day(), MONTHS.get(month).unwrap_or(&""), date.year())
}

/// A date as the country of a language writes it.
pub(super) fn date_in(language: Language, day: Date) -> String {
    let separated = |by: &str| format!("{:02}{by}{:02}{by}{:04}", day.day(), day.month(), day.year());
    match language {
        Language::EnglishFrench | Language::English => date(day),
        Language::French | Language::Spanish | Language::Portuguese | Language::Italian => separated("/"),
        Language::German | Language::Polish | Language::Czech | Language::Turkish | Language::Romanian => {
            separated(".")
        }
        Language::Dutch => separated("-"),
        Language::Swedish => day.to_string(),
    }
}
