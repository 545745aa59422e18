//! Faces: the portrait on a document and the person in a selfie.

use std::cmp::Ordering;

use idv_common::domain::{CaptureKind, Check, CheckName, FacePolicy, Outcome, ReasonCode, Region};
use image::{Rgb, RgbImage, imageops};
use serde::{Deserialize, Serialize};

use super::orientation::Turn;
use crate::inference::{self, Embedding, Face, FaceDetector, FaceEmbedder, Fault, Point, Rect};

/// The lowest detector score that is reported; a policy may ask for more.
const FLOOR: f32 = 0.6;

/// A face with this score ends the search at further scales.
pub(super) const CERTAIN: f32 = 0.7;

/// Below this part of the image's longer side a face's landmarks are located again on a close-up.
const SMALL: f32 = 0.15;

/// The faces of one image. It depends on the image and the models alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FaceFinding {
    /// Every face, the certain ones first, each group in descending order of area. The first is the one
    /// that counts.
    pub faces: Vec<Face>,
    /// The first face as a vector; absent without a face.
    pub embedding: Option<Embedding>,
}

impl FaceFinding {
    /// The face that counts, if its score satisfies the policy.
    pub fn main(&self, policy: &FacePolicy) -> Option<&Face> {
        self.counted(policy).next()
    }

    /// The same faces, found on a turned image, in pixels of the image as it was given.
    pub(super) fn turned_back(mut self, turn: Turn, (width, height): (u32, u32)) -> Self {
        let back = |point: Point| turn.undo(point, width, height);
        for face in &mut self.faces {
            face.landmarks = face.landmarks.map(back);
            let corners = face.bounds.corners().0.map(back);
            let (xs, ys) = (corners.map(|corner| corner.x), corners.map(|corner| corner.y));
            face.bounds = Rect {
                left: xs.into_iter().fold(f32::INFINITY, f32::min),
                top: ys.into_iter().fold(f32::INFINITY, f32::min),
                right: xs.into_iter().fold(f32::NEG_INFINITY, f32::max),
                bottom: ys.into_iter().fold(f32::NEG_INFINITY, f32::max),
            };
        }
        self
    }

    /// The vector of the face that counts.
    pub(super) fn embedding(&self, policy: &FacePolicy) -> Option<&Embedding> {
        self.main(policy).and(self.embedding.as_ref())
    }

    /// The face that counts, and then the others whose score satisfies the policy.
    fn counted(&self, policy: &FacePolicy) -> impl Iterator<Item = &Face> + Clone {
        let satisfies = |face: &Face| face.score >= policy.min_detection_score;
        let faces = if self.faces.first().is_some_and(satisfies) { &self.faces[..] } else { &[] };
        faces.iter().filter(move |face| satisfies(face))
    }
}

/// One way to look at an image.
#[derive(Clone, Copy)]
enum View {
    /// At the detector's size times this.
    Zoom(u32),
    /// Shrunk to half, with an empty margin all around: for a face that fills the image.
    Distant,
}

/// Finds the portrait on an upright image of a document; it may be a twentieth of the image's width.
pub fn find_document_face(
    image: &RgbImage,
    detector: &dyn FaceDetector,
    embedder: &dyn FaceEmbedder,
) -> Result<FaceFinding, Fault> {
    find(image, &[View::Zoom(1), View::Zoom(2), View::Zoom(4), View::Distant], detector, embedder)
}

/// Finds the faces of a selfie; one may fill the image.
pub fn find_selfie_face(
    image: &RgbImage,
    detector: &dyn FaceDetector,
    embedder: &dyn FaceEmbedder,
) -> Result<FaceFinding, Fault> {
    find(image, &[View::Zoom(1), View::Distant, View::Zoom(2), View::Zoom(4)], detector, embedder)
}

/// Finds the faces of one frame among many: what is not easily found here is found on another one.
pub(super) fn find_frame_face(
    image: &RgbImage,
    detector: &dyn FaceDetector,
    embedder: &dyn FaceEmbedder,
) -> Result<FaceFinding, Fault> {
    find(image, &[View::Zoom(1), View::Distant], detector, embedder)
}

fn find(
    image: &RgbImage,
    views: &[View],
    detector: &dyn FaceDetector,
    embedder: &dyn FaceEmbedder,
) -> Result<FaceFinding, Fault> {
    let mut faces = first_view_with_a_face(image, views, detector)?;
    let rank = |face: &Face| (face.score >= CERTAIN, face.bounds.area());
    faces.sort_by(|a, b| rank(b).partial_cmp(&rank(a)).unwrap_or(Ordering::Equal));
    let Some(main) = faces.first_mut() else {
        return Ok(FaceFinding::default());
    };
    if let Some(closer) = located_closer(image, main, detector)? {
        *main = closer;
    }
    let embedding = embedder.embed(image, main)?;
    Ok(FaceFinding { faces, embedding: Some(embedding) })
}

/// The faces of the first view that shows one with certainty, else of the one with the best doubtful one.
fn first_view_with_a_face(
    image: &RgbImage,
    views: &[View],
    detector: &dyn FaceDetector,
) -> Result<Vec<Face>, Fault> {
    let best = |faces: &[Face]| faces.first().map_or(0.0, |face| face.score);
    let mut doubtful = Vec::new();
    for view in views {
        let faces = match view {
            View::Zoom(zoom) => detector.detect(image, FLOOR, *zoom)?,
            View::Distant => detect_distant(image, detector)?,
        };
        if best(&faces) >= CERTAIN {
            return Ok(faces);
        }
        if best(&faces) > best(&doubtful) {
            doubtful = faces;
        }
    }
    Ok(doubtful)
}

/// Detects on a canvas of twice the size with the image in its middle.
fn detect_distant(image: &RgbImage, detector: &dyn FaceDetector) -> Result<Vec<Face>, Fault> {
    // No more is needed for a face that fills the image, and the canvas stays small.
    let fit = (640.0 / image.width().max(image.height()) as f32).min(1.0);
    let scaled = |length: u32| ((length as f32 * fit).round() as u32).max(1);
    let small = inference::resize(image, scaled(image.width()), scaled(image.height()));
    let (left, top) = (small.width() / 2, small.height() / 2);
    let mut canvas = RgbImage::from_pixel(2 * small.width(), 2 * small.height(), Rgb([128; 3]));
    imageops::replace(&mut canvas, &small, i64::from(left), i64::from(top));
    let faces = detector.detect(&canvas, FLOOR, 1)?;
    Ok(faces.into_iter().map(|face| face.placed(-(left as f32), -(top as f32), 1.0 / fit)).collect())
}

/// Detects a small face again on a close-up: the fewer pixels it had, the less exact its landmarks are.
fn located_closer(image: &RgbImage, face: &Face, detector: &dyn FaceDetector) -> Result<Option<Face>, Fault> {
    let (width, height) = image.dimensions();
    let side = face.bounds.width().max(face.bounds.height());
    if side > SMALL * width.max(height) as f32 {
        return Ok(None);
    }
    let Rect { left, top, right, bottom } = face.bounds;
    let start = |low: f32, high: f32| ((low + high) / 2.0 - 1.5 * side).max(0.0);
    let (x, y) = (start(left, right), start(top, bottom));
    let (x, y) = ((x as u32).min(width - 1), (y as u32).min(height - 1));
    let length = (3.0 * side) as u32 + 1;
    let part = imageops::crop_imm(image, x, y, length.min(width - x), length.min(height - y)).to_image();
    let close =
        detector.detect(&part, FLOOR, 1)?.into_iter().map(|found| found.placed(x as f32, y as f32, 1.0));
    Ok(close
        .filter(|found| found.bounds.intersection_over_union(&face.bounds) > 0.4)
        .max_by(|a, b| a.score.total_cmp(&b.score)))
}

/// `document_face`: the document shows a face that is large enough to be compared.
pub fn judge_document_face(finding: &FaceFinding, capture: CaptureKind, policy: &FacePolicy) -> Check {
    let check = described(CheckName::DocumentFace, finding, capture, policy);
    match finding.main(policy) {
        None => failed(check, ReasonCode::DocumentNoFace),
        Some(face) => sized(check, face, policy.min_document_eye_distance_px),
    }
}

/// `selfie_face`: the selfie shows exactly one face that is large enough to be compared. Much smaller
/// faces in the background do not count.
pub fn judge_selfie_face(finding: &FaceFinding, capture: CaptureKind, policy: &FacePolicy) -> Check {
    let check = described(CheckName::SelfieFace, finding, capture, policy);
    let Some(face) = finding.main(policy) else {
        return failed(check, ReasonCode::SelfieNoFace);
    };
    let comparable = policy.second_face_area_ratio * face.bounds.area();
    if finding.counted(policy).skip(1).any(|other| other.bounds.area() >= comparable) {
        return failed(check, ReasonCode::SelfieMultipleFaces);
    }
    sized(check, face, policy.min_selfie_eye_distance_px)
}

fn failed(check: Check, reason: ReasonCode) -> Check {
    Check { outcome: Outcome::Fail, ..check }.because(reason)
}

/// Passes a face that is large enough; the score is the distance between its eyes.
fn sized(check: Check, face: &Face, least_px: f32) -> Check {
    let distance = face.eye_distance();
    let check = check.scored(distance.into(), Some(least_px.into())).detail("metric", "eye_distance_px");
    if distance < least_px {
        check.because(ReasonCode::FaceTooSmall)
    } else {
        Check { outcome: Outcome::Pass, ..check }
    }
}

/// An inconclusive check that shows where the faces are.
fn described(name: CheckName, finding: &FaceFinding, capture: CaptureKind, policy: &FacePolicy) -> Check {
    let faces = finding.counted(policy);
    Check::new(name, Outcome::Inconclusive)
        .detail("faces", faces.clone().count())
        .regions(faces.flat_map(|face| regions(face, capture)))
}

/// Where a face and its landmarks are.
fn regions(face: &Face, capture: CaptureKind) -> [Region; 2] {
    let region = |label: &str, points| Region {
        capture,
        label: label.to_owned(),
        points,
        text: None,
        confidence: Some(face.score),
    };
    let landmarks = face.landmarks.iter().map(|p| [p.x, p.y]).collect();
    [region("face", face.bounds.corners().to_pairs()), region("landmarks", landmarks)]
}
