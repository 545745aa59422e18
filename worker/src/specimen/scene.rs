//! Scenes: a document on a table among other things, as a camera sees it from the side, with its true corners.
//!
//! For tests and measurements of how documents are found; any picture of a document can be laid on the table.

use std::f32::consts::TAU;

use image::{Rgb, RgbImage};
use imageproc::geometric_transformations::Projection;

use super::{SpecimenError, chance::Chance, degrade::Exposure};
use crate::inference::{Point, Quad};

/// Everything that a scene is drawn from: the same scene and document give the same pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// Width and height of the picture in pixels.
    pub size: (u32, u32),
    /// What the table looks like.
    pub table: Table,
    /// About its colour.
    pub colour: [u8; 3],
    /// The document's rotation, clockwise, in degrees.
    pub rotation_deg: f32,
    /// How far the camera looks from the side, in degrees.
    pub tilt_deg: f32,
    /// From which side it looks, in degrees clockwise from the right.
    pub tilt_from_deg: f32,
    /// The document's width, as a part of the picture's longer side.
    pub scale: f32,
    /// Where its middle is, as parts of the picture's width and height.
    pub middle: (f32, f32),
    /// How dark its shadow on the table is, 0 to 1.
    pub shadow: f32,
    /// Standard deviation of the blur, in parts of the picture's width.
    pub blur_sigma: f32,
    /// Standard deviation of the sensor's noise in grey levels.
    pub noise: f32,
    /// Quality of a JPEG round trip, 1 to 100; none: no compression.
    pub jpeg_quality: Option<u8>,
    /// Draws the table and the noise.
    pub seed: u64,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Of one colour, slightly stained.
    Plain,
    /// Wood.
    Grain,
    /// Two colours like a chess board.
    Checks,
    /// Two colours in stripes.
    Stripes,
    /// Woven.
    Cloth,
    /// Tiles with joints.
    Bricks,
    /// Plain, with boxes, discs and printed sheets on it.
    Clutter,
}

/// The corners of cards and pages are round by this part of the document's width.
const ROUND_CORNER: f32 = 0.03;
/// How far a shadow reaches, as a part of the document's width.
const SHADOW: f32 = 0.02;

impl Scene {
    /// A scene at random: any table, in one case of four of nearly the document's own colour, which is `like`; any
    /// quarter turn and up to 20 degrees more, up to 20 degrees from the side, from two fifths of the picture to
    /// nearly all of it.
    pub fn from_seed(seed: u64, like: [u8; 3]) -> Self {
        let mut chance = Chance::new(seed, "scene");
        let size = if chance.happens(0.5) { (1280, 960) } else { (960, 1280) };
        let mut colour = [0; 3].map(|_: u8| 20 + chance.below(220) as u8);
        if chance.happens(0.25) {
            let step = chance.between(8.0, 20.0) * if chance.happens(0.5) { 1.0 } else { -1.0 };
            colour = like.map(|value| (f32::from(value) + step).clamp(0.0, 250.0) as u8);
        }
        let rotation_deg = chance.pick(&[0.0, 90.0, 180.0, 270.0]) + chance.between(-20.0, 20.0);
        let is_upright = (rotation_deg + 45.0_f32).rem_euclid(180.0) > 90.0;
        let room = if is_upright { size.1 } else { size.0 } as f32 / 1280.0;
        Self {
            size,
            table: chance.pick(&Table::ALL),
            colour,
            rotation_deg,
            tilt_deg: chance.between(0.0, 20.0),
            tilt_from_deg: chance.between(0.0, 360.0),
            scale: chance.between(0.4, 0.85) * room,
            middle: (chance.between(0.47, 0.53), chance.between(0.47, 0.53)),
            shadow: chance.between(0.0, 0.5),
            blur_sigma: chance.between(0.0003, 0.0016),
            noise: chance.between(1.0, 8.0),
            jpeg_quality: Some(50 + chance.below(45) as u8),
            seed,
        }
    }

    /// Lays a document on the table: the picture, and the document's corners clockwise from its own upper left.
    pub fn place(&self, document: &RgbImage) -> Result<(RgbImage, Quad), SpecimenError> {
        let mut chance = Chance::new(self.seed, "table");
        let mut picture = self.table.draw(self.size, self.colour.map(f32::from), &mut chance);
        let corners = self.corners(document.dimensions());
        let flat = (document.width() as f32, document.height() as f32);
        let back = Projection::from_control_points(corners, [(0.0, 0.0), (flat.0, 0.0), flat, (0.0, flat.1)])
            .ok_or(SpecimenError::Perspective(self.tilt_deg))?;
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let mut sum = [0.0_f32; 3];
            // Four samples a pixel, so that edges have no steps.
            for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
                let at = back * (x as f32 + dx, y as f32 + dy);
                let outside = outside(at, flat, ROUND_CORNER * flat.0);
                let colour = if outside < 0.0 {
                    sample(document, at)
                } else {
                    let shade = 1.0 - self.shadow * (-outside / (SHADOW * flat.0)).exp();
                    pixel.0.map(|value| f32::from(value) * shade)
                };
                sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value / 4.0);
            }
            pixel.0 = sum.map(|value| value.round() as u8);
        }
        let blur_px = self.blur_sigma * self.size.0 as f32;
        let camera = Exposure { blur_px, noise: self.noise, jpeg_quality: self.jpeg_quality };
        let (picture, _) = camera.expose(picture, &mut chance)?;
        Ok((picture, Quad(corners.map(|(x, y)| Point::new(x, y)))))
    }

    /// The document's corners in the picture of a pinhole camera whose focal length is the picture's longer side.
    fn corners(&self, (width, height): (u32, u32)) -> [(f32, f32); 4] {
        let size = self.size.0.max(self.size.1) as f32;
        let ratio = height as f32 / width as f32;
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let (tilt_sin, tilt_cos) = self.tilt_deg.to_radians().sin_cos();
        let (from_sin, from_cos) = self.tilt_from_deg.to_radians().sin_cos();
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(a, b)| {
            let (x, y) = (a * self.scale * size, b * self.scale * size * ratio);
            let (x, y) = (x * cos - y * sin, x * sin + y * cos);
            // In the direction of the tilt the table comes nearer or falls away.
            let (along, across) = (x * from_cos + y * from_sin, y * from_cos - x * from_sin);
            let depth = 1.0 + along * tilt_sin / size;
            let (along, across) = (along * tilt_cos / depth, across / depth);
            (
                self.middle.0 * self.size.0 as f32 + along * from_cos - across * from_sin,
                self.middle.1 * self.size.1 as f32 + along * from_sin + across * from_cos,
            )
        })
    }
}

/// How far a place lies outside a document with round corners, in pixels of the document; negative within.
fn outside((u, v): (f32, f32), (width, height): (f32, f32), radius: f32) -> f32 {
    let dx = (radius - u).max(u - width + radius).max(0.0);
    let dy = (radius - v).max(v - height + radius).max(0.0);
    (-u).max(u - width).max(-v).max(v - height).max(dx.hypot(dy) - radius)
}

/// The document's colour at a place, bilinear.
fn sample(document: &RgbImage, (u, v): (f32, f32)) -> [f32; 3] {
    let (x, y) = ((u - 0.5).max(0.0), (v - 0.5).max(0.0));
    let (left, top) = (x as u32, y as u32);
    let (across, down) = (x - left as f32, y - top as f32);
    let pixel = |dx: u32, dy: u32| {
        document.get_pixel((left + dx).min(document.width() - 1), (top + dy).min(document.height() - 1)).0
    };
    let rows = [0, 1].map(|dy| (pixel(0, dy), pixel(1, dy)));
    std::array::from_fn(|c| {
        let [upper, lower] = rows.map(|(l, r)| f32::from(l[c]) * (1.0 - across) + f32::from(r[c]) * across);
        upper * (1.0 - down) + lower * down
    })
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 7] =
        [Self::Plain, Self::Grain, Self::Checks, Self::Stripes, Self::Cloth, Self::Bricks, Self::Clutter];

    /// A table top of about that colour.
    fn draw(self, (width, height): (u32, u32), base: [f32; 3], chance: &mut Chance) -> RgbImage {
        let size = width.max(height) as f32;
        let (sin, cos) = chance.between(0.0, TAU).sin_cos();
        let pitch = size * chance.between(0.02, 0.09);
        let depth = chance.between(8.0, 45.0);
        let other = base.map(|v| (v + if v > 128.0 { -1.5 * depth } else { 1.5 * depth }).clamp(0.0, 255.0));
        let light = chance.between(-0.15, 0.15);
        let stains = Stains::new(chance, size);
        let mut table = RgbImage::from_fn(width, height, |x, y| {
            let (across, down) = (x as f32, y as f32);
            let (u, v) = ((across * cos - down * sin) / pitch, (across * sin + down * cos) / pitch);
            let part = self.part((u, v), stains.at(x, y));
            let shade = 1.0 + 2.0 * light * (across / width as f32 - 0.5);
            Rgb(std::array::from_fn(|c| {
                ((base[c] + (other[c] - base[c]) * part) * shade).clamp(0.0, 255.0) as u8
            }))
        });
        if self == Self::Clutter {
            for _ in 0..14 {
                drop_thing(&mut table, chance);
            }
        }
        table
    }

    /// How much of the other colour the pattern has at a place, in its own units, given the stain there.
    fn part(self, (u, v): (f32, f32), stain: f32) -> f32 {
        match self {
            Self::Plain | Self::Clutter => 0.1 * stain,
            Self::Grain => 0.2 + 0.2 * (3.0 * v + 4.0 * stain).sin() + 0.2 * stain,
            Self::Checks => f32::from((u.floor() + v.floor()).rem_euclid(2.0) < 1.0),
            Self::Stripes => f32::from(u.rem_euclid(1.0) < 0.5),
            Self::Cloth => 0.5 * (18.0 * u).sin() * (18.0 * v).sin() + stain,
            Self::Bricks => {
                let row = v.floor();
                let is_joint = v.rem_euclid(1.0) < 0.12 || (u / 2.0 + row * 0.5).rem_euclid(1.0) < 0.06;
                f32::from(is_joint) + 0.3 * stain
            }
        }
    }
}

/// Puts a box, a disc or a printed sheet somewhere on the table.
fn drop_thing(table: &mut RgbImage, chance: &mut Chance) {
    let (width, height) = (table.width() as f32, table.height() as f32);
    let (x, y) = (chance.unit() * width, chance.unit() * height);
    let (a, b) = (width * chance.between(0.03, 0.25), width * chance.between(0.02, 0.18));
    let (sin, cos) = chance.between(0.0, TAU).sin_cos();
    let colour = Rgb([0; 3].map(|_: u8| chance.below(256) as u8));
    let kind = chance.below(3);
    for (px, py, pixel) in table.enumerate_pixels_mut() {
        let (dx, dy) = (px as f32 - x, py as f32 - y);
        let (u, v) = ((dx * cos + dy * sin) / a, (dy * cos - dx * sin) / b);
        let is_inside = if kind == 0 { u.hypot(v) < 1.0 } else { u.abs() < 1.0 && v.abs() < 1.0 };
        if is_inside {
            let is_print = kind == 2 && (v * 6.0).rem_euclid(1.0) < 0.4 && (u * 25.0 + v * 70.0).sin() > 0.0;
            *pixel = if is_print { Rgb([40; 3]) } else { colour };
        }
    }
}

/// Smooth noise of three octaves, -1 to 1.
struct Stains(Vec<Octave>);

/// Values on a grid: the distance of its points in pixels, how many lie in a row, and the values.
struct Octave {
    cell: f32,
    stride: usize,
    values: Vec<f32>,
}

impl Stains {
    fn new(chance: &mut Chance, size: f32) -> Self {
        let octaves = [12.0, 40.0, 150.0].map(|cells: f32| {
            let stride = cells as usize + 3;
            let values = (0..stride * stride).map(|_| chance.between(-1.0, 1.0)).collect();
            Octave { cell: size / cells, stride, values }
        });
        Self(octaves.into())
    }

    fn at(&self, x: u32, y: u32) -> f32 {
        let mut sum = 0.0;
        let mut weight = 1.0 / 1.75;
        for Octave { cell, stride, values } in &self.0 {
            let (x, y) = (x as f32 / cell, y as f32 / cell);
            let (i, j) = (x as usize, y as usize);
            let (across, down) = (x - i as f32, y - j as f32);
            let value = |di: usize, dj: usize| values[(j + dj) * stride + i + di];
            let row = |dj: usize| value(0, dj) * (1.0 - across) + value(1, dj) * across;
            sum += weight * (row(0) * (1.0 - down) + row(1) * down);
            weight /= 2.0;
        }
        sum
    }
}
