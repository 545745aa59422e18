mod hostile;

use idv_common::domain::Private;
use jiff::civil::date;

use super::*;
use crate::pipeline::barcode::tests::licences;

/// A card of version 10 with every mandatory element, after the examples of annex D.
pub(in crate::pipeline) const CARD: &str = "@\n\u{1e}\rANSI 636014100002DL00410280ZC03210024DLDCAC\nDCBNONE\nDCDNONE\n\
    DBA07042030\nDCSEXAMPLE\nDACANNA\nDADMARIA,JOSE\nDBD07042025\nDBB02291988\nDBC2\nDAYHAZ\nDAU067 in\n\
    DAG1 MAIN ST\nDAISPRINGFIELD\nDAJCA\nDAK902100000  \nDAQY1234567\nDCFA/1 2\nDCGUSA\nDDEN\nDDFT\nDDGU\nDDAF\r\
    ZCZCAX\nZCBY\r";

fn card(text: &str) -> Card {
    Card::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_card_of_the_standard_says_all_it_holds() {
    let card = card(CARD);
    let header = &card.header;
    assert!(header.compliance_indicator);
    assert_eq!((header.file_type, header.issuer_identification_number), ("ANSI ", 636_014));
    assert_eq!((header.aamva_version_number, header.jurisdiction_version_number), (10, Some(0)));
    let designators = [("DL", 41, 280), ("ZC", 321, 24)].map(|(subfile_type, offset, length)| {
        SubfileDesignator { subfile_type: subfile_type.to_owned(), offset, length }
    });
    assert_eq!(
        (header.number_of_entries, header.subfile_designators.as_slice()),
        (2, designators.as_slice())
    );
    assert_eq!(card.defects(), Defects::default());
    let name = card.name();
    assert_eq!((name.family.as_deref(), name.first.as_deref()), (Some("EXAMPLE"), Some("ANNA")));
    assert_eq!((name.middle.as_deref(), name.suffix), (Some("MARIA JOSE"), None));
    assert_eq!(
        card.truncations(),
        [Some(Truncation::NotTruncated), Some(Truncation::Truncated), Some(Truncation::Unknown)]
    );
    assert_eq!(card.date_of_birth(), Some(date(1988, 2, 29)));
    assert_eq!(card.document_expiration_date(), Some(date(2030, 7, 4)));
    assert_eq!(card.document_issue_date(), Some(date(2025, 7, 4)));
    assert_eq!((card.sex(), card.eye_color()), (Some(Sex::Female), Some(EyeColor::Hazel)));
    assert_eq!(card.height().map(Height::centimetres), Some(170));
    assert_eq!(card.address().line().as_deref(), Some("1 MAIN ST, SPRINGFIELD, CA 90210"));
    assert_eq!(
        (card.vehicle_class(), card.restriction_codes(), card.endorsement_codes()),
        (Some("C"), None, None)
    );
    assert_eq!((card.document_discriminator(), card.compliance_type()), (Some("A/1 2"), Some("F")));
    assert_eq!(card.country_identification(), Some(Country::UnitedStates));
    assert_eq!(card.jurisdiction().map(|jurisdiction| jurisdiction.name), Some("California"));
    assert_eq!(card.subfile_type(), SubfileType::DriverLicense);
    assert_eq!((card.element("ZCA"), card.element("ZCB")), (Some("X"), Some("Y")));
}

#[test]
fn what_a_version_demands_and_the_card_lacks_is_named() {
    let without = |code: &str| card(&CARD.replace(code, "ZZZ")).defects();
    assert_eq!((without("DDF").missing(), without("DDF").unreadable()), (vec!["DDF"], vec![]));
    assert_eq!(without("DBB").missing(), ["DBB"]);
    assert_eq!(card(&CARD.replace("02291988", "02291989")).defects().unreadable(), ["DBB"]);
    assert_eq!(card(&CARD.replace("DBC2", "DBC7")).defects().unreadable(), ["DBC"]);
    // An identification card gives no driving privileges.
    let identification = CARD
        .replace("DL0041", "ID0041")
        .replace("DLDCA", "IDZCC")
        .replace("DCB", "ZCD")
        .replace("DCD", "ZCE");
    assert_eq!(card(&identification).defects(), Defects::default());
    assert_eq!(card(&identification).subfile_type(), SubfileType::IdentificationCard);
    // Versions 02 and 03 had one element for the given names, and more than today's.
    let third = CARD.replace("636014100002", "636014030002");
    assert_eq!(card(&third).defects().missing(), ["DCH", "DCT"]);
    let second = CARD.replace("636014100002", "636014020002");
    assert_eq!(card(&second).defects().missing(), ["DCE", "DCH", "DCT", "DCU"]);
    let future = CARD.replace("636014100002", "636014420002");
    assert_eq!(card(&future).defects(), Defects::default());
}

#[test]
fn each_way_to_write_a_height_is_understood() {
    for (text, centimetres) in [
        ("068 in", Some(173)),
        ("72 IN ", Some(183)),
        (" 65 IN", Some(165)),
        ("173 CM", Some(173)),
        ("508", Some(173)),
        ("600", Some(183)),
        ("5'-08\"", Some(173)),
        ("5'8", Some(173)),
        ("999 cm", None),
        ("", None),
        ("none", None),
    ] {
        assert_eq!(Height::of_text(text).map(Height::centimetres), centimetres, "{text}");
    }
}

#[test]
fn a_name_without_commas_is_parted_only_where_its_order_is_known() {
    let text = |issuer: &str| format!("@\n\u{1e}\rANSI {issuer}0101DL00290100DLDAAJOHN P SMITH\nDAQ1\n");
    assert_eq!(card(&text("636025")).name().family.as_deref(), Some("SMITH"));
    let unknown = card(&text("636029"));
    assert_eq!((unknown.name(), unknown.element("DAA")), (Name::default(), Some("JOHN P SMITH")));
}

#[test]
fn nothing_of_a_card_shows_in_logs() {
    let card = card(CARD);
    for shown in [format!("{card:?}"), format!("{:?} {:?}", card.name(), card.address())] {
        assert!(
            !shown.contains("EXAMPLE") && !shown.contains("Y1234567") && !shown.contains("MAIN ST"),
            "{shown}"
        );
    }
}

/// The texts of real cards, holders invented, against what a person reads in them.
#[test]
fn every_licence_of_the_collection_is_read() {
    let Some(licences) = licences() else { return };
    let mut expected: Vec<&str> =
        include_str!("expected.txt").lines().filter(|line| !line.starts_with('#')).collect();
    expected.sort_by_key(|line| line.split('|').next());
    assert_eq!(licences.len(), expected.len());
    for (licence, expected) in licences.iter().zip(expected) {
        let card =
            Card::parse(&licence.bytes).unwrap_or_else(|invalid| panic!("{}: {invalid}", licence.name));
        let name = card.name();
        let day =
            |date: Option<jiff::civil::Date>| date.map_or_else(|| "-".to_owned(), |date| date.to_string());
        let read = [
            licence.name.clone(),
            name.family.unwrap_or_default(),
            name.first.unwrap_or_default(),
            name.middle.unwrap_or_default(),
            card.customer_id_number().unwrap_or_default(),
            day(card.date_of_birth()),
            day(card.document_expiration_date()),
            day(card.document_issue_date()),
            card.sex().map_or('-', Sex::letter).to_string(),
        ];
        assert_eq!(read.join("|"), expected);
        let address = card.address();
        assert!(
            address.street_1.is_some() && address.city.is_some() && address.postal_code.is_some(),
            "{}",
            licence.name
        );
        let code = address.jurisdiction_code.unwrap();
        assert_eq!(
            card.jurisdiction().map(|jurisdiction| jurisdiction.code),
            Some(code.as_str()),
            "{}",
            licence.name
        );
        let is_canadian = ["AB", "NB", "ON", "PE"].contains(&code.as_str());
        let country = if is_canadian { Country::Canada } else { Country::UnitedStates };
        assert_eq!(card.country_identification(), Some(country), "{}", licence.name);
        eprintln!(
            "{}: lacks {:?}, cannot read {:?}",
            licence.name,
            card.defects().missing(),
            card.defects().unreadable()
        );
    }
}

#[test]
fn further_elements_of_the_collection_are_read() {
    let Some(licences) = licences() else { return };
    let card = |name: &str| {
        let licence = licences.iter().find(|licence| licence.name == format!("Licenses/{name}")).unwrap();
        Card::parse(&licence.bytes).unwrap()
    };
    let suffixed = card("CT Suffix");
    assert_eq!(suffixed.name().suffix.as_deref(), Some("JR"));
    assert_eq!(card("GA").name().suffix.as_deref(), Some("PH.D."));
    // Where an encoder wrote a letter for the segment terminator.
    assert_eq!((card("SC").element("DBH"), card("NH").element("DDB")), (Some("2"), Some("06092016")));
    assert_eq!((card("WI").element("DDB"), card("IN").element("DDB")), (Some("03162012"), Some("09212009")));
    assert_eq!((card("MA 2016").element("ZMZ"), card("MA 2016").element("ZMB")), (None, Some("08102016")));
    assert_eq!(card("OR").address().street_1.as_deref(), Some("4455 SE 25TH ST"));
    assert_eq!(card("ON").address().line().as_deref(), Some("123 ST GEORGE ST E, FERGUS, ON N1M 3J6"));
    assert_eq!(card("DE").address().street_2.as_deref(), Some("APT @ CRAWFORD INN"));
    assert_eq!(card("FL").address().postal_code.as_deref(), Some("33040-0504"));
    assert_eq!(card("PE").height(), Some(Height::Centimetres(157)));
    assert_eq!(card("CT").height(), Some(Height::Inches(66)));
    assert_eq!((card("PA").vehicle_class(), card("PA").restriction_codes()), (Some("C"), Some("*/1")));
    assert_eq!(card("OH").place_of_birth(), Some("US,OHIO"));
    assert_eq!(card("UT").card_revision_date(), Some(date(2013, 1, 1)));
    assert_eq!(Private(card("NB").element("ZNB").map(str::to_owned)).as_deref(), Some("NONE\u{bf}AUCUNE"));
}
