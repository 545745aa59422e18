//! The machine-readable zone: its characters, one wrong digit where asked for, and its print.

use idv_common::domain::MrzFormat;

use super::{
    CheckedField, SpecimenError, SpecimenKind, SpecimenSpec,
    sheet::{Area, Sheet},
};
use crate::{
    inference::Quad,
    pipeline::mrz::{MrzFields, check_digit, compose},
};

/// Ten characters to the inch, ICAO 9303 part 3.
const PITCH: f32 = 2.54;
/// The capitals' height that OCR-B has on that pitch, in millimetres.
pub(super) const CAP_HEIGHT: f32 = 2.54;
/// How far the two or three lines' middles lie above the page's lower edge, in millimetres.
const TWO_LINES: [f32; 2] = [15.75, 9.4];
const THREE_LINES: [f32; 3] = [18.7, 12.35, 6.0];
/// The height of the band at the page's lower edge that is the zone's alone.
pub(super) const BAND: f32 = 23.2;

impl SpecimenKind {
    /// The format of its machine-readable zone.
    pub fn mrz_format(self) -> MrzFormat {
        match self {
            Self::Passport => MrzFormat::Td3,
            Self::IdCard => MrzFormat::Td1,
            Self::IdCardTd2 => MrzFormat::Td2,
            Self::VisaA => MrzFormat::MrvA,
            Self::VisaB => MrzFormat::MrvB,
        }
    }

    /// Width and height of its page in millimetres.
    pub(super) fn size(self) -> (f32, f32) {
        match self {
            Self::Passport => (125.0, 88.0),
            Self::IdCard => (85.6, 54.0),
            Self::IdCardTd2 | Self::VisaB => (105.0, 74.0),
            Self::VisaA => (120.0, 80.0),
        }
    }

    /// Where the zone's lines begin, in millimetres from the left edge.
    fn zone_left(self) -> f32 {
        match self {
            Self::IdCard | Self::VisaA => 4.7,
            Self::Passport | Self::IdCardTd2 | Self::VisaB => 6.5,
        }
    }

    /// The first character of its document code.
    fn code(self) -> char {
        match self {
            Self::Passport => 'P',
            Self::IdCard | Self::IdCardTd2 => 'I',
            Self::VisaA | Self::VisaB => 'V',
        }
    }
}

/// The lines as they are printed.
pub(super) fn lines(spec: &SpecimenSpec) -> Result<Vec<String>, SpecimenError> {
    check_room(spec)?;
    let fields = MrzFields {
        document_code: std::iter::once(spec.kind.code()).chain(spec.code_suffix).collect(),
        issuing_state: spec.issuing_state.clone(),
        document_number: spec.number.clone(),
        surname: spec.surname.clone(),
        given_names: spec.given_names.clone(),
        nationality: spec.nationality.clone(),
        date_of_birth: spec.date_of_birth.to_string(),
        sex: spec.sex.letter().to_owned(),
        date_of_expiry: spec.date_of_expiry.to_string(),
        personal_number: spec.personal_number.clone(),
        optional: spec.optional.clone(),
    };
    let mut lines = compose(spec.kind.mrz_format(), &fields);
    if let Some(field) = spec.wrong_check_digit {
        spoil(&mut lines, spec, field)?;
    }
    Ok(lines)
}

/// Whitens the zone's band, prints the lines and returns where they are, in pixels.
pub(super) fn draw(sheet: &mut Sheet, spec: &SpecimenSpec, lines: &[String]) -> Vec<Quad> {
    let (width, height) = spec.kind.size();
    let paper = sheet.palette.paper;
    sheet.fill(Area(0.0, height - BAND, width, BAND), paper, spec.style.zone_clearing);
    let lettering = sheet.lettering(spec.style.font.typeface(), CAP_HEIGHT, sheet.palette.ink);
    let above: &[f32] = if lines.len() == 3 { &THREE_LINES } else { &TWO_LINES };
    let left = spec.kind.zone_left();
    let mut quads = Vec::new();
    for (line, above) in lines.iter().zip(above) {
        let middle = height - above;
        let at = sheet.point(left, middle + CAP_HEIGHT / 2.0);
        lettering.draw_monospaced(&mut sheet.image, at, PITCH * sheet.scale, line);
        let width = line.chars().count() as f32 * PITCH;
        quads.push(sheet.rect(Area(left, middle - CAP_HEIGHT / 2.0, width, CAP_HEIGHT)).corners());
    }
    quads
}

/// Composing cuts off what does not fit; a specimen whose page and zone disagree would be a trap.
fn check_room(spec: &SpecimenSpec) -> Result<(), SpecimenError> {
    let alphanumeric = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let code = |text: &str| (1..=3).contains(&text.len()) && text.chars().all(|c| c.is_ascii_uppercase());
    let (kind, number) = (spec.kind, spec.number.len());
    let most_optional = if kind == SpecimenKind::IdCard { 11 } else { 0 };
    let complaint = if !(1..=kind.longest_number()).contains(&number) || !alphanumeric(&spec.number) {
        "the number must be capital letters and digits: 1 to 9, on cards of the sizes TD1 and TD2 to 22 and 14"
    } else if spec.personal_number.len() > kind.optional_room(number) || !alphanumeric(&spec.personal_number)
    {
        "the personal number must be capital letters and digits, as many as the optional data has room for: 14 in \
         passports, 15 on cards of the size TD1"
    } else if spec.optional.len() > most_optional || !alphanumeric(&spec.optional) {
        "further optional data must be at most 11 capital letters and digits, and on cards of the size TD1"
    } else if spec.code_suffix.is_some_and(|suffix| !suffix.is_ascii_uppercase()) {
        "the second character of the document code must be a capital letter"
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
fn spoil(lines: &mut [String], spec: &SpecimenSpec, field: CheckedField) -> Result<(), SpecimenError> {
    let (line, column) = place(spec, field).ok_or(SpecimenError::NoCheckDigit(field))?;
    replace(lines, line, column, other_digit);
    if field != CheckedField::Composite
        && let Some((line, column)) = place(spec, CheckedField::Composite)
        && let Some(digit) = composite(lines, spec.kind)
    {
        replace(lines, line, column, |_| digit);
    }
    Ok(())
}

/// Line and column of a check digit, counted from 0. A long number's stands behind its end in the optional data.
fn place(spec: &SpecimenSpec, field: CheckedField) -> Option<(usize, usize)> {
    use CheckedField::*;
    let beyond = spec.number.len().checked_sub(9).filter(|beyond| *beyond > 0);
    match (spec.kind, field) {
        (SpecimenKind::IdCard, DocumentNumber) => Some((0, beyond.map_or(14, |beyond| 15 + beyond))),
        (SpecimenKind::IdCard, DateOfBirth) => Some((1, 6)),
        (SpecimenKind::IdCard, DateOfExpiry) => Some((1, 14)),
        (SpecimenKind::IdCard, Composite) => Some((1, 29)),
        (SpecimenKind::IdCardTd2, DocumentNumber) => Some((1, beyond.map_or(9, |beyond| 28 + beyond))),
        (SpecimenKind::IdCardTd2, Composite) => Some((1, 35)),
        (SpecimenKind::Passport, PersonalNumber) => Some((1, 42)),
        (SpecimenKind::Passport, Composite) => Some((1, 43)),
        (_, DocumentNumber) => Some((1, 9)),
        (_, DateOfBirth) => Some((1, 19)),
        (_, DateOfExpiry) => Some((1, 27)),
        (_, PersonalNumber | Composite) => None,
    }
}

/// The composite check digit over the lines as they stand.
fn composite(lines: &[String], kind: SpecimenKind) -> Option<char> {
    let covered = match (kind, lines) {
        (SpecimenKind::Passport, [_, second]) => [&second[0..10], &second[13..20], &second[21..43]].concat(),
        (SpecimenKind::IdCardTd2, [_, second]) => [&second[0..10], &second[13..20], &second[21..35]].concat(),
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
        SpecimenSpec { wrong_check_digit, ..SpecimenSpec::varied(kind, 11, date(2026, 6, 1)) }
    }

    #[test]
    fn a_wrong_check_digit_changes_itself_and_at_most_the_composite() {
        for kind in SpecimenKind::ALL {
            let right = lines(&spec(kind, None)).unwrap().concat();
            for field in [CheckedField::DocumentNumber, CheckedField::DateOfBirth, CheckedField::DateOfExpiry]
            {
                let spec = spec(kind, Some(field));
                let wrong = lines(&spec).unwrap();
                let differing = wrong.concat().chars().zip(right.chars()).filter(|(a, b)| a != b).count();
                assert!((1..=2).contains(&differing), "{field}: {differing}");
                if let Some((line, column)) = place(&spec, CheckedField::Composite) {
                    assert_eq!(wrong[line].chars().nth(column), composite(&wrong, kind), "{field}");
                }
            }
            match lines(&spec(kind, Some(CheckedField::Composite))) {
                Ok(wrong) => {
                    let wrong = wrong.concat();
                    assert_eq!(wrong.chars().zip(right.chars()).filter(|(a, b)| a != b).count(), 1);
                }
                Err(error) => assert!(kind.is_visa(), "{error}"),
            }
        }
    }

    #[test]
    fn the_composite_of_a_right_zone_is_the_composed_one() {
        for seed in 0..200 {
            for kind in SpecimenKind::ALL.into_iter().filter(|kind| !kind.is_visa()) {
                let spec = SpecimenSpec::varied(kind, seed, date(2026, 6, 1));
                let lines = lines(&spec).unwrap();
                let (line, column) = place(&spec, CheckedField::Composite).unwrap();
                assert_eq!(lines[line].chars().nth(column), composite(&lines, kind));
                let (line, column) = place(&spec, CheckedField::DocumentNumber).unwrap();
                assert_eq!(lines[line].chars().nth(column), check_digit(padded(&spec.number).chars()));
            }
        }
    }

    /// A number of fewer than nine characters is filled up; fillers count nothing.
    fn padded(number: &str) -> String {
        format!("{number:<<9}")
    }

    #[test]
    fn a_field_without_room_is_refused_with_its_name() {
        let long = SpecimenSpec { number: "ABCDEFGHIJ".to_owned(), ..spec(SpecimenKind::Passport, None) };
        assert!(lines(&long).unwrap_err().to_string().contains("the number must be"));
        let error = lines(&spec(SpecimenKind::IdCard, Some(CheckedField::PersonalNumber))).unwrap_err();
        assert!(error.to_string().contains("personal_number"), "{error}");
    }
}
