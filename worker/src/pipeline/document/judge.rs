//! What follows from the findings of a document's sides under a policy.

use idv_common::domain::{
    CaptureKind, Check, CheckName, Claims, DocumentPolicy, DocumentReading, Field, FieldName, FieldSource,
    MrzFormat, MrzReading, MrzRepair, Outcome, ReasonCode, Region,
};
use jiff::civil::Date;
use jiff::{SpanRelativeTo, Unit};
use serde_json::{Value, json};

use super::consistency::{self, Evidence};
use super::read::{DocumentFinding, MrzFinding};
use super::{quality, reading};
use crate::inference::Quad;
use crate::pipeline::barcode::BarcodesFinding;

/// Below this mean probability a zone was read too poorly to be held against anybody.
pub(super) const CERTAIN: f32 = 0.9;

/// The sides of one document, what they say together, and what the caller claims of it.
pub struct Document<'a> {
    sides: Vec<(CaptureKind, &'a DocumentFinding)>,
    pub(super) barcodes: Vec<(CaptureKind, &'a BarcodesFinding)>,
    today: Date,
    reading: DocumentReading,
    claims: Claims,
}

impl<'a> Document<'a> {
    /// The document of these sides, judged on that day.
    pub fn new(sides: Vec<(CaptureKind, &'a DocumentFinding)>, today: Date) -> Self {
        let reading = reading::collect(&sides, better_zone(&sides), today);
        Self { sides, barcodes: Vec::new(), today, reading, claims: Claims::default() }
    }

    /// The same document with the barcodes of its sides.
    pub fn with_barcodes(self, barcodes: Vec<(CaptureKind, &'a BarcodesFinding)>) -> Self {
        let mut document = Self { barcodes, ..self };
        if let Some((capture, symbol, card)) = document.card() {
            let better = document.zone().map(|(capture, _)| capture);
            reading::add_card(&mut document.reading, capture, symbol, &card, better);
        }
        document
    }

    /// The same document, of which a caller claims something.
    pub fn expecting(self, claims: &Claims) -> Self {
        Self { claims: claims.clone(), ..self }
    }

    /// The fields of all sources, and the zone of the side whose zone is the better one.
    pub fn reading(&self) -> &DocumentReading {
        &self.reading
    }

    /// `document_quality`: every side is large enough and shows text, and no defect kept it from being read well.
    pub fn judge_quality(&self, policy: &DocumentPolicy) -> Check {
        let Some(shortest) = self.sides.iter().map(|(_, side)| side.size[0].min(side.size[1])).min() else {
            return not_run(CheckName::DocumentQuality, ReasonCode::CaptureMissing);
        };
        let mut check = Check::new(CheckName::DocumentQuality, Outcome::Pass)
            .scored(f64::from(shortest), Some(f64::from(policy.min_side_px)))
            .detail("metric", "shortest_side_px")
            .detail("turns", self.turns())
            .detail("quality", quality::details(&self.sides));
        let mut reasons = quality::reasons(&self.sides, &policy.quality);
        if !reasons.is_empty() {
            check.outcome = Outcome::Inconclusive;
        }
        if self.sides.iter().all(|(_, side)| side.text.is_empty() && side.mrz.is_none()) {
            check.outcome = Outcome::Fail;
            reasons.insert(0, ReasonCode::DocumentUnreadable);
        }
        if shortest < policy.min_side_px {
            check.outcome = Outcome::Fail;
            reasons.retain(|reason| *reason != ReasonCode::ImageTooSmall);
            reasons.insert(0, ReasonCode::ImageTooSmall);
        }
        let check = reasons.into_iter().fold(check, Check::because);
        check.regions(self.outline_regions().chain(self.text_regions()))
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
            .detail("repairs", repairs(reading))
            .detail("uncertain", names(&reading.uncertain))
            .detail("confidence", f64::from(zone.confidence))
            .detail("variant", serde_json::to_value(zone.variant).unwrap_or_default())
            .regions(mrz_regions(capture, zone));
        reasons.into_iter().fold(check, Check::because)
    }

    /// `document_fields`: the policy's fields were read, on a kind of document that it takes, and they are those of a
    /// holder who is old enough and whom the caller expects.
    pub fn judge_fields(&self, policy: &DocumentPolicy) -> Check {
        let reading = &self.reading;
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
        if let Some(zone) = &reading.mrz {
            check = check
                .detail("uncertain", names(&zone.uncertain))
                .detail("names_truncated", zone.names_truncated);
        }
        if policy.min_age_years > 0 {
            let outcome = self.age_outcome(policy.min_age_years);
            check = worsened(check, outcome, &[ReasonCode::HolderUnderAge])
                .detail("min_age_years", policy.min_age_years)
                .detail("minimum_age", outcome.as_str());
        }
        if !self.claims.is_empty() {
            let claims = consistency::judge_claims(&self.evidence());
            check = worsened(check, claims.outcome(), &claims.reasons())
                .detail("expected", claims.outcome().as_str());
        }
        match reading.kind {
            Some(kind) => check.detail("kind", kind.as_str()),
            None => check,
        }
    }

    /// `document_expiry`: the document is valid today, or expired no longer ago than the policy forgives.
    pub fn judge_expiry(&self, policy: &DocumentPolicy) -> Check {
        let check = Check::new(CheckName::DocumentExpiry, Outcome::Inconclusive);
        let Some((days, source)) = self.days_to_expiry() else {
            return check.because(ReasonCode::DocumentExpiryUnknown);
        };
        let check = check.detail("source", source.as_str());
        let grace = f64::from(policy.expiry_grace_days);
        let mut check = check.scored(days, Some(0.0 - grace)).detail("metric", "days_to_expiry");
        if days >= 0.0 - grace {
            check.outcome = Outcome::Pass;
            return check;
        }
        // Print is told from other dates by its caption alone.
        check.outcome = if source == FieldSource::VisualZone { Outcome::Inconclusive } else { Outcome::Fail };
        check.because(ReasonCode::DocumentExpired)
    }

    /// `document_consistency`: zone, print and barcode of both sides say the same, and what the caller claims.
    pub fn judge_consistency(&self) -> Check {
        consistency::judge(&self.evidence())
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence { sides: &self.sides, reading: &self.reading, claims: &self.claims, today: self.today }
    }

    /// The better of the sides' zones.
    fn zone(&self) -> Option<(CaptureKind, &'a MrzFinding)> {
        better_zone(&self.sides)
    }

    /// Days from today to the date of expiry, negative once it has passed, and where that was read; `None` without a
    /// date that its check digit or a barcode confirms, or that is printed for sure.
    fn days_to_expiry(&self) -> Option<(f64, FieldSource)> {
        let field = self.reading.fields.get(&FieldName::DateOfExpiry)?;
        let source = field.source;
        let is_known = match source {
            FieldSource::Mrz => {
                self.zone().is_some_and(|(_, zone)| confirmed(&zone.reading, FieldName::DateOfExpiry))
            }
            FieldSource::Barcode => true,
            FieldSource::VisualZone => consistency::is_sure_print(field),
        };
        let expiry: Date = field.value.parse().ok().filter(|_| is_known)?;
        let span = self.today.until(expiry).ok()?;
        span.total((Unit::Day, SpanRelativeTo::days_are_24_hours())).ok().map(|days| (days, source))
    }

    /// Whether the holder has reached an age today. Parts of the date that are unknown decide only where they do not
    /// matter.
    fn age_outcome(&self, years: u32) -> Outcome {
        let Some(field) = self.reading.fields.get(&FieldName::DateOfBirth) else {
            return Outcome::Inconclusive;
        };
        let reached = |unknown: [&str; 2]| {
            let day = field.value.replacen("XX-XX", &unknown.join("-"), 1).replacen("XX", unknown[1], 1);
            let birth: Date = day.parse().ok()?;
            let birthday = birth.checked_add(jiff::Span::new().try_years(years).ok()?).ok()?;
            Some(birthday <= self.today)
        };
        match (reached(["01", "01"]), reached(["12", "28"])) {
            (Some(true), Some(true)) => Outcome::Pass,
            (Some(false), Some(false)) if self.is_confirmed_birth(field) => Outcome::Fail,
            _ => Outcome::Inconclusive,
        }
    }

    fn is_confirmed_birth(&self, field: &Field) -> bool {
        match field.source {
            FieldSource::Mrz => {
                self.zone().is_some_and(|(_, zone)| confirmed(&zone.reading, FieldName::DateOfBirth))
            }
            FieldSource::Barcode => true,
            FieldSource::VisualZone => consistency::is_sure_print(field),
        }
    }

    fn turns(&self) -> Value {
        let turn = |(capture, side): &(CaptureKind, &DocumentFinding)| {
            (capture.as_str().to_owned(), Value::from(side.turn.degrees()))
        };
        Value::Object(self.sides.iter().map(turn).collect())
    }

    fn outline_regions(&self) -> impl Iterator<Item = Region> {
        self.sides.iter().filter_map(|(capture, side)| {
            let outline = side.outline?;
            Some(Region { confidence: Some(outline.certainty), ..region(*capture, "document", outline.quad) })
        })
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

/// The better of the sides' zones.
fn better_zone<'a>(sides: &[(CaptureKind, &'a DocumentFinding)]) -> Option<(CaptureKind, &'a MrzFinding)> {
    let zones = sides.iter().filter_map(|(capture, side)| Some((*capture, side.mrz.as_ref()?)));
    zones.rev().max_by(|a, b| a.1.rank().partial_cmp(&b.1.rank()).unwrap_or(std::cmp::Ordering::Equal))
}

/// The check with another outcome if that is worse, and with its reasons.
fn worsened(mut check: Check, outcome: Outcome, reasons: &[ReasonCode]) -> Check {
    match outcome {
        Outcome::Fail => check.outcome = Outcome::Fail,
        Outcome::Pass | Outcome::NotRun => return check,
        _ if check.outcome == Outcome::Pass => check.outcome = outcome,
        _ => {}
    }
    reasons.iter().copied().fold(check, Check::because)
}

fn mrz_outcome(zone: &MrzFinding, policy: &DocumentPolicy) -> (Outcome, Vec<ReasonCode>) {
    let reading = &zone.reading;
    if reading.check_digits.is_empty() {
        return (Outcome::Inconclusive, vec![ReasonCode::MrzUncertain]);
    }
    if !reading.all_check_digits_valid() {
        // A smudged picture is no evidence against the document, and neither is a digit that may be another one.
        let is_certain = zone.confidence >= CERTAIN && !reading.may_be_misread;
        let outcome = if is_certain { Outcome::Fail } else { Outcome::Inconclusive };
        return (outcome, vec![ReasonCode::MrzCheckDigitFailed]);
    }
    if !policy.accepted_mrz.is_empty() && !policy.accepted_mrz.contains(&reading.format) {
        return (Outcome::Fail, vec![ReasonCode::DocumentTypeNotAccepted]);
    }
    // A correction is named even where the policy forgives it.
    let mut reasons = Vec::new();
    let mut outcome = Outcome::Pass;
    if reading.repaired > 0 {
        reasons.push(ReasonCode::MrzRepaired);
    }
    if reading.repaired > policy.max_repaired {
        outcome = Outcome::Inconclusive;
    }
    if reading.uncertain.iter().any(|field| confirmed(reading, *field)) {
        reasons.push(ReasonCode::MrzUncertain);
        outcome = Outcome::Inconclusive;
    }
    (outcome, reasons)
}

/// Where the zone was corrected, without what stands there.
fn repairs(reading: &MrzReading) -> Vec<Value> {
    let repair = |repair: &MrzRepair| json!({"line": repair.line, "position": repair.position, "margin": f64::from(repair.margin)});
    reading.repairs.iter().map(repair).collect()
}

fn names(fields: &[FieldName]) -> Vec<Value> {
    fields.iter().map(|name| name.as_str().into()).collect()
}

/// Whether the zone has a check digit for that field and it agrees. On a driving licence it is the composite one.
pub(super) fn confirmed(reading: &MrzReading, field: FieldName) -> bool {
    reading.check_digits.iter().any(|digit| digit.field == field.as_str() && digit.valid)
        || reading.format == MrzFormat::Dl && reading.all_check_digits_valid()
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
