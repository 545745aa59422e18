//! The models that a process loads once and shares between its threads.

use std::collections::BTreeMap;
use std::path::Path;

use idv_common::domain::ModelStamp;

use super::fmr::FmrTable;
use super::manifest::{Manifest, ModelKind, Role};
use super::selection::{Chosen, Selection};
use super::text::{DetectorKind, ModelFile, TextModels};
use super::{
    CenterFace, Embedder, FaceDetector, FaceEmbedder, Fault, LivenessScorer, Metric, MiniFasNet, YuNet,
};

/// What it means that two embeddings are near.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// How two embeddings are compared.
    pub metric: Metric,
    /// How often strangers reach a score.
    pub fmr: FmrTable,
}

/// Everything that looks at faces.
pub struct FaceModels {
    /// Finds faces.
    pub detector: Box<dyn FaceDetector>,
    /// Turns them into vectors.
    pub embedder: Box<dyn FaceEmbedder>,
    /// Compares the vectors.
    pub matcher: Matcher,
    /// Tells live faces from pictures of faces; its model may be missing.
    pub liveness: Option<Box<dyn LivenessScorer>>,
}

impl FaceModels {
    /// Loads the models of a selection. Detector and embedder must be there.
    pub fn load(selection: &Selection) -> Result<Self, Fault> {
        let (embedder, matcher) = embedder(selection.required(Role::FaceEmbedder)?)?;
        Ok(Self {
            detector: detector(selection.required(Role::FaceDetector)?)?,
            embedder,
            matcher,
            liveness: selection.chosen(Role::Liveness).map(liveness).transpose()?,
        })
    }
}

/// Everything that a process loads once.
pub struct Models {
    /// Everything that looks at faces.
    pub faces: FaceModels,
    /// Everything that reads text; its model for machine-readable zones may be missing.
    pub text: TextModels,
    stamps: BTreeMap<String, ModelStamp>,
    missing: Vec<Role>,
}

impl Models {
    /// Loads the models of a profile from a folder. A missing detector, embedder or text reader is a
    /// [`Fault::Model`] that says how to get it; another missing model only leaves its check out.
    pub fn load(manifest: &Manifest, dir: &Path, profile: &str) -> Result<Self, Fault> {
        let selection = manifest
            .resolve(dir, profile)
            .map_err(|error| Fault::Model { model: profile.to_owned(), cause: error.to_string() })?;
        Ok(Self {
            faces: FaceModels::load(&selection)?,
            text: text(&selection)?,
            stamps: selection.stamps(),
            missing: selection.missing(),
        })
    }

    /// Which model takes each role, for the report.
    pub fn stamps(&self) -> &BTreeMap<String, ModelStamp> {
        &self.stamps
    }

    /// The roles without a model; what depends on them is not run.
    pub fn missing(&self) -> &[Role] {
        &self.missing
    }
}

impl Selection {
    /// The roles without a model.
    pub fn missing(&self) -> Vec<Role> {
        self.roles.keys().copied().filter(|role| self.chosen(*role).is_none()).collect()
    }

    /// Which model takes each role, for the report. The digest of a model of several files is that of
    /// their digests.
    pub fn stamps(&self) -> BTreeMap<String, ModelStamp> {
        let stamp =
            |chosen: &Chosen| ModelStamp { name: chosen.model.name.clone(), sha256: chosen.model.digest() };
        let roles = self.roles.keys().filter_map(|role| Some((*role, self.chosen(*role)?)));
        roles.map(|(role, chosen)| (role.as_str().to_owned(), stamp(chosen))).collect()
    }
}

/// Loads the face detector alone.
pub fn load_detector(selection: &Selection) -> Result<Box<dyn FaceDetector>, Fault> {
    detector(selection.required(Role::FaceDetector)?)
}

fn detector(chosen: &Chosen) -> Result<Box<dyn FaceDetector>, Fault> {
    let [onnx] = files(chosen)?;
    let name = &chosen.model.name;
    match chosen.model.kind {
        ModelKind::Yunet => Ok(Box::new(YuNet::load(name, onnx)?)),
        ModelKind::Centerface => Ok(Box::new(CenterFace::load(name, onnx)?)),
        _ => Err(unfit(chosen)),
    }
}

fn embedder(chosen: &Chosen) -> Result<(Box<dyn FaceEmbedder>, Matcher), Fault> {
    let [onnx] = files(chosen)?;
    let spec = chosen.model.embedder.clone().ok_or_else(|| unfit(chosen))?;
    let matcher = Matcher { metric: spec.metric, fmr: spec.fmr.clone() };
    Ok((Box::new(Embedder::load(&chosen.model.name, &onnx, spec)?), matcher))
}

fn liveness(chosen: &Chosen) -> Result<Box<dyn LivenessScorer>, Fault> {
    let part = |wanted: &str| chosen.model.files.iter().position(|file| file.part.as_deref() == Some(wanted));
    let bytes: [Vec<u8>; 2] = files(chosen)?;
    let (Some(v2), Some(v1se)) = (part("v2"), part("v1se")) else {
        return Err(unfit(chosen));
    };
    Ok(Box::new(MiniFasNet::load(&chosen.model.name, &bytes[v2], &bytes[v1se])?))
}

fn text(selection: &Selection) -> Result<TextModels, Fault> {
    let detector = selection.required(Role::TextDetector)?;
    let kind = match detector.model.kind {
        ModelKind::OcrsDetection => DetectorKind::Ocrs,
        ModelKind::PpocrDetection => DetectorKind::PpOcr,
        _ => return Err(unfit(detector)),
    };
    let recognizer = line_recognizer(selection.required(Role::TextRecognizer)?)?;
    let second = selection.chosen(Role::SecondTextRecognizer).map(line_recognizer).transpose()?;
    let mrz = selection.chosen(Role::MrzRecognizer).map(line_recognizer).transpose()?;
    TextModels::load((kind, only_file(detector)?), recognizer, second, mrz)
}

/// A line recogniser's file and alphabet.
fn line_recognizer(chosen: &Chosen) -> Result<(ModelFile<'_>, &str), Fault> {
    let alphabet = chosen.model.alphabet.as_deref().ok_or_else(|| unfit(chosen))?;
    Ok((only_file(chosen)?, alphabet))
}

fn only_file(chosen: &Chosen) -> Result<ModelFile<'_>, Fault> {
    let [bytes] = files(chosen)?;
    Ok(ModelFile { name: &chosen.model.name, bytes })
}

/// The bytes of a model of `N` files.
fn files<const N: usize>(chosen: &Chosen) -> Result<[Vec<u8>; N], Fault> {
    chosen.read()?.try_into().map_err(|_| unfit(chosen))
}

fn unfit(chosen: &Chosen) -> Fault {
    Fault::Model {
        model: chosen.model.name.clone(),
        cause: "its entry in the manifest does not fit its kind".to_owned(),
    }
}
