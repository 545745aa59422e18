//! Texts that no issuer writes.

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_no_card_is_refused() {
    let refused = |text: &[u8]| Card::parse(text).unwrap_err();
    assert_eq!(refused(b""), Invalid::NotAamva);
    assert_eq!(refused(b"https://example.org/"), Invalid::NotAamva);
    // The Argentine identity card parts its fields by at signs.
    assert_eq!(refused(b"@00123456789@EXAMPLE@ANNA@F@12345678@A@01/01/1980@02/02/2015@"), Invalid::NotAamva);
    assert_eq!(refused(b"@\n\x1e\rANSI 6360"), Invalid::Header);
    assert_eq!(refused(b"@\n\x1e\rANSI 636014100002DL00410280ZC03210024"), Invalid::Empty);
    assert_eq!(refused(&vec![b'@'; 100_000]), Invalid::TooLong);
    let long = CARD.replace("EXAMPLE", &"E".repeat(100_000));
    assert_eq!(refused(long.as_bytes()), Invalid::TooLong);
}

#[test]
fn offsets_that_lie_change_nothing() {
    let right = card(CARD);
    for (offset, other) in [("00410280", "99990000"), ("03210024", "00000000"), ("00410280", "0x410280")] {
        let lying = card(&CARD.replace(offset, other));
        assert_eq!(lying.name(), right.name(), "{other}");
        assert_eq!(lying.defects(), right.defects(), "{other}");
    }
}

#[test]
fn other_separators_part_the_elements_as_well() {
    let right = card(CARD);
    for (preamble, separator) in [
        ("@\n\u{1e}\r", "\n"),
        ("@|\u{1e}\r", "|"),
        ("@\n\u{1e}\r", "\r\n"),
        ("@\n\u{1e}\r", "|"),
        ("@\n\u{1e}\r", "\u{90}\n\u{90}"),
        ("@\n6M", "\n"),
        ("\u{feff}@\n\u{1e}\n", "\n"),
        ("@", "\t"),
    ] {
        let (_, body) = CARD.split_once("ANSI ").unwrap();
        let other = format!("{preamble}ANSI {}", body.replace(['\n', '\r'], separator));
        let other = card(&other);
        assert_eq!(other.defects(), Defects::default(), "{separator:?}");
        assert_eq!((other.name(), other.address()), (right.name(), right.address()), "{separator:?}");
        assert_eq!(other.date_of_birth(), right.date_of_birth(), "{separator:?}");
    }
}

/// Asks a card for everything.
fn ask(card: &Card) {
    let _ =
        (card.name(), card.truncations(), card.address(), card.address().line(), card.height(), card.sex());
    let _ = (card.date_of_birth(), card.document_expiration_date(), card.document_issue_date());
    let _ = (card.country_identification(), card.customer_id_number(), card.eye_color(), card.defects());
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Card::parse(&bytes).map(|card| ask(&card));
        let mut headed = b"@\n\x1e\rANSI ".to_vec();
        headed.extend(&bytes);
        let _ = Card::parse(&headed).map(|card| ask(&card));
    }

    #[test]
    fn no_element_makes_the_parser_panic(
        version in 0..100_u32,
        elements in prop::collection::vec(("(D[A-D][A-Z]|Z[A-Z]{2})", "\\PC{0,12}", "[\n\r|\u{1e}M]"), 0..40),
    ) {
        let mut text = format!("@\n\u{1e}\rANSI 636014{version:02}0002DL00410280ZC03210024DL");
        for (code, value, separator) in &elements {
            text += &format!("{code}{value}{separator}");
        }
        let _ = Card::parse(text.as_bytes()).map(|card| ask(&card));
    }

    #[test]
    fn a_damaged_card_is_read_or_refused(place in 0..CARD.len(), byte in any::<u8>(), length in 0..CARD.len()) {
        let mut bytes = CARD.as_bytes().to_vec();
        bytes[place] = byte;
        let _ = Card::parse(&bytes).map(|card| ask(&card));
        bytes.truncate(length);
        let _ = Card::parse(&bytes).map(|card| ask(&card));
    }

    #[test]
    fn every_date_survives_in_both_orders(year in 1850..2200_i16, month in 1..13_i8, day in 1..29_i8) {
        let expected = Some(jiff::civil::date(year, month, day));
        for text in [format!("{month:02}{day:02}{year:04}"), format!("{year:04}{month:02}{day:02}")] {
            prop_assert_eq!(card(&CARD.replace("02291988", &text)).date_of_birth(), expected);
        }
    }
}
