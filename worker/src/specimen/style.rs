//! How a specimen looks: the design of its page, what is printed behind it, the zone's typeface, the language.

use serde::{Deserialize, Serialize};

use super::SpecimenKind;
use crate::drawing::Typeface;

/// The arrangement of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// That of the demonstrations: passports and cards of TD1 size only, others are `Ruled`.
    Classic,
    /// A title above a rule, the portrait on the left.
    Ruled,
    /// A title in a coloured band, boxes about the fields.
    Banner,
    /// The portrait on the right, the number at the top.
    Mirrored,
}

/// What is printed behind the fields, and fainter behind the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Background {
    /// Bands of waves and a rosette.
    Waves,
    /// Waves that cross each other, as a lathe engraves them.
    Guilloche,
    /// Colours that run into one another, without lines.
    Gradient,
    /// Hairlines side by side, slightly bent.
    FineLines,
    /// Parallel lines that bend about a figure, so that it seems to stand out.
    Relief,
    /// A screen of dots of changing size.
    Dots,
    /// Two screens of straight strokes across each other. Held out of training.
    Crosshatch,
}

/// The typeface of the machine-readable zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneFont {
    /// OCR-B, which ICAO 9303 part 3 prescribes.
    OcrB,
    /// OCR-B with sharp stroke ends.
    OcrBSharp,
    /// OCR-B, slanted: the file `OCRBL.otf`. Held out of training.
    OcrBOblique,
    /// A common monospaced face that careless issuers use instead.
    DejavuSansMono,
    /// Another one.
    NotoSansMono,
}

/// The languages of the captions; all but the first two go with English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English and French, as Utopia has them.
    EnglishFrench,
    /// English alone.
    English,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
    /// German.
    German,
    /// Italian.
    Italian,
    /// Dutch.
    Dutch,
    /// Polish.
    Polish,
    /// Romanian.
    Romanian,
    /// Turkish.
    Turkish,
    /// Czech.
    Czech,
    /// Swedish.
    Swedish,
}

/// How a specimen looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// The arrangement of its pages.
    pub design: Design,
    /// What is printed behind.
    pub background: Background,
    /// The zone's typeface.
    pub font: ZoneFont,
    /// The captions' languages.
    pub language: Language,
    /// How far the background is whitened behind the zone: 0 not at all, 1 to bare paper.
    pub zone_clearing: f32,
}

impl Default for Style {
    /// The look of the demonstrations.
    fn default() -> Self {
        Self {
            design: Design::Classic,
            background: Background::Waves,
            font: ZoneFont::OcrB,
            language: Language::EnglishFrench,
            zone_clearing: 0.93,
        }
    }
}

impl Style {
    /// The design that a kind of document is drawn in.
    pub(super) fn design_of(&self, kind: SpecimenKind) -> Design {
        match (self.design, kind) {
            (Design::Classic, SpecimenKind::Passport | SpecimenKind::IdCard) => Design::Classic,
            (Design::Classic, _) => Design::Ruled,
            (design, _) => design,
        }
    }
}

impl Design {
    /// Every design.
    pub const ALL: [Self; 4] = [Self::Classic, Self::Ruled, Self::Banner, Self::Mirrored];
}

impl Background {
    /// Every family.
    pub const ALL: [Self; 7] = [
        Self::Waves,
        Self::Guilloche,
        Self::Gradient,
        Self::FineLines,
        Self::Relief,
        Self::Dots,
        Self::Crosshatch,
    ];
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 13] = [
        Self::EnglishFrench,
        Self::English,
        Self::French,
        Self::Spanish,
        Self::Portuguese,
        Self::German,
        Self::Italian,
        Self::Dutch,
        Self::Polish,
        Self::Romanian,
        Self::Turkish,
        Self::Czech,
        Self::Swedish,
    ];
}

impl ZoneFont {
    pub(super) fn typeface(self) -> Typeface {
        match self {
            Self::OcrB => Typeface::OcrB,
            Self::OcrBSharp => Typeface::OcrBSharp,
            Self::OcrBOblique => Typeface::OcrBOblique,
            Self::DejavuSansMono => Typeface::DejavuSansMono,
            Self::NotoSansMono => Typeface::NotoSansMono,
        }
    }
}
