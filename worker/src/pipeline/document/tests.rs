use idv_common::domain::{CaptureKind, Check, MrzFormat, Outcome, Policy, Private, ReasonCode};
use jiff::civil::{Date, date};

use super::*;
use crate::inference::text::Character;
use crate::inference::{Point, Quad};
use crate::pipeline::mrz::{MrzFields, compose, find};
use crate::pipeline::orientation::Turn;

const TODAY: Date = date(2026, 6, 1);

fn fields() -> MrzFields {
    MrzFields {
        document_code: "P".into(),
        issuing_state: "UTO".into(),
        document_number: "L898902C3".into(),
        surname: "Eriksson".into(),
        given_names: "Anna Maria".into(),
        nationality: "UTO".into(),
        date_of_birth: "1974-08-12".into(),
        sex: "F".into(),
        date_of_expiry: "2030-04-15".into(),
        ..MrzFields::default()
    }
}

fn lines() -> Vec<String> {
    compose(MrzFormat::Td3, &fields())
}

/// The finding of a picture that shows these lines of a zone and of print.
pub(super) fn finding(zone: &[String], print: &[&str]) -> DocumentFinding {
    let quad = Quad([Point::default(); 4]);
    let read: Vec<Vec<Character>> =
        zone.iter().map(|line| line.chars().map(Character::certain).collect()).collect();
    let text = |text: &&str| TextFinding { text: Private((*text).to_owned()), quad, confidence: 0.9 };
    DocumentFinding {
        size: [1200, 800],
        turn: Turn::None,
        slope: 0.0,
        text: print.iter().map(text).collect(),
        mrz: find(&read).map(|found| MrzFinding {
            reading: found.reading,
            quads: vec![quad; zone.len()],
            confidence: found.confidence,
            variant: Variant::Moderate,
        }),
        reads_mrz: true,
    }
}

fn front(finding: &DocumentFinding) -> Document<'_> {
    Document::new(vec![(CaptureKind::DocumentFront, finding)], TODAY)
}

fn result(check: &Check) -> (Outcome, Vec<ReasonCode>) {
    (check.outcome, check.reasons.clone())
}

#[test]
fn a_good_document_passes() {
    let finding = finding(&lines(), &["ERIKSSON", "Passport No. L898902C3"]);
    let (document, policy) = (front(&finding), Policy::default().document);
    let checks = [
        document.judge_quality(&policy),
        document.judge_mrz(&policy),
        document.judge_fields(&policy),
        document.judge_expiry(&policy),
        document.judge_consistency(),
    ];
    for check in checks {
        assert_eq!(result(&check), (Outcome::Pass, vec![]), "{}", check.name);
    }
    assert_eq!(document.judge_barcode().outcome, Outcome::NotRun);
}

#[test]
fn a_wrong_check_digit_fails() {
    let wrong = lines().iter().map(|line| line.replace("L898902C36", "L898902C37")).collect::<Vec<_>>();
    let finding = finding(&wrong, &[]);
    let check = front(&finding).judge_mrz(&Policy::default().document);
    assert_eq!(result(&check), (Outcome::Fail, vec![ReasonCode::MrzCheckDigitFailed]));
    assert_eq!(check.evidence.details["check_digits"]["document_number"], false);
}

#[test]
fn a_zone_that_was_read_badly_is_no_evidence() {
    let wrong = lines().iter().map(|line| line.replace("L898902C36", "L898902C37")).collect::<Vec<_>>();
    let mut finding = finding(&wrong, &[]);
    finding.mrz.as_mut().unwrap().confidence = 0.86;
    let check = front(&finding).judge_mrz(&Policy::default().document);
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::MrzCheckDigitFailed]));
}

#[test]
fn a_missing_zone_is_inconclusive_and_a_missing_model_is_not_run() {
    let mut finding = finding(&[], &["DRIVING LICENCE"]);
    let policy = Policy::default().document;
    let check = front(&finding).judge_mrz(&policy);
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::MrzNotFound]));
    finding.reads_mrz = false;
    let check = front(&finding).judge_mrz(&policy);
    assert_eq!(result(&check), (Outcome::NotRun, vec![ReasonCode::ModelMissing]));
    let check = front(&finding).judge_fields(&policy);
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::DocumentFieldMissing]));
}

#[test]
fn corrections_above_the_policys_limit_are_inconclusive() {
    let mut finding = finding(&lines(), &[]);
    finding.mrz.as_mut().unwrap().reading.repaired = 1;
    let mut policy = Policy::default().document;
    assert_eq!(front(&finding).judge_mrz(&policy).outcome, Outcome::Pass);
    policy.max_repaired = 0;
    let check = front(&finding).judge_mrz(&policy);
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::MrzRepaired]));
}

#[test]
fn an_expired_document_fails_unless_it_is_within_the_grace() {
    let finding = finding(
        &compose(MrzFormat::Td3, &MrzFields { date_of_expiry: "2026-05-30".into(), ..fields() }),
        &[],
    );
    let mut policy = Policy::default().document;
    let check = front(&finding).judge_expiry(&policy);
    assert_eq!(result(&check), (Outcome::Fail, vec![ReasonCode::DocumentExpired]));
    assert_eq!(check.score, Some(-2.0));
    policy.expiry_grace_days = 2;
    assert_eq!(front(&finding).judge_expiry(&policy).outcome, Outcome::Pass);
}

#[test]
fn sides_of_two_documents_contradict_each_other() {
    let one = finding(&lines(), &[]);
    let other =
        finding(&compose(MrzFormat::Td3, &MrzFields { document_number: "X1".into(), ..fields() }), &[]);
    let sides = vec![(CaptureKind::DocumentFront, &one), (CaptureKind::DocumentBack, &other)];
    let check = Document::new(sides, TODAY).judge_consistency();
    assert_eq!(result(&check), (Outcome::Fail, vec![ReasonCode::DataMismatchFrontBack]));
}

#[test]
fn print_that_lacks_the_number_is_inconclusive() {
    let finding = finding(&lines(), &["ERIKSSON", "Passport No. L999999C3"]);
    let check = front(&finding).judge_consistency();
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::DataMismatchMrzViz]));
}

#[test]
fn a_tiny_or_empty_picture_fails() {
    let mut finding = finding(&[], &[]);
    finding.size = [400, 200];
    let check = front(&finding).judge_quality(&Policy::default().document);
    assert_eq!(
        result(&check),
        (Outcome::Fail, vec![ReasonCode::ImageTooSmall, ReasonCode::DocumentUnreadable])
    );
}

#[test]
fn kinds_that_the_policy_does_not_take_fail() {
    let finding = finding(&lines(), &[]);
    let mut policy = Policy::default().document;
    policy.accepted_kinds = vec![idv_common::domain::DocumentKind::IdCard];
    policy.accepted_mrz = vec![MrzFormat::Td1];
    let refused = (Outcome::Fail, vec![ReasonCode::DocumentTypeNotAccepted]);
    assert_eq!(result(&front(&finding).judge_fields(&policy)), refused);
    assert_eq!(result(&front(&finding).judge_mrz(&policy)), refused);
}

#[test]
fn a_finding_survives_storage_and_hides_in_logs() {
    let finding = finding(&lines(), &["ERIKSSON"]);
    let stored = serde_json::to_string(&finding).unwrap();
    assert_eq!(serde_json::from_str::<DocumentFinding>(&stored).unwrap(), finding);
    assert!(!format!("{finding:?}").contains("ERIKSSON"));
}
