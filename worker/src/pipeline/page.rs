//! A page: the document's picture, scaled, turned or cut, that remembers where each of its points came from.

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};

use super::orientation::Turn;
use crate::inference::{Point, Quad};

/// A grey picture made from a source image.
#[derive(Clone)]
pub struct Page {
    /// Its pixels.
    pub image: GrayImage,
    to_source: Affine,
}

impl Page {
    /// The source itself.
    pub fn new(source: GrayImage) -> Self {
        Self { image: source, to_source: Affine::IDENTITY }
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
        let step = Affine { x: [across, 0.0, across / 2.0 - 0.5], y: [0.0, down, down / 2.0 - 0.5] };
        self.derived(imageops::resize(&self.image, width, height, FilterType::CatmullRom), step)
    }

    /// The same page turned clockwise.
    pub fn turned(&self, turn: Turn) -> Self {
        let (right, bottom) = (self.image.width() as f32 - 1.0, self.image.height() as f32 - 1.0);
        match turn {
            Turn::None => self.clone(),
            Turn::Quarter => self.derived(
                imageops::rotate90(&self.image),
                Affine { x: [0.0, 1.0, 0.0], y: [-1.0, 0.0, bottom] },
            ),
            Turn::Half => self.derived(
                imageops::rotate180(&self.image),
                Affine { x: [-1.0, 0.0, right], y: [0.0, -1.0, bottom] },
            ),
            Turn::ThreeQuarters => self.derived(
                imageops::rotate270(&self.image),
                Affine { x: [0.0, -1.0, right], y: [1.0, 0.0, 0.0] },
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
            Affine { x: [cos, -sin, cx - cos * nx + sin * ny], y: [sin, cos, cy - sin * nx - cos * ny] };
        let image = GrayImage::from_fn(new_width as u32, new_height as u32, |x, y| {
            let source = step.map(Point::new(x as f32, y as f32));
            Luma([bilinear(&self.image, source)])
        });
        self.derived(image, step)
    }

    /// A part of the page: columns and rows from the upper left corner.
    pub fn cut(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        let image = imageops::crop_imm(&self.image, left, top, width, height).to_image();
        self.derived(image, Affine { x: [1.0, 0.0, left as f32], y: [0.0, 1.0, top as f32] })
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
        Quad(self.to_source(quad).0.map(|point| other.to_source.unmap(point)))
    }

    fn derived(&self, image: GrayImage, step: Affine) -> Self {
        Self { image, to_source: self.to_source.after(step) }
    }
}

/// An affine map: each coordinate is `a * x + b * y + c`.
#[derive(Debug, Clone, Copy)]
struct Affine {
    x: [f32; 3],
    y: [f32; 3],
}

impl Affine {
    const IDENTITY: Self = Self { x: [1.0, 0.0, 0.0], y: [0.0, 1.0, 0.0] };

    fn map(self, point: Point) -> Point {
        let apply = |[a, b, c]: [f32; 3]| a * point.x + b * point.y + c;
        Point::new(apply(self.x), apply(self.y))
    }

    /// The point that is mapped here. Pages are never flattened to a line, so there is one.
    fn unmap(self, point: Point) -> Point {
        let (dx, dy) = (point.x - self.x[2], point.y - self.y[2]);
        let determinant = self.x[0] * self.y[1] - self.x[1] * self.y[0];
        Point::new(
            (self.y[1] * dx - self.x[1] * dy) / determinant,
            (self.x[0] * dy - self.y[0] * dx) / determinant,
        )
    }

    /// First `step`, then this map.
    fn after(self, step: Self) -> Self {
        let compose = |[a, b, c]: [f32; 3]| {
            [a * step.x[0] + b * step.y[0], a * step.x[1] + b * step.y[1], a * step.x[2] + b * step.y[2] + c]
        };
        Self { x: compose(self.x), y: compose(self.y) }
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
}
