//! What follows from a picture's quality under a policy.

use idv_common::domain::{QualityPolicy, ReasonCode};

use super::Quality;

/// From this mean brightness on, a picture without contrast is too bright rather than too dark, in grey levels.
const BRIGHT: f32 = 128.0;
/// The narrowest edge that a lens out of focus makes, in pixels: narrower ones are as sharp as the pixels are.
const SOFT_EDGE_PX: f32 = 3.0;

/// What is wrong with the picture: first what makes it hard to read, then what casts doubt on the document.
pub fn defects(quality: &Quality, policy: &QualityPolicy) -> Defects {
    let mut hard = Vec::new();
    let too_wide = quality.edge_width_permille > policy.max_edge_width_permille;
    if too_wide && quality.edge_width_px >= SOFT_EDGE_PX {
        hard.push(ReasonCode::ImageBlurry);
    }
    if quality.long_side_px < policy.min_document_px as f32
        || (too_wide && quality.edge_width_px < SOFT_EDGE_PX)
    {
        hard.push(ReasonCode::ImageTooSmall);
    }
    if quality.paper_level < policy.min_paper_level {
        hard.push(ReasonCode::ImageTooDark);
    } else if quality.contrast < policy.min_contrast {
        let is_bright = quality.paper_level >= BRIGHT;
        hard.push(if is_bright { ReasonCode::ImageTooBright } else { ReasonCode::ImageTooDark });
    }
    if quality.glare > policy.max_glare {
        hard.push(ReasonCode::ImageGlare);
    }
    if quality.cut_sides > policy.max_cut_sides {
        hard.push(ReasonCode::DocumentCropped);
    }
    let mut doubtful = Vec::new();
    if quality.moire_db > policy.max_moire_db {
        doubtful.push(ReasonCode::DocumentOnScreen);
    }
    if quality.chroma < policy.min_chroma {
        doubtful.push(ReasonCode::DocumentGreyscaleCopy);
    }
    Defects { hard, doubtful }
}

/// The defects of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defects {
    /// Those that make it hard to read.
    pub hard: Vec<ReasonCode>,
    /// Those that cast doubt on what it shows.
    pub doubtful: Vec<ReasonCode>,
}
