//! Fields of the visual zone: lines of print, and what they say about the document and its holder.
//!
//! Captions are looked for in the words of many languages, with the mistakes that line recognisers make, and in the numbers
//! of driving licences. A value stands behind its caption, below it or beside it; it is taken only if it can be one of that
//! field. All of it follows from the lines, so that it costs no network and is never stored.

mod caption;
mod date;
mod fold;
mod labels;
pub(crate) mod nationality;
mod numbered;
mod pair;
mod row;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use idv_common::domain::{
    CaptureKind, Field, FieldName, FieldPlace, FieldReading, FieldSource, Normalisation, Private,
};
use jiff::civil::Date;

use super::document::TextFinding;
use date::Order;
pub(crate) use fold::distance;
use numbered::Licence;
use pair::{Page, Pair};
use row::Row;
use value::Context;

/// How sure a place of birth is that stands behind a date without a caption of its own.
const BESIDE_DATE: f32 = 0.8;

/// What the print of one side says.
#[derive(Debug, Default, PartialEq)]
pub struct Print {
    /// Its fields, each once.
    pub readings: Vec<FieldReading>,
    /// Whether it calls itself a driving licence.
    pub is_licence: bool,
}

/// Reads the fields in the lines of print of one side. `state` is the code of the issuing state where it is known already,
/// which tells the order of day and month; `today` tells the century of a year of two digits.
pub fn read_print(capture: CaptureKind, lines: &[TextFinding], state: Option<&str>, today: Date) -> Print {
    let rows = Row::of(capture, lines);
    let (mut captions, votes) = caption::find(&rows);
    let licence = Licence::of(&rows);
    if let Some(licence) = licence {
        let numbers = licence.captions(&rows, &captions);
        captions.extend(numbers);
        captions.sort_by_key(|caption| (caption.row, caption.start));
    }
    let american = (licence == Some(Licence::America)).then_some(Order::Month);
    let context = Context { order: state.map(Order::of).or(american), today, votes: &votes };
    let page = Page { rows: &rows, captions: &captions, context };
    let mut best: BTreeMap<FieldName, Field> = BTreeMap::new();
    for pair in page.pairs() {
        for (name, field) in fields(&rows, pair) {
            let is_better = |known: &Field| field.confidence > known.confidence;
            if best.get(&name).is_none_or(is_better) {
                best.insert(name, field);
            }
        }
    }
    let readings = best.into_iter().map(|(name, field)| FieldReading { name, field }).collect();
    Print { readings, is_licence: Licence::is_titled(&rows) }
}

/// The field of a pair; with a date of birth the place that stands behind it.
fn fields(rows: &[Row], pair: Pair) -> Vec<(FieldName, Field)> {
    let mut fields = Vec::new();
    if pair.field == FieldName::DateOfBirth
        && let Some(place) = place_behind(rows, &pair)
    {
        fields.push((FieldName::PlaceOfBirth, place));
    }
    let confidence = pair.parts.iter().map(|part| rows[part.row].confidence).fold(1.0, f32::min);
    let texts: Vec<String> =
        pair.parts.iter().map(|part| rows[part.row].text(part.start, part.end)).collect();
    let (value, joined) = joined(&pair, &texts);
    let mut normalised = pair.value.normalised;
    if joined {
        normalised.push(Normalisation::Lines);
    }
    let field = Field {
        value: Private(value),
        raw: Private(if joined { texts.join("\n") } else { texts.into_iter().next().unwrap_or_default() }),
        source: FieldSource::VisualZone,
        confidence: Some(confidence * pair.quality * pair.value.certainty),
        place: Some(around(rows, &pair.parts)),
        normalised,
    };
    fields.push((pair.field, field));
    fields
}

/// The value of all rows together, and whether there are several. A row that repeats the first one in another script or
/// language adds nothing.
fn joined(pair: &Pair, texts: &[String]) -> (String, bool) {
    let first = &pair.value.value;
    let plain = |text: &str| fold::folded(text);
    let added: Vec<String> = texts
        .iter()
        .skip(1)
        .filter(|text| !pair.field.is_name() || distance(&plain(text), &plain(first)) > 1)
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    if added.is_empty() {
        return (first.clone(), false);
    }
    let separator = if pair.field == FieldName::Address { ", " } else { " " };
    (std::iter::once(first.clone()).chain(added).collect::<Vec<_>>().join(separator), true)
}

/// The place of birth that stands behind the date in the same row.
fn place_behind(rows: &[Row], pair: &Pair) -> Option<Field> {
    let part = pair.parts.first()?;
    let row = &rows[part.row];
    let rest = row.characters.get(part.end..pair.limit)?;
    let (start, end) = value::trim(rest);
    let text: String = rest.get(start..end)?.iter().collect();
    let letters = text.chars().filter(|character| character.is_alphabetic()).count();
    let value = text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    if letters < 3 || text.chars().any(|character| character.is_ascii_digit()) {
        return None;
    }
    let place = pair::Part { row: part.row, start: part.end + start, end: part.end + end };
    Some(Field {
        value: Private(value),
        raw: Private(text),
        source: FieldSource::VisualZone,
        confidence: Some(row.confidence * pair.quality * BESIDE_DATE),
        place: Some(around(rows, &[place])),
        normalised: Vec::new(),
    })
}

/// Where parts of rows stand: the corners of one, or those of all of them.
fn around(rows: &[Row], parts: &[pair::Part]) -> FieldPlace {
    let corners: Vec<_> =
        parts.iter().map(|part| rows[part.row].corners(part.start, part.end).to_pairs()).collect();
    let capture = parts.first().map_or(CaptureKind::DocumentFront, |part| rows[part.row].capture);
    let points = match (corners.first(), corners.last()) {
        // From the upper corners of the first row to the lower ones of the last; the widest row is not searched for.
        (Some(first), Some(last)) if corners.len() > 1 => {
            vec![first[0], first[1], last[2], last[3]]
        }
        (Some(only), _) => only.clone(),
        _ => Vec::new(),
    };
    FieldPlace { capture, points }
}
