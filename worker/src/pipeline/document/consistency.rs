//! Holds a document's sources against each other.

use idv_common::domain::{
    CaptureKind, Check, CheckName, DocumentReading, FieldName, MrzReading, Outcome, ReasonCode,
};
use serde_json::{Map, Value};

use super::judge::confirmed;
use super::read::{DocumentFinding, MrzFinding};
use crate::pipeline::mrz::{document_reading, transliterate};

/// The fields of the zone that are looked for in the printed text.
const SEARCHED: [FieldName; 2] = [FieldName::DocumentNumber, FieldName::Surname];

/// The check `document_consistency`. Two zones that confirm different numbers or dates of birth contradict each
/// other. A value that is missing in the printed text does not: it may only have been read badly.
pub(super) fn judge(
    sides: &[(CaptureKind, &DocumentFinding)],
    zone: Option<&MrzFinding>,
    reading: &DocumentReading,
) -> Check {
    let check = Check::new(CheckName::DocumentConsistency, Outcome::NotRun);
    let zones: Vec<&MrzReading> =
        sides.iter().filter_map(|(_, side)| Some(&side.mrz.as_ref()?.reading)).collect();
    if let [front, back] = zones[..]
        && contradict(front, back)
    {
        return Check { outcome: Outcome::Fail, ..check }.because(ReasonCode::DataMismatchFrontBack);
    }
    let printed = printed(sides);
    if !zone.is_some_and(|zone| zone.reading.all_check_digits_valid()) || printed.is_empty() {
        return check;
    }
    let found: Map<String, Value> = (SEARCHED.iter())
        .filter_map(|name| Some((name, reading.fields.get(name)?)))
        .map(|(name, field)| (name.as_str().to_owned(), printed.contains(&folded(&field.value)).into()))
        .collect();
    let all = found.values().all(|found| *found == Value::Bool(true));
    let check = check.detail("found_in_print", found);
    if all {
        Check { outcome: Outcome::Pass, ..check }
    } else {
        Check { outcome: Outcome::Inconclusive, ..check }.because(ReasonCode::DataMismatchMrzViz)
    }
}

/// Whether both zones confirm a field by its check digit and differ in it.
fn contradict(front: &MrzReading, back: &MrzReading) -> bool {
    let value = |reading: &MrzReading, name: FieldName| {
        // The day only chooses centuries, the same ones on both sides.
        let fields = document_reading(reading, jiff::civil::Date::constant(2000, 1, 1)).fields;
        fields.get(&name).filter(|_| confirmed(reading, name)).map(|field| field.value.clone())
    };
    [FieldName::DocumentNumber, FieldName::DateOfBirth].into_iter().any(
        |name| matches!((value(front, name), value(back, name)), (Some(front), Some(back)) if front != back),
    )
}

/// Everything that is printed, folded.
fn printed(sides: &[(CaptureKind, &DocumentFinding)]) -> String {
    sides.iter().flat_map(|(_, side)| &side.text).map(|line| folded(&line.text)).collect()
}

/// Text without what line recognisers confuse: spaces, marks, and the shapes of O and 0, I, L and 1. A recogniser
/// that loses the marks of Ö reads O where ICAO 9303 writes OE, so both fold to O.
fn folded(text: &str) -> String {
    let fold = |character| match character {
        'O' | 'Q' | 'D' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let plain =
        ["AE", "OE", "UE"].iter().fold(transliterate(text), |text, pair| text.replace(pair, &pair[..1]));
    plain.chars().filter(char::is_ascii_alphanumeric).map(fold).collect()
}
