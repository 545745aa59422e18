//! Face embeddings: one network of any make, driven by its entry in the manifest.

use image::RgbImage;
use serde::Deserialize;

use super::align::{Similarity, warp};
use super::fmr::FmrTable;
use super::tensor::{Channels, planes};
use super::tract::Network;
use super::{Embedding, Face, FaceEmbedder, Fault, Metric, Point};

/// How an embedding network is fed and what its vectors mean: `[model.embedder]` in the manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSpec {
    /// The side of its square input, in pixels.
    pub size: u32,
    /// The order of its input's channels.
    pub channels: Channels,
    /// Subtracted from each channel's values of 0 to 255, in the order of `channels`.
    pub mean: [f32; 3],
    /// What the difference is multiplied by, likewise.
    pub scale: [f32; 3],
    /// Where the landmarks belong in the input: image-left eye, image-right eye, nose tip, image-left and
    /// image-right mouth corner, in pixels.
    pub template: [[f32; 2]; 5],
    /// Whether the vector is scaled to length 1.
    pub normalize: bool,
    /// Whether the mean with the mirrored face's vector is taken.
    pub flip: bool,
    /// How two vectors are compared.
    pub metric: Metric,
    /// What the comparison's result means.
    pub fmr: FmrTable,
}

/// An embedding network.
pub struct Embedder {
    name: String,
    network: Network,
    spec: EmbedderSpec,
}

impl Embedder {
    /// Loads the network from its ONNX file's bytes; `name` is the manifest's.
    pub fn load(name: &str, onnx: &[u8], spec: EmbedderSpec) -> Result<Self, Fault> {
        let side = spec.size as usize;
        let network = Network::load(name, onnx, [1, 3, side, side])?;
        Ok(Self { name: name.to_owned(), network, spec })
    }

    fn vector(&self, chip: &RgbImage) -> Result<Vec<f32>, Fault> {
        let input = planes(chip, self.spec.channels, self.spec.mean, self.spec.scale);
        Ok(self.network.run(&input)?.first()?.to_vec())
    }
}

impl FaceEmbedder for Embedder {
    fn embed(&self, image: &RgbImage, face: &Face) -> Result<Embedding, Fault> {
        let template = self.spec.template.map(|[x, y]| Point::new(x, y));
        let map = Similarity::between(&face.landmarks, &template).ok_or_else(|| Fault::Inference {
            model: self.name.clone(),
            cause: "the face's landmarks fall into one point".to_owned(),
        })?;
        let mut chip = warp(image, map, self.spec.size);
        let mut vector = self.vector(&chip)?;
        if self.spec.flip {
            image::imageops::flip_horizontal_in_place(&mut chip);
            let mirrored = self.vector(&chip)?;
            vector.iter_mut().zip(mirrored).for_each(|(value, other)| *value = (*value + other) / 2.0);
        }
        if self.spec.normalize {
            let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            vector.iter_mut().for_each(|v| *v /= length);
        }
        Ok(Embedding(vector))
    }
}
