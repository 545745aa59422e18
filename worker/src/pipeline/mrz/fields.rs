//! What a zone says, normalised.

use std::collections::BTreeMap;

use idv_common::domain::{
    DocumentKind, DocumentReading, Field, FieldName, FieldSource, MrzFormat, MrzReading,
};
use jiff::civil::Date;

use super::layout::Span;
use super::zone::Zone;
use super::{dates, names};

/// The reading of a document that shows this zone. Years have two digits in a zone; `today` tells which century
/// they mean.
pub fn document_reading(mrz: &MrzReading, today: Date) -> DocumentReading {
    let zone = Zone::of_text(mrz.lines.iter().map(|line| line.as_str()));
    let fields = zone.map(|zone| Fields { zone, mrz, today }.collect()).unwrap_or_default();
    let code = fields.get(&FieldName::DocumentCode).map(|field: &Field| field.value.as_str());
    let kind = code.map(|code| kind(mrz.format, code));
    DocumentReading { kind, fields, readings: Vec::new(), mrz: Some(mrz.clone()) }
}

/// The kind of document that a document code means (Doc 9303 parts 4 to 7). `AC` is a crew member's certificate.
fn kind(format: MrzFormat, code: &str) -> DocumentKind {
    match (format, code.chars().next()) {
        (MrzFormat::Dl, _) => DocumentKind::DriversLicence,
        (_, Some('P')) => DocumentKind::Passport,
        (_, Some('V')) => DocumentKind::Visa,
        (_, Some('I' | 'A' | 'C')) if code != "AC" => DocumentKind::IdCard,
        _ => DocumentKind::Other,
    }
}

struct Fields<'a> {
    zone: Zone,
    mrz: &'a MrzReading,
    today: Date,
}

impl Fields<'_> {
    fn collect(&self) -> BTreeMap<FieldName, Field> {
        let layout = self.zone.layout;
        let (number, rest) = self.zone.number();
        let optional: Vec<String> = [rest]
            .into_iter()
            .chain(layout.optional.iter().skip(1).map(|span| self.zone.text(*span)))
            .collect();
        let (surname, given_names) = self.names();
        let plain = |raw: String| (words(&raw), raw);
        let mut fields = BTreeMap::new();
        let mut add = |name, (value, raw): (String, String)| {
            if !value.is_empty() {
                let confidence = self.mrz.confidence.get(&name).copied();
                fields.insert(name, Field { confidence, ..Field::new(value, raw, FieldSource::Mrz) });
            }
        };
        let raw_expiry = self.text(layout.expiry);
        let expiry = dates::expiry(&raw_expiry, self.today);
        let raw_birth = self.text(layout.birth);
        let birth = dates::birth(&raw_birth, expiry.as_deref(), self.today);
        add(FieldName::DocumentCode, plain(self.zone.text(layout.code)));
        add(FieldName::IssuingState, plain(self.zone.text(layout.state)));
        add(FieldName::DocumentNumber, (number.replace('<', ""), number));
        add(FieldName::Surname, plain(surname));
        add(FieldName::GivenNames, plain(given_names));
        add(FieldName::DateOfBirth, (birth.unwrap_or_default(), raw_birth));
        add(FieldName::DateOfExpiry, (expiry.unwrap_or_default(), raw_expiry));
        add(FieldName::Sex, self.sex());
        add(FieldName::PersonalNumber, plain(optional.join("<")));
        add(FieldName::Nationality, plain(self.text(layout.nationality)));
        fields
    }

    /// Primary and secondary identifier as they stand in the zone.
    fn names(&self) -> (String, String) {
        let layout = self.zone.layout;
        let field = self.text(layout.names);
        let (primary, secondary) = names::split(&field);
        let secondary = layout.given_names.map_or_else(|| secondary.to_owned(), |span| self.zone.text(span));
        (primary.to_owned(), secondary)
    }

    fn text(&self, span: Option<Span>) -> String {
        span.map(|span| self.zone.text(span)).unwrap_or_default()
    }

    fn sex(&self) -> (String, String) {
        let raw = self.text(self.zone.layout.sex);
        let value = match raw.as_str() {
            "M" | "F" => raw.clone(),
            "<" => "X".to_owned(),
            _ => String::new(),
        };
        (value, raw)
    }
}

/// Words parted by single spaces instead of fillers.
fn words(raw: &str) -> String {
    raw.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
