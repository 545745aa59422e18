//! What is printed behind the fields: bands of waves and a rosette, as banknotes and passports have them, and the
//! other families of backgrounds.

use std::f32::consts::TAU;

use super::{
    Background,
    chance::Chance,
    portable::{sin, sin_cos},
    screen,
    sheet::{Area, Sheet},
};
use crate::{
    drawing::{Mask, mix},
    inference::Point,
};

/// The lines' width in millimetres.
const LINE: f32 = 0.09;
/// How far the curves' points lie apart, in millimetres.
const STEP: f32 = 0.35;

/// Tints the whole page and covers it with the family's pattern, whose shape the seed draws.
pub(super) fn draw(sheet: &mut Sheet, family: Background, chance: &mut Chance) {
    tint(sheet);
    match family {
        Background::Waves => waves(sheet, chance),
        other => screen::draw(sheet, other, chance),
    }
}

fn waves(sheet: &mut Sheet, chance: &mut Chance) {
    let (width, height) =
        (sheet.image.width() as f32 / sheet.scale, sheet.image.height() as f32 / sheet.scale);
    for colour in sheet.palette.lines {
        let waves = Waves::draw(chance, width);
        let mut mask = Mask::new(0, 0, sheet.image.width() as usize, sheet.image.height() as usize);
        let count = (height / 1.3) as i32;
        for line in -4..count + 4 {
            let offset = line as f32 * 1.3;
            let points = curve(width, |x| sheet.point(x, offset + waves.at(x, offset)));
            mask.polyline(&points, LINE * sheet.scale);
        }
        mask.paint(&mut sheet.image, colour, 0.55);
    }
}

/// A rosette: one closed curve that turns many times about its centre.
pub(super) fn rosette(sheet: &mut Sheet, centre: (f32, f32), radius: f32, chance: &mut Chance) {
    let petals = (5 + chance.below(4)) as f32;
    for (ring, colour) in sheet.palette.lines.into_iter().enumerate() {
        let phase = chance.unit() * TAU;
        let mut mask = Mask::new(0, 0, sheet.image.width() as usize, sheet.image.height() as usize);
        for turn in 0..12 {
            let shift = phase + turn as f32 * TAU / 12.0 / petals;
            let points: Vec<Point> = (0..=240)
                .map(|i| {
                    let angle = i as f32 * TAU / 240.0;
                    let wave = 0.62 + 0.38 * sin(petals * (angle + shift));
                    let r = radius * wave * (1.0 - 0.25 * ring as f32);
                    let (sine, cosine) = sin_cos(angle);
                    sheet.point(centre.0 + r * cosine, centre.1 + r * sine)
                })
                .collect();
            mask.polyline(&points, LINE * sheet.scale);
        }
        mask.paint(&mut sheet.image, colour, 0.75);
    }
}

/// The holder's signature: a pen line that loops along.
pub(super) fn signature(sheet: &mut Sheet, area: Area, chance: &mut Chance) {
    let Area(left, top, width, height) = area;
    let (fast, slow) = (chance.between(5.0, 8.0), chance.between(1.0, 2.5));
    let (phase, lean) = (chance.unit() * TAU, chance.between(0.4, 0.9));
    let points: Vec<Point> = (0..=300)
        .map(|i| {
            let t = i as f32 / 300.0;
            let envelope = 0.6 + 0.4 * sin(slow * TAU * t + phase);
            let swing = sin(fast * TAU * t + phase) * envelope * (1.0 - 0.6 * t);
            let x = left + width * t + lean * sin_cos(fast * TAU * t + phase).1;
            sheet.point(x, top + height * (0.5 - 0.5 * swing))
        })
        .collect();
    let mut mask = Mask::around(&sheet.image, &points, 0.28 * sheet.scale);
    mask.polyline(&points, 0.28 * sheet.scale);
    mask.paint(&mut sheet.image, image::Rgb([26, 30, 92]), 0.9);
}

fn tint(sheet: &mut Sheet) {
    let [left, right] = sheet.palette.tints;
    let width = sheet.image.width() as f32;
    for (x, _, pixel) in sheet.image.enumerate_pixels_mut() {
        *pixel = mix(left, right, x as f32 / width);
    }
}

fn curve(width: f32, at: impl Fn(f32) -> Point) -> Vec<Point> {
    (0..=(width / STEP) as i32 + 1).map(|i| at(i as f32 * STEP)).collect()
}

/// Two superposed waves whose phase drifts from line to line.
struct Waves {
    amplitude: [f32; 2],
    frequency: [f32; 2],
    phase: [f32; 2],
    drift: f32,
}

impl Waves {
    fn draw(chance: &mut Chance, width: f32) -> Self {
        Self {
            amplitude: [chance.between(1.2, 2.4), chance.between(0.4, 1.0)],
            frequency: [chance.between(1.5, 3.5) * TAU / width, chance.between(5.0, 9.0) * TAU / width],
            phase: [chance.unit() * TAU, chance.unit() * TAU],
            drift: chance.between(-0.12, 0.12),
        }
    }

    fn at(&self, x: f32, offset: f32) -> f32 {
        (0..2)
            .map(|i| self.amplitude[i] * sin(self.frequency[i] * x + self.phase[i] + self.drift * offset))
            .sum()
    }
}
