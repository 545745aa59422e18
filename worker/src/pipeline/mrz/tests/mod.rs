mod aligning;
mod doc_9303;
mod noise;

use idv_common::domain::{FieldName, MrzFormat};
use jiff::civil::date;
use proptest::prelude::*;

use super::check_digit::residue;
use super::*;
use crate::inference::text::Character;

const TODAY: jiff::civil::Date = date(2026, 6, 1);

fn read(lines: &[String]) -> Vec<Vec<Character>> {
    lines.iter().map(|line| line.chars().map(Character::certain).collect()).collect()
}

fn texts(found: &Found) -> Vec<String> {
    found.reading.lines.iter().map(|line| line.0.clone()).collect()
}

fn field(found: &Found, name: FieldName) -> String {
    document_reading(&found.reading, TODAY).fields.get(&name).map(|f| f.value.0.clone()).unwrap_or_default()
}

fn lines(text: &[&str]) -> Vec<String> {
    text.iter().map(|line| (*line).to_owned()).collect()
}

prop_compose! {
    fn any_fields()(
        number in "[A-Z0-9]{1,9}",
        surname in "[A-Z]{1,12}( [A-Z]{1,6})?",
        given_names in "[A-Z]{1,8}",
        (year, month, day) in (1930..2020, 1..13, 1..29),
        sex in prop::sample::select(vec!["F", "M", "X"]),
        expiry in (2020..2040, 1..13, 1..29),
        personal_number in "[A-Z0-9]{0,7}",
    ) -> MrzFields {
        MrzFields {
            document_code: String::new(),
            issuing_state: "UTO".into(),
            document_number: number,
            surname,
            given_names,
            nationality: "UTO".into(),
            date_of_birth: format!("{year}-{month:02}-{day:02}"),
            sex: sex.into(),
            date_of_expiry: format!("{}-{:02}-{:02}", expiry.0, expiry.1, expiry.2),
            personal_number,
            optional: String::new(),
        }
    }
}

/// The five formats of Doc 9303.
const FORMATS: [MrzFormat; 5] =
    [MrzFormat::Td1, MrzFormat::Td2, MrzFormat::Td3, MrzFormat::MrvA, MrzFormat::MrvB];

fn any_zone() -> impl Strategy<Value = (MrzFormat, MrzFields)> {
    (prop::sample::select(FORMATS.to_vec()), any_fields()).prop_map(|(format, mut fields)| {
        fields.document_code = code(format).into();
        (format, fields)
    })
}

fn code(format: MrzFormat) -> &'static str {
    match format {
        MrzFormat::Td3 => "P",
        MrzFormat::MrvA | MrzFormat::MrvB => "V",
        MrzFormat::Td1 | MrzFormat::Td2 => "I",
        MrzFormat::Dl => "D1",
    }
}

/// The places under a check digit other than the composite, with these digits, as line and column.
fn checked(format: MrzFormat) -> Vec<(usize, usize)> {
    let places: &[(usize, std::ops::Range<usize>)] = match format {
        MrzFormat::Td1 => &[(0, 5..15), (1, 0..7), (1, 8..15)],
        MrzFormat::Td3 => &[(1, 0..10), (1, 13..20), (1, 21..43)],
        _ => &[(1, 0..10), (1, 13..20), (1, 21..28)],
    };
    places.iter().flat_map(|(line, columns)| columns.clone().map(|column| (*line, column))).collect()
}

/// The characters that a place under a check digit may hold by its format.
fn allowed(format: MrzFormat, (line, column): (usize, usize)) -> &'static str {
    let number = if format == MrzFormat::Td1 { line == 0 && column < 14 } else { column < 9 };
    let personal = format == MrzFormat::Td3 && (28..42).contains(&column);
    if number || personal { "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<" } else { "0123456789" }
}

proptest! {
    #[test]
    fn what_was_composed_is_read_back((format, fields) in any_zone()) {
        let composed = compose(format, &fields);
        let found = find(&read(&composed)).expect("a zone");
        prop_assert_eq!(found.reading.format, format);
        prop_assert!(found.reading.all_check_digits_valid());
        prop_assert_eq!(found.reading.repaired, 0);
        prop_assert!(found.is_settled());
        prop_assert_eq!(texts(&found), composed);
        prop_assert_eq!(field(&found, FieldName::DocumentNumber), fields.document_number);
        prop_assert_eq!(field(&found, FieldName::Surname), fields.surname);
        prop_assert_eq!(field(&found, FieldName::GivenNames), fields.given_names);
        prop_assert_eq!(field(&found, FieldName::DateOfBirth), fields.date_of_birth);
        prop_assert_eq!(field(&found, FieldName::DateOfExpiry), fields.date_of_expiry);
        prop_assert_eq!(field(&found, FieldName::Sex), fields.sex);
        prop_assert_eq!(field(&found, FieldName::PersonalNumber), fields.personal_number);
    }

    #[test]
    fn a_wrong_character_under_a_check_digit_is_never_taken_silently(
        (format, fields) in any_zone(),
        place in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        doubt in prop::option::of(0.0_f32..1.0),
    ) {
        let composed = compose(format, &fields);
        let places = checked(format);
        let place = places[place.index(places.len())];
        let right = composed[place.0].as_bytes()[place.1] as char;
        let others: Vec<char> = allowed(format, place).chars().filter(|c| *c != right).collect();
        let wrong = others[other.index(others.len())];
        let mut zone = read(&composed);
        zone[place.0][place.1] = Character {
            alternatives: doubt.map(|probability| (right, probability)).into_iter().collect(),
            ..Character::certain(wrong)
        };
        if let Some(found) = find(&zone) {
            let wrong_now = texts(&found) != composed;
            let seen = residue(wrong) != residue(right);
            // Put right and reported, or noticed; what no check digit sees is marked if the recogniser wavered.
            if wrong_now && seen {
                prop_assert!(!found.reading.all_check_digits_valid());
            }
            if wrong_now && !seen && doubt.is_some_and(|doubt| doubt > 0.01) {
                prop_assert!(!found.is_settled());
            }
            prop_assert_eq!(found.reading.repaired as usize, found.reading.repairs.len());
            if !wrong_now {
                let repair = &found.reading.repairs[0];
                prop_assert_eq!((repair.line as usize, repair.position as usize), place);
                prop_assert_eq!((repair.from.0, repair.to.0), (wrong, right));
                prop_assert!(!format.as_str().starts_with("MRV"));
            }
        }
    }

    #[test]
    fn what_a_licence_says_is_read_back(
        fields in any_fields(),
        state in prop::sample::select(vec!["FRA", "NLD", "CHE"]),
        digits in "[0-9]{12}",
        letters in "[A-Z]{2}",
    ) {
        let surname = fields.surname.replace(' ', "");
        let (code, number) = match state {
            "FRA" => ("D1", format!("{}{letters}{}", &digits[..2], &digits[2..7])),
            "NLD" => ("D1", digits[..10].to_owned()),
            _ => ("FA", digits),
        };
        let fields =
            MrzFields { document_code: code.into(), issuing_state: state.into(), document_number: number, surname, ..fields };
        let composed = compose(MrzFormat::Dl, &fields);
        let found = find(&read(&composed)).expect("a licence");
        prop_assert_eq!(texts(&found), composed);
        prop_assert_eq!(found.reading.all_check_digits_valid(), state != "CHE");
        prop_assert_eq!(field(&found, FieldName::DocumentNumber), fields.document_number);
        prop_assert_eq!(field(&found, FieldName::IssuingState), state);
        match state {
            "FRA" => {
                let expected: String = fields.surname.chars().take(8).collect();
                prop_assert_eq!(field(&found, FieldName::Surname), expected);
                prop_assert_eq!(found.reading.names_truncated, fields.surname.len() >= 8);
                prop_assert_eq!(field(&found, FieldName::DateOfExpiry), fields.date_of_expiry);
            }
            "CHE" => {
                prop_assert_eq!(field(&found, FieldName::Surname), fields.surname);
                prop_assert_eq!(field(&found, FieldName::GivenNames), fields.given_names);
                prop_assert_eq!(field(&found, FieldName::DateOfBirth), fields.date_of_birth);
            }
            _ => {}
        }
    }

    #[test]
    fn what_the_french_card_of_1988_says_is_read_back(fields in any_fields(), number in "[0-9]{12}") {
        let fields = MrzFields {
            document_code: "ID".into(),
            issuing_state: "FRA".into(),
            document_number: number,
            ..fields
        };
        let composed = compose(MrzFormat::Td2, &fields);
        let found = find(&read(&composed)).expect("a card");
        prop_assert!(found.is_settled());
        prop_assert_eq!(texts(&found), composed);
        for (name, value) in [
            (FieldName::DocumentNumber, &fields.document_number),
            (FieldName::Surname, &fields.surname),
            (FieldName::GivenNames, &fields.given_names),
            (FieldName::DateOfBirth, &fields.date_of_birth),
            (FieldName::Sex, &fields.sex),
        ] {
            prop_assert_eq!(&field(&found, name), value);
        }
    }

    #[test]
    fn a_long_number_is_read_back(fields in any_fields(), number in "[A-Z0-9]{10,15}", td1 in any::<bool>()) {
        let format = if td1 { MrzFormat::Td1 } else { MrzFormat::Td2 };
        let fields = MrzFields {
            document_code: "I".into(),
            document_number: if td1 { number } else { number[..10].to_owned() },
            personal_number: String::new(),
            ..fields
        };
        let found = find(&read(&compose(format, &fields))).expect("a zone");
        prop_assert!(found.is_settled());
        prop_assert_eq!(field(&found, FieldName::DocumentNumber), fields.document_number);
    }

    #[test]
    fn arbitrary_text_is_survived(lines in prop::collection::vec(".{0,60}", 0..12)) {
        let _ = find(&read(&lines));
    }

    #[test]
    fn arbitrary_zone_characters_are_survived(lines in prop::collection::vec("[A-Z0-9<]{24,50}", 0..7)) {
        if let Some(found) = find(&read(&lines)) {
            let _ = document_reading(&found.reading, TODAY);
        }
    }
}

const ANNA: [&str; 2] =
    ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];

#[test]
fn an_o_among_digits_is_a_zero() {
    let found = find(&read(&lines(&[ANNA[0], "L898902C36UT07408122F12O4159ZE184226B<<<<<1O"]))).unwrap();
    assert_eq!(texts(&found), ANNA);
    assert_eq!(found.reading.repaired, 0);
}

#[test]
fn a_letter_that_the_recogniser_doubted_is_corrected_and_counted() {
    let mut zone = read(&lines(&ANNA));
    zone[1][1] = Character { alternatives: vec![('8', 0.3)], ..Character::certain('3') };
    let found = find(&zone).unwrap();
    assert_eq!(texts(&found), ANNA);
    assert_eq!(found.reading.repaired, 1);
}

#[test]
fn a_digit_that_nobody_doubted_stays_wrong() {
    let mut zone = read(&lines(&ANNA));
    zone[1][1] = Character::certain('3');
    assert!(!find(&zone).unwrap().reading.all_check_digits_valid());
}

#[test]
fn a_wrong_check_digit_under_a_right_composite_stays_wrong() {
    // The number's own check digit is 7 instead of 6, and the composite was computed over the 7.
    let mut line: Vec<char> = ANNA[1].chars().collect();
    line[9] = '7';
    let covered = line[..10].iter().chain(&line[13..20]).chain(&line[21..43]).copied();
    line[43] = check_digit(covered).unwrap();
    let found = find(&read(&[ANNA[0].to_owned(), line.into_iter().collect()])).unwrap();
    assert!(!found.reading.all_check_digits_valid());
}

#[test]
fn a_visa_is_never_corrected() {
    let mut visa =
        read(&lines(&["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"]));
    assert!(find(&visa).unwrap().reading.all_check_digits_valid());
    visa[1][2] = Character { alternatives: vec![('9', 0.4)], ..Character::certain('0') };
    assert!(!find(&visa).unwrap().reading.all_check_digits_valid());
}

#[test]
fn the_french_card_of_1988_has_its_own_places() {
    let found = find(&read(&lines(&[
        "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<",
        "9409923102854CORINNE<<<<<<<6512068F4",
    ])))
    .unwrap();
    assert!(found.reading.all_check_digits_valid());
    assert_eq!(field(&found, FieldName::DocumentNumber), "940992310285");
    assert_eq!(field(&found, FieldName::GivenNames), "CORINNE");
    assert_eq!(field(&found, FieldName::DateOfBirth), "1965-12-06");
    assert_eq!(field(&found, FieldName::DateOfExpiry), "");
}

#[test]
fn a_long_number_is_put_together() {
    let fields = MrzFields {
        document_code: "I".into(),
        issuing_state: "UTO".into(),
        document_number: "D23145890734".into(),
        surname: "Eriksson".into(),
        given_names: "Anna Maria".into(),
        nationality: "UTO".into(),
        date_of_birth: "1934-07-12".into(),
        sex: "F".into(),
        date_of_expiry: "1995-07-12".into(),
        personal_number: "4711".into(),
        optional: String::new(),
    };
    for format in [MrzFormat::Td1, MrzFormat::Td2] {
        let fields = MrzFields { personal_number: String::new(), ..fields.clone() };
        let found = find(&read(&compose(format, &fields))).unwrap();
        assert!(found.reading.all_check_digits_valid(), "{format}");
        assert_eq!(field(&found, FieldName::DocumentNumber), "D23145890734");
    }
    let found = find(&read(&compose(MrzFormat::Td1, &fields))).unwrap();
    assert_eq!(field(&found, FieldName::PersonalNumber), "4711");
}

#[test]
fn unknown_parts_of_a_date_and_centuries_are_told() {
    let fields = |birth: &str| MrzFields {
        document_code: "P".into(),
        issuing_state: "D".into(),
        document_number: "C01X00T47".into(),
        surname: "Mustermann".into(),
        given_names: "Erika".into(),
        nationality: "D".into(),
        date_of_birth: birth.into(),
        sex: "X".into(),
        date_of_expiry: "2031-02-28".into(),
        ..MrzFields::default()
    };
    for birth in ["1964-08-12", "2019-01-31", "1926-12-31", "1971-XX-XX", "1971-02-XX"] {
        let found = find(&read(&compose(MrzFormat::Td3, &fields(birth)))).unwrap();
        assert!(found.reading.all_check_digits_valid());
        assert_eq!(field(&found, FieldName::DateOfBirth), birth);
        assert_eq!(field(&found, FieldName::DateOfExpiry), "2031-02-28");
        assert_eq!(field(&found, FieldName::Nationality), "D");
        assert_eq!(field(&found, FieldName::Sex), "X");
    }
}

#[test]
fn two_ways_to_mend_a_zone_are_none() {
    let mut zone = read(&lines(&ANNA));
    // A 5 for the 8 of weight 3 lacks 9 to agree. A 5 for the 8 of weight 7 as well brings it.
    zone[1][1] = Character { alternatives: vec![('8', 0.3)], ..Character::certain('5') };
    assert_eq!(find(&zone).unwrap().reading.repaired, 1);
    zone[1][3] = Character { alternatives: vec![('5', 0.3)], ..Character::certain('8') };
    let found = find(&zone).unwrap();
    assert!(!found.reading.all_check_digits_valid());
    assert_eq!(found.reading.repaired, 0);
}

#[test]
fn a_number_that_may_end_elsewhere_is_in_doubt() {
    let number =
        (100_000_000..).map(|n: u32| n.to_string()).find(|n| check_digit(n.chars()) == Some('0')).unwrap();
    let fields = MrzFields {
        document_code: "I".into(),
        issuing_state: "UTO".into(),
        document_number: number + "123",
        surname: "Eriksson".into(),
        given_names: "Anna".into(),
        nationality: "UTO".into(),
        date_of_birth: "1974-08-12".into(),
        sex: "F".into(),
        date_of_expiry: "2030-04-15".into(),
        ..MrzFields::default()
    };
    let mut zone = read(&compose(MrzFormat::Td1, &fields));
    assert!(find(&zone).unwrap().is_settled());
    // A 0 for the filler changes no residue: then the number has nine characters, and their check digit is 0.
    zone[0][14] = Character { alternatives: vec![('0', 0.1)], ..Character::certain('<') };
    let found = find(&zone).unwrap();
    assert_eq!(field(&found, FieldName::DocumentNumber), fields.document_number);
    assert!(found.is_clean());
    assert_eq!(found.reading.uncertain, [FieldName::DocumentNumber]);
}

#[test]
fn a_character_that_may_not_stand_there_leaves_its_field_in_doubt() {
    let mut zone = read(&lines(&ANNA));
    zone[1][13] = Character { alternatives: vec![('7', 0.05)], probability: 0.95, ..Character::certain('K') };
    let found = find(&zone).unwrap();
    assert_eq!(texts(&found), ANNA);
    assert_eq!(found.reading.uncertain, [FieldName::DateOfBirth]);
}
