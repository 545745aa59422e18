//! The colours of a specimen, drawn from its seed.

use image::Rgb;

use super::chance::Chance;

/// The colours of one document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    /// The bare page.
    pub(super) paper: Rgb<u8>,
    /// The page's tint at its left and at its right edge.
    pub(super) tints: [Rgb<u8>; 2],
    /// The two families of background lines.
    pub(super) lines: [Rgb<u8>; 2],
    /// Titles and the emblem.
    pub(super) title: Rgb<u8>,
    /// The captions above the values.
    pub(super) caption: Rgb<u8>,
    /// The values.
    pub(super) ink: Rgb<u8>,
}

impl Palette {
    pub(super) fn from_seed(seed: u64) -> Self {
        let mut chance = Chance::new(seed, "palette");
        let hue = chance.unit();
        let second = hue + chance.between(0.12, 0.4);
        Self {
            paper: Rgb([250, 250, 247]),
            tints: [hsv(hue, 0.10, 0.97), hsv(second, 0.10, 0.97)],
            lines: [hsv(hue, 0.42, 0.80), hsv(second, 0.42, 0.80)],
            title: hsv(hue, 0.75, 0.40),
            caption: hsv(hue, 0.55, 0.38),
            ink: Rgb([22, 22, 28]),
        }
    }
}

/// A colour by hue (in turns), saturation and value.
fn hsv(hue: f32, saturation: f32, value: f32) -> Rgb<u8> {
    let channel = |offset: f32| {
        let k = (offset + hue * 6.0).rem_euclid(6.0);
        let level = value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0);
        (level * 255.0).round() as u8
    };
    Rgb([channel(5.0), channel(3.0), channel(1.0)])
}
