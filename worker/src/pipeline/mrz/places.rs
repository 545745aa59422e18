//! Where in a zone each field stands.

use idv_common::domain::{FieldName, MrzReading};

use super::layout::Span;
use super::names;
use super::zone::Zone;

/// A part of a line, the line counted from 0 and the ends as parts of its length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The line.
    pub line: usize,
    /// Where it begins, 0 to 1.
    pub start: f32,
    /// Where it ends, 0 to 1.
    pub end: f32,
}

/// Where a field stands, without the fillers behind it. A number that goes on in the optional data is shown where it
/// begins, and so is a personal number in two parts. `None` for a field that the zone does not have.
pub fn place_of(mrz: &MrzReading, name: FieldName) -> Option<Part> {
    let zone = Zone::of_text(mrz.lines.iter().map(|line| line.as_str()))?;
    let layout = zone.layout;
    let span = match name {
        FieldName::DocumentCode => Some(layout.code),
        FieldName::IssuingState => Some(layout.state),
        FieldName::DocumentNumber => Some(layout.number),
        FieldName::Surname => name_spans(&zone).map(|(primary, _)| primary),
        FieldName::GivenNames => name_spans(&zone).map(|(_, secondary)| secondary),
        FieldName::Nationality => layout.nationality,
        FieldName::DateOfBirth => layout.birth,
        FieldName::Sex => layout.sex,
        FieldName::DateOfExpiry => layout.expiry,
        FieldName::PersonalNumber => layout.optional.iter().copied().find(|span| used(&zone, *span) > 0),
        _ => None,
    }?;
    let end = span.start + used(&zone, span).max(1);
    let part = |column: usize| column as f32 / layout.width as f32;
    Some(Part { line: span.line, start: part(span.start), end: part(end) })
}

/// The primary and the secondary identifier.
fn name_spans(zone: &Zone) -> Option<(Span, Span)> {
    let whole = zone.layout.names?;
    let text = zone.text(whole);
    let (primary, secondary) = names::split(&text);
    let primary_end = whole.start + primary.len();
    let secondary_start = (primary_end + names::BETWEEN.len()).min(whole.end);
    let secondary_end = (secondary_start + secondary.len()).min(whole.end);
    let within = Span { start: secondary_start, end: secondary_end, ..whole };
    Some((Span { end: primary_end, ..whole }, zone.layout.given_names.unwrap_or(within)))
}

/// How many characters of a span come before the fillers at its end.
fn used(zone: &Zone, span: Span) -> usize {
    zone.text(span).trim_end_matches('<').len()
}

#[cfg(test)]
mod tests {
    use idv_common::domain::{MrzFormat, Private};

    use super::*;

    const TD3: [&str; 2] =
        ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];

    /// What stands at the place of a field.
    fn text(lines: &[&str], name: FieldName) -> Option<String> {
        let reading = MrzReading {
            format: MrzFormat::Td3,
            lines: lines.iter().map(|line| Private((*line).to_owned())).collect(),
            check_digits: Vec::new(),
            repaired: 0,
            repairs: Vec::new(),
            confidence: Default::default(),
            uncertain: Vec::new(),
            names_truncated: false,
            may_be_misread: false,
        };
        let part = place_of(&reading, name)?;
        let line = lines[part.line];
        let column = |part: f32| (part * line.len() as f32).round() as usize;
        Some(line[column(part.start)..column(part.end)].to_owned())
    }

    #[test]
    fn a_place_holds_its_field_and_no_more() {
        for (name, expected) in [
            (FieldName::DocumentCode, "P"),
            (FieldName::IssuingState, "UTO"),
            (FieldName::Surname, "ERIKSSON"),
            (FieldName::GivenNames, "ANNA<MARIA"),
            (FieldName::DocumentNumber, "L898902C3"),
            (FieldName::Nationality, "UTO"),
            (FieldName::DateOfBirth, "740812"),
            (FieldName::Sex, "F"),
            (FieldName::DateOfExpiry, "120415"),
            (FieldName::PersonalNumber, "ZE184226B"),
        ] {
            assert_eq!(text(&TD3, name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(text(&TD3, FieldName::Address), None);
    }

    #[test]
    fn the_older_french_card_has_its_given_names_in_the_second_line() {
        let lines = ["IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6"];
        assert_eq!(text(&lines, FieldName::Surname).as_deref(), Some("BERTHIER"));
        assert_eq!(text(&lines, FieldName::GivenNames).as_deref(), Some("CORINNE"));
        assert_eq!(text(&lines, FieldName::DateOfBirth).as_deref(), Some("651206"));
    }
}
