//! Settles what a zone says: by its check digits where they can tell, and marked as uncertain where they cannot.
//!
//! Check digits find errors; using them to correct characters can *make* a zone valid that was printed wrong.
//! So a correction must be one the recogniser itself had in mind, at most one in a line; it must set every check
//! digit right, the composite among them; and no other reading that does so may come near it. Characters that the
//! composite alone covers are left as they were read: one digit agrees with every tenth guess. Zones without a
//! composite check digit, as visas are, are never corrected.
//!
//! The same search tells what check digits leave open. Two readings that satisfy all of them differ by characters
//! of one residue (G and 6, S and 8, L and 1, 0 and the filler), or by several that cancel each other. If the second
//! is not far less probable, the fields in which they differ are uncertain.

use std::collections::BTreeMap;

use idv_common::domain::{FieldName, MrzRepair, Private};

use super::cell::Cell;
use super::codes;
use super::names;
use super::search::{Consistent, consistent};
use super::zone::{Place, Zone};

/// A character is corrected to another one only if the recogniser thought that at least a twentieth as probable,
/// as a natural logarithm.
const MOST_DOUBT: f32 = 3.0;
/// Another reading counts for nothing if it is less than a thousandth as probable, as a natural logarithm.
const FAR: f32 = 6.9;
/// The least probability of a field that check digits cover.
const CERTAIN: f32 = 0.999;
/// The least probability of each character of a field that no check digit covers.
const LIKELY: f32 = 0.98;
/// Where other characters than may stand there were more probable than this, a check digit that agrees proves
/// nothing.
const FOREIGN: f32 = 0.5;

/// A zone that has been settled.
pub(super) struct Settled {
    /// The zone after repair.
    pub(super) zone: Zone,
    /// What was corrected.
    pub(super) repairs: Vec<MrzRepair>,
    /// How probable it is that a field was read right.
    pub(super) confidence: BTreeMap<FieldName, f32>,
    /// The fields that are to be confirmed elsewhere.
    pub(super) uncertain: Vec<FieldName>,
    /// Whether check digits disagree that would agree in another reading, which is far from sure but not out of the question.
    pub(super) may_be_misread: bool,
}

/// Settles a zone: repairs it if that is safe, and marks what stays in doubt.
pub(super) fn settle(zone: &Zone) -> Settled {
    let findings = consistent(zone, MOST_DOUBT + FAR);
    let open = findings.exhausted;
    let chosen = if open { None } else { choose(zone, &findings.readings) };
    let chosen = chosen.unwrap_or_else(|| Consistent { cost: 0.0, changes: Vec::new() });
    let settled = zone.with(&chosen.changes);
    let repairs = repairs(zone, &chosen.changes);
    let may_be_misread =
        !settled.is_valid() && (open || findings.readings.iter().any(|reading| reading.cost <= FAR));
    let rivals = if settled.is_valid() { findings.readings } else { Vec::new() };
    let confirmed = confirmed(&settled);
    let check_digits = settled.check_digits();
    let contradicted =
        |field: FieldName| check_digits.iter().any(|digit| digit.field == field.as_str() && !digit.valid);
    let (mut confidence, mut uncertain) = (BTreeMap::new(), Vec::new());
    for (field, places) in places_of_fields(&settled) {
        let cells = || places.iter().map(|place| settled.cell(*place));
        let (probability, least) = if places.iter().all(|place| confirmed.contains(place)) {
            (if open { 0.0 } else { rivalled(&chosen, &rivals, &places) }, CERTAIN)
        } else {
            (cells().map(Cell::probability).fold(1.0, f32::min), LIKELY)
        };
        let foreign = cells().any(|cell| 1.0 - cell.allowed() > FOREIGN);
        let misfit = field == FieldName::DocumentNumber && ends_elsewhere(&settled);
        confidence.insert(field, probability);
        if probability < least || foreign || misfit || contradicted(field) || !is_known(&settled, field) {
            uncertain.push(field);
        }
    }
    Settled { zone: settled, repairs, confidence, uncertain, may_be_misread }
}

/// The reading to take: the zone as it was read if its check digits agree, else the one safe correction.
fn choose(zone: &Zone, readings: &[Consistent]) -> Option<Consistent> {
    if zone.is_valid() {
        return Some(Consistent { cost: 0.0, changes: Vec::new() });
    }
    zone.layout.composite()?;
    let correctable = correctable(zone);
    let is_safe = |reading: &&Consistent| {
        let in_place = reading.changes.iter().all(|(place, _)| correctable.contains(place));
        let mut lines: Vec<usize> = reading.changes.iter().map(|((line, _), _)| *line).collect();
        lines.sort_unstable();
        lines.dedup();
        reading.cost <= MOST_DOUBT && in_place && lines.len() == reading.changes.len()
    };
    let repair = readings.iter().find(is_safe)?;
    let near = readings.iter().filter(|other| other.cost < repair.cost + FAR).count();
    (near == 1).then(|| repair.clone())
}

/// The places that may be corrected: those under a check digit of their own, and check digits.
fn correctable(zone: &Zone) -> Vec<Place> {
    let checks = zone.checks();
    let covered = checks.iter().filter(|check| check.field.is_some()).flat_map(|check| check.covers.clone());
    covered.chain(checks.iter().map(|check| check.digit)).collect()
}

fn repairs(zone: &Zone, changes: &[(Place, char)]) -> Vec<MrzRepair> {
    let repair = |((line, column), to): &(Place, char)| {
        let cell = zone.cell((*line, *column));
        let margin = cell.alternatives().find(|(other, _)| other == to).map_or(0.0, |(_, margin)| margin);
        let (from, to) = (Private(cell.best()), Private(*to));
        MrzRepair { line: *line as u32, position: *column as u32, from, to, margin }
    };
    let mut repairs: Vec<MrzRepair> = changes.iter().map(repair).collect();
    repairs.sort_by_key(|repair| (repair.line, repair.position));
    repairs
}

/// The share of the chosen reading among all that the check digits allow, as far as they differ at these places.
fn rivalled(chosen: &Consistent, readings: &[Consistent], places: &[Place]) -> f32 {
    let at = |reading: &Consistent| -> Vec<(Place, char)> {
        reading.changes.iter().filter(|(place, _)| places.contains(place)).copied().collect()
    };
    let here = at(chosen);
    let (mut all, mut same) = (0.0, 0.0);
    for reading in readings {
        let weight = (chosen.cost - reading.cost).exp();
        all += weight;
        if at(reading) == here {
            same += weight;
        }
    }
    if all > 0.0 { same / all } else { 0.0 }
}

/// The places that check digits confirm: those under any of them and their own, if all of them agree.
fn confirmed(zone: &Zone) -> Vec<Place> {
    let checks = if zone.is_valid() { zone.checks() } else { Vec::new() };
    checks.into_iter().flat_map(|check| check.covers.into_iter().chain([check.digit])).collect()
}

/// Whether the number could as well end elsewhere: another reading of a filler makes it another number.
fn ends_elsewhere(zone: &Zone) -> bool {
    zone.is_valid()
        && zone.number_ends().into_iter().any(|place| {
            let is_filler = zone.cell(place).best() == '<';
            let other = |(character, cost): (char, f32)| {
                cost < FAR && (character == '<') != is_filler && zone.with(&[(place, character)]).is_valid()
            };
            zone.cell(place).alternatives().any(other)
        })
}

/// Whether the field holds one of the values that there are, if these are known.
fn is_known(zone: &Zone, field: FieldName) -> bool {
    let layout = zone.layout;
    let code = |span| zone.text(span).trim_end_matches('<').to_owned();
    match field {
        FieldName::DocumentCode => codes::is_document_code(layout.format, &code(layout.code)),
        FieldName::IssuingState => codes::is_state(&code(layout.state)),
        FieldName::Nationality => layout.nationality.is_none_or(|span| codes::is_state(&code(span))),
        FieldName::Surname | FieldName::GivenNames => layout
            .names
            .is_none_or(|span| names::is_well_formed(&zone.text(span), layout.given_names.is_some())),
        _ => true,
    }
}

/// What stands at the places of each field.
pub(super) fn texts_of_fields(zone: &Zone) -> Vec<(FieldName, String)> {
    let text = |places: Vec<Place>| places.into_iter().map(|place| zone.cell(place).best()).collect();
    places_of_fields(zone).into_iter().map(|(field, places)| (field, text(places))).collect()
}

/// The places that each field of the zone takes, its check digit among them.
fn places_of_fields(zone: &Zone) -> Vec<(FieldName, Vec<Place>)> {
    let layout = zone.layout;
    let digit = |field| layout.check(field).into_iter().flat_map(|check| check.digit.places());
    let mut fields: Vec<(FieldName, Vec<Place>)> = vec![
        (FieldName::DocumentCode, layout.code.places().collect()),
        (FieldName::IssuingState, layout.state.places().collect()),
        (FieldName::DocumentNumber, zone.number_places()),
    ];
    if let Some(span) = layout.names {
        let end = names::primary_end(&zone.text(span));
        fields.push((FieldName::Surname, span.places().take(end).collect()));
        let rest = span.places().skip(end).collect();
        fields.push((FieldName::GivenNames, layout.given_names.map_or(rest, |span| span.places().collect())));
        fields.retain(|(_, places)| !places.is_empty());
    }
    let plain = [
        (FieldName::Nationality, layout.nationality),
        (FieldName::DateOfBirth, layout.birth),
        (FieldName::Sex, layout.sex),
        (FieldName::DateOfExpiry, layout.expiry),
    ];
    for (field, span) in plain {
        fields.extend(span.map(|span| (field, span.places().chain(digit(field)).collect())));
    }
    let number = zone.number_places();
    let optional =
        layout.optional.iter().flat_map(|span| span.places()).chain(digit(FieldName::PersonalNumber));
    let optional: Vec<Place> = optional.filter(|place| !number.contains(place)).collect();
    if !optional.is_empty() {
        fields.push((FieldName::PersonalNumber, optional));
    }
    fields
}
