//! A page under the pen: an image addressed in millimetres.

use image::{Rgb, RgbImage, imageops};

use super::{SpecimenError, palette::Palette};
use crate::{
    drawing::{Lettering, Typeface, blend, fill, stroke},
    inference::{Point, Rect},
};

/// A page that is being drawn. Every coordinate is in millimetres from its upper left corner.
pub(super) struct Sheet {
    pub(super) image: RgbImage,
    /// Pixels per millimetre.
    pub(super) scale: f32,
    pub(super) palette: Palette,
}

/// A rectangle in millimetres: left, top, width, height.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area(pub(super) f32, pub(super) f32, pub(super) f32, pub(super) f32);

impl Sheet {
    pub(super) fn new(width: f32, height: f32, dpi: f32, palette: Palette) -> Result<Self, SpecimenError> {
        if !(96.0..=1200.0).contains(&dpi) {
            return Err(SpecimenError::Resolution(dpi));
        }
        let scale = dpi / 25.4;
        let pixels = |mm: f32| (mm * scale).round() as u32;
        Ok(Self { image: RgbImage::from_pixel(pixels(width), pixels(height), palette.paper), scale, palette })
    }

    pub(super) fn point(&self, x: f32, y: f32) -> Point {
        Point::new(x * self.scale, y * self.scale)
    }

    pub(super) fn rect(&self, area: Area) -> Rect {
        let Area(left, top, width, height) = area;
        Rect {
            left: left * self.scale,
            top: top * self.scale,
            right: (left + width) * self.scale,
            bottom: (top + height) * self.scale,
        }
    }

    pub(super) fn lettering(&self, face: Typeface, cap_height: f32, colour: Rgb<u8>) -> Lettering {
        Lettering::new(face, cap_height * self.scale, colour)
    }

    /// Writes at a baseline, made smaller where it would be wider than `width`.
    pub(super) fn write(&mut self, lettering: Lettering, (x, y): (f32, f32), width: f32, text: &str) {
        let at = self.point(x, y);
        lettering.fitting(text, width * self.scale).draw(&mut self.image, at, text);
    }

    /// A caption in two languages and below it the value, in a field whose upper left corner is given. A
    /// document has no room for a field without a value.
    pub(super) fn field(&mut self, (x, y): (f32, f32), width: f32, caption: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let caption_style = self.lettering(Typeface::Sans, 1.05, self.palette.caption);
        self.write(caption_style, (x, y + 1.05), width, caption);
        let value_style = self.lettering(Typeface::SansBold, 1.95, self.palette.ink);
        self.write(value_style, (x, y + 4.15), width, value);
    }

    pub(super) fn fill(&mut self, area: Area, colour: Rgb<u8>, alpha: f32) {
        let rect = self.rect(area);
        fill(&mut self.image, rect, colour, alpha);
    }

    pub(super) fn frame(&mut self, area: Area, width: f32, colour: Rgb<u8>) {
        let corners = self.rect(area).corners().0;
        stroke(&mut self.image, &corners, true, width * self.scale, colour, 1.0);
    }

    /// Places a picture that has the area's proportions; `alpha` says how opaque each of its pixels is.
    pub(super) fn picture(&mut self, picture: &RgbImage, area: Area, alpha: impl Fn(f32, f32) -> f32) {
        let rect = self.rect(area);
        let (width, height) = (rect.width().round() as u32, rect.height().round() as u32);
        let scaled = imageops::resize(picture, width, height, imageops::FilterType::CatmullRom);
        let (left, top) = (rect.left.round() as i32, rect.top.round() as i32);
        for (x, y, pixel) in scaled.enumerate_pixels() {
            let opacity = alpha(x as f32 / width as f32, y as f32 / height as f32);
            blend(&mut self.image, left + x as i32, top + y as i32, *pixel, opacity);
        }
    }

    /// The red mark that no document in use carries, in a box of its own.
    pub(super) fn specimen_mark(&mut self, (x, y): (f32, f32)) {
        let red = Rgb([200, 24, 32]);
        let lettering = self.lettering(Typeface::SansBold, 2.6, red);
        let width = lettering.width("SPECIMEN") / self.scale;
        self.frame(Area(x, y, width + 3.0, 4.8), 0.35, red);
        self.write(lettering, (x + 1.5, y + 3.7), width + 1.0, "SPECIMEN");
    }
}
