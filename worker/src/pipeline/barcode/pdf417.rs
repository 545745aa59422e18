//! Reads a PDF417 (ISO/IEC 15438) in a strip whose bars stand upright.

use rxing::common::BitMatrix;
use rxing::pdf417::decoder::pdf_417_scanning_decoder;
use rxing::pdf417::detector::pdf_417_detector;

use super::library::guarded;
use super::look::Look;
use crate::inference::{Point, Quad};

/// Where the start and stop patterns of a symbol begin and end, as the library lists them: upper left, lower left,
/// upper right, lower right of the symbol, then the same of the codewords between both patterns.
type Vertices = [Option<rxing::Point>; 8];

/// The modules of a codeword and of the stop pattern.
const CODEWORD: f32 = 17.0;
const STOP: f32 = 18.0;
/// The least size of a pattern as a part of the greatest: perspective makes them differ.
const LEAST_AGREEMENT: f32 = 0.55;

/// Looks for one symbol, upright or upside down.
pub(super) fn look(bits: &BitMatrix) -> Option<Look> {
    let upright = look_upright(bits);
    if upright.as_ref().is_some_and(|look| look.bytes.is_some()) {
        return upright;
    }
    let mut turned = bits.clone();
    turned.rotate180();
    let (right, bottom) = (bits.width() as f32 - 1.0, bits.height() as f32 - 1.0);
    let turned =
        look_upright(&turned).map(|look| look.placed(|point| Point::new(right - point.x, bottom - point.y)));
    match turned {
        Some(turned) if turned.bytes.is_some() || upright.is_none() => Some(turned),
        _ => upright,
    }
}

fn look_upright(bits: &BitMatrix) -> Option<Look> {
    let vertices = guarded(|| pdf_417_detector::detect(false, bits))??.into_iter().next()?;
    let read = guarded(|| {
        pdf_417_scanning_decoder::decode(
            bits,
            vertices[4],
            vertices[5],
            vertices[6],
            vertices[7],
            narrowest(&vertices),
            widest(&vertices),
        )
        .ok()
        .map(|read| bytes(read.getText()))
    });
    let corners = corners(&vertices);
    match read.flatten() {
        Some(bytes) => Some(Look { quad: corners.unwrap_or_else(|| whole(bits)), bytes: Some(bytes) }),
        // One pattern alone may be anything.
        None => corners.map(|quad| Look { quad, bytes: None }),
    }
}

/// The bytes that were encoded: without a character set of their own each is shown as the character of its number.
fn bytes(text: &str) -> Vec<u8> {
    let plain: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(character).ok()).collect();
    plain.unwrap_or_else(|| text.as_bytes().to_vec())
}

/// The symbol's corners, if both of its patterns were found and have one size.
fn corners(vertices: &Vertices) -> Option<Quad> {
    if widths(vertices).fold(f32::MAX, f32::min) < LEAST_AGREEMENT * widths(vertices).fold(0.0, f32::max) {
        return None;
    }
    let corner = |index: usize| vertices[index].map(|point| Point::new(point.x, point.y));
    let [mut left, mut right] = [[corner(0)?, corner(1)?], [corner(2)?, corner(3)?]];
    // In a blurred picture one pattern is seen on a few rows only.
    let height = |side: &[Point; 2]| side[1].y - side[0].y;
    if height(&right) < LEAST_AGREEMENT * height(&left) {
        right = [0, 1].map(|end| Point::new(right[end].x, left[end].y));
    } else if height(&left) < LEAST_AGREEMENT * height(&right) {
        left = [0, 1].map(|end| Point::new(left[end].x, right[end].y));
    }
    Some(Quad([left[0], right[0], right[1], left[1]]))
}

fn whole(bits: &BitMatrix) -> Quad {
    let (right, bottom) = (bits.width() as f32 - 1.0, bits.height() as f32 - 1.0);
    Quad([Point::new(0.0, 0.0), Point::new(right, 0.0), Point::new(right, bottom), Point::new(0.0, bottom)])
}

/// How wide a codeword is, in pixels, by each end of each pattern.
fn widths(vertices: &Vertices) -> impl Iterator<Item = f32> {
    let width = |a: usize, b: usize| Some((vertices[a]?.x - vertices[b]?.x).abs());
    let stop = |a: usize, b: usize| width(a, b).map(|width| width * CODEWORD / STOP);
    [width(0, 4), width(1, 5), stop(6, 2), stop(7, 3)].into_iter().flatten()
}

fn narrowest(vertices: &Vertices) -> u32 {
    widths(vertices).fold(f32::MAX, f32::min) as u32
}

fn widest(vertices: &Vertices) -> u32 {
    widths(vertices).fold(0.0, f32::max) as u32
}
