//! Writes machine-readable zones with right check digits, for specimens and tests.

use std::fmt;

use idv_common::domain::{FieldName, MrzFormat};

use super::check_digit::check_digit;
use super::layout::{Layout, Span};
use super::names;
use super::transliterate::transliterate;

/// What a machine-readable zone says. Text may carry diacritics; what does not fit is cut off.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MrzFields {
    /// One or two characters such as `P`, `ID` or `V`.
    pub document_code: String,
    /// A code of up to three letters.
    pub issuing_state: String,
    /// The document's number. TD1 and TD2 continue a number longer than nine characters in the optional data.
    pub document_number: String,
    /// The primary identifier.
    pub surname: String,
    /// The secondary identifier, possibly empty.
    pub given_names: String,
    /// A code of up to three letters.
    pub nationality: String,
    /// `YYYY-MM-DD`; parts written `XX` are unknown.
    pub date_of_birth: String,
    /// `F`, `M`, or anything else for unspecified.
    pub sex: String,
    /// `YYYY-MM-DD`.
    pub date_of_expiry: String,
    /// The optional data: in TD3 the personal number, in TD1 what stands in the first line.
    pub personal_number: String,
    /// The optional data of TD1's second line; no other format has it.
    pub optional: String,
}

impl fmt::Debug for MrzFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[private: fields of a machine-readable zone]")
    }
}

/// The lines of a machine-readable zone that says `fields`, with right check digits. A caller who wants a wrong
/// one changes it afterwards. Code and state `ID` and `FRA` with TD2 make the French card of 1988; the state of a
/// driving licence is `FRA`, `NLD` or `CHE`.
pub fn compose(format: MrzFormat, fields: &MrzFields) -> Vec<String> {
    let layout = Layout::of(format, &fields.document_code, &fields.issuing_state);
    let mut grid = Grid(vec![vec!['<'; layout.width]; layout.lines]);
    grid.write(layout.code, &transliterate(&fields.document_code));
    grid.write(layout.state, &transliterate(&fields.issuing_state));
    if let Some(span) = layout.names {
        let (primary, secondary) = match (layout.given_names, layout.format) {
            (Some(span), _) => {
                grid.write(span, &names::compose(&fields.given_names, "", span.len()));
                (&fields.surname, "")
            }
            // The one line of a licence has room for the surname only.
            (None, MrzFormat::Dl) if layout.lines == 1 => (&fields.surname, ""),
            (None, _) => (&fields.surname, fields.given_names.as_str()),
        };
        grid.write(span, &names::compose(primary, secondary, span.len()));
    }
    let plain = [
        (layout.nationality, transliterate(&fields.nationality)),
        (layout.sex, sex(&fields.sex).to_owned()),
        (layout.birth, date(&fields.date_of_birth)),
        (layout.expiry, date(&fields.date_of_expiry)),
    ];
    for (span, text) in plain {
        span.into_iter().for_each(|span| grid.write(span, &text));
    }
    write_number_and_optional_data(&mut grid, layout, fields);
    for check in layout.checks {
        // A long number has brought its own check digit.
        if check.field != Some(FieldName::DocumentNumber) || !is_long(layout, fields) {
            grid.check(check.covers, check.digit);
        }
    }
    grid.0.into_iter().map(String::from_iter).collect()
}

fn is_long(layout: &Layout, fields: &MrzFields) -> bool {
    layout.continues_number() && transliterate(&fields.document_number).len() > layout.number.len()
}

/// A number of more than nine characters goes on, with its check digit, in the optional data of TD1 and TD2; a
/// filler in the check digit's place says so (Doc 9303 parts 5 and 6, note j).
fn write_number_and_optional_data(grid: &mut Grid, layout: &Layout, fields: &MrzFields) {
    let number = transliterate(&fields.document_number);
    let mut first = transliterate(&fields.personal_number);
    if is_long(layout, fields) {
        let (head, tail) = number.split_at(layout.number.len());
        grid.write(layout.number, head);
        let digit = check_digit(number.chars()).unwrap_or('<');
        first = format!("{tail}{digit}<{first}");
    } else {
        grid.write(layout.number, &number);
    }
    for (span, text) in layout.optional.iter().zip([first, transliterate(&fields.optional)]) {
        grid.write(*span, &text);
    }
}

/// `YYMMDD`, unknown parts as fillers.
fn date(text: &str) -> String {
    text.chars().filter(|c| *c != '-').skip(2).map(|c| if c.is_ascii_digit() { c } else { '<' }).collect()
}

fn sex(text: &str) -> &'static str {
    match text {
        "F" => "F",
        "M" => "M",
        _ => "<",
    }
}

/// The zone's characters, line by line.
struct Grid(Vec<Vec<char>>);

impl Grid {
    /// Writes from the start of the span, cutting off what does not fit.
    fn write(&mut self, span: Span, text: &str) {
        let cells = &mut self.0[span.line][span.start..span.end];
        for (cell, character) in cells.iter_mut().zip(text.chars()) {
            *cell = character;
        }
    }

    fn check(&mut self, covers: &[Span], digit: Span) {
        let covered: Vec<char> =
            covers.iter().flat_map(|span| self.0[span.line][span.start..span.end].iter().copied()).collect();
        if let Some(character) = check_digit(covered) {
            self.0[digit.line][digit.start] = character;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> MrzFields {
        MrzFields {
            document_code: "P".into(),
            issuing_state: "UTO".into(),
            document_number: "L898902C3".into(),
            surname: "Eriksson".into(),
            given_names: "Anna Maria".into(),
            nationality: "UTO".into(),
            date_of_birth: "1974-08-12".into(),
            sex: "F".into(),
            date_of_expiry: "2012-04-15".into(),
            personal_number: "ZE184226B".into(),
            optional: String::new(),
        }
    }

    #[test]
    fn the_specimen_of_doc_9303_part_4_comes_out() {
        assert_eq!(
            compose(MrzFormat::Td3, &anna()),
            ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
        );
    }

    #[test]
    fn the_specimen_of_doc_9303_part_5_comes_out() {
        let card = MrzFields {
            document_code: "I".into(),
            document_number: "D23145890".into(),
            personal_number: String::new(),
            ..anna()
        };
        assert_eq!(
            compose(MrzFormat::Td1, &card),
            [
                "I<UTOD231458907<<<<<<<<<<<<<<<",
                "7408122F1204159UTO<<<<<<<<<<<6",
                "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
            ]
        );
    }

    #[test]
    fn a_long_number_goes_on_in_the_optional_data() {
        let card = MrzFields {
            document_code: "I".into(),
            document_number: "D23145890734".into(),
            personal_number: String::new(),
            ..anna()
        };
        assert_eq!(compose(MrzFormat::Td1, &card)[0], "I<UTOD23145890<7349<<<<<<<<<<<");
    }

    #[test]
    fn a_long_surname_leaves_room_for_an_initial() {
        let long = MrzFields { surname: "Papandropoulos".repeat(4), ..anna() };
        let line = &compose(MrzFormat::Td3, &long)[0];
        assert_eq!(line.len(), 44);
        assert!(line.ends_with("<<A"), "{line}");
    }
}
