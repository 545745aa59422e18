//! Reads QR codes (ISO/IEC 18004).

use std::cmp::Reverse;

use rxing::common::{BitMatrix, DetectorRXingResult};
use rxing::qrcode::cpp_port::{decoder, detector};

use super::library::guarded;
use super::look::Look;
use crate::inference::{Point, Quad};

/// How many finder patterns of a picture are looked at, the largest ones: more are a pattern of another kind.
const MOST_PATTERNS: usize = 40;
/// How many triples of them are tried, the likeliest ones.
const MOST_TRIPLES: usize = 24;
/// A grid that cannot be read is a symbol if this part of its timing patterns is right, which chance reaches once
/// in a hundred triples.
const LEAST_TIMING: f32 = 0.85;
/// Where the timing patterns run, and where they begin and end before the finder patterns, in modules.
const TIMING_LINE: u32 = 6;
const TIMING_START: u32 = 8;

/// Every QR code of a picture.
pub(super) fn look(bits: &BitMatrix) -> Vec<Look> {
    let triples = guarded(|| {
        let mut patterns = detector::FindFinderPatterns(bits, true, 0);
        patterns.sort_by_key(|pattern| Reverse(pattern.size));
        patterns.truncate(MOST_PATTERNS);
        detector::GenerateFinderPatternSets(&mut patterns)
    });
    let mut looks: Vec<Look> = Vec::new();
    for triple in triples.into_iter().flatten().take(MOST_TRIPLES) {
        let Some(look) = guarded(|| one(bits, &triple)).flatten() else { continue };
        match looks.iter().position(|known| known.overlaps(&look)) {
            None => looks.push(look),
            Some(known) if looks[known].bytes.is_none() && look.bytes.is_some() => looks[known] = look,
            Some(_) => {}
        }
    }
    looks
}

/// The symbol between three finder patterns.
fn one(bits: &BitMatrix, triple: &detector::FinderPatternSet) -> Option<Look> {
    let sampled = detector::SampleQR(bits, triple).ok()?;
    let corner = |index: usize| sampled.getPoints().get(index).map(|point| Point::new(point.x, point.y));
    let quad = Quad([corner(0)?, corner(1)?, corner(2)?, corner(3)?]);
    let read = decoder::Decode(sampled.getBits()).ok().filter(|read| read.isValid());
    let bytes = read.map(|read| read.content().bytes().to_vec());
    (bytes.is_some() || timing(sampled.getBits()) >= LEAST_TIMING).then_some(Look { quad, bytes })
}

/// The part of both timing patterns that is right: every other module is dark.
fn timing(grid: &BitMatrix) -> f32 {
    let end = grid.width().min(grid.height()).saturating_sub(TIMING_START);
    let modules = TIMING_START..end;
    let right = |module: u32| {
        let dark = module.is_multiple_of(2);
        u32::from(grid.get(module, TIMING_LINE) == dark) + u32::from(grid.get(TIMING_LINE, module) == dark)
    };
    let count = 2 * modules.len().max(1);
    modules.map(right).sum::<u32>() as f32 / count as f32
}
