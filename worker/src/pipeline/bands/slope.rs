//! The slope of a picture's print: along it the contrast, summed up row by row, changes most from row to row (the
//! projection profile of Postl, 1986).

use super::STEEPEST;
use super::map::Map;

/// The width of the picture that is looked at.
const WIDTH: usize = 320;
/// The steps in degrees, first over all slopes and then about the best.
const COARSE: f32 = 1.0;
const FINE: f32 = 0.2;
/// Slopes that lie nearer are one, in degrees.
const APART: f32 = 2.5;
/// How much more rows along a plain slope differ than level rows.
const PLAIN: f32 = 1.4;

/// The likeliest slopes in degrees, clockwise positive, the likeliest first: a pattern behind the print has slopes of its own.
pub(super) fn likeliest(contrast: &Map, count: usize) -> Vec<f32> {
    let small = contrast.reduced_to(WIDTH);
    let mut scored = scored(&small, 0.0, STEEPEST, COARSE);
    let mut slopes = Vec::new();
    while slopes.len() < count
        && let Some((degrees, _)) = highest(&scored)
    {
        slopes.extend(highest(&self::scored(&small, degrees, COARSE, FINE)).map(|(degrees, _)| degrees));
        scored.retain(|(other, _)| (other - degrees).abs() >= APART);
    }
    slopes
}

/// The slope if it is plain: rows along it must differ clearly more than level rows do. Zero otherwise.
pub(super) fn if_plain(contrast: &Map) -> f32 {
    let small = contrast.reduced_to(WIDTH);
    let degrees = likeliest(&small, 1).first().copied().unwrap_or(0.0);
    if sharpness(&small, degrees) > PLAIN * sharpness(&small, 0.0) { degrees } else { 0.0 }
}

fn highest(scored: &[(f32, f32)]) -> Option<(f32, f32)> {
    scored.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The slopes within a reach about a middle, and how sharp the rows along them are.
fn scored(map: &Map, middle: f32, reach: f32, step: f32) -> Vec<(f32, f32)> {
    let steps = (reach / step).round() as i32;
    let slopes = (-steps..=steps).map(|at| middle + at as f32 * step);
    slopes.map(|degrees| (degrees, sharpness(map, degrees))).collect()
}

/// How much the sums of rows along a slope differ from one row to the next.
fn sharpness(map: &Map, degrees: f32) -> f32 {
    let slope = degrees.to_radians().tan();
    let rise = (map.width as f32 / 2.0 * slope.abs()).ceil();
    let mut sums = vec![0.0_f32; map.height + 2 * rise as usize + 2];
    for x in 0..map.width {
        let shift = (rise - (x as f32 - map.width as f32 / 2.0) * slope).round().max(0.0) as usize;
        for y in 0..map.height {
            sums[y + shift] += map.at(x, y);
        }
    }
    sums.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum()
}
