//! A clip of a person: the frames that show the face best, and whether it is one person's all along.
//!
//! What counts is the best frame; the others can only make the result worse. Liveness is the mean over a few of
//! the best frames of the person in the best one, or the best one's if that is lower, so that nobody lends a photo
//! the life in his own face.

use idv_common::domain::{
    CaptureKind, Check, CheckName, FacePolicy, LivenessPolicy, MediaFormat, Outcome, ReasonCode,
};
use image::{RgbImage, imageops};
use imageproc::filter::laplacian_filter;
use serde::{Deserialize, Serialize};

use super::Pipeline;
use super::decode::{Unreadable, decode};
use super::faces::{self, FaceFinding};
use super::liveness::{self, LivenessFinding};
use crate::inference::{self, Embedding, Face, Fault, FmrBound, LivenessScore, Rect};
use crate::video;

/// Liveness is scored on so many frames.
const SCORED_FRAMES: usize = 5;

/// A face that at least this part of strangers would match as well is another person's.
const STRANGER_FMR: f64 = 1e-2;

/// Liveness is taken from frames alone whose face fewer strangers would match with the best one's.
const SAME_FMR: f64 = 1e-4;

/// A face is only said to be another person's if it has this part of the best face's eye distance and sharpness:
/// a smeared face resembles nobody.
const COMPARABLE: f32 = 0.5;

/// The side in pixels at which sharpness is measured, so that a large face is not blurry for its size.
const SHARPNESS_SIDE: u32 = 96;

/// The longest side of one of several pictures, in pixels.
const PICTURE_SIDE: f32 = 1600.0;

/// What a clip, or a single picture, shows of a person. It depends on the file and the models alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClipFinding {
    /// How many frames were looked at.
    pub frames: usize,
    /// How many of them show a face.
    pub with_face: usize,
    /// The frame that counts, from 0; absent if none shows a face.
    pub best: Option<usize>,
    /// How many frames show clearly another person than that frame.
    pub strangers: usize,
    /// The faces of the frame that counts.
    pub faces: FaceFinding,
    /// Over the best frames of that person; absent without the model.
    pub liveness: Option<LivenessFinding>,
}

/// A frame with a face.
struct Seen {
    frame: usize,
    faces: FaceFinding,
    sharpness: f32,
}

impl Pipeline {
    /// Looks at a clip, or at a single picture as if it were a clip of one frame.
    pub fn find_clip(&self, bytes: &[u8]) -> Result<Result<ClipFinding, Unreadable>, Fault> {
        self.find_clips(&[bytes])
    }

    /// Looks at several clips or pictures as if they were one clip. What cannot be decoded is passed over, unless
    /// nothing can.
    pub fn find_clips(&self, files: &[&[u8]]) -> Result<Result<ClipFinding, Unreadable>, Fault> {
        let (mut frames, mut refusal) = (Vec::new(), None);
        for file in files {
            match self.frames(file)? {
                // Pictures of a camera are as large as can be, and all of them are in memory at once.
                Ok(pictures) if files.len() > 1 => frames.extend(pictures.iter().map(shrunk)),
                Ok(pictures) => frames.extend(pictures),
                Err(unreadable) => refusal = refusal.or(Some(unreadable)),
            }
        }
        match refusal {
            Some(unreadable) if frames.is_empty() => Ok(Err(unreadable)),
            _ => self.look_at(&frames).map(Ok),
        }
    }

    fn frames(&self, bytes: &[u8]) -> Result<Result<Vec<RgbImage>, Unreadable>, Fault> {
        let Some(format) = MediaFormat::sniff(bytes).filter(|format| format.is_video()) else {
            return Ok(decode(bytes, self.limits()).map(|image| vec![image]));
        };
        let frames = video::decode(bytes, format, self.clip_decoder())
            .map_err(|failure| Fault::Clip { cause: failure.to_string() })?;
        Ok(frames.map_err(|refusal| {
            let reason = match refusal {
                video::Refusal::NoDecoder(_) => ReasonCode::VideoDecoderMissing,
                video::Refusal::Undecodable(_) => ReasonCode::FileCorrupt,
            };
            Unreadable::new(reason, refusal.to_string())
        }))
    }

    fn look_at(&self, frames: &[RgbImage]) -> Result<ClipFinding, Fault> {
        let models = &self.models().faces;
        // A clip has more than one chance to show a face; a picture is searched as thoroughly as a selfie.
        let find = if frames.len() == 1 { faces::find_selfie_face } else { faces::find_frame_face };
        let mut seen = Vec::new();
        for (frame, image) in frames.iter().enumerate() {
            let faces = find(image, &*models.detector, &*models.embedder)?;
            if let Some(face) = faces.faces.first() {
                seen.push(Seen { frame, sharpness: sharpness(image, face), faces });
            }
        }
        seen.sort_by(|a, b| b.quality().total_cmp(&a.quality()));
        let with_face = seen.len();
        let strangers = match seen.first() {
            Some(best) => seen.iter().filter(|other| self.is_stranger(best, other)).count(),
            None => 0,
        };
        let liveness = self.mean_liveness(frames, &seen)?;
        let best = seen.into_iter().next();
        Ok(ClipFinding {
            frames: frames.len(),
            with_face,
            best: best.as_ref().map(|best| best.frame),
            strangers,
            faces: best.map(|best| best.faces).unwrap_or_default(),
            liveness,
        })
    }

    /// Whether a frame shows a person who is clearly not the one in the best frame.
    fn is_stranger(&self, best: &Seen, other: &Seen) -> bool {
        other.is_comparable_to(best) && !self.are_the_same(best, other, STRANGER_FMR)
    }

    /// Whether at most this part of strangers would match as well.
    fn are_the_same(&self, a: &Seen, b: &Seen, fmr: f64) -> bool {
        let embeddings: [Option<&Embedding>; 2] = [a.faces.embedding.as_ref(), b.faces.embedding.as_ref()];
        let [Some(a), Some(b)] = embeddings else { return false };
        let matcher = &self.models().faces.matcher;
        let estimate = matcher.fmr.estimate(matcher.metric.score(a, b));
        estimate.bound != FmrBound::AtLeast && estimate.fmr < fmr
    }

    /// Over the best frames of the person in the best one, which come first in `seen`.
    fn mean_liveness(&self, frames: &[RgbImage], seen: &[Seen]) -> Result<Option<LivenessFinding>, Fault> {
        let Some(scorer) = &self.models().faces.liveness else { return Ok(None) };
        let Some(best) = seen.first() else { return Ok(Some(LivenessFinding::default())) };
        let same = seen.iter().filter(|other| self.are_the_same(best, other, SAME_FMR));
        let scores: Vec<LivenessScore> = same
            .take(SCORED_FRAMES)
            .map(|seen| liveness::find_liveness(&frames[seen.frame], &seen.faces, &**scorer))
            .filter_map(|found| found.map(|found| found.score).transpose())
            .collect::<Result<_, Fault>>()?;
        Ok(Some(LivenessFinding { score: together(&scores) }))
    }
}

impl Seen {
    /// How far a frame is to be preferred to others: certain, large and sharp.
    fn quality(&self) -> f32 {
        let face = self.face();
        face.map_or(0.0, |face| face.score * face.eye_distance() * self.sharpness)
    }

    fn face(&self) -> Option<&Face> {
        self.faces.faces.first()
    }

    fn is_comparable_to(&self, best: &Self) -> bool {
        let (Some(face), Some(best_face)) = (self.face(), best.face()) else { return false };
        face.score >= faces::CERTAIN
            && face.eye_distance() >= COMPARABLE * best_face.eye_distance()
            && self.sharpness >= COMPARABLE * best.sharpness
    }
}

impl ClipFinding {
    /// `selfie_face` on a clip: the best frame shows exactly one face that is large enough, and no other frame
    /// shows somebody else.
    pub fn judge_face(&self, capture: CaptureKind, policy: &FacePolicy) -> Check {
        let check = self.described(faces::judge_selfie_face(&self.faces, capture, policy));
        if self.strangers == 0 || check.reasons.contains(&ReasonCode::SelfieMultipleFaces) {
            return check;
        }
        Check { outcome: Outcome::Fail, ..check }.because(ReasonCode::SelfieMultipleFaces)
    }

    /// `liveness` on a clip. With more than one person in it, it is not known whose life it shows.
    pub fn judge_liveness(&self, policy: &LivenessPolicy) -> Check {
        let check = self.described(liveness::judge_liveness(self.liveness.as_ref(), policy));
        if self.strangers == 0 || check.outcome != Outcome::Pass {
            return check;
        }
        Check { outcome: Outcome::Inconclusive, ..check }.because(ReasonCode::SelfieMultipleFaces)
    }

    fn described(&self, check: Check) -> Check {
        if self.frames <= 1 {
            return check;
        }
        check
            .detail("frames", self.frames)
            .detail("frames_with_face", self.with_face)
            .detail("frames_with_another_person", self.strangers)
            .detail("best_frame", self.best)
    }
}

/// A check that fails for its clip, or that cannot be run because no clip can be decoded here.
pub(super) fn refused(name: CheckName, unreadable: &Unreadable) -> Check {
    let outcome = match unreadable.reason {
        ReasonCode::VideoDecoderMissing => Outcome::NotRun,
        _ => Outcome::Fail,
    };
    Check::new(name, outcome).because(unreadable.reason).detail("capture", CaptureKind::SelfieClip.as_str())
}

/// A picture whose longer side has at most [`PICTURE_SIDE`] pixels.
fn shrunk(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let fit = (PICTURE_SIDE / width.max(height) as f32).min(1.0);
    let side = |length: u32| ((length as f32 * fit).round() as u32).max(1);
    inference::resize(picture, side(width), side(height))
}

/// The mean, or the first one if that is less live.
fn together(scores: &[LivenessScore]) -> Option<LivenessScore> {
    let (best, mean) = (scores.first().copied()?, mean(scores)?);
    Some(if best.live < mean.live { best } else { mean })
}

fn mean(scores: &[LivenessScore]) -> Option<LivenessScore> {
    let count = scores.len() as f32;
    let mean = |part: fn(&LivenessScore) -> f32| scores.iter().map(part).sum::<f32>() / count;
    (!scores.is_empty()).then(|| LivenessScore {
        live: mean(|score| score.live),
        print: mean(|score| score.print),
        replay: mean(|score| score.replay),
    })
}

/// How sharp a face is: the standard deviation of the Laplacian over it, which grows with detail and falls with
/// blur.
fn sharpness(image: &RgbImage, face: &Face) -> f32 {
    let (width, height) = image.dimensions();
    let Rect { left, top, right, bottom } = face.bounds;
    let (x, y) = ((left.max(0.0) as u32).min(width - 1), (top.max(0.0) as u32).min(height - 1));
    let length = |low: u32, high: f32, most: u32| (high.max(0.0) as u32).clamp(low + 1, most) - low;
    let (w, h) = (length(x, right, width), length(y, bottom, height));
    let crop = imageops::crop_imm(image, x, y, w, h).to_image();
    let grey = imageops::grayscale(&inference::resize(&crop, SHARPNESS_SIDE, SHARPNESS_SIDE));
    let laplacian = laplacian_filter(&grey);
    let values = || laplacian.pixels().map(|pixel| f32::from(pixel.0[0]));
    let count = laplacian.len() as f32;
    let mean = values().sum::<f32>() / count;
    (values().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use idv_common::domain::Policy;
    use image::Rgb;

    use super::*;
    use crate::inference::Point;

    fn face(score: f32) -> Face {
        let bounds = Rect { left: -5.0, top: 10.0, right: 90.0, bottom: 200.0 };
        let landmarks = [20, 60, 40, 25, 55].map(|x| Point::new(x as f32 * 2.0, 50.0));
        Face { score, bounds, landmarks }
    }

    fn finding(strangers: usize) -> ClipFinding {
        let faces = FaceFinding { faces: vec![face(0.9)], embedding: Some(Embedding(vec![1.0])) };
        let score = Some(LivenessScore { live: 0.95, print: 0.02, replay: 0.03 });
        let liveness = Some(LivenessFinding { score });
        ClipFinding { frames: 8, with_face: 7, best: Some(2), strangers, faces, liveness }
    }

    #[test]
    fn a_blurred_face_is_less_sharp() {
        let stripes =
            RgbImage::from_fn(100, 120, |x, y| Rgb([if (x / 4 + y / 4) % 2 == 0 { 230 } else { 20 }; 3]));
        let blurred = imageops::blur(&stripes, 3.0);
        assert!(sharpness(&stripes, &face(0.9)) > 4.0 * sharpness(&blurred, &face(0.9)));
    }

    #[test]
    fn a_second_person_makes_a_clip_worse() {
        let policy = Policy::default();
        let judged = |strangers| {
            let found = finding(strangers);
            let face = found.judge_face(CaptureKind::SelfieClip, &policy.face);
            (face, found.judge_liveness(&policy.liveness))
        };
        let (face, live) = judged(0);
        assert_eq!((face.outcome, live.outcome), (Outcome::Pass, Outcome::Pass), "{face:?}");
        assert_eq!(face.evidence.details["best_frame"], 2);
        let (face, live) = judged(1);
        assert_eq!((face.outcome, live.outcome), (Outcome::Fail, Outcome::Inconclusive));
        assert_eq!(face.reasons, [ReasonCode::SelfieMultipleFaces]);
        assert_eq!(live.reasons, [ReasonCode::SelfieMultipleFaces]);
    }

    #[test]
    fn other_frames_can_only_make_the_best_one_less_live() {
        let score = |live| LivenessScore { live, print: 0.0, replay: 1.0 - live };
        assert_eq!(together(&[score(1.0), score(0.5)]), Some(score(0.75)));
        assert_eq!(together(&[score(0.25), score(1.0), score(1.0)]), Some(score(0.25)));
        assert_eq!(together(&[]), None);
    }
}
