use idv_common::domain::{
    CaptureKind, Check, Claims, FieldName, MrzFormat, Outcome, Policy, Private, ReasonCode,
};
use jiff::civil::{Date, date};

use crate::inference::text::Character;
use crate::inference::{Point, Quad};
use crate::pipeline::document::{Document, DocumentFinding, MrzFinding, TextFinding, Variant};
use crate::pipeline::mrz::{MrzFields, compose, find};
use crate::pipeline::orientation::Turn;
use crate::pipeline::quality::Quality;

const TODAY: Date = date(2026, 6, 1);

fn fields() -> MrzFields {
    MrzFields {
        document_code: "P".into(),
        issuing_state: "UTO".into(),
        document_number: "L898902C3".into(),
        surname: "Müller".into(),
        given_names: "Anna Maria".into(),
        nationality: "UTO".into(),
        date_of_birth: "1974-08-12".into(),
        sex: "F".into(),
        date_of_expiry: "2030-04-15".into(),
        ..MrzFields::default()
    }
}

/// A side whose zone says `fields`, if there are any, and whose print says these lines, one below the other.
fn side(fields: Option<&MrzFields>, print: &[(&str, f32)]) -> DocumentFinding {
    let quad = |row: usize, length: usize| {
        let (top, right) = (30.0 * row as f32, 10.0 * length as f32);
        Quad(
            [(0.0, top), (right, top), (right, top + 20.0), (0.0, top + 20.0)].map(|(x, y)| Point::new(x, y)),
        )
    };
    let text = |(row, (text, confidence)): (usize, &(&str, f32))| TextFinding {
        text: Private((*text).to_owned()),
        quad: quad(row, text.chars().count()),
        confidence: *confidence,
    };
    let zone = fields.and_then(|fields| {
        let lines = compose(MrzFormat::Td3, fields);
        let read: Vec<Vec<Character>> =
            lines.iter().map(|line| line.chars().map(Character::certain).collect()).collect();
        let found = find(&read)?;
        Some(MrzFinding {
            reading: found.reading,
            quads: (20..20 + lines.len()).map(|row| quad(row, 44)).collect(),
            confidence: found.confidence,
            variant: Variant::Moderate,
        })
    });
    DocumentFinding {
        size: [1200, 800],
        outline: None,
        quality: Quality::GOOD,
        turn: Turn::None,
        slope: 0.0,
        text: print.iter().enumerate().map(text).collect(),
        mrz: zone,
        reads_mrz: true,
    }
}

fn claims(values: &[(FieldName, &str)]) -> Claims {
    Claims::new(values.iter().map(|(name, value)| (*name, Private((*value).to_owned()))).collect()).unwrap()
}

fn front(side: &DocumentFinding) -> Document<'_> {
    Document::new(vec![(CaptureKind::DocumentFront, side)], TODAY)
}

/// What a sub-check came to.
fn sub(check: &Check, name: &str) -> Option<String> {
    check.evidence.details.get("sub_checks")?.get(name)?.as_str().map(str::to_owned)
}

#[track_caller]
fn assert_subs(check: &Check, expected: &[(&str, Option<&str>)]) {
    for (name, outcome) in expected {
        assert_eq!(sub(check, name).as_deref(), *outcome, "{name}: {:?}", check.evidence.details);
    }
}

#[test]
fn print_that_says_the_same_in_its_own_way_passes() {
    let side = side(
        Some(&fields()),
        &[
            ("Surname: MÜLLER", 0.99),
            ("Given names: ANNA MARIA", 0.99),
            ("Passport No: L898902C3", 0.99),
            ("Date of birth: 12 AUG/AOÛT 74", 0.99),
            ("Date of expiry: 15.04.2030", 0.99),
            ("Nationality: UTOPIAN", 0.99),
            ("Sex: F", 0.99),
            ("Date of issue: 16 APR 2020", 0.99),
        ],
    );
    let check = front(&side).judge_consistency();
    assert_eq!((check.outcome, check.reasons.as_slice()), (Outcome::Pass, &[][..]), "{:?}", check.evidence);
    for name in
        ["surname", "given_names", "document_number", "date_of_birth", "date_of_expiry", "nationality", "sex"]
    {
        assert_eq!(sub(&check, &format!("{name}_mrz_viz")).as_deref(), Some("pass"), "{name}");
    }
    assert_subs(
        &check,
        &[("date_of_issue_past", Some("pass")), ("date_of_issue_before_expiry", Some("pass"))],
    );
}

#[test]
fn sure_print_that_says_something_else_contradicts_the_zone() {
    let altered = |line, confidence| side(Some(&fields()), &[("Surname: MÜLLER", 0.99), (line, confidence)]);
    let born_later = altered("Date of birth: 12 AUG 1979", 0.99);
    let check = front(&born_later).judge_consistency();
    assert_eq!((check.outcome, check.reasons.clone()), (Outcome::Fail, vec![ReasonCode::DataMismatchMrzViz]));
    assert_subs(&check, &[("date_of_birth_mrz_viz", Some("fail")), ("surname_mrz_viz", Some("pass"))]);

    // A name may be printed in two scripts or languages.
    let twice = side(
        Some(&fields()),
        &[("Given names: ƏNNƏ", 0.99), ("ANNA MARIA", 0.99), ("MÜLLER L898902C3", 0.99)],
    );
    assert_eq!(front(&twice).judge_consistency().outcome, Outcome::Inconclusive);

    for (line, confidence) in [
        // Read without confidence.
        ("Date of birth: 12 AUG 1979", 0.9),
        // One digit that is often taken for the other.
        ("Passport No: L898902C8", 0.9),
        ("Date of birth: 12.06.1974", 0.99),
        // What stands behind the caption is the value of another one.
        ("Given names: MÜLLER", 0.99),
    ] {
        let side = altered(line, confidence);
        let check = front(&side).judge_consistency();
        assert_eq!(check.outcome, Outcome::Inconclusive, "{line}: {:?}", check.evidence);
        assert_eq!(check.reasons, [ReasonCode::DataMismatchMrzViz], "{line}");
    }
}

#[test]
fn a_zone_that_was_read_badly_contradicts_nothing() {
    let mut side = side(Some(&fields()), &[("Date of birth: 12 AUG 1979", 0.99), ("MÜLLER L898902C3", 0.99)]);
    side.mrz.as_mut().unwrap().confidence = 0.8;
    assert_eq!(front(&side).judge_consistency().outcome, Outcome::Inconclusive);
    side.mrz.as_mut().unwrap().confidence = 1.0;
    side.mrz.as_mut().unwrap().reading.repaired = 1;
    assert_eq!(front(&side).judge_consistency().outcome, Outcome::Inconclusive);
}

#[test]
fn names_without_captions_are_looked_for_anywhere() {
    let side = side(Some(&fields()), &[("MÜLLER", 0.99), ("L898902C3", 0.99)]);
    let check = front(&side).judge_consistency();
    assert_subs(
        &check,
        &[
            ("surname_mrz_viz", Some("pass")),
            ("document_number_mrz_viz", Some("pass")),
            ("given_names_mrz_viz", None),
        ],
    );
}

#[test]
fn a_document_of_one_source_is_not_compared() {
    let zone_only = side(Some(&fields()), &[]);
    let check = front(&zone_only).judge_consistency();
    assert_eq!(check.outcome, Outcome::NotRun);
    assert_subs(&check, &[("surname_mrz_viz", None), ("date_of_birth_past", Some("pass"))]);
    let print_only = side(None, &[("Surname: MÜLLER", 0.99)]);
    assert_eq!(front(&print_only).judge_consistency().outcome, Outcome::NotRun);
}

#[test]
fn front_and_back_of_two_documents_do_not_belong_together() {
    let front = side(None, &[("Surname: SMITH", 0.99), ("Document No: X1234567", 0.99)]);
    let back = side(Some(&fields()), &[]);
    let sides = || vec![(CaptureKind::DocumentFront, &front), (CaptureKind::DocumentBack, &back)];
    let check = Document::new(sides(), TODAY).judge_consistency();
    assert_eq!(check.outcome, Outcome::Fail);
    assert!(check.reasons.contains(&ReasonCode::DataMismatchFrontBack), "{:?}", check.reasons);
    assert_subs(
        &check,
        &[("surname_front_back", Some("fail")), ("document_number_front_back", Some("fail"))],
    );
}

#[test]
fn claims_are_held_against_the_document() {
    let side = side(Some(&fields()), &[("Surname: MÜLLER", 0.99), ("L898902C3", 0.99)]);
    let policy = Policy::default().document;
    let right = claims(&[
        (FieldName::Surname, "Müller"),
        (FieldName::GivenNames, "Anna"),
        (FieldName::FullName, "Anna Maria Mueller"),
        (FieldName::DateOfBirth, "1974-08-12"),
        (FieldName::Nationality, "UTO"),
    ]);
    let document = front(&side).expecting(&right);
    assert_eq!(document.judge_consistency().outcome, Outcome::Pass);
    assert_eq!(document.judge_fields(&policy).outcome, Outcome::Pass);

    let wrong = claims(&[(FieldName::DateOfBirth, "1974-08-13"), (FieldName::Surname, "Müller")]);
    let document = front(&side).expecting(&wrong);
    let check = document.judge_consistency();
    assert_eq!(
        (check.outcome, check.reasons.clone()),
        (Outcome::Fail, vec![ReasonCode::DataMismatchExpected])
    );
    assert_subs(&check, &[("date_of_birth_expected", Some("fail")), ("surname_expected", Some("pass"))]);
    let fields = document.judge_fields(&policy);
    assert_eq!((fields.outcome, fields.reasons), (Outcome::Fail, vec![ReasonCode::DataMismatchExpected]));

    let unread = claims(&[(FieldName::PlaceOfBirth, "Zenith")]);
    let document = front(&side).expecting(&unread);
    assert_eq!(document.judge_consistency().outcome, Outcome::Inconclusive);
    let fields = document.judge_fields(&policy);
    assert_eq!(
        (fields.outcome, fields.reasons),
        (Outcome::Inconclusive, vec![ReasonCode::DataMismatchExpected])
    );
}

#[test]
fn a_surname_with_too_little_room_agrees_with_the_whole_one() {
    let long = "Papandropoulos-Constantinopoulou-Theodorakopoulos";
    let fields = MrzFields { surname: long.to_owned(), ..fields() };
    let side = side(Some(&fields), &[(&format!("Surname: {}", long.to_uppercase()), 0.99)]);
    let check = front(&side).judge_consistency();
    assert_subs(&check, &[("surname_mrz_viz", Some("pass"))]);
}

#[test]
fn dates_that_cannot_be_are_told() {
    let late = side(Some(&fields()), &[("MÜLLER L898902C3", 0.99), ("Date of issue: 16.04.2031", 0.99)]);
    // A date of issue in the future: of both that are told the reason is one.
    let check = front(&late).judge_consistency();
    assert_eq!(check.outcome, Outcome::Fail);
    assert_eq!(check.reasons, [ReasonCode::DocumentDatesImplausible]);
    assert_subs(
        &check,
        &[("date_of_issue_past", Some("fail")), ("date_of_issue_before_expiry", Some("fail"))],
    );
    let unsure = side(Some(&fields()), &[("MÜLLER L898902C3", 0.99), ("Date of issue: 16.04.2031", 0.8)]);
    assert_eq!(front(&unsure).judge_consistency().outcome, Outcome::Inconclusive);
}

#[test]
fn an_unusual_number_is_inconclusive() {
    let french = MrzFields { issuing_state: "FRA".into(), document_number: "12AB34567".into(), ..fields() };
    let side_of = |fields: &MrzFields| side(Some(fields), &[]);
    let usual = side_of(&french);
    assert_subs(&front(&usual).judge_consistency(), &[("document_number_form", Some("pass"))]);
    let unusual = side_of(&MrzFields { document_number: "123456789".into(), ..french });
    let check = front(&unusual).judge_consistency();
    assert_eq!(
        (check.outcome, check.reasons),
        (Outcome::Inconclusive, vec![ReasonCode::DocumentNumberUnusual])
    );
}

#[test]
fn the_holder_must_have_reached_the_age_that_the_policy_asks_for() {
    let mut policy = Policy::default().document;
    policy.min_age_years = 18;
    let born = |day: &str| side(Some(&MrzFields { date_of_birth: day.into(), ..fields() }), &[]);
    for (day, outcome) in [
        ("2008-06-01", Outcome::Pass),
        ("2008-06-02", Outcome::Fail),
        ("2007-XX-XX", Outcome::Pass),
        ("2008-XX-XX", Outcome::Inconclusive),
    ] {
        let side = born(day);
        let check = front(&side).judge_fields(&policy);
        assert_eq!(check.outcome, outcome, "{day}");
        assert_eq!(check.reasons.contains(&ReasonCode::HolderUnderAge), outcome != Outcome::Pass, "{day}");
    }
}
