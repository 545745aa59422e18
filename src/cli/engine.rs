//! Loading the models for the commands that need them.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use idv_common::domain::{CaptureKind, MediaFormat};
use idv_common::{Config, hex};
use idv_worker::Engine;
use idv_worker::inference::{Manifest, Models};
use idv_worker::pipeline::{CaptureImage, DecodeLimits, Pipeline};
use idv_worker::video::ClipDecoder;
use sha2::{Digest, Sha256};

/// The manifest that the configuration names, or else the built-in one.
pub(super) fn manifest(config: &Config) -> anyhow::Result<Manifest> {
    let path = &config.models.manifest;
    if path.as_os_str().is_empty() {
        return Ok(Manifest::built_in());
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read the manifest `{}`", path.display()))?;
    Ok(Manifest::parse(&text)?)
}

/// The pipeline with its models.
pub(super) fn pipeline(config: &Config) -> anyhow::Result<Pipeline> {
    let models = Models::load(&manifest(config)?, &config.models.dir, &config.models.profile)?;
    let limits = DecodeLimits {
        max_side_px: config.limits.side_px,
        max_pixels: config.limits.pixels,
        ..DecodeLimits::default()
    };
    Ok(Pipeline::new(models, limits, clip_decoder(config)))
}

/// What decodes clips: further processes of this program.
pub(super) fn clip_decoder(config: &Config) -> ClipDecoder {
    ClipDecoder::of_this_program(&config.worker.ffmpeg)
}

/// What decides in a process that runs jobs.
pub(super) fn load(config: &Config) -> anyhow::Result<Engine> {
    #[cfg(feature = "testing")]
    if config.worker.pipeline == idv_common::config::PipelineChoice::Noop {
        return Ok(Engine::noop(std::time::Duration::from_millis(config.worker.noop_ms)));
    }
    Ok(Engine::Models(Arc::new(pipeline(config)?)))
}

/// Reads a photo or a clip of a person, told by its first bytes.
pub(super) fn read_selfie(path: &Path) -> anyhow::Result<CaptureImage> {
    let mut image = read_image(path, CaptureKind::Selfie)?;
    if MediaFormat::sniff(&image.bytes).is_some_and(MediaFormat::is_video) {
        image.kind = CaptureKind::SelfieClip;
    }
    Ok(image)
}

/// Reads an image file for the pipeline.
pub(super) fn read_image(path: &Path, kind: CaptureKind) -> anyhow::Result<CaptureImage> {
    let bytes = std::fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    Ok(CaptureImage { kind, sha256: hex(&Sha256::digest(&bytes)), bytes: bytes.into() })
}
