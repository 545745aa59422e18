//! From checks to a verdict.

use idv_common::domain::{Check, CheckName, Outcome, Policy, ReasonCode, Verdict};

/// The policy's verdict over the checks, and the reasons of those that it rests on.
///
/// Only evidence rejects: a required check that is not run, in error or inconclusive asks for a person.
pub fn decide(checks: &[Check], policy: &Policy) -> (Verdict, Vec<ReasonCode>) {
    let required = |name: &CheckName| checks.iter().find(|check| check.name == *name);
    let outcomes: Vec<(Outcome, &[ReasonCode])> = policy
        .required
        .iter()
        .map(|name| {
            required(name).map_or((Outcome::NotRun, &[][..]), |check| (check.outcome, &check.reasons))
        })
        .collect();
    let any = |wanted: Outcome| outcomes.iter().any(|(outcome, _)| *outcome == wanted);
    let verdict = if any(Outcome::Fail) {
        Verdict::Rejected
    } else if outcomes.iter().all(|(outcome, _)| *outcome == Outcome::Pass) {
        Verdict::Verified
    } else {
        Verdict::NeedsReview
    };
    (verdict, reasons(&outcomes, verdict))
}

/// A rejection names what failed; a review names everything that did not pass.
fn reasons(outcomes: &[(Outcome, &[ReasonCode])], verdict: Verdict) -> Vec<ReasonCode> {
    let mut named = Vec::new();
    for (outcome, reasons) in outcomes {
        let counts = match verdict {
            Verdict::Verified => false,
            Verdict::Rejected => *outcome == Outcome::Fail,
            Verdict::NeedsReview => *outcome != Outcome::Pass,
        };
        for reason in reasons.iter().filter(|_| counts) {
            if !named.contains(reason) {
                named.push(*reason);
            }
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(face_match: Outcome, liveness: Outcome) -> (Verdict, Vec<ReasonCode>) {
        let policy =
            Policy { required: vec![CheckName::FaceMatch, CheckName::Liveness], ..Policy::default() };
        let checks = [
            Check::new(CheckName::FaceMatch, face_match).because(ReasonCode::FaceMismatch),
            Check::new(CheckName::Liveness, liveness).because(ReasonCode::LivenessInconclusive),
            Check::new(CheckName::DocumentMrz, Outcome::Fail).because(ReasonCode::MrzNotFound),
        ];
        decide(&checks, &policy)
    }

    #[test]
    fn only_required_checks_count() {
        assert_eq!(verdict(Outcome::Pass, Outcome::Pass), (Verdict::Verified, vec![]));
    }

    #[test]
    fn one_failure_rejects_whatever_else_is_open() {
        let (verdict, reasons) = verdict(Outcome::Fail, Outcome::Inconclusive);
        assert_eq!((verdict, reasons), (Verdict::Rejected, vec![ReasonCode::FaceMismatch]));
    }

    #[test]
    fn what_is_not_known_is_never_verified() {
        for open in [Outcome::Inconclusive, Outcome::NotRun, Outcome::Error] {
            assert_eq!(verdict(Outcome::Pass, open).0, Verdict::NeedsReview);
        }
        let missing = decide(&[], &Policy::default());
        assert_eq!(missing.0, Verdict::NeedsReview);
    }
}
