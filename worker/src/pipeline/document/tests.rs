use idv_common::domain::{CaptureKind, Check, FieldName, MrzFormat, Outcome, Policy, Private, ReasonCode};
use jiff::civil::{Date, date};

use super::*;
use crate::inference::text::Character;
use crate::inference::{Point, Quad};
use crate::pipeline::mrz::{MrzFields, compose, find};
use crate::pipeline::orientation::Turn;
use crate::pipeline::quality::Quality;

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
        outline: None,
        quality: Quality::GOOD,
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
    let check = front(&finding).judge_mrz(&policy);
    assert_eq!(result(&check), (Outcome::Pass, vec![ReasonCode::MrzRepaired]));
    policy.max_repaired = 0;
    let check = front(&finding).judge_mrz(&policy);
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::MrzRepaired]));
}

#[test]
fn a_field_that_check_digits_leave_open_is_inconclusive_and_another_one_is_marked() {
    let mut finding = finding(&lines(), &[]);
    let policy = Policy::default().document;
    finding.mrz.as_mut().unwrap().reading.uncertain = vec![FieldName::Surname];
    assert_eq!(result(&front(&finding).judge_mrz(&policy)), (Outcome::Pass, vec![]));
    let check = front(&finding).judge_fields(&policy);
    assert_eq!(check.evidence.details["uncertain"], serde_json::json!(["surname"]));
    finding.mrz.as_mut().unwrap().reading.uncertain = vec![FieldName::DocumentNumber];
    let check = front(&finding).judge_mrz(&policy);
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::MrzUncertain]));
}

#[test]
fn a_correction_is_told_without_what_stands_there() {
    let mut zone: Vec<Vec<Character>> =
        lines().iter().map(|line| line.chars().map(Character::certain).collect()).collect();
    zone[1][1] = Character { alternatives: vec![('8', 0.3)], ..Character::certain('3') };
    let mut finding = finding(&lines(), &[]);
    finding.mrz.as_mut().unwrap().reading = find(&zone).unwrap().reading;
    let check = front(&finding).judge_mrz(&Policy::default().document);
    assert_eq!(result(&check), (Outcome::Pass, vec![ReasonCode::MrzRepaired]));
    let repairs = &check.evidence.details["repairs"];
    assert_eq!((&repairs[0]["line"], &repairs[0]["position"]), (&1.into(), &1.into()));
    assert_eq!(repairs[0].as_object().map(serde_json::Map::len), Some(3));
}

#[test]
fn a_reading_of_an_earlier_version_is_still_understood() {
    let finding = finding(&lines(), &[]);
    let mut stored = serde_json::to_value(&finding.mrz.unwrap().reading).unwrap();
    let reading = stored.as_object_mut().unwrap();
    for new in ["repairs", "confidence", "uncertain", "names_truncated", "may_be_misread"] {
        reading.remove(new);
    }
    let reading: idv_common::domain::MrzReading = serde_json::from_value(stored).unwrap();
    assert!(reading.all_check_digits_valid() && reading.uncertain.is_empty());
}

#[test]
fn a_driving_licence_confirms_its_expiry_by_its_composite_check_digit() {
    let fields = MrzFields {
        document_code: "D1".into(),
        issuing_state: "FRA".into(),
        document_number: "13AA00002".into(),
        ..fields()
    };
    let finding = finding(&compose(MrzFormat::Dl, &fields), &[]);
    let policy = Policy::default().document;
    assert_eq!(front(&finding).judge_mrz(&policy).outcome, Outcome::Pass);
    assert_eq!(front(&finding).judge_expiry(&policy).outcome, Outcome::Pass);
    let without = MrzFields { document_code: "FA".into(), issuing_state: "CHE".into(), ..fields };
    let mut swiss = finding.clone();
    let lines: Vec<Vec<Character>> =
        compose(MrzFormat::Dl, &MrzFields { document_number: "1".repeat(12), ..without })
            .iter()
            .map(|line| line.chars().map(Character::certain).collect())
            .collect();
    swiss.mrz.as_mut().unwrap().reading = find(&lines).unwrap().reading;
    let check = front(&swiss).judge_mrz(&policy);
    assert_eq!(result(&check), (Outcome::Inconclusive, vec![ReasonCode::MrzUncertain]));
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
fn a_defect_counts_where_it_kept_the_document_from_being_read() {
    let policy = Policy::default().document;
    let wrong = lines().iter().map(|line| line.replace("L898902C36", "L898902C37")).collect::<Vec<_>>();
    let defects = [
        (Quality { edge_width_px: 9.0, edge_width_permille: 7.5, ..Quality::GOOD }, ReasonCode::ImageBlurry),
        (
            Quality { edge_width_px: 2.0, edge_width_permille: 7.5, ..Quality::GOOD },
            ReasonCode::ImageTooSmall,
        ),
        (Quality { long_side_px: 200.0, ..Quality::GOOD }, ReasonCode::ImageTooSmall),
        (Quality { paper_level: 20.0, contrast: 10.0, ..Quality::GOOD }, ReasonCode::ImageTooDark),
        (Quality { contrast: 10.0, ..Quality::GOOD }, ReasonCode::ImageTooBright),
        (Quality { glare: 0.5, ..Quality::GOOD }, ReasonCode::ImageGlare),
        (Quality { cut_sides: 1, ..Quality::GOOD }, ReasonCode::DocumentCropped),
    ];
    for (quality, reason) in defects {
        let unread = DocumentFinding { quality, ..finding(&wrong, &[]) };
        let check = front(&unread).judge_quality(&policy);
        assert_eq!(result(&check), (Outcome::Inconclusive, vec![reason]));
        let read = DocumentFinding { quality, ..finding(&lines(), &[]) };
        assert_eq!(result(&front(&read).judge_quality(&policy)), (Outcome::Pass, vec![]), "{reason}");
    }
}

#[test]
fn a_screen_or_a_copy_asks_for_a_review_if_the_policy_minds() {
    let quality = Quality { moire_db: 60.0, chroma: 2.0, ..Quality::GOOD };
    let finding = DocumentFinding { quality, ..finding(&lines(), &[]) };
    let mut policy = Policy::default().document;
    (policy.quality.max_moire_db, policy.quality.min_chroma) = (f32::MAX, 0.0);
    assert_eq!(front(&finding).judge_quality(&policy).outcome, Outcome::Pass);
    (policy.quality.max_moire_db, policy.quality.min_chroma) = (40.0, 6.0);
    let doubts = vec![ReasonCode::DocumentOnScreen, ReasonCode::DocumentGreyscaleCopy];
    assert_eq!(result(&front(&finding).judge_quality(&policy)), (Outcome::Inconclusive, doubts));
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
