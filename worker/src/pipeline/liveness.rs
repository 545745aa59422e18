//! Whether a live person took the selfie.

use idv_common::domain::{Check, CheckName, LivenessPolicy, Outcome, ReasonCode};
use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::faces::FaceFinding;
use crate::inference::{Fault, LivenessScore, LivenessScorer};

/// What the liveness network makes of a selfie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LivenessFinding {
    /// The probabilities; absent without a face.
    pub score: Option<LivenessScore>,
}

/// Scores the face that counts.
pub fn find_liveness(
    image: &RgbImage,
    selfie: &FaceFinding,
    scorer: &dyn LivenessScorer,
) -> Result<LivenessFinding, Fault> {
    let score = selfie.faces.first().map(|face| scorer.score(image, face)).transpose()?;
    Ok(LivenessFinding { score })
}

/// `liveness`: live, spoof or neither, by the policy's two limits. `None` stands for a missing model, which
/// is never a pass.
pub fn judge_liveness(finding: Option<&LivenessFinding>, policy: &LivenessPolicy) -> Check {
    let not_run = Check::new(CheckName::Liveness, Outcome::NotRun);
    let score = match finding {
        None => return not_run.because(ReasonCode::ModelMissing),
        Some(LivenessFinding { score: None }) => return not_run.because(ReasonCode::SelfieNoFace),
        Some(LivenessFinding { score: Some(score) }) => score,
    };
    let (outcome, reason) = if score.live >= policy.live_from {
        (Outcome::Pass, None)
    } else if score.live < policy.spoof_below {
        let print = score.print > score.replay;
        let spoof = if print { ReasonCode::LivenessSpoofPrint } else { ReasonCode::LivenessSpoofReplay };
        (Outcome::Fail, Some(spoof))
    } else {
        (Outcome::Inconclusive, Some(ReasonCode::LivenessInconclusive))
    };
    let check = Check::new(CheckName::Liveness, outcome)
        .scored(score.live.into(), Some(policy.live_from.into()))
        .detail("metric", "probability")
        .detail("print", score.print)
        .detail("replay", score.replay)
        .detail("spoof_below", policy.spoof_below);
    reason.into_iter().fold(check, Check::because)
}

#[cfg(test)]
mod tests {
    use idv_common::domain::Policy;

    use super::*;

    fn judged(live: f32, print: f32) -> (Outcome, Vec<ReasonCode>) {
        let score = Some(LivenessScore { live, print, replay: 1.0 - live - print });
        let check = judge_liveness(Some(&LivenessFinding { score }), &Policy::default().liveness);
        (check.outcome, check.reasons)
    }

    #[test]
    fn the_score_falls_into_one_of_three() {
        assert_eq!(judged(0.8, 0.1), (Outcome::Pass, vec![]));
        assert_eq!(judged(0.5, 0.1), (Outcome::Inconclusive, vec![ReasonCode::LivenessInconclusive]));
        assert_eq!(judged(0.1, 0.8), (Outcome::Fail, vec![ReasonCode::LivenessSpoofPrint]));
        assert_eq!(judged(0.1, 0.2), (Outcome::Fail, vec![ReasonCode::LivenessSpoofReplay]));
    }

    #[test]
    fn without_a_model_or_a_face_nothing_is_judged() {
        let policy = Policy::default().liveness;
        assert_eq!(judge_liveness(None, &policy).reasons, [ReasonCode::ModelMissing]);
        let no_face = judge_liveness(Some(&LivenessFinding::default()), &policy);
        assert_eq!(
            (no_face.outcome, &no_face.reasons[..]),
            (Outcome::NotRun, &[ReasonCode::SelfieNoFace][..])
        );
    }
}
