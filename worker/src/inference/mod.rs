//! The networks: one file each, holding its load, pre- and post-processing, behind one-method traits.
//!
//! Nothing here knows a database, a queue or HTTP. Pixels go in, numbers come out; every call runs on the
//! calling thread alone, so that a process runs as many inferences at once as it has inference threads.

mod align;
mod centerface;
mod detect;
mod embedding;
mod fmr;
mod geometry;
#[cfg(test)]
mod golden;
pub mod manifest;
mod minifasnet;
mod models;
mod resample;
mod selection;
mod tensor;
pub mod text;
mod tract;
mod yunet;

use image::RgbImage;
use serde::{Deserialize, Serialize};

pub use centerface::CenterFace;
pub use embedding::{Embedder, EmbedderSpec};
pub use fmr::{FmrBound, FmrEstimate, FmrRow, FmrTable};
pub use geometry::{Point, Quad, Rect};
pub use manifest::{Manifest, Role as ModelRole};
pub use minifasnet::MiniFasNet;
pub use models::{FaceModels, Matcher, Models, load_detector};
pub(crate) use resample::resize;
pub use selection::{Choice, Chosen, FileProblem, Selection};
pub use tensor::Channels;
pub use yunet::YuNet;

/// A failure of the machinery: it says nothing about the picture, and the job is tried again.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A model file is missing or has another digest than the manifest says.
    #[error("failed to load the model `{model}`: {cause}")]
    Model {
        /// The manifest's name for the model.
        model: String,
        /// What went wrong and how to mend it.
        cause: String,
    },
    /// A network refused its input or broke down.
    #[error("failed to run the model `{model}`: {cause}")]
    Inference {
        /// The manifest's name for the model.
        model: String,
        /// What the runtime said.
        cause: String,
    },
    /// Only stored findings were to be used, and a step has none.
    #[error("failed to recall what the step `{step}` found: it is not stored")]
    Unseen {
        /// The step.
        step: String,
    },
    /// The process that decodes clips could not do its work.
    #[error("failed to look at a clip: {cause}")]
    Clip {
        /// What went wrong.
        cause: String,
    },
}

/// A detected face, in pixels of the image it was found in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// The detector's confidence, 0 to 1.
    pub score: f32,
    /// The face's bounds; they may reach over the image's edge.
    pub bounds: Rect,
    /// Image-left eye, image-right eye, nose tip, image-left and image-right mouth corner.
    pub landmarks: [Point; 5],
}

impl Face {
    /// The distance between the eyes in pixels.
    pub fn eye_distance(&self) -> f32 {
        self.landmarks[0].distance(self.landmarks[1])
    }

    /// The same face in an image whose origin lies `x` to the left of and `y` above this one's, and whose
    /// pixels are then `scale` times as many along each side.
    pub(crate) fn placed(&self, x: f32, y: f32, scale: f32) -> Self {
        let place = |p: Point| Point::new((p.x + x) * scale, (p.y + y) * scale);
        let Rect { left, top, right, bottom } = self.bounds;
        let (start, end) = (place(Point::new(left, top)), place(Point::new(right, bottom)));
        Self {
            score: self.score,
            bounds: Rect { left: start.x, top: start.y, right: end.x, bottom: end.y },
            landmarks: self.landmarks.map(place),
        }
    }
}

/// Finds faces.
pub trait FaceDetector: Send + Sync {
    /// Every face whose score is at least `min_score`, in descending order of score. The image's longer side
    /// is scaled to the detector's own size times `zoom`: 1 finds large faces fast, 2 finds faces half as
    /// large.
    fn detect(&self, image: &RgbImage, min_score: f32, zoom: u32) -> Result<Vec<Face>, Fault>;
}

/// A face as a vector; what its distance means is in [`Metric`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Embedding(pub Vec<f32>);

impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[private: {} values]", self.0.len())
    }
}

/// How two embeddings are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Cosine similarity, -1 to 1: the same person from the threshold on.
    Cosine,
    /// Euclidean distance: the same person up to the threshold.
    Euclidean,
}

/// Turns a face into a vector.
pub trait FaceEmbedder: Send + Sync {
    /// Aligns the face by its landmarks and embeds it.
    fn embed(&self, image: &RgbImage, face: &Face) -> Result<Embedding, Fault>;
}

/// What a liveness network makes of a face: probabilities that add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LivenessScore {
    /// A live face in front of the camera.
    pub live: f32,
    /// A print held in front of the camera.
    pub print: f32,
    /// A screen or another kind of attack.
    pub replay: f32,
}

/// Judges whether a face was in front of the camera.
pub trait LivenessScorer: Send + Sync {
    /// Scores one face of one photo.
    fn score(&self, image: &RgbImage, face: &Face) -> Result<LivenessScore, Fault>;
}

/// One line of text, in pixels of the image it was read from.
#[derive(Clone, PartialEq)]
pub struct TextLine {
    /// The line's characters, words separated by single spaces.
    pub text: String,
    /// The line's corners: start-top, end-top, end-bottom, start-bottom in reading direction.
    pub quad: Quad,
    /// The mean probability of its characters, 0 to 1.
    pub confidence: f32,
}

impl std::fmt::Debug for TextLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[private: {} characters at {:?}]", self.text.chars().count(), self.quad)
    }
}

/// Reads text.
pub trait TextReader: Send + Sync {
    /// The lines of an upright image, top to bottom.
    fn read(&self, image: &RgbImage) -> Result<Vec<TextLine>, Fault>;
}
