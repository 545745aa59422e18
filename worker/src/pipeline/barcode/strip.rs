//! A part of a picture cut out so that its bars stand upright.

use image::{GrayImage, Luma};
use imageproc::geometric_transformations::Projection;

use super::areas::Area;
use crate::inference::{Point, Quad};

/// What is cut out around a quadrilateral, as a part of its length or height, and in pixels of the source.
const MARGIN: f32 = 0.08;
const MARGIN_PX: f32 = 14.0;
/// The longest strip in pixels.
const LONGEST: f32 = 2800.0;

/// A straightened part of a picture: the bars stand upright.
pub(super) struct Strip {
    /// Its pixels.
    pub(super) image: GrayImage,
    to_source: Projection,
}

impl Strip {
    /// Cuts a quadrilateral out with a margin and makes it a rectangle. `scale` is how many pixels of the strip
    /// one of the source becomes; beyond the source's edge all is white. `None` if it has no inside or becomes
    /// too long.
    pub(super) fn cut(source: &GrayImage, quad: &Quad, scale: f32) -> Option<Self> {
        let [start_top, end_top, end_bottom, start_bottom] = quad.0;
        let length = start_top.distance(end_top).max(start_bottom.distance(end_bottom)) * scale;
        let height = start_top.distance(start_bottom).max(end_top.distance(end_bottom)) * scale;
        let (left, top) = (length * MARGIN + MARGIN_PX * scale, height * MARGIN + MARGIN_PX * scale);
        let (width, rows) = ((length + 2.0 * left).round(), (height + 2.0 * top).round());
        if !(1.0..=LONGEST).contains(&width) || !(1.0..=LONGEST).contains(&rows) {
            return None;
        }
        let corners =
            [(left, top), (left + length, top), (left + length, top + height), (left, top + height)];
        let to_source = Projection::from_control_points(corners, quad.0.map(|point| (point.x, point.y)))?;
        // A pixel that covers several of the source is the mean of samples among them.
        let samples = (1.0 / scale).ceil().clamp(1.0, 4.0) as u32;
        let offset = |index: u32| (index as f32 + 0.5) / samples as f32 - 0.5;
        let image = GrayImage::from_fn(width as u32, rows as u32, |x, y| {
            let mut sum = 0.0;
            for down in 0..samples {
                for across in 0..samples {
                    sum += bilinear(source, to_source * (x as f32 + offset(across), y as f32 + offset(down)));
                }
            }
            Luma([(sum / (samples * samples) as f32).round() as u8])
        });
        Some(Self { image, to_source })
    }

    /// A point of the strip in pixels of the source.
    pub(super) fn to_source(&self, point: Point) -> Point {
        let (x, y) = self.to_source * (point.x, point.y);
        Point::new(x, y)
    }
}

impl Area {
    /// Its corners, from where its bars' upper left is.
    pub(super) fn corners(&self) -> Quad {
        let (sin, cos) = self.angle.sin_cos();
        let (across, along) = (self.length / 2.0, self.height / 2.0);
        let corner = |across: f32, along: f32| {
            Point::new(self.centre.x + cos * across - sin * along, self.centre.y + sin * across + cos * along)
        };
        Quad([corner(-across, -along), corner(across, -along), corner(across, along), corner(-across, along)])
    }
}

/// The value at a point; white beyond the edge.
fn bilinear(image: &GrayImage, (x, y): (f32, f32)) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let (left, top) = (left as i64, top as i64);
    let (width, height) = (i64::from(image.width()), i64::from(image.height()));
    let value = |x: i64, y: i64| {
        if x < 0 || y < 0 || x >= width || y >= height {
            return 255.0;
        }
        f32::from(image.as_raw()[(y * width + x) as usize])
    };
    let row = |y: i64| value(left, y) * (1.0 - across) + value(left + 1, y) * across;
    row(top) * (1.0 - down) + row(top + 1) * down
}
