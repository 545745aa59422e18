//! One run over the captures of a verification.

use std::collections::BTreeMap;

use bytes::Bytes;
use idv_common::domain::{
    CaptureKind, Check, CheckName, Claims, ModelStamp, Outcome, Policy, REPORT_SCHEMA, Report, StepKey,
};
use image::RgbImage;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::barcode::{BarcodesFinding, read_barcodes};
use super::clip::refused;
use super::decode::{DecodeLimits, Unreadable};
use super::document::{Document, DocumentFinding, Extent, read_document};
use super::faces::{self, FaceFinding};
use super::liveness::{self, LivenessFinding};
use super::orientation::Turn;
use super::pictures::{Picture, Pictures};
use super::{ClipFinding, Memo, decide, face_match};
use crate::inference::{Fault, ModelRole as Role, Models};
use crate::video::ClipDecoder;

/// One image or clip of a verification, as it was uploaded.
#[derive(Clone)]
pub struct CaptureImage {
    /// What it shows.
    pub kind: CaptureKind,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// The file.
    pub bytes: Bytes,
}

impl CaptureImage {
    /// One that is not at hand, for a run that only recalls what was found on it.
    pub fn unseen(kind: CaptureKind, sha256: String) -> Self {
        Self { kind, sha256, bytes: Bytes::new() }
    }
}

/// The steps of a run; each is raised in version when its code finds something else in the same image.
#[derive(Debug, Clone, Copy)]
struct Step {
    name: &'static str,
    version: i32,
    models: &'static [Role],
}

const TEXT: &[Role] =
    &[Role::TextDetector, Role::TextRecognizer, Role::SecondTextRecognizer, Role::MrzRecognizer];
const FACE: &[Role] = &[Role::FaceDetector, Role::FaceEmbedder];
const READ_FRONT: Step = Step { name: "read_document_front", version: 4, models: TEXT };
const READ_BACK: Step = Step { name: "read_document_back", version: 4, models: TEXT };
const BARCODES_FRONT: Step = Step { name: "read_barcodes_front", version: 1, models: &[] };
const BARCODES_BACK: Step = Step { name: "read_barcodes_back", version: 1, models: &[] };
const DOCUMENT_FACE: Step = Step { name: "find_document_face", version: 1, models: FACE };
const SELFIE_FACE: Step = Step { name: "find_selfie_face", version: 1, models: FACE };
const LIVENESS: Step =
    Step { name: "score_liveness", version: 1, models: &[Role::FaceDetector, Role::Liveness] };

const CLIP: Step = Step {
    name: "find_clip_face",
    version: 1,
    models: &[Role::FaceDetector, Role::FaceEmbedder, Role::Liveness],
};

/// The models and limits of a process; runs share it.
pub struct Pipeline {
    models: Models,
    limits: DecodeLimits,
    clips: ClipDecoder,
}

impl Pipeline {
    /// A pipeline over loaded models.
    pub fn new(models: Models, limits: DecodeLimits, clips: ClipDecoder) -> Self {
        Self { models, limits, clips }
    }

    /// The models themselves, for single steps.
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// What an image may cost to decode.
    pub fn limits(&self) -> &DecodeLimits {
        &self.limits
    }

    /// What decodes clips.
    pub(super) fn clip_decoder(&self) -> &ClipDecoder {
        &self.clips
    }

    /// Which model takes each role.
    pub fn model_stamps(&self) -> &BTreeMap<String, ModelStamp> {
        self.models.stamps()
    }

    /// The roles without a model; their checks are not run.
    pub fn missing_roles(&self) -> Vec<String> {
        self.models.missing().iter().map(|role| role.as_str().to_owned()).collect()
    }

    /// Runs every step and decides. Bad evidence becomes a check's outcome; only a failure of the machinery
    /// is a [`Fault`]. `claims` is what the caller expects the document to say; `today` is what dates are held against.
    pub fn run(
        &self,
        captures: &[CaptureImage],
        claims: &Claims,
        policy: &Policy,
        memo: &mut Memo,
        today: Date,
    ) -> Result<Report, Fault> {
        self.run_on(&self.pictures(captures), captures, claims, policy, memo, today)
    }

    /// The same, with the captures as far as they were decoded, to be drawn on.
    pub fn run_on_pictures<'a>(
        &'a self,
        captures: &'a [CaptureImage],
        claims: &Claims,
        policy: &Policy,
        memo: &mut Memo,
        today: Date,
    ) -> Result<(Report, Pictures<'a>), Fault> {
        let pictures = self.pictures(captures);
        let report = self.run_on(&pictures, captures, claims, policy, memo, today)?;
        Ok((report, pictures))
    }

    /// Captures as pictures to be drawn on.
    pub fn pictures<'a>(&'a self, captures: &'a [CaptureImage]) -> Pictures<'a> {
        Pictures::of(captures, &self.limits)
    }

    fn run_on(
        &self,
        pictures: &Pictures<'_>,
        captures: &[CaptureImage],
        claims: &Claims,
        policy: &Policy,
        memo: &mut Memo,
        today: Date,
    ) -> Result<Report, Fault> {
        let Pictures { front, back, selfie, .. } = pictures;
        let front_reading = self.read_document(front, READ_FRONT, memo)?;
        let back_reading = self.read_document(back, READ_BACK, memo)?;
        let front_barcodes = self.read_barcodes(front, BARCODES_FRONT, memo)?;
        let back_barcodes = self.read_barcodes(back, BARCODES_BACK, memo)?;
        let document_face = self.find_document_face(front, front_reading.as_ref(), memo)?;
        let selfie_face = self.find_selfie_face(selfie, memo)?;
        let clip = self.look_at_clip(captures, memo)?;
        // A clip tells more about life than a photo.
        let liveness = match &clip {
            None => self.score_liveness(selfie, selfie_face.as_ref(), memo)?,
            Some(_) => None,
        };
        let person = Person { has_selfie: selfie.capture.is_some(), selfie: selfie_face, liveness, clip };

        let sides = [
            (CaptureKind::DocumentFront, front_reading.as_ref()),
            (CaptureKind::DocumentBack, back_reading.as_ref()),
        ];
        let sides = sides.into_iter().filter_map(|(kind, reading)| Some((kind, reading?)));
        let barcodes = [
            (CaptureKind::DocumentFront, front_barcodes.as_ref()),
            (CaptureKind::DocumentBack, back_barcodes.as_ref()),
        ];
        let barcodes = barcodes.into_iter().filter_map(|(kind, found)| Some((kind, found?)));
        let document =
            Document::new(sides.collect(), today).with_barcodes(barcodes.collect()).expecting(claims);
        let mut checks = judge_document(&document, policy);
        checks.extend(self.judge_faces(document_face.as_ref(), &person, policy));
        for picture in [front, back, selfie] {
            // A clip takes the place of a missing selfie.
            if picture.kind != CaptureKind::Selfie || person.has_selfie || person.clip.is_none() {
                picture.blame(&mut checks);
            }
        }
        checks.sort_by_key(|check| check.name);
        Ok(self.report(checks, &document, policy, memo))
    }

    fn report(&self, checks: Vec<Check>, document: &Document<'_>, policy: &Policy, memo: &Memo) -> Report {
        let (verdict, reasons) = decide::decide(&checks, policy);
        Report {
            schema: REPORT_SCHEMA,
            verdict,
            reasons,
            document: Some(document.reading().clone()),
            checks,
            policy: policy.stamp(),
            models: self.models.stamps().clone(),
            steps: memo.timings().to_vec(),
        }
    }

    fn read_document(
        &self,
        picture: &Picture<'_>,
        step: Step,
        memo: &mut Memo,
    ) -> Result<Option<DocumentFinding>, Fault> {
        self.step(picture, step, memo, |image| read_document(image, Extent::Everything, &self.models.text))
    }

    fn read_barcodes(
        &self,
        picture: &Picture<'_>,
        step: Step,
        memo: &mut Memo,
    ) -> Result<Option<BarcodesFinding>, Fault> {
        self.step(picture, step, memo, |image| Ok(read_barcodes(image)))
    }

    fn find_document_face(
        &self,
        picture: &Picture<'_>,
        reading: Option<&DocumentFinding>,
        memo: &mut Memo,
    ) -> Result<Option<FaceFinding>, Fault> {
        let turn = reading.map_or(Turn::None, |reading| reading.turn);
        let Some(capture) = picture.capture else {
            return Ok(None);
        };
        let mut key = self.key(capture, DOCUMENT_FACE);
        if turn != Turn::None {
            // Another reading may turn the same image otherwise.
            key.input_sha256 = turned_digest(&capture.sha256, turn);
        }
        memo.step(key, || {
            let Some(Ok(image)) = picture.decoded() else {
                return Ok(None);
            };
            let models = &self.models.faces;
            let upright = turn.apply(image);
            let found = faces::find_document_face(&upright, &*models.detector, &*models.embedder)?;
            Ok(Some(found.turned_back(turn, image.dimensions())))
        })
    }

    fn find_selfie_face(&self, picture: &Picture<'_>, memo: &mut Memo) -> Result<Option<FaceFinding>, Fault> {
        self.step(picture, SELFIE_FACE, memo, |image| {
            let models = &self.models.faces;
            faces::find_selfie_face(image, &*models.detector, &*models.embedder)
        })
    }

    fn score_liveness(
        &self,
        picture: &Picture<'_>,
        selfie: Option<&FaceFinding>,
        memo: &mut Memo,
    ) -> Result<Option<LivenessFinding>, Fault> {
        let (Some(scorer), Some(selfie)) = (&self.models.faces.liveness, selfie) else {
            return Ok(None);
        };
        self.step(picture, LIVENESS, memo, |image| liveness::find_liveness(image, selfie, &**scorer))
    }

    /// One step over one picture; `None` without the picture, or if it cannot be decoded.
    fn step<T: Serialize + DeserializeOwned>(
        &self,
        picture: &Picture<'_>,
        step: Step,
        memo: &mut Memo,
        find: impl FnOnce(&RgbImage) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let Some(capture) = picture.capture else {
            return Ok(None);
        };
        memo.step(self.key(capture, step), || match picture.decoded() {
            Some(Ok(image)) => find(image).map(Some),
            _ => Ok(None),
        })
    }

    /// What a clip shows; `None` without one.
    fn look_at_clip(
        &self,
        captures: &[CaptureImage],
        memo: &mut Memo,
    ) -> Result<Option<Result<ClipFinding, Unreadable>>, Fault> {
        let Some(capture) = captures.iter().find(|capture| capture.kind == CaptureKind::SelfieClip) else {
            return Ok(None);
        };
        let mut unreadable = None;
        let found = memo.step(self.key(capture, CLIP), || {
            Ok(self.find_clip(&capture.bytes)?.map_err(|why| unreadable = Some(why)).ok())
        })?;
        Ok(found.map(Ok).or(unreadable.map(Err)))
    }

    fn key(&self, capture: &CaptureImage, step: Step) -> StepKey {
        StepKey {
            step: step.name.to_owned(),
            input_sha256: capture.sha256.clone(),
            model_digest: self.digest(step.models),
            step_version: step.version,
        }
    }

    /// SHA-256 over the digests of the models that a step uses.
    fn digest(&self, roles: &[Role]) -> String {
        let stamps = self.models.stamps();
        let mut hasher = Sha256::new();
        for role in roles {
            hasher.update(stamps.get(role.as_str()).map_or("", |stamp| &stamp.sha256));
            hasher.update(";");
        }
        idv_common::hex(&hasher.finalize())
    }

    fn judge_faces(&self, document: Option<&FaceFinding>, person: &Person, policy: &Policy) -> Vec<Check> {
        let document_face = document.map_or_else(
            || Check::new(CheckName::DocumentFace, Outcome::NotRun),
            |found| faces::judge_document_face(found, CaptureKind::DocumentFront, &policy.face),
        );
        let face_match = self.judge_face_match(document, person, policy);
        vec![document_face, person.judge_face(policy), face_match, self.judge_liveness(person, policy)]
    }

    /// Both a selfie and a clip have to show the document's holder: a selfie alone may lie between two people, and
    /// resemble either.
    fn judge_face_match(&self, document: Option<&FaceFinding>, person: &Person, policy: &Policy) -> Check {
        let matches = document
            .into_iter()
            .flat_map(|document| person.faces().map(move |face| self.match_faces(document, face, policy)));
        let rank = |check: &Check| match check.outcome {
            Outcome::Fail => 0,
            Outcome::Pass => 2,
            _ => 1,
        };
        matches.min_by_key(rank).unwrap_or_else(|| Check::new(CheckName::FaceMatch, Outcome::NotRun))
    }

    fn match_faces(&self, a: &FaceFinding, b: &FaceFinding, policy: &Policy) -> Check {
        face_match::judge_face_match(a, b, &self.models.faces.matcher, &policy.face)
    }

    /// Judges the clip if there is one, else the selfie. Beside a selfie a clip proves nothing unless both show
    /// the same person.
    fn judge_liveness(&self, person: &Person, policy: &Policy) -> Check {
        let not_run = Check::new(CheckName::Liveness, Outcome::NotRun);
        match (&person.clip, &self.models.faces.liveness, &person.liveness) {
            (Some(Err(unreadable)), _, _) if person.has_selfie => refused(CheckName::Liveness, unreadable),
            (Some(Err(_)), _, _) => not_run,
            (None, Some(_), None) => not_run,
            (None, _, liveness) => liveness::judge_liveness(liveness.as_ref(), &policy.liveness),
            (Some(Ok(clip)), _, _) => {
                let live = clip.judge_liveness(&policy.liveness);
                match person.selfie.as_ref().map(|selfie| self.match_faces(selfie, &clip.faces, policy)) {
                    Some(same) if live.outcome == Outcome::Pass && same.outcome != Outcome::Pass => {
                        let live = Check { outcome: same.outcome, ..live };
                        same.reasons.into_iter().fold(live, Check::because)
                    }
                    _ => live,
                }
            }
        }
    }
}

/// SHA-256 over the digest of an image and how it is turned, in hex.
fn turned_digest(sha256: &str, turn: Turn) -> String {
    idv_common::hex(&Sha256::digest(format!("{sha256};{turn:?}")))
}

/// What there is of the person: a selfie, a clip, or both.
struct Person {
    has_selfie: bool,
    selfie: Option<FaceFinding>,
    liveness: Option<LivenessFinding>,
    clip: Option<Result<ClipFinding, Unreadable>>,
}

impl Person {
    /// What is matched with the document: the selfie, the clip, or each of them.
    fn faces(&self) -> impl Iterator<Item = &FaceFinding> {
        let of_clip = self.clip.as_ref().and_then(|clip| clip.as_ref().ok()).map(|clip| &clip.faces);
        self.selfie.iter().chain(of_clip)
    }

    fn judge_face(&self, policy: &Policy) -> Check {
        match (&self.selfie, &self.clip) {
            (Some(found), _) => faces::judge_selfie_face(found, CaptureKind::Selfie, &policy.face),
            (None, Some(Ok(clip))) if !self.has_selfie => {
                clip.judge_face(CaptureKind::SelfieClip, &policy.face)
            }
            (None, Some(Err(unreadable))) if !self.has_selfie => refused(CheckName::SelfieFace, unreadable),
            _ => Check::new(CheckName::SelfieFace, Outcome::NotRun),
        }
    }
}

fn judge_document(document: &Document<'_>, policy: &Policy) -> Vec<Check> {
    vec![
        document.judge_quality(&policy.document),
        document.judge_mrz(&policy.document),
        document.judge_barcode(),
        document.judge_fields(&policy.document),
        document.judge_consistency(),
        document.judge_expiry(&policy.document),
    ]
}
