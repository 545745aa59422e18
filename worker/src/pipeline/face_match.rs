//! Whether the document's portrait and the selfie show the same person.

use idv_common::domain::{Check, CheckName, FacePolicy, FmrLimit, Outcome, ReasonCode};

use super::faces::FaceFinding;
use crate::inference::{FmrBound, Matcher, Metric};

/// `face_match`: both faces are the same person's. The policy states its limits as false match rates; the
/// embedder's table translates, so that another embedder needs no other policy.
///
/// The score is the embeddings' similarity or distance and the threshold is where the policy's limit lies;
/// `estimated_fmr` is the part of strangers that would score as well. Without a face on either side the
/// check is not run.
pub fn judge_face_match(
    document: &FaceFinding,
    selfie: &FaceFinding,
    matcher: &Matcher,
    policy: &FacePolicy,
) -> Check {
    let (on_document, on_selfie) = match (document.embedding(policy), selfie.embedding(policy)) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => {
            let check = Check::new(CheckName::FaceMatch, Outcome::NotRun);
            let check = if a.is_none() { check.because(ReasonCode::DocumentNoFace) } else { check };
            return if b.is_none() { check.because(ReasonCode::SelfieNoFace) } else { check };
        }
    };
    let score = matcher.metric.score(on_document, on_selfie);
    let estimate = matcher.fmr.estimate(score);
    let (pass, fail) = (limit(policy.pass_fmr, matcher.metric), limit(policy.fail_fmr, matcher.metric));
    // At the table's end the true rate is lower or higher than the estimate by an unknown factor; a limit
    // beyond the end is never taken as reached.
    let (outcome, reason) = if estimate.fmr <= pass && estimate.bound != FmrBound::AtLeast {
        (Outcome::Pass, None)
    } else if estimate.fmr >= fail && estimate.bound != FmrBound::AtMost {
        (Outcome::Fail, Some(ReasonCode::FaceMismatch))
    } else {
        (Outcome::Inconclusive, Some(ReasonCode::FaceMatchInconclusive))
    };
    let check = Check::new(CheckName::FaceMatch, outcome)
        .scored(score, Some(matcher.fmr.threshold_for(pass)))
        .detail("metric", matcher.metric.as_str())
        .detail("estimated_fmr", estimate.fmr)
        .detail("estimated_fmr_bound", estimate.bound.as_str())
        .detail("pass_fmr", pass)
        .detail("fail_fmr", fail);
    reason.into_iter().fold(check, Check::because)
}

/// The limit for embedders of that metric.
fn limit(limits: FmrLimit, metric: Metric) -> f64 {
    match metric {
        Metric::Cosine => limits.cosine,
        Metric::Euclidean => limits.euclidean,
    }
}

#[cfg(test)]
mod tests {
    use idv_common::domain::Policy;

    use super::*;
    use crate::inference::{Embedding, Face, FmrRow, FmrTable, Point, Rect};

    fn finding(vector: Option<[f32; 2]>) -> FaceFinding {
        let bounds = Rect { left: 0.0, top: 0.0, right: 90.0, bottom: 90.0 };
        let face = Face { score: 0.9, bounds, landmarks: [Point::new(1.0, 1.0); 5] };
        FaceFinding {
            faces: vector.iter().map(|_| face.clone()).collect(),
            embedding: vector.map(|v| Embedding(v.to_vec())),
        }
    }

    fn judged(metric: Metric, rows: [(f64, f64); 3], a: [f32; 2], b: [f32; 2]) -> Check {
        let rows = rows.map(|(fmr, threshold)| FmrRow { fmr, threshold, fnmr: 0.0 });
        let matcher = Matcher { metric, fmr: FmrTable::try_from(rows.to_vec()).unwrap() };
        judge_face_match(&finding(Some(a)), &finding(Some(b)), &matcher, &Policy::default().face)
    }

    #[test]
    fn a_similarity_is_judged_by_its_false_match_rate() {
        let rows = [(1e-2, 0.2), (1e-4, 0.4), (1e-6, 0.6)];
        let judged = |b| judged(Metric::Cosine, rows, [1.0, 0.0], b);
        assert_eq!(judged([1.0, 0.1]).outcome, Outcome::Pass);
        assert_eq!(judged([0.0, 1.0]).reasons, [ReasonCode::FaceMismatch]);
        let between = judged([0.3, 0.9539]);
        assert_eq!(between.reasons, [ReasonCode::FaceMatchInconclusive]);
        assert_eq!(between.threshold, Some(0.4));
        assert_eq!(between.evidence.details["estimated_fmr_bound"], "interpolated");
    }

    #[test]
    fn a_distance_is_judged_the_other_way_round_and_by_its_own_limit() {
        let rows = [(1e-1, 0.7), (1e-2, 0.6), (1e-3, 0.5)];
        let judged = |x| judged(Metric::Euclidean, rows, [0.0, 0.0], [x, 0.0]);
        assert_eq!(judged(0.4).outcome, Outcome::Pass);
        assert_eq!(judged(0.55).outcome, Outcome::Inconclusive);
        assert_eq!(judged(0.65).outcome, Outcome::Fail);
        assert_eq!(judged(0.9).outcome, Outcome::Fail);
    }

    #[test]
    fn a_limit_beyond_the_table_is_never_reached() {
        let rows = [(1e-3, 0.2), (1e-4, 0.4), (1e-5, 0.6)];
        let worst = judged(Metric::Cosine, rows, [1.0, 0.0], [0.0, 1.0]);
        assert_eq!(worst.outcome, Outcome::Inconclusive, "at least 1e-3 is not known to be 1e-2");
    }

    #[test]
    fn without_a_face_on_one_side_nothing_is_compared() {
        let rows = [(1e-2, 0.2), (1e-3, 0.3)].map(|(fmr, threshold)| FmrRow { fmr, threshold, fnmr: 0.0 });
        let matcher = Matcher { metric: Metric::Cosine, fmr: FmrTable::try_from(rows.to_vec()).unwrap() };
        let check =
            judge_face_match(&finding(Some([1.0, 0.0])), &finding(None), &matcher, &Policy::default().face);
        assert_eq!((check.outcome, &check.reasons[..]), (Outcome::NotRun, &[ReasonCode::SelfieNoFace][..]));
    }
}
