//! Scores of findings made by hand.

use idv_common::domain::{DocumentPolicy, FieldName, Policy};
use jiff::civil::{Date, date};

use super::truth::parse;
use super::*;
use crate::inference::text::Character;
use crate::inference::{Point, Quad};
use crate::pipeline::document::{MrzFinding, Variant};
use crate::pipeline::mrz;
use crate::pipeline::orientation::Turn;
use crate::pipeline::quality::Quality;

const TODAY: Date = date(2026, 6, 1);
const NAMES: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
const DATA: &str = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn policy() -> DocumentPolicy {
    Policy::default().document
}

fn expected(extra: &str) -> Expected {
    let line = format!(r#"{{"image": "a.jpg", "type": "TD3", "mrz": ["{NAMES}", "{DATA}"]{extra}}}"#);
    let (mut expected, bad) = parse(&line);
    assert_eq!(bad, []);
    expected.remove(0)
}

/// The finding of a reader that reads these lines, each character with that probability.
fn finding(lines: &[&str], probability: f32) -> DocumentFinding {
    let quad = Quad([Point::default(); 4]);
    let sure = |c| Character { probability, ..Character::certain(c) };
    let read: Vec<Vec<Character>> = lines.iter().map(|line| line.chars().map(sure).collect()).collect();
    DocumentFinding {
        size: [1200, 800],
        outline: None,
        quality: Quality::GOOD,
        turn: Turn::None,
        slope: 0.0,
        text: Vec::new(),
        mrz: mrz::find(&read).map(|found| MrzFinding {
            reading: found.reading,
            quads: vec![quad; lines.len()],
            confidence: found.confidence,
            variant: Variant::Moderate,
        }),
        reads_mrz: true,
    }
}

fn score(expected: &Expected, lines: &[&str]) -> Score {
    Score::of(expected, &finding(lines, 0.99), &policy(), TODAY)
}

#[test]
fn a_right_zone_is_exact_and_its_fields_are_right() {
    let fields =
        r#", "fields": {"surname": "ERIKSSON", "date_of_birth": "1974-08-12", "sex": "M", "eyes": "blue"}"#;
    let score = score(&expected(fields), &[NAMES, DATA]);
    assert_eq!((score.exact, score.wrong_characters, score.characters), (Some(true), 0, 88));
    assert!(score.check_digits_agree && !score.is_false_accept && !score.is_name_wrong);
    let fields: Vec<_> = score.fields.into_iter().collect();
    assert_eq!(fields, [(FieldName::Surname, true), (FieldName::DateOfBirth, true), (FieldName::Sex, false)]);
    assert!(score.printed.is_empty(), "nothing was read from the print");
}

#[test]
fn another_document_that_passes_is_a_false_accept() {
    // Number and check digits of somebody else, all of which agree.
    let other = "L898902C<3UTO6908061F9406236ZE184226B<<<<<14";
    let score = score(&expected(""), &[NAMES, other]);
    assert!(score.check_digits_agree && score.is_false_accept, "{score:?}");
    assert_eq!(score.exact, Some(false));
}

#[test]
fn a_wrong_name_that_passes_is_wrong_and_no_false_accept() {
    let name = NAMES.replace("ANNA", "ANHA");
    let confident = score(&expected(""), &[&name, DATA]);
    assert!(confident.is_name_wrong && !confident.is_name_marked && !confident.is_false_accept);
    assert_eq!(confident.wrong_characters, 1);
    let unsure = Score::of(&expected(""), &finding(&[&name, DATA], 0.8), &policy(), TODAY);
    assert!(unsure.is_name_wrong && unsure.is_name_marked, "{unsure:?}");
}

#[test]
fn a_zone_where_there_is_none_is_a_false_accept_only_if_it_passes() {
    let none = parse(r#"{"image": "b.jpg", "type": "NONE", "mrz": []}"#).0.remove(0);
    assert!(score(&none, &[NAMES, DATA]).is_false_accept);
    let nothing = score(&none, &[]);
    assert_eq!((nothing.exact, nothing.is_false_accept, nothing.characters), (None, false, 0));
    let wrong = DATA.replace("7408122", "7408123");
    assert!(!score(&none, &[NAMES, &wrong]).is_false_accept);
}

#[test]
fn what_was_not_read_is_wrong_throughout() {
    let score = score(&expected(r#", "fields": {"surname": "ERIKSSON"}"#), &[]);
    assert_eq!((score.exact, score.wrong_characters), (Some(false), 88));
    assert!(!score.fields[&FieldName::Surname]);
    assert!(!score.is_name_wrong, "no name was reported");
}

#[test]
fn bad_lines_are_told_by_number_and_without_their_text() {
    let text = "{\"image\": \"a.jpg\"}\n\nSMITH JOHN\n{\"type\": \"TD3\"}\n{\"image\": \"b.jpg\", \"mrz\": [\"<<\"]}\n\
                {\"image\": \"c.jpg\", \"type\": \"MRV-A\", \"mrz\": [\"p<uto\"]}\n{\"image\": \"\"}";
    let (expected, bad) = parse(text);
    assert_eq!(expected.iter().map(|line| line.format.as_str()).collect::<Vec<_>>(), ["NONE"]);
    assert_eq!(bad.iter().map(|line| line.number).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    assert!(bad.iter().all(|line| !line.cause.contains("SMITH")), "{bad:?}");
}

#[test]
fn the_summary_counts_by_format_font_and_background() {
    let expected = expected(r#", "font": "ocr_b", "background": "dots", "fields": {"surname": "ERIKSSON"}"#);
    let cost =
        Cost { total: Duration::from_millis(300), find: Duration::from_millis(200), ..Cost::default() };
    let mut summary = Summary::default();
    summary.add(&expected, &score(&expected, &[NAMES, DATA]), cost);
    summary.add(&expected, &score(&expected, &[]), cost);
    assert_eq!((summary.all.zones, summary.all.exact, summary.all.agreeing), (2, 1, 1));
    assert_eq!((summary.all.characters, summary.all.wrong_characters), (176, 88));
    assert_eq!(summary.groups["font"]["ocr_b"], summary.all);
    assert_eq!(summary.groups["type"]["TD3"], summary.all);
    assert_eq!(summary.fields[&FieldName::Surname], (1, 2));
    assert_eq!(summary.all.per_image(summary.all.cost.total), Duration::from_millis(300));
    assert_eq!(summary.all.cost.rest(), Duration::from_millis(200));
}
