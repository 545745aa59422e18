//! Finds the lines of a machine-readable zone by their own geometry, without a network.
//!
//! Such lines are long, dense with upright strokes, of one length and close under each other (ICAO Doc 9303 part 3,
//! section 4). So the picture's horizontal contrast, summed up along the slope of its print, shows each of them as a band.
//! What is found is a guess that costs little and is proven by reading it.

mod group;
mod map;
mod slope;
#[cfg(test)]
mod tests;
mod trace;

use image::GrayImage;

use crate::inference::{Point, Quad};
use group::{Band, grouped};
use map::Map;
use trace::{Trace, aligned, of_one_height};

/// How far a line may slope, in degrees.
const STEEPEST: f32 = 30.0;
/// Most pages are level within this many degrees, whatever slopes a pattern suggests.
const LEVEL: f32 = 1.0;
/// From how much contrast on a place belongs to a band: print on quiet paper shows at the first levels, print on patterns
/// at the last.
const LEVELS: [f32; 5] = [0.4, 0.3, 0.5, 0.22, 0.6];
/// How many groups of lines are worth a reading.
const MOST_GROUPS: usize = 4;
/// A line is so many times as long as its capitals are high: 30 to 44 characters, a part of which glare may hide.
const ASPECTS: std::ops::RangeInclusive<f32> = 14.0..=64.0;
/// Lower lines cannot be read, in pixels of the small picture.
const LEAST_HEIGHT: f32 = 5.0;
/// Groups that cover the same place by this much are one.
const SAME: f32 = 0.7;

/// How large the characters of a line are in the picture: of large ones only the edges have contrast, unless the picture is
/// reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Print {
    /// A zone is a part of the picture.
    Small,
    /// A zone is as wide as the picture.
    Large,
}

impl Print {
    /// The longer side of the small picture in pixels: larger ones are reduced by a whole factor.
    fn long_side(self) -> u32 {
        match self {
            Self::Small => 1400,
            Self::Large => 700,
        }
    }

    /// By what a picture is reduced.
    fn reduction(self, image: &GrayImage) -> u32 {
        image.width().max(image.height()).div_ceil(self.long_side()).max(1)
    }
}

/// Which of a picture's edges count most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// Those of print on quiet paper.
    Quiet,
    /// Those of print alone, although a pattern behind it has edges everywhere.
    Patterned,
}

impl Paper {
    /// The part of all places whose contrast is below the strongest that counts: a portrait's edges are stronger than
    /// print.
    fn strongest(self) -> f32 {
        match self {
            Self::Quiet => 0.92,
            Self::Patterned => 0.98,
        }
    }

    /// How many slopes come into question.
    fn slopes(self) -> usize {
        match self {
            Self::Quiet => 1,
            Self::Patterned => 2,
        }
    }
}

/// How far a page's print slopes, in degrees clockwise; zero where that is not plain.
pub fn slope_of_print(image: &GrayImage) -> f32 {
    slope::if_plain(&Map::contrast(image, Print::Small.reduction(image), Paper::Patterned.strongest()))
}

/// Groups of lines that may be a zone, the likeliest first: of each line its corners in pixels of the image, clockwise from
/// the upper left one. Print that stands on its head is found as well.
pub fn zone_lines(image: &GrayImage, paper: Paper, print: Print) -> Vec<Vec<Quad>> {
    let factor = print.reduction(image);
    let contrast = Map::contrast(image, factor, paper.strongest());
    let mut slopes = slope::likeliest(&contrast, paper.slopes());
    if slopes.iter().all(|degrees| degrees.abs() > LEVEL) {
        slopes.push(0.0);
    }
    slopes.into_iter().flat_map(|degrees| lines_along(&contrast, degrees, factor)).collect()
}

/// The groups of lines that slope by that much.
fn lines_along(contrast: &Map, degrees: f32, factor: u32) -> Vec<Vec<Quad>> {
    let level = contrast.sheared(degrees);
    let smooth = level.smoothed();
    let mut groups: Vec<Vec<Band>> = Vec::new();
    for threshold in LEVELS {
        for group in grouped(&smooth.bands(threshold)) {
            if !groups.iter().any(|known| covers(known, &group) > SAME) {
                groups.push(group);
            }
        }
    }
    groups.sort_by(|a, b| length(b).total_cmp(&length(a)));
    let back = |point: Point| {
        let point = level.before_shear(point, degrees);
        let scale = factor as f32;
        Point::new((point.x + 0.5) * scale - 0.5, (point.y + 0.5) * scale - 0.5)
    };
    (groups.iter())
        .map(|group| {
            let mut lines: Vec<Trace> = group.iter().filter_map(|band| Trace::of(&level, band)).collect();
            of_one_height(&mut lines);
            lines.retain(has_shape);
            aligned(lines)
        })
        .filter(|lines| lines.len() > 1)
        .take(MOST_GROUPS)
        .map(|lines| lines.iter().map(|line| Quad(line.quad().0.map(back))).collect())
        .collect()
}

/// Whether a line's length and height are those of a zone's.
fn has_shape(line: &Trace) -> bool {
    line.height >= LEAST_HEIGHT && ASPECTS.contains(&(line.length() / line.height))
}

/// The part of the union of two groups' lines that both cover, 0 to 1.
fn covers(a: &[Band], b: &[Band]) -> f32 {
    if a.len() != b.len() {
        return 0.0;
    }
    let shares = a.iter().zip(b).map(|(a, b)| a.rect().intersection_over_union(&b.rect()));
    shares.fold(1.0, f32::min)
}

fn length(group: &[Band]) -> f32 {
    group.iter().map(|band| band.right - band.left).sum::<f32>() / group.len().max(1) as f32
}
