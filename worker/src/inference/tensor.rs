//! From pixels to a network's input.

use image::RgbImage;
use serde::Deserialize;

/// The order of the colour channels that a network was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// The values of an image as `[3, height, width]`, each `(v - mean) * scale`; `mean` and `scale` are in
/// the order of `channels`.
pub(crate) fn planes(image: &RgbImage, channels: Channels, mean: [f32; 3], scale: [f32; 3]) -> Vec<f32> {
    let order = match channels {
        Channels::Rgb => [0, 1, 2],
        Channels::Bgr => [2, 1, 0],
    };
    let mut values = Vec::with_capacity(image.as_raw().len());
    for (channel, (mean, scale)) in order.into_iter().zip(mean.into_iter().zip(scale)) {
        values.extend(image.as_raw().iter().skip(channel).step_by(3).map(|v| (f32::from(*v) - mean) * scale));
    }
    values
}

/// The values of an image as they are, 0 to 255.
pub(crate) fn raw_planes(image: &RgbImage, channels: Channels) -> Vec<f32> {
    planes(image, channels, [0.0; 3], [1.0; 3])
}
