//! Alignment: the similarity that brings five landmarks onto a template, and the warp that cuts the face
//! out by it.

use image::{Rgb, RgbImage, imageops};

use super::Point;

/// A rotation, uniform scaling and translation: `(x, y)` becomes `(a·x - b·y + tx, b·x + a·y + ty)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Similarity {
    a: f32,
    b: f32,
    tx: f32,
    ty: f32,
}

impl Similarity {
    /// The least-squares similarity that maps `from` onto `to`, point by point, without reflection
    /// (Umeyama 1991 in two dimensions). `None` if the points of `from`, or of `to`, fall into one.
    pub(crate) fn between(from: &[Point; 5], to: &[Point; 5]) -> Option<Self> {
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut dot, mut cross, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (p.x - from_mean.x, p.y - from_mean.y);
            let (qx, qy) = (q.x - to_mean.x, q.y - to_mean.y);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            spread += px * px + py * py;
        }
        let (a, b) = (dot / spread, cross / spread);
        let usable = a.hypot(b).is_normal();
        usable.then_some(Self {
            a,
            b,
            tx: to_mean.x - (a * from_mean.x - b * from_mean.y),
            ty: to_mean.y - (b * from_mean.x + a * from_mean.y),
        })
    }

    fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    /// How often an image is halved before the chip has at least half its resolution.
    fn halvings(&self) -> u32 {
        (-self.scale().log2()).ceil().clamp(1.0, 16.0) as u32 - 1
    }

    /// The same map for a part of the image whose upper left corner is `origin`.
    fn moved(self, (left, top): (u32, u32)) -> Self {
        let (left, top) = (left as f32, top as f32);
        Self {
            tx: self.tx + self.a * left - self.b * top,
            ty: self.ty + self.b * left + self.a * top,
            ..self
        }
    }

    /// The same map for an image of half the size, whose pixel centres lie between the old ones.
    fn halved(self) -> Self {
        Self {
            a: 2.0 * self.a,
            b: 2.0 * self.b,
            tx: self.tx + 0.5 * (self.a - self.b),
            ty: self.ty + 0.5 * (self.a + self.b),
        }
    }

    /// Where a point of the chip comes from.
    fn inverse(&self, x: f32, y: f32) -> Point {
        let square = self.a * self.a + self.b * self.b;
        let (x, y) = (x - self.tx, y - self.ty);
        Point::new((self.a * x + self.b * y) / square, (self.a * y - self.b * x) / square)
    }
}

fn mean(points: &[Point; 5]) -> Point {
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    Point::new(x / 5.0, y / 5.0)
}

/// Cuts a square chip of `side` pixels out of an image. `map` leads from the image to the chip; what lies
/// outside the image is black. The image is halved by averaging while the chip has less than half its
/// resolution, and then sampled bilinearly.
pub(crate) fn warp(image: &RgbImage, map: Similarity, side: u32) -> RgbImage {
    let halvings = map.halvings();
    let (origin, mut part) = cut(image, map, side, halvings);
    let mut map = map.moved(origin);
    for _ in 0..halvings {
        part = half(&part);
        map = map.halved();
    }
    RgbImage::from_fn(side, side, |x, y| sample(&part, map.inverse(x as f32, y as f32)))
}

/// The part of the image that the chip is made of, and its upper left corner, which lies where halving
/// the whole image would begin a pixel too.
fn cut(image: &RgbImage, map: Similarity, side: u32, halvings: u32) -> ((u32, u32), RgbImage) {
    let end = side as f32;
    let corners = [(0.0, 0.0), (end, 0.0), (0.0, end), (end, end)].map(|(x, y)| map.inverse(x, y));
    let unit = 1 << halvings;
    let span = |values: [f32; 4], length: u32| {
        let low = values.into_iter().fold(f32::INFINITY, f32::min).max(0.0) as u32;
        let high = values.into_iter().fold(0.0, f32::max) as u32;
        let first = (low.saturating_sub(2 * unit) / unit * unit).min(length.saturating_sub(1) / unit * unit);
        let last = high.saturating_add(3 * unit).clamp(first + 1, length);
        (first, last - first)
    };
    let (left, width) = span(corners.map(|p| p.x), image.width());
    let (top, height) = span(corners.map(|p| p.y), image.height());
    ((left, top), imageops::crop_imm(image, left, top, width, height).to_image())
}

/// The means of every two by two pixels; an odd last row or column is dropped.
fn half(image: &RgbImage) -> RgbImage {
    let (width, height) = (image.width() / 2, image.height() / 2);
    let stride = image.width() as usize * 3;
    let mut values = Vec::with_capacity((width * height) as usize * 3);
    for rows in image.as_raw().chunks_exact(2 * stride) {
        let (upper, lower) = rows.split_at(stride);
        for (upper, lower) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            let sum = |c: usize| {
                [upper[c], upper[c + 3], lower[c], lower[c + 3]].map(u16::from).iter().sum::<u16>()
            };
            values.extend([0, 1, 2].map(|c| ((sum(c) + 2) / 4) as u8));
        }
    }
    RgbImage::from_raw(width, height, values).unwrap_or_default()
}

/// The bilinear value at a point between pixel centres.
fn sample(image: &RgbImage, at: Point) -> Rgb<u8> {
    let (left, top) = (at.x.floor(), at.y.floor());
    let (part_x, part_y) = (at.x - left, at.y - top);
    let mut sum = [0.5_f32; 3];
    for (dx, dy, weight) in [
        (0.0, 0.0, (1.0 - part_x) * (1.0 - part_y)),
        (1.0, 0.0, part_x * (1.0 - part_y)),
        (0.0, 1.0, (1.0 - part_x) * part_y),
        (1.0, 1.0, part_x * part_y),
    ] {
        let (x, y) = (left + dx, top + dy);
        let inside = x >= 0.0 && y >= 0.0 && x < image.width() as f32 && y < image.height() as f32;
        if inside {
            let pixel = image.get_pixel(x as u32, y as u32).0;
            sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += weight * f32::from(value));
        }
    }
    Rgb(sum.map(|v| v as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: [Point; 5] = [
        Point { x: 30.0, y: 30.0 },
        Point { x: 70.0, y: 30.0 },
        Point { x: 50.0, y: 55.0 },
        Point { x: 35.0, y: 75.0 },
        Point { x: 65.0, y: 75.0 },
    ];

    #[test]
    fn a_turned_and_scaled_face_is_brought_back() {
        let turn = Similarity { a: 1.2, b: -0.9, tx: 40.0, ty: 200.0 };
        let landmarks = TEMPLATE.map(|p| turn.inverse(p.x, p.y));
        let found = Similarity::between(&landmarks, &TEMPLATE).unwrap();
        for (p, q) in landmarks.iter().zip(TEMPLATE) {
            assert!(found.inverse(q.x, q.y).distance(*p) < 1e-3);
        }
        assert!((found.scale() - 1.5).abs() < 1e-4);
    }

    #[test]
    fn landmarks_in_one_point_have_no_similarity() {
        assert_eq!(Similarity::between(&[Point::new(3.0, 3.0); 5], &TEMPLATE), None);
        assert_eq!(Similarity::between(&[Point::new(f32::NAN, 3.0); 5], &TEMPLATE), None);
    }

    #[test]
    fn halving_keeps_a_point_in_its_place() {
        // The centre of a 400 pixel image comes to the chip's centre whatever the scale.
        let image = RgbImage::from_fn(400, 400, |x, y| {
            Rgb([if (180..220).contains(&x) && (180..220).contains(&y) { 255 } else { 0 }; 3])
        });
        let a = 0.1;
        let map = Similarity { a, b: 0.0, tx: 20.0 - a * 199.5, ty: 20.0 - a * 199.5 };
        let chip = warp(&image, map, 41);
        assert_eq!(chip.get_pixel(20, 20).0, [255; 3]);
        assert_eq!(chip.get_pixel(17, 20), chip.get_pixel(23, 20));
        assert_eq!(chip.get_pixel(20, 17), chip.get_pixel(20, 23));
        assert_eq!(chip.get_pixel(0, 0).0, [0; 3]);
    }
}
