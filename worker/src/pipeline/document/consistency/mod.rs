//! Holds a document's sources against each other, against what the caller claims, and against the calendar. Each comparison
//! is a sub-check of its own: `surname_mrz_viz`, `date_of_birth_expected` and so on.

mod compare;
mod number;

#[cfg(test)]
mod tests;

use idv_common::domain::{
    CaptureKind, Check, CheckName, Claims, DocumentReading, Field, FieldName, FieldReading, FieldSource,
    Normalisation, Outcome, ReasonCode,
};
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::judge::{CERTAIN, confirmed};
use super::read::{DocumentFinding, MrzFinding};
use compare::{Likeness, Operand, compare, loose};

/// From this confidence on print may contradict another source.
const SURE_PRINT: f32 = 0.95;
/// From this mean probability on a zone may contradict another source in what no check digit covers.
const SURE_ZONE: f32 = 0.95;
/// A value that is looked for anywhere in the print has at least this many characters.
const LEAST_SEARCHED: usize = 3;

/// The fields in which sources are held against each other.
const COMPARED: [FieldName; 9] = [
    FieldName::DocumentNumber,
    FieldName::Surname,
    FieldName::GivenNames,
    FieldName::DateOfBirth,
    FieldName::DateOfExpiry,
    FieldName::DateOfIssue,
    FieldName::Sex,
    FieldName::Nationality,
    FieldName::PersonalNumber,
];
/// The fields that are looked for in all of the print where no caption leads to them.
const SEARCHED: [FieldName; 2] = [FieldName::DocumentNumber, FieldName::Surname];
/// The fields that both sides of a document repeat.
const ON_BOTH_SIDES: [FieldName; 5] = [
    FieldName::DocumentNumber,
    FieldName::Surname,
    FieldName::GivenNames,
    FieldName::DateOfBirth,
    FieldName::DateOfExpiry,
];

/// A document, everything that was read on it, and what is claimed of it.
pub(super) struct Evidence<'a> {
    pub(super) sides: &'a [(CaptureKind, &'a DocumentFinding)],
    pub(super) reading: &'a DocumentReading,
    pub(super) claims: &'a Claims,
    pub(super) today: Date,
}

/// Named comparisons and what they came to.
#[derive(Debug, Default)]
pub(super) struct SubChecks {
    outcomes: Map<String, Value>,
    found: Vec<(Outcome, ReasonCode)>,
}

impl SubChecks {
    /// Adds a comparison of two sources.
    fn add(&mut self, name: String, outcome: Outcome, reason: ReasonCode) {
        self.outcomes.insert(name, outcome.as_str().into());
        self.found.push((outcome, reason));
    }

    /// Adds what one source alone has to fulfil: to fulfil it is no agreement with another.
    fn add_rule(&mut self, name: &str, outcome: Outcome, reason: ReasonCode) {
        self.outcomes.insert(name.to_owned(), outcome.as_str().into());
        if outcome != Outcome::Pass {
            self.found.push((outcome, reason));
        }
    }

    /// The worst of them; `not_run` if there are none.
    pub(super) fn outcome(&self) -> Outcome {
        let any = |wanted| self.found.iter().any(|(outcome, _)| *outcome == wanted);
        [Outcome::Fail, Outcome::Inconclusive, Outcome::Pass]
            .into_iter()
            .find(|outcome| any(*outcome))
            .unwrap_or(Outcome::NotRun)
    }

    /// The reasons of those that came to it, unless it is a pass.
    pub(super) fn reasons(&self) -> Vec<ReasonCode> {
        let outcome = self.outcome();
        let counts = |(here, _): &&(Outcome, ReasonCode)| *here == outcome && outcome != Outcome::Pass;
        self.found.iter().filter(counts).map(|(_, reason)| *reason).collect()
    }

    /// The check of that name with their outcome, their reasons and a list of all of them.
    pub(super) fn into_check(self, name: CheckName) -> Check {
        let check = self.reasons().into_iter().fold(Check::new(name, self.outcome()), Check::because);
        if self.outcomes.is_empty() { check } else { check.detail("sub_checks", self.outcomes) }
    }
}

/// The check `document_consistency`. Only sure readings contradict each other; what may have been read badly is
/// inconclusive, and what only one source says is not compared.
pub(super) fn judge(evidence: &Evidence<'_>) -> Check {
    let mut checks = SubChecks::default();
    evidence.compare_sources(&mut checks);
    evidence.compare_sides(&mut checks);
    evidence.compare_claims(&mut checks);
    evidence.check_dates(&mut checks);
    evidence.check_number(&mut checks);
    checks.into_check(CheckName::DocumentConsistency)
}

/// What the caller claims, alone.
pub(super) fn judge_claims(evidence: &Evidence<'_>) -> SubChecks {
    let mut checks = SubChecks::default();
    evidence.compare_claims(&mut checks);
    checks
}

/// Whether print is read so surely, and a date in it so clearly, that it may contradict another source.
pub(super) fn is_sure_print(field: &Field) -> bool {
    field.confidence.unwrap_or(1.0) >= SURE_PRINT && !field.normalised.contains(&Normalisation::AssumedOrder)
}

impl Evidence<'_> {
    /// Each pair of sources, field by field.
    fn compare_sources(&self, checks: &mut SubChecks) {
        use FieldSource::{Barcode, Mrz, VisualZone};
        let pairs = [
            (Mrz, VisualZone, "mrz_viz", ReasonCode::DataMismatchMrzViz),
            (Barcode, VisualZone, "barcode_viz", ReasonCode::DataMismatchBarcodeViz),
            (Mrz, Barcode, "mrz_barcode", ReasonCode::DataMismatchMrzBarcode),
        ];
        for (one, other, pair, reason) in pairs {
            for name in COMPARED {
                let outcome = self.outcome_of(name, one, other);
                if let Some(outcome) = outcome {
                    checks.add(format!("{name}_{pair}"), outcome, reason);
                }
            }
        }
    }

    fn outcome_of(&self, name: FieldName, one: FieldSource, other: FieldSource) -> Option<Outcome> {
        let a = self.readings(name, one).next()?;
        if !self.may_speak(a) {
            return None;
        }
        // Where a field is read twice, the reading that agrees counts: captions may lead astray.
        let compared = self.readings(name, other).filter_map(|b| self.outcome(a, b));
        let rank = |outcome: &Outcome| match outcome {
            Outcome::Pass => 0,
            Outcome::Inconclusive => 1,
            _ => 2,
        };
        let outcome = compared.min_by_key(rank);
        // Optional data holds many things besides the number of a person.
        if name == FieldName::PersonalNumber && outcome != Some(Outcome::Pass) {
            return None;
        }
        if other != FieldSource::VisualZone {
            return outcome;
        }
        let elsewhere = (SEARCHED.contains(&name) || name.is_name()) && self.is_printed(&a.field.value);
        match outcome {
            Some(Outcome::Pass) => outcome,
            // It is printed, but where the caption leads stands something else.
            Some(_) if elsewhere && name == FieldName::DocumentNumber => Some(Outcome::Pass),
            Some(_) if elsewhere || self.is_another_field(name, other) => Some(Outcome::Inconclusive),
            Some(outcome) => Some(outcome),
            None if SEARCHED.contains(&name) && self.has_print() => {
                Some(if elsewhere { Outcome::Pass } else { Outcome::Inconclusive })
            }
            None => None,
        }
    }

    fn readings(&self, name: FieldName, source: FieldSource) -> impl Iterator<Item = &FieldReading> {
        self.reading
            .readings
            .iter()
            .filter(move |reading| reading.name == name && reading.field.source == source)
    }

    /// Whether a zone's field may be compared at all: its check digit agrees, or all of them do.
    fn may_speak(&self, reading: &FieldReading) -> bool {
        reading.field.source != FieldSource::Mrz
            || self.zone_of(reading).is_some_and(|zone| {
                zone.reading.all_check_digits_valid() || confirmed(&zone.reading, reading.name)
            })
    }

    /// The zone that a reading is of.
    fn zone_of(&self, reading: &FieldReading) -> Option<&MrzFinding> {
        let side = reading.field.place.as_ref().map(|place| place.capture);
        let mut zones = self.sides.iter().filter_map(|(capture, zone)| Some((*capture, zone.mrz.as_ref()?)));
        zones.find(|(capture, _)| side.is_none_or(|side| side == *capture)).map(|(_, zone)| zone)
    }

    /// What holding two readings of a field against each other comes to; `None` if they cannot be compared.
    fn outcome(&self, a: &FieldReading, b: &FieldReading) -> Option<Outcome> {
        let likeness = compare(a.name, self.operand(a), self.operand(b))?;
        Some(match likeness {
            Likeness::Same => Outcome::Pass,
            Likeness::Different if self.is_sure(a) && self.is_sure(b) => Outcome::Fail,
            _ => Outcome::Inconclusive,
        })
    }

    fn operand<'b>(&self, reading: &'b FieldReading) -> Operand<'b> {
        let cut_off = reading.field.source == FieldSource::Mrz
            && self.zone_of(reading).is_some_and(|zone| zone.reading.names_truncated);
        let either_order = reading.field.normalised.contains(&Normalisation::AssumedOrder);
        Operand { value: &reading.field.value, cut_off, either_order }
    }

    /// Whether a reading is good enough to contradict another.
    fn is_sure(&self, reading: &FieldReading) -> bool {
        match reading.field.source {
            FieldSource::Barcode => true,
            FieldSource::VisualZone => is_sure_print(&reading.field),
            FieldSource::Mrz => self.zone_of(reading).is_some_and(|zone| {
                let is_covered = confirmed(&zone.reading, reading.name);
                zone.reading.repaired == 0
                    && !zone.reading.uncertain.contains(&reading.name)
                    && ((is_covered && zone.confidence >= CERTAIN)
                        || (zone.reading.all_check_digits_valid() && zone.confidence >= SURE_ZONE))
            }),
        }
    }

    /// Whether what was read as one field is the value of another one: a caption has led astray.
    fn is_another_field(&self, name: FieldName, source: FieldSource) -> bool {
        let values: Vec<String> =
            self.readings(name, source).map(|reading| loose(&reading.field.value)).collect();
        self.reading.readings.iter().any(|other| {
            other.name != name
                && other.field.source == FieldSource::Mrz
                && values.contains(&loose(&other.field.value))
        })
    }

    fn has_print(&self) -> bool {
        self.sides.iter().any(|(_, side)| !side.text.is_empty())
    }

    /// Whether a value stands anywhere in the print.
    fn is_printed(&self, value: &str) -> bool {
        let print: String =
            self.sides.iter().flat_map(|(_, side)| &side.text).map(|line| loose(&line.text)).collect();
        let value = loose(value);
        value.chars().count() >= LEAST_SEARCHED && print.contains(&value)
    }

    /// What both sides of the document say of one field.
    fn compare_sides(&self, checks: &mut SubChecks) {
        let on = |capture: CaptureKind, name: FieldName| {
            let here = move |reading: &&FieldReading| {
                reading.name == name
                    && reading.field.place.as_ref().is_some_and(|place| place.capture == capture)
            };
            let readings =
                self.reading.readings.iter().filter(here).filter(|reading| self.may_speak(reading));
            readings.collect::<Vec<_>>()
        };
        for name in ON_BOTH_SIDES {
            let (front, back) = (on(CaptureKind::DocumentFront, name), on(CaptureKind::DocumentBack, name));
            let pairs = front.iter().flat_map(|front| back.iter().map(move |back| (*front, *back)));
            let outcomes: Vec<Outcome> =
                pairs.filter_map(|(front, back)| self.outcome(front, back)).collect();
            let worst = match outcomes[..] {
                [] => continue,
                _ if outcomes.contains(&Outcome::Pass) => Outcome::Pass,
                _ if outcomes.contains(&Outcome::Inconclusive) => Outcome::Inconclusive,
                _ => Outcome::Fail,
            };
            checks.add(format!("{name}_front_back"), worst, ReasonCode::DataMismatchFrontBack);
        }
    }

    /// What the caller claims, against the best readings. A claim that nothing was read for is inconclusive.
    fn compare_claims(&self, checks: &mut SubChecks) {
        for (name, claimed) in self.claims.iter() {
            let outcome = self.claim_outcome(name, claimed);
            checks.add(format!("{name}_expected"), outcome, ReasonCode::DataMismatchExpected);
        }
    }

    fn claim_outcome(&self, name: FieldName, claimed: &str) -> Outcome {
        let claimed = Operand::plain(claimed);
        let Some(best) = self.reading.fields.get(&name) else {
            return self.name_outcome(name, claimed).unwrap_or(Outcome::Inconclusive);
        };
        let best = FieldReading { name, field: best.clone() };
        let likeness = compare(name, self.operand(&best), claimed);
        let others = self.reading.readings.iter().filter(|reading| reading.name == name);
        let agrees =
            |reading: &FieldReading| compare(name, self.operand(reading), claimed) == Some(Likeness::Same);
        match likeness {
            Some(Likeness::Same) => Outcome::Pass,
            // Print keeps the marks that a zone leaves out, and a zone the letters that print is read without.
            Some(Likeness::Close) if others.clone().any(agrees) => Outcome::Pass,
            Some(Likeness::Different) if self.is_sure(&best) && !others.clone().any(agrees) => Outcome::Fail,
            _ => Outcome::Inconclusive,
        }
    }

    /// A claim of a whole name where parts were read, or of a part where a whole was; `None` if neither was.
    fn name_outcome(&self, name: FieldName, claimed: Operand<'_>) -> Option<Outcome> {
        let value = |name: FieldName| self.reading.fields.get(&name).map(|field| field.value.as_str());
        let whole = match name {
            FieldName::FullName => {
                format!("{} {}", value(FieldName::GivenNames)?, value(FieldName::Surname)?)
            }
            FieldName::Surname | FieldName::GivenNames => value(FieldName::FullName)?.to_owned(),
            _ => return None,
        };
        // The rule for whole names: some of the words may be left out.
        let likeness = compare(FieldName::FullName, Operand::plain(&whole), claimed)?;
        let parts = [FieldName::GivenNames, FieldName::Surname].map(|name| self.reading.fields.get(&name));
        let is_sure = name == FieldName::FullName
            && parts
                .into_iter()
                .flatten()
                .all(|field| self.is_sure(&FieldReading { name, field: field.clone() }));
        Some(match likeness {
            Likeness::Same => Outcome::Pass,
            Likeness::Different if is_sure => Outcome::Fail,
            _ => Outcome::Inconclusive,
        })
    }

    /// Birth before issue, issue before expiry, and neither birth nor issue in the future.
    fn check_dates(&self, checks: &mut SubChecks) {
        let day = |name: FieldName| {
            let field = self.reading.fields.get(&name)?;
            let day: Date = field.value.parse().ok()?;
            Some((day, self.is_sure(&FieldReading { name, field: field.clone() })))
        };
        let mut hold = |name: &str, early: Option<(Date, bool)>, late: Option<(Date, bool)>| {
            let (Some((early, early_sure)), Some((late, late_sure))) = (early, late) else { return };
            let outcome = match early <= late {
                true => Outcome::Pass,
                false if early_sure && late_sure => Outcome::Fail,
                false => Outcome::Inconclusive,
            };
            checks.add_rule(name, outcome, ReasonCode::DocumentDatesImplausible);
        };
        let birth = day(FieldName::DateOfBirth);
        let (issue, expiry) = (day(FieldName::DateOfIssue), day(FieldName::DateOfExpiry));
        // One day more, because a day begins earlier elsewhere.
        let today = self.today.tomorrow().ok().map(|day| (day, true));
        hold("date_of_birth_past", birth, today);
        hold("date_of_issue_past", issue, today);
        hold("date_of_birth_before_issue", birth, issue);
        hold("date_of_issue_before_expiry", issue, expiry);
    }

    /// The form of the number. Issuers change their forms, so that another one is no more than unusual.
    fn check_number(&self, checks: &mut SubChecks) {
        let value = |name: FieldName| self.reading.fields.get(&name).map(|field| field.value.as_str());
        let (Some(kind), Some(state), Some(number)) =
            (self.reading.kind, value(FieldName::IssuingState), value(FieldName::DocumentNumber))
        else {
            return;
        };
        if let Some(usual) = number::has_form(state, kind, number) {
            let outcome = if usual { Outcome::Pass } else { Outcome::Inconclusive };
            checks.add_rule("document_number_form", outcome, ReasonCode::DocumentNumberUnusual);
        }
    }
}
