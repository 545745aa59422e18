//! What all sides of a document say together: every reading of every field, and the best of each.

use std::collections::BTreeMap;

use idv_common::domain::{
    CaptureKind, DocumentKind, DocumentReading, Field, FieldName, FieldPlace, FieldReading, FieldSource,
};
use jiff::civil::Date;

use super::read::{DocumentFinding, MrzFinding};
use crate::pipeline::barcode::aamva::Card;
use crate::pipeline::barcode::{BarcodeFinding, document_fields, document_kind};
use crate::pipeline::fields::read_print;
use crate::pipeline::mrz::{document_reading, place_of};

/// Print that is read with less confidence says nothing of the document, and stays among the readings.
const LEAST_CONFIDENCE: f32 = 0.5;

/// The reading of a document with these sides. `zone` is the better one of their zones.
pub(super) fn collect(
    sides: &[(CaptureKind, &DocumentFinding)],
    zone: Option<(CaptureKind, &MrzFinding)>,
    today: Date,
) -> DocumentReading {
    let mut reading =
        zone.map_or_else(DocumentReading::default, |(_, zone)| document_reading(&zone.reading, today));
    reading.fields.clear();
    for (capture, side) in sides {
        reading.readings.extend(side.mrz.iter().flat_map(|mrz| zone_fields(*capture, mrz, today)));
    }
    let state = reading.readings.iter().find(|reading| reading.name == FieldName::IssuingState);
    let state = state.map(|state| state.field.value.0.clone());
    for (capture, side) in sides {
        let print = read_print(*capture, &side.text, state.as_deref(), today);
        reading.readings.extend(print.readings);
        if print.is_licence && reading.kind.is_none() {
            reading.kind = Some(DocumentKind::DriversLicence);
        }
    }
    reading.fields = best(&reading.readings, zone.map(|(capture, _)| capture));
    reading
}

/// Adds what a card in a barcode says. `better` is the side of the better zone.
pub(super) fn add_card(
    reading: &mut DocumentReading,
    capture: CaptureKind,
    symbol: &BarcodeFinding,
    card: &Card,
    better: Option<CaptureKind>,
) {
    let place = FieldPlace { capture, points: symbol.quad.to_pairs() };
    let located = |(name, field)| FieldReading { name, field: Field { place: Some(place.clone()), ..field } };
    reading.readings.extend(document_fields(card).into_iter().map(located));
    reading.kind = reading.kind.or(Some(document_kind(card)));
    reading.fields = best(&reading.readings, better);
}

/// The fields of a side's zone, with the part of the line that each stands in: the characters have one pitch.
fn zone_fields(capture: CaptureKind, mrz: &MrzFinding, today: Date) -> Vec<FieldReading> {
    let place = |name: FieldName| {
        let part = place_of(&mrz.reading, name)?;
        let quad = mrz.quads.get(part.line)?.part(part.start, part.end);
        Some(FieldPlace { capture, points: quad.to_pairs() })
    };
    let located = |(name, field): (FieldName, Field)| FieldReading {
        field: Field { confidence: field.confidence.or(Some(mrz.confidence)), place: place(name), ..field },
        name,
    };
    document_reading(&mrz.reading, today).fields.into_iter().map(located).collect()
}

/// The best reading of each field: the zone's, of two zones that of the side with the better one, then a barcode's, then the print's that is
/// read with most confidence.
fn best(readings: &[FieldReading], better: Option<CaptureKind>) -> BTreeMap<FieldName, Field> {
    let rank = |field: &Field| match field.source {
        FieldSource::Mrz if field.place.as_ref().map(|place| place.capture) == better => 3,
        FieldSource::Mrz => 2,
        FieldSource::Barcode => 1,
        FieldSource::VisualZone => 0,
    };
    let merit = |field: &Field| (rank(field), field.confidence.unwrap_or(1.0));
    let mut best: BTreeMap<FieldName, Field> = BTreeMap::new();
    let is_sure = |field: &Field| {
        field.source != FieldSource::VisualZone
            || field.confidence.is_none_or(|sure| sure >= LEAST_CONFIDENCE)
    };
    for FieldReading { name, field } in readings.iter().filter(|reading| is_sure(&reading.field)) {
        if best.get(name).is_none_or(|known| merit(field) > merit(known)) {
            best.insert(*name, field.clone());
        }
    }
    best
}
