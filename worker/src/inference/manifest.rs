//! The manifest of models, `models/manifest.toml`, which explains its own keys.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::embedding::EmbedderSpec;

/// The manifest that belongs to this version of the program.
const BUILT_IN: &str = include_str!("../../../models/manifest.toml");

/// The manifest's format that is understood here.
const SCHEMA: u32 = 1;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Finds faces and their landmarks.
    FaceDetector,
    /// Turns a face into a vector.
    FaceEmbedder,
    /// Tells live faces from pictures of faces.
    Liveness,
    /// Finds words.
    TextDetector,
    /// Reads words.
    TextRecognizer,
    /// Reads words again where the text recognizer is unsure.
    SecondTextRecognizer,
    /// Reads lines of a machine-readable zone.
    MrzRecognizer,
}

impl Role {
    /// Whether a worker cannot start without it.
    pub fn is_required(self) -> bool {
        !matches!(self, Self::Liveness | Self::SecondTextRecognizer | Self::MrzRecognizer)
    }

    /// Whether models that were made for the other role can take it.
    fn takes(self, made_for: Self) -> bool {
        made_for == self || (self, made_for) == (Self::SecondTextRecognizer, Self::TextRecognizer)
    }

    /// Its name in the manifest and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FaceDetector => "face_detector",
            Self::FaceEmbedder => "face_embedder",
            Self::Liveness => "liveness",
            Self::TextDetector => "text_detector",
            Self::TextRecognizer => "text_recognizer",
            Self::SecondTextRecognizer => "second_text_recognizer",
            Self::MrzRecognizer => "mrz_recognizer",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The code that feeds a network and reads its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// [`super::YuNet`].
    Yunet,
    /// [`super::CenterFace`].
    Centerface,
    /// [`super::Embedder`].
    Embedding,
    /// [`super::MiniFasNet`].
    MinifasnetPair,
    /// The word detector of ocrs.
    OcrsDetection,
    /// The word detector of PP-OCR.
    PpocrDetection,
    /// A line recogniser trained with connectionist temporal classification.
    CtcLines,
}

/// Whether a model's licence allows commercial use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommercialUse {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Its sources contradict each other.
    Unsettled,
}

impl CommercialUse {
    /// Its name in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unsettled => "unsettled",
        }
    }
}

/// The parsed manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    schema: u32,
    /// For each profile and role the models' names in order of preference.
    pub profiles: BTreeMap<String, BTreeMap<Role, Vec<String>>>,
    /// Every model.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What profiles and reports call it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The code that runs it.
    pub kind: ModelKind,
    /// The SPDX identifier of the weights' licence.
    pub license: String,
    /// Whether that allows commercial use.
    pub commercial_use: CommercialUse,
    /// The project that it comes from and what it was trained on.
    pub origin: String,
    /// Its input, for people.
    pub input: String,
    /// What one must know before choosing it.
    #[serde(default)]
    pub note: Option<String>,
    /// The characters of a line recogniser's classes, from class 1 on.
    #[serde(default)]
    pub alphabet: Option<String>,
    /// How an embedder is fed and what its vectors mean.
    #[serde(default)]
    pub embedder: Option<EmbedderSpec>,
    /// Its files.
    pub files: Vec<ModelFile>,
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Its name in the models folder.
    pub file: String,
    /// Which network of several it is.
    #[serde(default)]
    pub part: Option<String>,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// Where to get it, in order.
    pub sources: Vec<Source>,
}

/// Where a file comes from. `sha256` is the digest of what is downloaded and `convert` the script that
/// makes the file out of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// A file of this repository.
    Bundled {
        /// Relative to the manifest's folder.
        path: String,
    },
    /// A member of a Python package.
    Package {
        /// The package and its version.
        package: String,
        /// The path inside it.
        member: String,
        /// The member's SHA-256, in hex.
        sha256: String,
        /// The script that converts it.
        #[serde(default)]
        convert: Option<String>,
    },
    /// A public download.
    Url {
        /// The address.
        url: String,
        /// The download's SHA-256, in hex.
        sha256: String,
        /// The script that converts it.
        #[serde(default)]
        convert: Option<String>,
    },
}

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidManifest {
    /// The file is not the TOML of a manifest.
    #[error("failed to parse the models' manifest: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Its parts contradict each other.
    #[error("failed to accept the models' manifest: {0}")]
    Rule(String),
}

impl Manifest {
    /// Reads a manifest from TOML and checks that its parts fit together.
    pub fn parse(text: &str) -> Result<Self, InvalidManifest> {
        let manifest: Self = toml::from_str(text)?;
        manifest.check().map_err(InvalidManifest::Rule)?;
        Ok(manifest)
    }

    /// The manifest that the program was built with.
    #[expect(clippy::expect_used, reason = "the file is compiled in and parsed by a test")]
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the built-in manifest parses")
    }

    /// The model of that name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("its schema is {}, and {SCHEMA} is understood", self.schema));
        }
        let mut names = BTreeSet::new();
        for model in &self.models {
            model.check()?;
            if !names.insert(&model.name) {
                return Err(format!("two models are named `{}`", model.name));
            }
        }
        for (profile, roles) in &self.profiles {
            for (role, name) in
                roles.iter().flat_map(|(role, names)| names.iter().map(move |name| (role, name)))
            {
                match self.model(name) {
                    Some(model) if role.takes(model.role) => {}
                    Some(_) => return Err(format!("profile `{profile}`: `{name}` is no {role}")),
                    None => return Err(format!("profile `{profile}` names an unknown model `{name}`")),
                }
            }
        }
        Ok(())
    }
}

impl Model {
    /// What identifies its weights: the SHA-256 of its file, or of its files' digests in order.
    pub fn digest(&self) -> String {
        match &self.files[..] {
            [only] => only.sha256.clone(),
            files => {
                let digests: String = files.iter().map(|file| file.sha256.as_str()).collect();
                idv_common::hex(&Sha256::digest(digests))
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        let fits = match self.kind {
            ModelKind::Yunet | ModelKind::Centerface => self.role == Role::FaceDetector,
            ModelKind::Embedding => self.role == Role::FaceEmbedder,
            ModelKind::MinifasnetPair => self.role == Role::Liveness,
            ModelKind::OcrsDetection | ModelKind::PpocrDetection => self.role == Role::TextDetector,
            ModelKind::CtcLines => matches!(self.role, Role::TextRecognizer | Role::MrzRecognizer),
        };
        let count = if self.kind == ModelKind::MinifasnetPair { 2 } else { 1 };
        let problem = if !fits {
            "its kind does not fit its role"
        } else if self.files.len() != count {
            "its kind needs another number of files"
        } else if (self.kind == ModelKind::Embedding) != self.embedder.is_some() {
            "exactly the embedders have a table `[model.embedder]`"
        } else if (self.kind == ModelKind::CtcLines) != self.alphabet.is_some() {
            "exactly the line recognisers have an `alphabet`"
        } else if !self.files.iter().all(ModelFile::is_well_formed) {
            "a file needs a plain name and a SHA-256 of 64 lowercase hex digits"
        } else {
            return Ok(());
        };
        Err(format!("model `{}`: {problem}", self.name))
    }
}

impl ModelFile {
    fn is_well_formed(&self) -> bool {
        let plain = !self.file.is_empty() && !self.file.contains(['/', '\\']) && !self.file.starts_with('.');
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        plain && self.sha256.len() == 64 && self.sha256.bytes().all(hex)
    }
}
