//! The machine-readable zone: its characters, one wrong digit where asked for, and its print.

use idv_common::domain::MrzFormat;

use super::{
    CheckedField, SpecimenError, SpecimenKind, SpecimenSpec,
    sheet::{Area, Sheet},
};
use crate::{
    drawing::Typeface,
    inference::Quad,
    pipeline::mrz::{MrzFields, check_digit, compose},
};

/// Ten characters to the inch, ICAO 9303 part 3.
const PITCH: f32 = 2.54;
/// The capitals' height that OCR-B has on that pitch.
const CAP_HEIGHT: f32 = 2.54;

/// Where a page carries its zone, in millimetres.
pub(super) struct Zone {
    /// The left end of every line.
    pub(super) left: f32,
    /// The middle of each line.
    pub(super) middles: &'static [f32],
}

impl SpecimenKind {
    /// The format of its machine-readable zone.
    pub fn mrz_format(self) -> MrzFormat {
        match self {
            Self::Passport => MrzFormat::Td3,
            Self::IdCard => MrzFormat::Td1,
        }
    }
}

/// The lines as they are printed.
pub(super) fn lines(spec: &SpecimenSpec) -> Result<Vec<String>, SpecimenError> {
    check_room(spec)?;
    let fields = MrzFields {
        document_code: if spec.kind == SpecimenKind::Passport { "P" } else { "I" }.to_owned(),
        issuing_state: spec.issuing_state.clone(),
        document_number: spec.number.clone(),
        surname: spec.surname.clone(),
        given_names: spec.given_names.clone(),
        nationality: spec.nationality.clone(),
        date_of_birth: spec.date_of_birth.to_string(),
        sex: spec.sex.letter().to_owned(),
        date_of_expiry: spec.date_of_expiry.to_string(),
        personal_number: spec.personal_number.clone(),
        optional: String::new(),
    };
    let mut lines = compose(spec.kind.mrz_format(), &fields);
    if let Some(field) = spec.wrong_check_digit {
        spoil(&mut lines, spec.kind, field)?;
    }
    Ok(lines)
}

/// Prints the lines and returns where they are, in pixels.
pub(super) fn draw(sheet: &mut Sheet, zone: &Zone, lines: &[String]) -> Vec<Quad> {
    let lettering = sheet.lettering(Typeface::OcrB, CAP_HEIGHT, sheet.palette.ink);
    let mut quads = Vec::new();
    for (line, middle) in lines.iter().zip(zone.middles) {
        let at = sheet.point(zone.left, middle + CAP_HEIGHT / 2.0);
        lettering.draw_monospaced(&mut sheet.image, at, PITCH * sheet.scale, line);
        let width = line.chars().count() as f32 * PITCH;
        quads.push(sheet.rect(Area(zone.left, middle - CAP_HEIGHT / 2.0, width, CAP_HEIGHT)).corners());
    }
    quads
}

/// Composing cuts off what does not fit; a specimen whose page and zone disagree would be a trap.
fn check_room(spec: &SpecimenSpec) -> Result<(), SpecimenError> {
    let alphanumeric = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let code = |text: &str| (1..=3).contains(&text.len()) && text.chars().all(|c| c.is_ascii_uppercase());
    let complaint = if !(1..=9).contains(&spec.number.len()) || !alphanumeric(&spec.number) {
        "the number must be 1 to 9 capital letters and digits"
    } else if spec.personal_number.len() > 14 || !alphanumeric(&spec.personal_number) {
        "the personal number must be at most 14 capital letters and digits"
    } else if !code(&spec.issuing_state) || !code(&spec.nationality) {
        "issuing state and nationality must be 1 to 3 capital letters"
    } else if !spec.surname.chars().any(char::is_alphabetic) {
        "the surname must contain a letter"
    } else {
        return Ok(());
    };
    Err(SpecimenError::Zone(complaint))
}

/// Prints another digit in the place of one check digit. The composite is computed over what is then printed,
/// so that exactly that one digit disagrees.
fn spoil(lines: &mut [String], kind: SpecimenKind, field: CheckedField) -> Result<(), SpecimenError> {
    let (line, column) = place(kind, field).ok_or(SpecimenError::NoCheckDigit(field))?;
    replace(lines, line, column, other_digit);
    if field != CheckedField::Composite
        && let Some((line, column)) = place(kind, CheckedField::Composite)
        && let Some(digit) = composite(lines, kind)
    {
        replace(lines, line, column, |_| digit);
    }
    Ok(())
}

/// Line and column of a check digit, counted from 0.
fn place(kind: SpecimenKind, field: CheckedField) -> Option<(usize, usize)> {
    use CheckedField::*;
    match (kind, field) {
        (SpecimenKind::Passport, DocumentNumber) => Some((1, 9)),
        (SpecimenKind::Passport, DateOfBirth) => Some((1, 19)),
        (SpecimenKind::Passport, DateOfExpiry) => Some((1, 27)),
        (SpecimenKind::Passport, PersonalNumber) => Some((1, 42)),
        (SpecimenKind::Passport, Composite) => Some((1, 43)),
        (SpecimenKind::IdCard, DocumentNumber) => Some((0, 14)),
        (SpecimenKind::IdCard, DateOfBirth) => Some((1, 6)),
        (SpecimenKind::IdCard, DateOfExpiry) => Some((1, 14)),
        (SpecimenKind::IdCard, PersonalNumber) => None,
        (SpecimenKind::IdCard, Composite) => Some((1, 29)),
    }
}

/// The composite check digit over the lines as they stand.
fn composite(lines: &[String], kind: SpecimenKind) -> Option<char> {
    let covered = match (kind, lines) {
        (SpecimenKind::Passport, [_, second]) => [&second[0..10], &second[13..20], &second[21..43]].concat(),
        (SpecimenKind::IdCard, [first, second, _]) => {
            [&first[5..30], &second[0..7], &second[8..15], &second[18..29]].concat()
        }
        _ => return None,
    };
    check_digit(covered.chars())
}

/// A digit that a reader does not easily take for the one given: 0 becomes 3, never 8.
fn other_digit(digit: char) -> char {
    char::from_digit((digit.to_digit(10).unwrap_or(0) + 3) % 10, 10).unwrap_or('3')
}

fn replace(lines: &mut [String], line: usize, column: usize, change: impl Fn(char) -> char) {
    lines[line] =
        lines[line].chars().enumerate().map(|(i, c)| if i == column { change(c) } else { c }).collect();
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn spec(kind: SpecimenKind, wrong_check_digit: Option<CheckedField>) -> SpecimenSpec {
        SpecimenSpec { kind, wrong_check_digit, ..SpecimenSpec::from_seed(11, date(2026, 6, 1)) }
    }

    #[test]
    fn a_wrong_check_digit_changes_itself_and_at_most_the_composite() {
        for kind in [SpecimenKind::Passport, SpecimenKind::IdCard] {
            let right = lines(&spec(kind, None)).unwrap().concat();
            for field in [CheckedField::DocumentNumber, CheckedField::DateOfBirth, CheckedField::DateOfExpiry]
            {
                let wrong = lines(&spec(kind, Some(field))).unwrap();
                let differing = wrong.concat().chars().zip(right.chars()).filter(|(a, b)| a != b).count();
                assert!((1..=2).contains(&differing), "{field}: {differing}");
                let (line, column) = place(kind, CheckedField::Composite).unwrap();
                assert_eq!(wrong[line].chars().nth(column), composite(&wrong, kind), "{field}");
            }
            let wrong = lines(&spec(kind, Some(CheckedField::Composite))).unwrap().concat();
            assert_eq!(wrong.chars().zip(right.chars()).filter(|(a, b)| a != b).count(), 1);
        }
    }

    #[test]
    fn the_composite_of_a_right_zone_is_the_composed_one() {
        for kind in [SpecimenKind::Passport, SpecimenKind::IdCard] {
            let lines = lines(&spec(kind, None)).unwrap();
            let (line, column) = place(kind, CheckedField::Composite).unwrap();
            assert_eq!(lines[line].chars().nth(column), composite(&lines, kind));
        }
    }

    #[test]
    fn a_field_without_room_is_refused_with_its_name() {
        let long = SpecimenSpec { number: "ABCDEFGHIJ".to_owned(), ..spec(SpecimenKind::Passport, None) };
        assert!(lines(&long).unwrap_err().to_string().contains("the number must be"));
        let error = lines(&spec(SpecimenKind::IdCard, Some(CheckedField::PersonalNumber))).unwrap_err();
        assert!(error.to_string().contains("personal_number"), "{error}");
    }
}
