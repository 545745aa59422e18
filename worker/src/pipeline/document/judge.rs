//! What follows from the findings of a document's sides under a policy.

use idv_common::domain::{
    CaptureKind, Check, CheckName, DocumentPolicy, DocumentReading, FieldName, MrzReading, Outcome,
    ReasonCode, Region,
};
use jiff::civil::Date;
use jiff::{SpanRelativeTo, Unit};
use serde_json::Value;

use super::consistency;
use super::read::{DocumentFinding, MrzFinding};
use crate::inference::Quad;
use crate::pipeline::barcode::BarcodesFinding;
use crate::pipeline::mrz::document_reading;

/// Below this mean probability a zone was read too poorly to be held against anybody.
const CERTAIN: f32 = 0.9;

/// The sides of one document, and what they say together.
pub struct Document<'a> {
    sides: Vec<(CaptureKind, &'a DocumentFinding)>,
    pub(super) barcodes: Vec<(CaptureKind, &'a BarcodesFinding)>,
    today: Date,
}

impl<'a> Document<'a> {
    /// The document of these sides, judged on that day.
    pub fn new(sides: Vec<(CaptureKind, &'a DocumentFinding)>, today: Date) -> Self {
        Self { sides, barcodes: Vec::new(), today }
    }

    /// The fields and the zone, from the side whose zone is the better one, and the fields that only a barcode has.
    pub fn reading(&self) -> DocumentReading {
        let zone = self.zone();
        let reading = zone.map(|(_, zone)| document_reading(&zone.reading, self.today));
        self.complete(reading.unwrap_or_default())
    }

    /// `document_quality`: every side is large enough and shows text. Blur is not measured: what cannot be read
    /// shows in the other checks.
    pub fn judge_quality(&self, policy: &DocumentPolicy) -> Check {
        let Some(shortest) = self.sides.iter().map(|(_, side)| side.size[0].min(side.size[1])).min() else {
            return not_run(CheckName::DocumentQuality, ReasonCode::CaptureMissing);
        };
        let mut check = Check::new(CheckName::DocumentQuality, Outcome::Pass)
            .scored(f64::from(shortest), Some(f64::from(policy.min_side_px)))
            .detail("metric", "shortest_side_px")
            .detail("turns", self.turns());
        if shortest < policy.min_side_px {
            check.outcome = Outcome::Fail;
            check = check.because(ReasonCode::ImageTooSmall);
        }
        if self.sides.iter().all(|(_, side)| side.text.is_empty() && side.mrz.is_none()) {
            check.outcome = Outcome::Fail;
            check = check.because(ReasonCode::DocumentUnreadable);
        }
        check.regions(self.text_regions())
    }

    /// `document_mrz`: a zone was found, its format is taken, and its check digits agree.
    pub fn judge_mrz(&self, policy: &DocumentPolicy) -> Check {
        let Some((capture, zone)) = self.zone() else {
            return if self.sides.is_empty() {
                not_run(CheckName::DocumentMrz, ReasonCode::CaptureMissing)
            } else if self.sides.iter().all(|(_, side)| !side.reads_mrz) {
                not_run(CheckName::DocumentMrz, ReasonCode::ModelMissing)
            } else {
                Check::new(CheckName::DocumentMrz, Outcome::Inconclusive).because(ReasonCode::MrzNotFound)
            };
        };
        let reading = &zone.reading;
        let (outcome, reasons) = mrz_outcome(zone, policy);
        let digits = reading.check_digits.iter().map(|digit| (digit.field.clone(), Value::from(digit.valid)));
        let check = Check::new(CheckName::DocumentMrz, outcome)
            .detail("format", reading.format.as_str())
            .detail("check_digits", Value::Object(digits.collect()))
            .detail("repaired", reading.repaired)
            .detail("confidence", f64::from(zone.confidence))
            .detail("variant", serde_json::to_value(zone.variant).unwrap_or_default())
            .regions(mrz_regions(capture, zone));
        reasons.into_iter().fold(check, Check::because)
    }

    /// `document_fields`: the policy's fields were read, on a kind of document that it takes.
    pub fn judge_fields(&self, policy: &DocumentPolicy) -> Check {
        let reading = self.reading();
        let missing: Vec<Value> = (policy.required_fields.iter())
            .filter(|name| !reading.fields.contains_key(name))
            .map(|name| name.as_str().into())
            .collect();
        let mut check = Check::new(CheckName::DocumentFields, Outcome::Pass);
        if !missing.is_empty() {
            check.outcome = Outcome::Inconclusive;
            check = check.because(ReasonCode::DocumentFieldMissing).detail("missing", missing);
        }
        if !policy.accepted_kinds.is_empty()
            && !reading.kind.is_some_and(|kind| policy.accepted_kinds.contains(&kind))
        {
            check.outcome = if reading.kind.is_some() { Outcome::Fail } else { Outcome::Inconclusive };
            check = check.because(ReasonCode::DocumentTypeNotAccepted);
        }
        match reading.kind {
            Some(kind) => check.detail("kind", kind.as_str()),
            None => check,
        }
    }

    /// `document_expiry`: the document is valid today, or expired no longer ago than the policy forgives.
    pub fn judge_expiry(&self, policy: &DocumentPolicy) -> Check {
        let check = Check::new(CheckName::DocumentExpiry, Outcome::Inconclusive);
        let Some(days) = self.days_to_expiry() else {
            return check.because(ReasonCode::DocumentExpiryUnknown);
        };
        let grace = f64::from(policy.expiry_grace_days);
        let mut check = check.scored(days, Some(0.0 - grace)).detail("metric", "days_to_expiry");
        if days >= 0.0 - grace {
            check.outcome = Outcome::Pass;
            return check;
        }
        check.outcome = Outcome::Fail;
        check.because(ReasonCode::DocumentExpired)
    }

    /// `document_consistency`: the sides' zones say the same, and the printed text holds what the zone says.
    pub fn judge_consistency(&self) -> Check {
        consistency::judge(&self.sides, self.zone().map(|(_, zone)| zone), &self.reading())
    }

    /// The better of the sides' zones.
    fn zone(&self) -> Option<(CaptureKind, &'a MrzFinding)> {
        let zones = self.sides.iter().filter_map(|(capture, side)| Some((*capture, side.mrz.as_ref()?)));
        zones.rev().max_by(|a, b| a.1.merit().partial_cmp(&b.1.merit()).unwrap_or(std::cmp::Ordering::Equal))
    }

    /// Days from today to the date of expiry, negative once it has passed; `None` without a date that its check
    /// digit confirms. The date of a barcode counts where there is no zone.
    fn days_to_expiry(&self) -> Option<f64> {
        let expiry: Date = match self.zone() {
            None => self.expiry_of_barcode()?,
            Some((_, zone)) if confirmed(&zone.reading, "date_of_expiry") => {
                self.reading().fields.get(&FieldName::DateOfExpiry)?.value.parse().ok()?
            }
            Some(_) => return None,
        };
        let span = self.today.until(expiry).ok()?;
        span.total((Unit::Day, SpanRelativeTo::days_are_24_hours())).ok()
    }

    fn turns(&self) -> Value {
        let turn = |(capture, side): &(CaptureKind, &DocumentFinding)| {
            (capture.as_str().to_owned(), Value::from(side.turn.degrees()))
        };
        Value::Object(self.sides.iter().map(turn).collect())
    }

    fn text_regions(&self) -> impl Iterator<Item = Region> {
        self.sides.iter().flat_map(|(capture, side)| {
            side.text.iter().map(|line| Region {
                text: Some(line.text.clone()),
                confidence: Some(line.confidence),
                ..region(*capture, "text", line.quad)
            })
        })
    }
}

fn mrz_outcome(zone: &MrzFinding, policy: &DocumentPolicy) -> (Outcome, Vec<ReasonCode>) {
    let reading = &zone.reading;
    if !reading.all_check_digits_valid() {
        // A smudged picture is no evidence against the document.
        let outcome = if zone.confidence >= CERTAIN { Outcome::Fail } else { Outcome::Inconclusive };
        return (outcome, vec![ReasonCode::MrzCheckDigitFailed]);
    }
    if !policy.accepted_mrz.is_empty() && !policy.accepted_mrz.contains(&reading.format) {
        return (Outcome::Fail, vec![ReasonCode::DocumentTypeNotAccepted]);
    }
    if reading.repaired > policy.max_repaired {
        return (Outcome::Inconclusive, vec![ReasonCode::MrzRepaired]);
    }
    (Outcome::Pass, Vec::new())
}

/// Whether the zone has that check digit and it agrees.
pub(super) fn confirmed(reading: &MrzReading, field: &str) -> bool {
    reading.check_digits.iter().any(|digit| digit.field == field && digit.valid)
}

fn mrz_regions(capture: CaptureKind, zone: &MrzFinding) -> impl Iterator<Item = Region> {
    zone.quads.iter().zip(&zone.reading.lines).map(move |(quad, line)| Region {
        text: Some(line.clone()),
        confidence: Some(zone.confidence),
        ..region(capture, "mrz_line", *quad)
    })
}

fn region(capture: CaptureKind, label: &str, quad: Quad) -> Region {
    Region { capture, label: label.to_owned(), points: quad.to_pairs(), text: None, confidence: None }
}

fn not_run(name: CheckName, reason: ReasonCode) -> Check {
    Check::new(name, Outcome::NotRun).because(reason)
}
