use idv_common::domain::{
    CaptureKind, CheckName, DocumentKind, DocumentReading, FieldName, FieldSource, MrzFormat, Policy,
};
use jiff::civil::date;

use super::*;
use crate::inference::{Point, Quad};
use crate::pipeline::barcode::BarcodesFinding;
use crate::pipeline::barcode::aamva::CARD;
use crate::pipeline::document::tests::finding;
use crate::pipeline::mrz::{MrzFields, compose};

fn symbol(symbology: Symbology, contents: Option<&str>) -> BarcodesFinding {
    let bytes = contents.map(|contents| Private(contents.as_bytes().to_vec()));
    BarcodesFinding { barcodes: vec![BarcodeFinding { symbology, quad: Quad([Point::default(); 4]), bytes }] }
}

fn card(text: &str) -> BarcodesFinding {
    symbol(Symbology::Pdf417, Some(text))
}

fn back(found: &BarcodesFinding) -> Document<'_> {
    Document::new(Vec::new(), date(2026, 6, 1)).with_barcodes(vec![(CaptureKind::DocumentBack, found)])
}

fn result(check: &Check) -> (Outcome, Vec<ReasonCode>) {
    (check.outcome, check.reasons.clone())
}

const UNREADABLE: (Outcome, &[ReasonCode]) = (Outcome::Inconclusive, &[ReasonCode::BarcodeUnreadable]);

#[test]
fn a_whole_card_passes_and_gives_the_documents_fields() {
    let found = card(CARD);
    let document = back(&found);
    let check = document.judge_barcode();
    assert_eq!((check.name, result(&check)), (CheckName::DocumentBarcode, (Outcome::Pass, vec![])));
    let details = &check.evidence.details;
    assert_eq!((&details["aamva_version"], &details["jurisdiction"]), (&json!(10), &json!("CA")));
    assert_eq!((&details["country"], &details["truncated"]), (&json!("USA"), &json!(["DAC"])));
    assert_eq!(details["symbols"], json!([{ "symbology": "pdf417", "contents": "aamva" }]));
    assert!(!serde_json::to_string(details).unwrap().contains("EXAMPLE"));
    let region = &check.evidence.regions[0];
    assert_eq!((region.capture, region.label.as_str()), (CaptureKind::DocumentBack, "pdf417"));

    let reading = document.reading();
    assert_eq!(reading.kind, Some(DocumentKind::DriversLicence));
    let value = |name| reading.fields.get(&name).map(|field| field.value.as_str());
    assert_eq!(value(FieldName::Surname), Some("EXAMPLE"));
    assert_eq!(value(FieldName::GivenNames), Some("ANNA MARIA JOSE"));
    assert_eq!(value(FieldName::DocumentNumber), Some("Y1234567"));
    assert_eq!(value(FieldName::DateOfBirth), Some("1988-02-29"));
    assert_eq!((value(FieldName::Sex), value(FieldName::IssuingState)), (Some("F"), Some("USA")));
    let expiry = &reading.fields[&FieldName::DateOfExpiry];
    assert_eq!((expiry.value.as_str(), expiry.raw.as_str()), ("2030-07-04", "07042030"));
    assert_eq!(expiry.source, FieldSource::Barcode);
    assert_eq!(expiry.place.as_ref().unwrap().capture, CaptureKind::DocumentBack);

    let policy = Policy::default().document;
    assert_eq!(document.judge_fields(&policy).outcome, Outcome::Pass);
    assert_eq!(document.judge_expiry(&policy).outcome, Outcome::Pass);
    let expired = card(&CARD.replace("07042030", "05312026"));
    assert_eq!(
        result(&back(&expired).judge_expiry(&policy)),
        (Outcome::Fail, vec![ReasonCode::DocumentExpired])
    );
}

#[test]
fn a_card_that_lacks_an_element_is_inconclusive_and_says_which() {
    let found = card(&CARD.replace("DDF", "ZZZ").replace("DBC2", "DBC5"));
    let check = back(&found).judge_barcode();
    assert_eq!(result(&check), (UNREADABLE.0, UNREADABLE.1.to_vec()));
    assert_eq!(check.evidence.details["missing"], json!(["DDF"]));
    assert_eq!(check.evidence.details["unreadable"], json!(["DBC"]));
    assert_eq!(back(&found).reading().fields[&FieldName::Surname].value.as_str(), "EXAMPLE");
}

#[test]
fn a_symbol_that_was_not_read_or_holds_a_damaged_card_is_inconclusive() {
    let unread = symbol(Symbology::Pdf417, None);
    let damaged = card("@\n\u{1e}\rANSI 63601410");
    for found in [&unread, &damaged] {
        let check = back(found).judge_barcode();
        assert_eq!(result(&check), (UNREADABLE.0, UNREADABLE.1.to_vec()));
        assert_eq!(*back(found).reading(), DocumentReading::default());
    }
}

#[test]
fn other_barcodes_are_evidence_without_a_verdict() {
    assert_eq!(result(&back(&BarcodesFinding::default()).judge_barcode()), (Outcome::NotRun, vec![]));
    for found in [symbol(Symbology::QrCode, Some(CARD)), card("@00123456789@EXAMPLE@ANNA@F@12345678@A@")] {
        let check = back(&found).judge_barcode();
        assert_eq!(result(&check), (Outcome::NotRun, vec![]));
        let text = check.evidence.regions[0].text.as_ref().unwrap();
        assert!(text.contains("EXAMPLE"));
    }
}

#[test]
fn the_zone_counts_before_the_barcode() {
    let fields = MrzFields {
        document_code: "I".into(),
        issuing_state: "UTO".into(),
        document_number: "D23145890".into(),
        surname: "Eriksson".into(),
        given_names: "Anna".into(),
        nationality: "UTO".into(),
        date_of_birth: "1974-08-12".into(),
        sex: "F".into(),
        date_of_expiry: "2027-04-15".into(),
        ..MrzFields::default()
    };
    let front = finding(&compose(MrzFormat::Td1, &fields), &[]);
    let found = card(CARD);
    let document = Document::new(vec![(CaptureKind::DocumentFront, &front)], date(2026, 6, 1))
        .with_barcodes(vec![(CaptureKind::DocumentBack, &found)]);
    let reading = document.reading();
    assert_eq!(reading.kind, Some(DocumentKind::IdCard));
    assert_eq!(reading.fields[&FieldName::DocumentNumber].value.as_str(), "D23145890");
    assert_eq!(reading.fields[&FieldName::Address].source, FieldSource::Barcode);
    let surnames = reading.readings.iter().filter(|reading| reading.name == FieldName::Surname);
    let sources: Vec<FieldSource> = surnames.map(|reading| reading.field.source).collect();
    assert_eq!(sources, [FieldSource::Mrz, FieldSource::Barcode]);
}
