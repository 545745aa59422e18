//! Loading the models for the commands that need them.

use idv_common::Config;
use idv_worker::inference::{Manifest, Models};
use idv_worker::pipeline::{DecodeLimits, Pipeline};

/// The manifest that the configuration names, or else the built-in one.
pub fn manifest(config: &Config) -> anyhow::Result<Manifest> {
    let path = &config.models.manifest;
    if path.as_os_str().is_empty() {
        return Ok(Manifest::built_in());
    }
    let text = std::fs::read_to_string(path)
        .map_err(|cause| anyhow::anyhow!("failed to read the manifest `{}`: {cause}", path.display()))?;
    Ok(Manifest::parse(&text)?)
}

/// The pipeline with its models.
pub fn pipeline(config: &Config) -> anyhow::Result<Pipeline> {
    let models = Models::load(&manifest(config)?, &config.models.dir, &config.models.profile)?;
    let limits = DecodeLimits {
        max_side_px: config.limits.side_px,
        max_pixels: config.limits.pixels,
        ..DecodeLimits::default()
    };
    Ok(Pipeline::new(models, limits))
}
