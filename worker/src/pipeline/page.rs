//! A page: the document's picture, scaled, turned or cut, that remembers where each of its points came from.

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};

use super::homography::Homography;
use super::orientation::Turn;
use crate::inference::{Point, Quad};

/// A grey picture made from a source image.
#[derive(Clone)]
pub struct Page {
    /// Its pixels.
    pub image: GrayImage,
    to_source: Homography,
}

impl Page {
    /// The source itself.
    pub fn new(source: GrayImage) -> Self {
        Self { image: source, to_source: Homography::IDENTITY }
    }

    /// The same page enlarged or reduced.
    pub fn scaled(&self, factor: f32) -> Self {
        let side = |pixels: u32| (pixels as f32 * factor).round().max(1.0) as u32;
        let (width, height) = (side(self.image.width()), side(self.image.height()));
        if (width, height) == self.image.dimensions() {
            return self.clone();
        }
        let across = self.image.width() as f32 / width as f32;
        let down = self.image.height() as f32 / height as f32;
        // Pixel centres are whole numbers, so the edges lie half a pixel further out.
        let step = Homography::affine([across, 0.0, across / 2.0 - 0.5], [0.0, down, down / 2.0 - 0.5]);
        self.derived(imageops::resize(&self.image, width, height, FilterType::CatmullRom), step)
    }

    /// The same page turned clockwise.
    pub fn turned(&self, turn: Turn) -> Self {
        let (right, bottom) = (self.image.width() as f32 - 1.0, self.image.height() as f32 - 1.0);
        match turn {
            Turn::None => self.clone(),
            Turn::Quarter => self.derived(
                imageops::rotate90(&self.image),
                Homography::affine([0.0, 1.0, 0.0], [-1.0, 0.0, bottom]),
            ),
            Turn::Half => self.derived(
                imageops::rotate180(&self.image),
                Homography::affine([-1.0, 0.0, right], [0.0, -1.0, bottom]),
            ),
            Turn::ThreeQuarters => self.derived(
                imageops::rotate270(&self.image),
                Homography::affine([0.0, -1.0, right], [1.0, 0.0, 0.0]),
            ),
        }
    }

    /// The same page with lines that slope by `degrees`, clockwise positive, made level. Nothing is cut off; the
    /// edge is continued into the new corners.
    pub fn levelled(&self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (self.image.width() as f32, self.image.height() as f32);
        let new_width = (width * cos.abs() + height * sin.abs()).ceil().max(1.0);
        let new_height = (width * sin.abs() + height * cos.abs()).ceil().max(1.0);
        let (cx, cy) = ((width - 1.0) / 2.0, (height - 1.0) / 2.0);
        let (nx, ny) = ((new_width - 1.0) / 2.0, (new_height - 1.0) / 2.0);
        let step =
            Homography::affine([cos, -sin, cx - cos * nx + sin * ny], [sin, cos, cy - sin * nx - cos * ny]);
        let image = GrayImage::from_fn(new_width as u32, new_height as u32, |x, y| {
            let source = step.map(Point::new(x as f32, y as f32));
            Luma([bilinear(&self.image, source)])
        });
        self.derived(image, step)
    }

    /// A part of the page: columns and rows from the upper left corner.
    pub fn cut(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        let image = imageops::crop_imm(&self.image, left, top, width, height).to_image();
        self.derived(image, Homography::affine([1.0, 0.0, left as f32], [0.0, 1.0, top as f32]))
    }

    /// The part of the page within a quadrilateral and a margin about it, seen from straight above: `width` by
    /// `height` pixels, of which the margin takes the given part on every side. `None` if the quadrilateral is
    /// none.
    pub fn rectified(&self, quad: Quad, (width, height): (u32, u32), margin: f32) -> Option<Self> {
        let square = Homography::from_unit_square(quad)?;
        let inner = 1.0 - 2.0 * margin;
        // Pixel centres are whole numbers, so the edges lie half a pixel further out.
        let scale = |side: u32| [1.0 / (inner * side as f32), (0.5 / side as f32 - margin) / inner];
        let ([across, left], [down, top]) = (scale(width), scale(height));
        let step = square.after(&Homography::affine([across, 0.0, left], [0.0, down, top]));
        let image = GrayImage::from_fn(width, height, |x, y| {
            Luma([cubic(&self.image, step.map(Point::new(x as f32, y as f32)))])
        });
        Some(self.derived(image, step))
    }

    /// The same page with other pixels.
    pub fn with_pixels(&self, image: GrayImage) -> Self {
        Self { image, to_source: self.to_source }
    }

    /// A quadrilateral of this page in pixels of the source.
    pub fn to_source(&self, quad: Quad) -> Quad {
        Quad(quad.0.map(|point| self.to_source.map(point)))
    }

    /// A quadrilateral of this page in pixels of another page of the same source.
    pub fn to_other(&self, other: &Self, quad: Quad) -> Quad {
        let from_source = other.to_source.inverse();
        Quad(self.to_source(quad).0.map(|point| from_source.map(point)))
    }

    fn derived(&self, image: GrayImage, step: Homography) -> Self {
        Self { image, to_source: self.to_source.after(&step) }
    }
}

/// The value at a point, the edge continued outwards.
fn bilinear(image: &GrayImage, at: Point) -> u8 {
    let value = |x: f32, y: f32| {
        let inside = |place: f32, size: u32| place.clamp(0.0, size as f32 - 1.0) as u32;
        f32::from(image.get_pixel(inside(x, image.width()), inside(y, image.height())).0[0])
    };
    let (left, top) = (at.x.floor(), at.y.floor());
    let (across, down) = (at.x - left, at.y - top);
    let row = |y: f32| value(left, y) * (1.0 - across) + value(left + 1.0, y) * across;
    (row(top) * (1.0 - down) + row(top + 1.0) * down).round() as u8
}

/// The value at a point by cubic convolution (Keys, 1981), the edge continued outwards.
fn cubic(image: &GrayImage, at: Point) -> u8 {
    let (left, top) = (at.x.floor(), at.y.floor());
    let weights = |t: f32| {
        [
            ((2.0 - t) * t - 1.0) * t / 2.0,
            ((3.0 * t - 5.0) * t * t + 2.0) / 2.0,
            ((4.0 - 3.0 * t) * t + 1.0) * t / 2.0,
            (t - 1.0) * t * t / 2.0,
        ]
    };
    let (across, down) = (weights(at.x - left), weights(at.y - top));
    let inside = |place: f32, size: u32| place.clamp(0.0, size as f32 - 1.0) as usize;
    let columns: [usize; 4] = std::array::from_fn(|at| inside(left + at as f32 - 1.0, image.width()));
    let (stride, raw) = (image.width() as usize, image.as_raw());
    let mut sum = 0.0;
    for (at, weight) in down.iter().enumerate() {
        let row = &raw[inside(top + at as f32 - 1.0, image.height()) * stride..];
        let value: f32 = columns.iter().zip(&across).map(|(column, w)| f32::from(row[*column]) * w).sum();
        sum += value * weight;
    }
    sum.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of one white pixel.
    fn spot() -> (Page, Point) {
        let mut image = GrayImage::new(40, 30);
        image.put_pixel(16, 12, Luma([255]));
        (Page::new(image), Point::new(16.0, 12.0))
    }

    fn brightest(page: &Page) -> Point {
        let (x, y, _) = page.image.enumerate_pixels().max_by_key(|(_, _, pixel)| pixel.0[0]).unwrap();
        page.to_source(Quad([Point::new(x as f32, y as f32); 4])).0[0]
    }

    #[test]
    fn every_change_remembers_where_a_point_came_from() {
        let (page, place) = spot();
        for turn in Turn::ALL {
            assert!(brightest(&page.turned(turn)).distance(place) < 0.01, "{turn:?}");
            assert!(brightest(&page.turned(turn).cut(3, 2, 25, 26)).distance(place) < 0.01, "{turn:?}");
        }
        assert!(brightest(&page.scaled(3.0)).distance(place) < 0.4);
        for degrees in [-20.0, 5.0, 44.0] {
            assert!(brightest(&page.levelled(degrees)).distance(place) < 1.0, "{degrees}");
            assert!(
                brightest(&page.scaled(2.0).turned(Turn::Quarter).levelled(degrees)).distance(place) < 1.5
            );
        }
    }
    #[test]
    fn a_rectified_page_is_seen_from_straight_above() {
        // A page of four fields, as it looks in perspective.
        let corners = [(12.0, 8.0), (180.0, 20.0), (160.0, 120.0), (25.0, 100.0)];
        let quad = Quad(corners.map(|(x, y)| Point::new(x, y)));
        let back = Homography::from_unit_square(quad).unwrap().inverse();
        let image = GrayImage::from_fn(200, 140, |x, y| {
            let at = back.map(Point::new(x as f32, y as f32));
            let is_outside = !(0.0..1.0).contains(&at.x) || !(0.0..1.0).contains(&at.y);
            Luma([if is_outside { 0 } else { 60 + 60 * u8::from(at.x > 0.5) + 100 * u8::from(at.y > 0.5) }])
        });
        let page = Page::new(image).rectified(quad, (120, 80), 0.0).unwrap();
        for (x, y, expected) in [(20, 20, 60), (100, 20, 120), (20, 60, 160), (100, 60, 220)] {
            assert_eq!(page.image.get_pixel(x, y).0[0], expected, "{x} {y}");
        }
        let all = [(-0.5, -0.5), (119.5, -0.5), (119.5, 79.5), (-0.5, 79.5)].map(|(x, y)| Point::new(x, y));
        let source = page.to_source(Quad(all));
        for (found, corner) in source.0.into_iter().zip(quad.0) {
            assert!(found.distance(corner) < 0.01, "{found:?} {corner:?}");
        }
        let turned = page.turned(Turn::Half).scaled(2.0).levelled(3.0);
        let round_trip = page.to_other(&turned, Quad(all));
        assert!(turned.to_source(round_trip).0[0].distance(quad.0[0]) < 0.05);
    }
}
