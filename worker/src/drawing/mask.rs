//! Coverage masks: how much of each pixel a shape covers, before it gets a colour.

use image::{Rgb, RgbImage};

use super::blend;
use crate::inference::Point;

/// The coverage of a part of an image. Strokes that cross within one mask do not darken each other.
pub struct Mask {
    left: i32,
    top: i32,
    width: usize,
    height: usize,
    coverage: Vec<f32>,
}

impl Mask {
    /// An empty mask over `width` x `height` pixels with its upper left pixel at (`left`, `top`).
    pub fn new(left: i32, top: i32, width: usize, height: usize) -> Self {
        Self { left, top, width, height, coverage: vec![0.0; width * height] }
    }

    /// An empty mask over the part of `image` that a stroke of that width through `points` may touch.
    pub fn around(image: &RgbImage, points: &[Point], width: f32) -> Self {
        let margin = width / 2.0 + 1.0;
        let span = |of: fn(&Point) -> f32, len: u32| {
            let low = points.iter().map(of).fold(f32::INFINITY, f32::min) - margin;
            let high = points.iter().map(of).fold(f32::NEG_INFINITY, f32::max) + margin;
            let clip = |v: f32| v.clamp(0.0, len as f32) as usize;
            let (low, high) = (clip(low.floor()), clip(high.ceil() + 1.0));
            (low as i32, high.saturating_sub(low))
        };
        let (left, columns) = span(|point| point.x, image.width());
        let (top, rows) = span(|point| point.y, image.height());
        Self::new(left, top, columns, rows)
    }

    /// Covers a straight stroke with round ends.
    pub fn segment(&mut self, from: Point, to: Point, width: f32) {
        let reach = width / 2.0 + 0.5;
        let columns = self.span(from.x.min(to.x) - reach, from.x.max(to.x) + reach, self.left, self.width);
        for row in self.span(from.y.min(to.y) - reach, from.y.max(to.y) + reach, self.top, self.height) {
            for column in columns.clone() {
                let centre = Point::new((self.left + column as i32) as f32, (self.top + row as i32) as f32);
                let covered = (reach - distance_to_segment(centre, from, to)).clamp(0.0, width.min(1.0));
                let pixel = &mut self.coverage[row * self.width + column];
                *pixel = pixel.max(covered);
            }
        }
    }

    /// Covers the stroke through `points`.
    pub fn polyline(&mut self, points: &[Point], width: f32) {
        for pair in points.windows(2) {
            self.segment(pair[0], pair[1], width);
        }
    }

    /// Gives the covered pixels of `image` a colour.
    pub fn paint(&self, image: &mut RgbImage, colour: Rgb<u8>, alpha: f32) {
        for (i, &covered) in self.coverage.iter().enumerate().filter(|(_, covered)| **covered > 0.0) {
            let (x, y) = (self.left + (i % self.width) as i32, self.top + (i / self.width) as i32);
            blend(image, x, y, colour, covered * alpha);
        }
    }

    /// The rows or columns of the mask that lie between two coordinates.
    fn span(&self, from: f32, to: f32, origin: i32, len: usize) -> std::ops::Range<usize> {
        let clip = |v: f32| (v - origin as f32).clamp(0.0, len as f32) as usize;
        clip(from.floor())..clip(to.ceil() + 1.0)
    }
}

fn distance_to_segment(point: Point, from: Point, to: Point) -> f32 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length_squared = dx * dx + dy * dy;
    if length_squared == 0.0 {
        return point.distance(from);
    }
    let along = (((point.x - from.x) * dx + (point.y - from.y) * dy) / length_squared).clamp(0.0, 1.0);
    point.distance(Point::new(from.x + along * dx, from.y + along * dy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_covers_its_own_width_and_crossing_strokes_do_not_add_up() {
        let mut image = RgbImage::new(20, 20);
        let mut mask = Mask::new(0, 0, 20, 20);
        mask.segment(Point::new(2.0, 10.0), Point::new(17.0, 10.0), 3.0);
        mask.segment(Point::new(10.0, 2.0), Point::new(10.0, 17.0), 3.0);
        mask.paint(&mut image, Rgb([200, 200, 200]), 0.5);
        let column: Vec<u8> = (0..20).map(|y| image.get_pixel(5, y).0[0]).collect();
        assert_eq!(column[8..13], [0, 100, 100, 100, 0]);
        assert_eq!(image.get_pixel(10, 10).0[0], 100);
    }

    #[test]
    fn a_stroke_far_outside_the_image_costs_nothing() {
        let mut image = RgbImage::new(8, 8);
        let points = [Point::new(1e9, -1e9), Point::new(f32::MAX, 1e30), Point::new(f32::NAN, 3.0)];
        assert!(Mask::around(&image, &points, 3.0).coverage.len() <= 64);
        super::super::stroke(&mut image, &points, true, 3.0, Rgb([255; 3]), 1.0);
        super::super::stroke(&mut image, &[], true, 3.0, Rgb([255; 3]), 1.0);
    }

    #[test]
    fn a_stroke_that_leaves_the_image_is_clipped() {
        let mut image = RgbImage::new(8, 8);
        let points = [Point::new(-40.0, 4.0), Point::new(40.0, 4.0)];
        super::super::stroke(&mut image, &points, false, 1.0, Rgb([255; 3]), 1.0);
        assert!((0..8).all(|x| image.get_pixel(x, 4).0 == [255; 3] && image.get_pixel(x, 2).0 == [0; 3]));
    }
}
