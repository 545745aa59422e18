use idv_common::domain::{FieldName, MrzFormat};
use jiff::civil::date;
use proptest::prelude::*;

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

fn any_zone() -> impl Strategy<Value = (MrzFormat, MrzFields)> {
    (prop::sample::select(MrzFormat::ALL), any_fields()).prop_map(|(format, mut fields)| {
        fields.document_code = match format {
            MrzFormat::Td3 => "P",
            MrzFormat::MrvA | MrzFormat::MrvB => "V",
            MrzFormat::Td1 | MrzFormat::Td2 => "I",
        }
        .into();
        (format, fields)
    })
}

/// The places of digits under a check digit, as line and column.
fn checked_digits(format: MrzFormat) -> Vec<(usize, usize)> {
    let places: &[(usize, std::ops::Range<usize>)] = match format {
        MrzFormat::Td1 => &[(0, 5..15), (1, 0..7), (1, 8..15), (1, 29..30)],
        MrzFormat::Td2 => &[(1, 0..10), (1, 13..20), (1, 21..28), (1, 35..36)],
        MrzFormat::Td3 => &[(1, 0..10), (1, 13..20), (1, 21..28), (1, 42..44)],
        MrzFormat::MrvA | MrzFormat::MrvB => &[(1, 0..10), (1, 13..20), (1, 21..28)],
    };
    places.iter().flat_map(|(line, columns)| columns.clone().map(|column| (*line, column))).collect()
}

proptest! {
    #[test]
    fn what_was_composed_is_read_back((format, fields) in any_zone()) {
        let composed = compose(format, &fields);
        let found = find(&read(&composed)).expect("a zone");
        prop_assert_eq!(found.reading.format, format);
        prop_assert!(found.reading.all_check_digits_valid());
        prop_assert_eq!(found.reading.repaired, 0);
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
    fn another_digit_under_a_check_digit_is_noticed(
        (format, fields) in any_zone(),
        place in any::<prop::sample::Index>(),
        step in 1u32..10,
    ) {
        let mut zone = read(&compose(format, &fields));
        let places: Vec<_> = checked_digits(format)
            .into_iter()
            .filter(|(line, column)| zone[*line][*column].best.is_ascii_digit())
            .collect();
        let (line, column) = places[place.index(places.len())];
        let digit = zone[line][column].best.to_digit(10).unwrap();
        zone[line][column] = Character::certain(char::from_digit((digit + step) % 10, 10).unwrap());
        if let Some(found) = find(&zone) {
            // A letter that looks like a digit may be put right, but never silently.
            prop_assert!(!found.reading.all_check_digits_valid() || found.reading.repaired == 1);
        }
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
fn miscounted_fillers_and_borders_are_forgiven() {
    let found = find(&read(&lines(&[
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<101",
    ])))
    .unwrap();
    assert_eq!(texts(&found), ANNA);
    assert_eq!(found.reading.repaired, 0);
}

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
