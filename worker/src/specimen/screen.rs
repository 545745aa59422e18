//! Backgrounds that cover the page point by point: how much ink lies at a place follows from its coordinates.

use std::f32::consts::TAU;

use image::Rgb;

use super::{
    Background,
    chance::Chance,
    portable::{sin, sin_cos},
    sheet::Sheet,
};
use crate::drawing::mix;

/// Covers the page with a family's pattern.
pub(super) fn draw(sheet: &mut Sheet, family: Background, chance: &mut Chance) {
    let strength = chance.between(0.45, 0.75);
    let [first, second] = sheet.palette.lines;
    match family {
        Background::Gradient => run_together(sheet, chance),
        Background::Waves => {}
        Background::Guilloche => {
            let mesh = Mesh::drawn(chance);
            ink(sheet, first, strength, |x, y, pixel| lines(mesh.across(x, y, 1.0), mesh.pitch, 0.1, pixel));
            ink(sheet, second, strength, |x, y, pixel| {
                lines(mesh.across(x, y, -1.0), mesh.pitch, 0.1, pixel)
            });
        }
        Background::FineLines => {
            let (slope, bend) = (sin_cos(chance.between(-0.9, 0.9)), chance.between(0.0, 1.2));
            let (pitch, wave) = (chance.between(0.45, 0.8), chance.between(10.0, 30.0));
            ink(sheet, first, strength, |x, y, pixel| {
                let along = y * slope.1 + x * slope.0 + bend * sin(TAU * x / wave);
                lines(along, pitch, 0.12, pixel)
            });
        }
        Background::Relief => {
            let hills = Hills::drawn(sheet, chance);
            let pitch = chance.between(0.55, 0.9);
            ink(sheet, first, strength, |x, y, pixel| lines(y - hills.height(x, y), pitch, 0.14, pixel));
        }
        Background::Dots => {
            let (sine, cosine) = sin_cos(chance.between(0.0, TAU / 4.0));
            let (pitch, phase) = (chance.between(0.7, 1.1), chance.unit() * TAU);
            ink(sheet, first, strength, |x, y, pixel| {
                let (u, v) = (x * cosine + y * sine, y * cosine - x * sine);
                let (across, down) = (to_nearest(u, pitch), to_nearest(v, pitch));
                let radius = pitch * (0.24 + 0.14 * sin(0.13 * x + phase) * sin(0.17 * y));
                let from_middle = libm::sqrtf(across * across + down * down);
                ((radius - from_middle) / pixel + 0.5).clamp(0.0, 1.0)
            });
        }
        Background::Crosshatch => {
            let angle = chance.between(0.5, 1.0);
            let (pitch, dash) = (chance.between(0.7, 1.1), chance.between(3.0, 8.0));
            let (sine, cosine) = sin_cos(angle);
            ink(sheet, first, strength, |x, y, pixel| {
                let rising = lines(x * sine + y * cosine, pitch, 0.13, pixel);
                // The strokes of a hatching end and begin again.
                let stroke = x * cosine - y * sine + 7.0 * sin((x * sine + y * cosine) / pitch * 0.37);
                if to_nearest(stroke, dash).abs() < 0.44 * dash { rising } else { 0.0 }
            });
            ink(sheet, second, strength, |x, y, pixel| lines(x * sine - y * cosine, pitch, 0.13, pixel));
        }
    }
}

/// Mixes a colour into the page; `cover` gives how much of a place in millimetres is inked, the last argument
/// being the size of a pixel.
fn ink(sheet: &mut Sheet, colour: Rgb<u8>, strength: f32, cover: impl Fn(f32, f32, f32) -> f32) {
    let size = 1.0 / sheet.scale;
    for (x, y, pixel) in sheet.image.enumerate_pixels_mut() {
        let covered = cover(x as f32 * size, y as f32 * size, size);
        *pixel = mix(*pixel, colour, covered * strength);
    }
}

/// How much of a pixel the nearest of many parallel lines covers.
fn lines(across: f32, pitch: f32, width: f32, pixel: f32) -> f32 {
    let distance = to_nearest(across, pitch).abs();
    let most = (width / pixel).min(1.0);
    ((width / 2.0 - distance) / pixel + 0.5).clamp(0.0, most)
}

/// The distance to the nearest multiple of `pitch`.
fn to_nearest(value: f32, pitch: f32) -> f32 {
    value - pitch * (value / pitch).round()
}

/// Four colours at the corners that run into one another.
fn run_together(sheet: &mut Sheet, chance: &mut Chance) {
    let (bend, depth) = (chance.between(0.5, 2.5), chance.between(0.3, 0.6));
    let (width, height) = (sheet.image.width() as f32, sheet.image.height() as f32);
    let [first, second] = sheet.palette.lines;
    for (x, y, pixel) in sheet.image.enumerate_pixels_mut() {
        let (x, y) = (x as f32 / width, y as f32 / height);
        let down = 0.5 + 0.5 * sin(bend * (x + y) * TAU);
        *pixel = mix(mix(*pixel, first, depth * (1.0 - y) * down), second, depth * y * (1.0 - down));
    }
}

/// Two families of waves that cross.
struct Mesh {
    pitch: f32,
    amplitude: [f32; 2],
    length: [f32; 2],
    phase: f32,
}

impl Mesh {
    fn drawn(chance: &mut Chance) -> Self {
        Self {
            pitch: chance.between(0.9, 1.4),
            amplitude: [chance.between(1.5, 4.0), chance.between(0.3, 1.0)],
            length: [chance.between(18.0, 40.0), chance.between(5.0, 11.0)],
            phase: chance.unit() * TAU,
        }
    }

    fn across(&self, x: f32, y: f32, side: f32) -> f32 {
        let wave = |i: usize| self.amplitude[i] * sin(TAU * x / self.length[i] + self.phase + 0.05 * y);
        y + side * (wave(0) + wave(1))
    }
}

/// Round hills with rings on their sides, that lines bend about.
struct Hills(Vec<(f32, f32, f32, f32)>);

impl Hills {
    fn drawn(sheet: &Sheet, chance: &mut Chance) -> Self {
        let (width, height) =
            (sheet.image.width() as f32 / sheet.scale, sheet.image.height() as f32 / sheet.scale);
        let mut hill = || {
            let (x, y) = (chance.between(0.0, width), chance.between(0.0, height));
            (x, y, chance.between(8.0, 20.0), chance.between(0.8, 2.4))
        };
        Self((0..6).map(|_| hill()).collect())
    }

    fn height(&self, x: f32, y: f32) -> f32 {
        let of = |(at_x, at_y, radius, height): &(f32, f32, f32, f32)| {
            let square = ((x - at_x) * (x - at_x) + (y - at_y) * (y - at_y)) / (radius * radius);
            let side = (1.0 - square).max(0.0);
            height * side * side * (1.0 + 0.25 * sin(9.0 * square))
        };
        self.0.iter().map(of).sum()
    }
}
