//! A colour picture turned upright, and the way back.

use std::borrow::Cow;

use image::{RgbImage, imageops};

use super::orientation::Turn;
use crate::inference::Point;

impl Turn {
    /// The image turned clockwise.
    pub fn apply(self, image: &RgbImage) -> Cow<'_, RgbImage> {
        match self {
            Self::None => Cow::Borrowed(image),
            Self::Quarter => Cow::Owned(imageops::rotate90(image)),
            Self::Half => Cow::Owned(imageops::rotate180(image)),
            Self::ThreeQuarters => Cow::Owned(imageops::rotate270(image)),
        }
    }

    /// Where a point of the turned image lies in the image of `width` by `height` pixels before the turn.
    pub fn undo(self, point: Point, width: u32, height: u32) -> Point {
        let (right, bottom) = (width as f32 - 1.0, height as f32 - 1.0);
        match self {
            Self::None => point,
            Self::Quarter => Point::new(point.y, bottom - point.x),
            Self::Half => Point::new(right - point.x, bottom - point.y),
            Self::ThreeQuarters => Point::new(right - point.y, point.x),
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_marked_pixel_is_found_again_after_every_turn() {
        let mut image = RgbImage::new(7, 4);
        image.put_pixel(5, 1, Rgb([255; 3]));
        for turn in Turn::ALL {
            let turned = turn.apply(&image);
            let (x, y, _) = turned.enumerate_pixels().find(|(_, _, pixel)| pixel.0 == [255; 3]).unwrap();
            let back = turn.undo(Point::new(x as f32, y as f32), 7, 4);
            assert_eq!(back, Point::new(5.0, 1.0), "{turn:?}");
        }
    }
}
