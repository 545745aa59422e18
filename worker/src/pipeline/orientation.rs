//! Which way up a page is, as far as its words can tell.

use serde::{Deserialize, Serialize};

use crate::inference::text::Word;

/// How far an image must be turned clockwise for its text to be upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It is upright.
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees.
    Half,
    /// By 270 degrees.
    ThreeQuarters,
}

impl Turn {
    /// Every turn, by size.
    pub const ALL: [Self; 4] = [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters];

    /// Degrees clockwise.
    pub fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }

    /// This turn and another one after it.
    pub fn then(self, next: Self) -> Self {
        let quarters = (self.degrees() + next.degrees()) / 90;
        Self::ALL[usize::from(quarters % 4)]
    }
}

/// Whether most of the text runs up or down.
pub fn lies_on_its_side(words: &[Word]) -> bool {
    let length = |sideways: bool| -> f32 {
        let directed = words.iter().filter(|word| word.angle().is_some_and(|a| (a.abs() > 45.0) == sideways));
        directed.map(Word::long_side).sum()
    };
    length(true) > length(false)
}

/// Slopes are counted in bins of this many degrees.
const BIN: f32 = 0.5;

/// The slope of the page's lines in degrees, clockwise positive: the most frequent slope of its words, each
/// counted by its length, refined by the mean of the words near it. Zero if no word tells.
pub fn slope(words: &[Word]) -> f32 {
    let slopes: Vec<(f32, f32)> = (words.iter())
        .filter_map(|word| Some((word.angle().filter(|angle| angle.abs() <= 45.0)?, word.long_side())))
        .collect();
    let weight_near = |centre: f32, reach: f32| -> (f32, f32) {
        let near = slopes.iter().filter(|(slope, _)| (slope - centre).abs() <= reach);
        near.fold((0.0, 0.0), |(weight, sum), (slope, length)| (weight + length, sum + slope * length))
    };
    let bins = (-90..=90).map(|bin| bin as f32 * BIN);
    let mode = bins.max_by(|a, b| weight_near(*a, BIN).0.total_cmp(&weight_near(*b, BIN).0)).unwrap_or(0.0);
    let (weight, sum) = weight_near(mode, 2.0 * BIN);
    if weight > 0.0 { sum / weight } else { 0.0 }
}
