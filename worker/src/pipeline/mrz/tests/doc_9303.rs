//! The zones and names that ICAO Doc 9303 prints as examples.

use super::*;

struct Example {
    format: MrzFormat,
    lines: &'static [&'static str],
    number: &'static str,
    surname: &'static str,
    given_names: &'static str,
    birth: &'static str,
    expiry: &'static str,
    optional: &'static str,
}

const EXAMPLES: &[Example] = &[
    // Part 4, appendix B.
    Example {
        format: MrzFormat::Td3,
        lines: &ANNA,
        number: "L898902C3",
        surname: "ERIKSSON",
        given_names: "ANNA MARIA",
        birth: "1974-08-12",
        expiry: "2012-04-15",
        optional: "ZE184226B",
    },
    // Part 5, appendix B.
    Example {
        format: MrzFormat::Td1,
        lines: &[
            "I<UTOD231458907<<<<<<<<<<<<<<<",
            "7408122F1204159UTO<<<<<<<<<<<6",
            "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        ],
        number: "D23145890",
        surname: "ERIKSSON",
        given_names: "ANNA MARIA",
        birth: "1974-08-12",
        expiry: "2012-04-15",
        optional: "",
    },
    // Part 6, appendix B.
    Example {
        format: MrzFormat::Td2,
        lines: &["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"],
        number: "D23145890",
        surname: "ERIKSSON",
        given_names: "ANNA MARIA",
        birth: "1974-08-12",
        expiry: "2012-04-15",
        optional: "",
    },
    // Part 7, appendix B.
    Example {
        format: MrzFormat::MrvA,
        lines: &[
            "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
            "L898902C<3UTO6908061F9406236ZE184226B<<<<<<<",
        ],
        number: "L898902C",
        surname: "ERIKSSON",
        given_names: "ANNA MARIA",
        birth: "1969-08-06",
        expiry: "1994-06-23",
        optional: "ZE184226B",
    },
    Example {
        format: MrzFormat::MrvB,
        lines: &["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L898902C<3UTO6908061F9406236ZE184226"],
        number: "L898902C",
        surname: "ERIKSSON",
        given_names: "ANNA MARIA",
        birth: "1969-08-06",
        expiry: "1994-06-23",
        optional: "ZE184226",
    },
    // Part 11, appendix D: numbers of more than nine characters.
    Example {
        format: MrzFormat::Td1,
        lines: &[
            "I<UTOD23145890<7349<<<<<<<<<<<",
            "3407127M9507122UTO<<<<<<<<<<<2",
            "STEVENSON<<PETER<JOHN<<<<<<<<<",
        ],
        number: "D23145890734",
        surname: "STEVENSON",
        given_names: "PETER JOHN",
        birth: "1934-07-12",
        expiry: "1995-07-12",
        optional: "",
    },
    Example {
        format: MrzFormat::Td2,
        lines: &["I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<", "D23145890<UTO3407127M95071227349<<<8"],
        number: "D23145890734",
        surname: "STEVENSON",
        given_names: "PETER JOHN",
        birth: "1934-07-12",
        expiry: "1995-07-12",
        optional: "",
    },
];

#[test]
fn the_zones_of_parts_4_to_7_and_11_are_read() {
    for example in EXAMPLES {
        let found = find(&read(&lines(example.lines))).unwrap();
        assert_eq!(found.reading.format, example.format);
        assert!(found.is_settled(), "{:?} {:?}", example.lines, found.reading);
        for (name, value) in [
            (FieldName::DocumentNumber, example.number),
            (FieldName::Surname, example.surname),
            (FieldName::GivenNames, example.given_names),
            (FieldName::DateOfBirth, example.birth),
            (FieldName::DateOfExpiry, example.expiry),
            (FieldName::PersonalNumber, example.optional),
            (FieldName::IssuingState, "UTO"),
            (FieldName::Nationality, "UTO"),
        ] {
            assert_eq!(field(&found, name), value, "{:?} {name}", example.lines);
        }
    }
}

/// Appendix A of part 3. The state `YTO` of these examples is in no table, and so is to be confirmed elsewhere.
#[test]
fn the_composite_check_digits_of_part_3_agree() {
    let names = "NAME<<GIVEN<<<<<<<<<<<<<<<<<<<<<<<<<<<<<";
    for zone in [
        vec![format!("P<YTO{}", &names[..39]), "HA672242<6YTO5802254M9601086<<<<<<<<<<<<<<08".to_owned()],
        vec![format!("I<YTO{}", &names[..31]), "HA672242<6YTO5802254M9601086<<<<<<<8".to_owned()],
        vec![
            "I<YTOD231458907<<<<<<<<<<<<<<<".to_owned(),
            "3407127M9507122YTO<<<<<<<<<<<2".to_owned(),
            names[..30].to_owned(),
        ],
    ] {
        let found = find(&read(&zone)).unwrap();
        assert!(found.is_clean(), "{zone:?}");
        assert_eq!(found.reading.uncertain, [FieldName::IssuingState, FieldName::Nationality]);
    }
}

/// Section 4.2.3 of parts 4 to 7: a letter at the last place says that the name may have been cut off.
#[test]
fn names_that_fill_their_field_are_taken_for_truncated() {
    let passport = |name: &str| vec![format!("PPUTO{name:<<39}"), ANNA[1].to_owned()];
    let card = |name: &str| {
        vec![EXAMPLES[1].lines[0].to_owned(), EXAMPLES[1].lines[1].to_owned(), format!("{name:<<30}")]
    };
    let official = |name: &str| vec![format!("I<UTO{name:<<31}"), EXAMPLES[2].lines[1].to_owned()];
    for (zone, surname, given_names, truncated) in [
        (
            passport("NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
            "NILAVADHANANANDA",
            "CHAYAPA DEJTHAMRONG K",
            true,
        ),
        (
            passport("NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU"),
            "NILAVADHANANANDA",
            "ARNPOL PETCH CHARONGU",
            true,
        ),
        (
            passport("BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI"),
            "BENNELONG WOOLOOMOOLOO WARRANDYTE W",
            "DI",
            true,
        ),
        (
            passport("BENNELONG<WOOLOOM<WARRAND<WARNAM<<DINGO"),
            "BENNELONG WOOLOOM WARRAND WARNAM",
            "DINGO",
            true,
        ),
        (
            passport("BENNEL<WOOLOO<WARRAN<WARNAM<<DINGO<POTO"),
            "BENNEL WOOLOO WARRAN WARNAM",
            "DINGO POTO",
            true,
        ),
        (
            passport("PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"),
            "PAPANDROPOULOUS",
            "JONATHON WARREN TREVOR",
            true,
        ),
        (passport("VILARCHAO<FERNANDEZ<<JOSE<RAMON"), "VILARCHAO FERNANDEZ", "JOSE RAMON", false),
        (passport("ARKFREITH"), "ARKFREITH", "", false),
        (card("NILAVADHANANANDA<<CHAYAPA<DE<K"), "NILAVADHANANANDA", "CHAYAPA DE K", true),
        (card("BENNELONG<WOOLOOM<WA<WARN<<D<P"), "BENNELONG WOOLOOM WA WARN", "D P", true),
        (card("BENNE<WOOLO<WARRA<WARNA<<DIN<P"), "BENNE WOOLO WARRA WARNA", "DIN P", true),
        (card("VILARCHAO<FERNANDEZ<<JOSE<RAMO"), "VILARCHAO FERNANDEZ", "JOSE RAMO", true),
        (card("SATRIYA<SUDARPA"), "SATRIYA SUDARPA", "", false),
        (card("AL<BASRI<<HUDA<MUHAMMAD<JAWAD"), "AL BASRI", "HUDA MUHAMMAD JAWAD", false),
        (official("NILAVADHANANANDA<<ARN<PET<CHARO"), "NILAVADHANANANDA", "ARN PET CHARO", true),
        (official("BENNELONG<WOOLOOMOOLOO<W<W<<D<P"), "BENNELONG WOOLOOMOOLOO W W", "D P", true),
        (official("PAPANDROPOULOUS<<JONATHOON<ALEC"), "PAPANDROPOULOUS", "JONATHOON ALEC", true),
        (official("VAN<DER<MUELLEN<<MARTIN"), "VAN DER MUELLEN", "MARTIN", false),
    ] {
        let found = find(&read(&zone)).unwrap();
        assert!(found.is_settled(), "{zone:?} {:?}", found.reading.uncertain);
        assert_eq!(field(&found, FieldName::Surname), surname);
        assert_eq!(field(&found, FieldName::GivenNames), given_names);
        assert_eq!(found.reading.names_truncated, truncated, "{zone:?}");
    }
}

/// The specimens of the licences.
#[test]
fn the_lines_of_driving_licences_are_read() {
    let found = find(&read(&lines(&["D1FRA13AA000026181231MARTIN<<9"]))).unwrap();
    assert!(found.is_settled(), "{:?}", found.reading);
    assert_eq!(found.reading.format, MrzFormat::Dl);
    assert_eq!(field(&found, FieldName::DocumentNumber), "13AA00002");
    assert_eq!(field(&found, FieldName::Surname), "MARTIN");
    assert_eq!(field(&found, FieldName::DateOfExpiry), "2018-12-31");
    let kind = document_reading(&found.reading, TODAY).kind;
    assert_eq!(kind, Some(idv_common::domain::DocumentKind::DriversLicence));

    let swiss = ["AAA001D<<", "FACHE305142128097<<800126<<<<<", "MARCHAND<<FABIENNE<<<<<<<<<<<<"];
    let found = find(&read(&lines(&swiss))).unwrap();
    assert!(!found.reading.all_check_digits_valid() && found.reading.check_digits.is_empty());
    assert_eq!(found.lines, [1, 2]);
    assert_eq!(field(&found, FieldName::DocumentNumber), "305142128097");
    assert_eq!(field(&found, FieldName::DateOfBirth), "1980-01-26");
    assert_eq!(field(&found, FieldName::GivenNames), "FABIENNE");
}
