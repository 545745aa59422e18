//! What a card says, in the fields of a report.

use std::collections::BTreeMap;

use idv_common::domain::{DocumentKind, Field, FieldName, FieldSource};

use super::aamva::{Card, Sex, SubfileType};

/// The kind of document that a card is.
pub fn document_kind(card: &Card) -> DocumentKind {
    match card.subfile_type() {
        SubfileType::DriverLicense | SubfileType::EnhancedDriverLicense => DocumentKind::DriversLicence,
        SubfileType::IdentificationCard => DocumentKind::IdCard,
    }
}

/// The fields of a card, normalised. The raw text is the element's value, of several elements joined by spaces.
pub fn document_fields(card: &Card) -> BTreeMap<FieldName, Field> {
    let name = card.name();
    let given_names = [name.first, name.middle].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let country = card.country_identification().map(|country| country.code().to_owned());
    let values = [
        (FieldName::IssuingState, country, &["DCG"][..]),
        (FieldName::DocumentNumber, card.customer_id_number(), &["DAQ"]),
        (FieldName::Surname, name.family, &["DCS", "DAB", "DAA"]),
        (
            FieldName::GivenNames,
            Some(given_names).filter(|names| !names.is_empty()),
            &["DAC", "DAD", "DCT", "DAA"],
        ),
        (FieldName::DateOfBirth, card.date_of_birth().map(|date| date.to_string()), &["DBB"]),
        (FieldName::Sex, card.sex().map(Sex::letter).map(String::from), &["DBC"]),
        (FieldName::DateOfExpiry, card.document_expiration_date().map(|date| date.to_string()), &["DBA"]),
        (FieldName::DateOfIssue, card.document_issue_date().map(|date| date.to_string()), &["DBD"]),
        (FieldName::PlaceOfBirth, card.place_of_birth().map(str::to_owned), &["DCI"]),
        (FieldName::Authority, card.jurisdiction().map(|issuer| issuer.code.to_owned()), &["DAJ"]),
        (FieldName::Address, card.address().line(), &["DAG", "DAH", "DAI", "DAJ", "DAK"]),
    ];
    let field = |(name, value, elements): (FieldName, Option<String>, &[&str])| {
        let raw = elements.iter().filter_map(|element| card.element(element)).collect::<Vec<_>>().join(" ");
        Some((name, Field::new(value?, raw, FieldSource::Barcode)))
    };
    values.into_iter().filter_map(field).collect()
}
