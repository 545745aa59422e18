//! What a zone says, normalised.

use std::collections::BTreeMap;

use idv_common::domain::{DocumentKind, DocumentReading, Field, FieldName, FieldSource, MrzReading};
use jiff::civil::Date;

use super::layout::Span;
use super::zone::{Cell, Zone};

/// The reading of a document that shows this zone. Years have two digits in a zone; `today` tells which century
/// they mean.
pub fn document_reading(mrz: &MrzReading, today: Date) -> DocumentReading {
    let lines: Vec<Vec<Cell>> =
        mrz.lines.iter().map(|line| line.chars().map(Cell::certain).collect()).collect();
    let fields = Zone::new(lines).map(|zone| Fields { zone, today }.collect()).unwrap_or_default();
    let code = fields.get(&FieldName::DocumentCode).map(|field: &Field| field.value.as_str());
    DocumentReading { kind: code.map(kind), fields, readings: Vec::new(), mrz: Some(mrz.clone()) }
}

/// The kind of document that a document code means (Doc 9303 parts 4 to 7). `AC` is a crew member's certificate.
fn kind(code: &str) -> DocumentKind {
    match code.chars().next() {
        Some('P') => DocumentKind::Passport,
        Some('V') => DocumentKind::Visa,
        Some('I' | 'A' | 'C') if code != "AC" => DocumentKind::IdCard,
        _ => DocumentKind::Other,
    }
}

struct Fields {
    zone: Zone,
    today: Date,
}

impl Fields {
    fn collect(&self) -> BTreeMap<FieldName, Field> {
        let layout = self.zone.layout;
        let (number, _, rest) = self.zone.number();
        let optional: Vec<String> = [rest]
            .into_iter()
            .chain(layout.optional.iter().skip(1).map(|span| self.zone.text(*span)))
            .collect();
        let (surname, given_names) = self.names();
        let plain = |raw: String| (words(&raw), raw);
        let mut fields = BTreeMap::new();
        let mut add = |name, (value, raw): (String, String)| {
            if !value.is_empty() {
                fields.insert(name, Field::new(value, raw, FieldSource::Mrz));
            }
        };
        add(FieldName::DocumentCode, plain(self.zone.text(layout.code)));
        add(FieldName::IssuingState, plain(self.zone.text(layout.state)));
        add(FieldName::DocumentNumber, (number.replace('<', ""), number));
        add(FieldName::Surname, plain(surname));
        add(FieldName::GivenNames, plain(given_names));
        add(FieldName::DateOfBirth, self.dated(Some(layout.birth), birth));
        add(FieldName::DateOfExpiry, self.dated(layout.expiry, expiry));
        add(FieldName::Sex, self.sex());
        add(FieldName::PersonalNumber, plain(optional.join("<")));
        if let Some(nationality) = layout.nationality {
            add(FieldName::Nationality, plain(self.zone.text(nationality)));
        }
        fields
    }

    /// Primary and secondary identifier as they stand in the zone.
    fn names(&self) -> (String, String) {
        let layout = self.zone.layout;
        let names = self.zone.text(layout.names);
        let mut parts = names.trim_end_matches('<').split("<<");
        let primary = parts.next().unwrap_or_default().to_owned();
        let secondary = match layout.given_names {
            Some(span) => self.zone.text(span),
            // What follows another pair of fillers is a border taken for a character.
            None => parts.next().unwrap_or_default().to_owned(),
        };
        (primary, secondary)
    }

    fn dated(&self, span: Option<Span>, meaning: fn(&str, Date) -> Option<String>) -> (String, String) {
        let raw = span.map(|span| self.zone.text(span)).unwrap_or_default();
        (meaning(&raw, self.today).unwrap_or_default(), raw)
    }

    fn sex(&self) -> (String, String) {
        let raw = self.zone.text(self.zone.layout.sex);
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

/// `YYYY-MM-DD` from `YYMMDD`; month and day may be unknown. `None` if there is no such day.
fn date(raw: &str, year: impl Fn(i16) -> i16) -> Option<String> {
    let year = year(raw.get(..2)?.parse().ok()?);
    let part = |range: std::ops::Range<usize>| match raw.get(range)? {
        "<<" => Some(None),
        digits => digits.parse::<i8>().ok().map(Some),
    };
    let (month, day) = (part(2..4)?, part(4..6)?);
    // A month of 31 days stands in for an unknown one, and a leap year for the year of an incomplete date.
    let stand_in = if month.is_some() && day.is_some() { year } else { 2000 };
    Date::new(stand_in, month.unwrap_or(1), day.unwrap_or(1)).ok()?;
    let shown = |part: Option<i8>| part.map_or_else(|| "XX".to_owned(), |part| format!("{part:02}"));
    Some(format!("{year:04}-{}-{}", shown(month), shown(day)))
}

/// Nobody is born in the future: the latest such day that is past.
fn birth(raw: &str, today: Date) -> Option<String> {
    let century = today.year() - today.year() % 100;
    let past = |day: &String| *day <= today.to_string();
    date(raw, |year| century + year).filter(past).or_else(|| date(raw, |year| century - 100 + year))
}

/// No document expires fifty years away: the such day whose year is nearest to today.
fn expiry(raw: &str, today: Date) -> Option<String> {
    date(raw, |year| {
        let this = today.year() - today.year() % 100 + year;
        [this - 100, this, this + 100]
            .into_iter()
            .min_by_key(|year| year.abs_diff(today.year()))
            .unwrap_or(this)
    })
}
