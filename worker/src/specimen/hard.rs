//! The committed specification of hard documents.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::{
    Background, Degrade, Glare, Light, SpecimenKind, SpecimenSpec, ZoneFont, chance::Chance, zone::CAP_HEIGHT,
};

static BUILT_IN: LazyLock<Hard> = LazyLock::new(|| parse(include_str!("hard.toml")));

#[expect(clippy::expect_used, reason = "the file is compiled in and a test reads it")]
fn parse(text: &str) -> Hard {
    toml::from_str(text).expect("the specification of hard documents parses")
}

/// What `idv specimen --degrade hard` draws; `hard.toml` explains each value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hard {
    /// Raised with every change of what is drawn.
    pub version: u32,
    /// The seed of the first document.
    pub seed: u64,
    /// The day that counts as today.
    pub today: Date,
    /// The typeface that training never uses; documents with an odd seed have it.
    pub held_out_font: ZoneFont,
    /// The background that training never uses.
    pub held_out_background: Background,
    fonts: Weights<ZoneFont>,
    backgrounds: Weights<Background>,
    page: PageRanges,
    camera: CameraRanges,
}

type Range = [f32; 2];

/// Names with weights, in the order of the names.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent, bound = "T: Ord + serde::de::DeserializeOwned")]
struct Weights<T>(std::collections::BTreeMap<T, f32>);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageRanges {
    zone_clearing: Range,
    glyph_height_px: Range,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraRanges {
    rotation_deg: Range,
    tilt_deg: Range,
    distance: Range,
    fade: Range,
    shadow_probability: f32,
    shadow: Range,
    glare_probability: f32,
    glare_share: Range,
    glare_strength: Range,
    blur_px: Range,
    noise: Range,
    jpeg_quality: [u8; 2],
}

impl Hard {
    /// The specification that is compiled in.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The document of a seed; kinds take turns where none is asked for.
    pub fn spec(&self, kind: Option<SpecimenKind>, seed: u64) -> SpecimenSpec {
        let turn = (seed % SpecimenKind::ALL.len() as u64) as usize;
        let kind = kind.or(SpecimenKind::ALL.get(turn).copied()).unwrap_or(SpecimenKind::Passport);
        let mut spec = SpecimenSpec::varied(kind, seed, self.today);
        let mut chance = Chance::new(seed, "hard page");
        let font = self.fonts.drawn(&mut chance).unwrap_or(ZoneFont::OcrB);
        spec.style.font = if seed.is_multiple_of(2) { font } else { self.held_out_font };
        spec.style.background = self.backgrounds.drawn(&mut chance).unwrap_or(Background::Waves);
        spec.style.zone_clearing = within(self.page.zone_clearing, &mut chance);
        spec.dpi = within(self.page.glyph_height_px, &mut chance) * 25.4 / CAP_HEIGHT;
        spec.degrade = Some(self.degrade(seed));
        spec
    }

    /// The photograph of a seed.
    pub(super) fn degrade(&self, seed: u64) -> Degrade {
        let mut chance = Chance::new(seed, "hard camera");
        let camera = &self.camera;
        let glare = Glare {
            at: [chance.between(0.05, 0.95), chance.between(0.1, 0.9)],
            share: within(camera.glare_share, &mut chance),
            aspect: chance.between(1.0, 3.0),
            strength: within(camera.glare_strength, &mut chance),
        };
        let shadow = within(camera.shadow, &mut chance);
        let light = Light {
            fades_deg: chance.between(0.0, 360.0),
            fade: within(camera.fade, &mut chance),
            shadow: if chance.happens(camera.shadow_probability) { shadow } else { 0.0 },
            shadow_from: chance.between(0.2, 0.8),
        };
        let [worst, best] = camera.jpeg_quality;
        Degrade {
            glare: chance.happens(camera.glare_probability).then_some(glare),
            rotation_deg: within(camera.rotation_deg, &mut chance),
            tilt_deg: within(camera.tilt_deg, &mut chance),
            recedes_deg: chance.between(0.0, 360.0),
            distance: within(camera.distance, &mut chance),
            light,
            blur_px: within(camera.blur_px, &mut chance),
            noise: within(camera.noise, &mut chance),
            jpeg_quality: Some(worst + chance.below(u32::from(best.saturating_sub(worst)) + 1) as u8),
            seed,
        }
    }
}

impl<T: Copy> Weights<T> {
    fn drawn(&self, chance: &mut Chance) -> Option<T> {
        chance.weighted(&self.0.iter().map(|(item, weight)| (*item, *weight)).collect::<Vec<_>>())
    }
}

fn within([low, high]: Range, chance: &mut Chance) -> f32 {
    chance.between(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limits that were agreed on before training.
    #[test]
    fn every_draw_keeps_within_the_agreed_limits() {
        let hard = Hard::built_in();
        let (mut held_out, mut backgrounds) = (0, 0);
        for seed in hard.seed..hard.seed + 1000 {
            let spec = hard.spec(None, seed);
            let camera = spec.degrade.unwrap();
            let glyph_height = spec.dpi * CAP_HEIGHT / 25.4;
            assert!((9.99..=20.01).contains(&glyph_height), "{glyph_height}");
            assert!((0.0..=20.0).contains(&camera.tilt_deg) && camera.blur_px <= 1.5);
            assert!((30..=60).contains(&camera.jpeg_quality.unwrap()));
            assert!(camera.glare.is_none_or(|glare| glare.share <= 0.1));
            held_out += u32::from(spec.style.font == hard.held_out_font);
            backgrounds += u32::from(spec.style.background == hard.held_out_background);
        }
        assert_eq!(held_out, 500);
        assert!((150..=250).contains(&backgrounds), "{backgrounds}");
    }

    #[test]
    fn formats_take_turns() {
        let kinds: Vec<_> = (0..10).map(|seed| Hard::built_in().spec(None, seed).kind).collect();
        assert_eq!(kinds[..5], SpecimenKind::ALL);
        assert_eq!(kinds[..5], kinds[5..]);
        assert_eq!(Hard::built_in().spec(Some(SpecimenKind::VisaB), 1).kind, SpecimenKind::VisaB);
    }
}
