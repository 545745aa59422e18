//! Lettering with the bundled typefaces; see `assets/fonts/README.md` for where they come from.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont};
use image::{Rgb, RgbImage};

use super::blend;
use crate::inference::Point;

/// A bundled typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typeface {
    /// DejaVu Sans Condensed: Latin with diacritics, Greek, Cyrillic.
    Sans,
    /// Its bold cut.
    SansBold,
    /// OCR-B, the monospaced face of machine-readable zones.
    OcrB,
    /// OCR-B with sharp stroke ends.
    OcrBSharp,
    /// OCR-B, slanted.
    OcrBOblique,
    /// DejaVu Sans Mono: only what a machine-readable zone holds, like the next.
    DejavuSansMono,
    /// Noto Sans Mono.
    NotoSansMono,
}

static SANS: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/DejaVuSansCondensed-subset.ttf")));
static SANS_BOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/DejaVuSansCondensed-Bold-subset.ttf")));
static OCR_B: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/OCRB.otf")));
static OCR_B_SHARP: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/OCRBS.otf")));
static OCR_B_OBLIQUE: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/OCRBL.otf")));
static DEJAVU_SANS_MONO: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/DejaVuSansMono-subset.ttf")));
static NOTO_SANS_MONO: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/NotoSansMono-subset.ttf")));

#[expect(clippy::expect_used, reason = "the files are compiled in and every one is drawn with in a test")]
fn parse(file: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(file).expect("a bundled font parses")
}

/// How a text looks: typeface, size and colour.
#[derive(Debug, Clone, Copy)]
pub struct Lettering {
    typeface: Typeface,
    cap_height: f32,
    colour: Rgb<u8>,
    alpha: f32,
}

impl Lettering {
    /// Lettering whose capital letters are `cap_height` pixels high.
    pub fn new(typeface: Typeface, cap_height: f32, colour: Rgb<u8>) -> Self {
        Self { typeface, cap_height, colour, alpha: 1.0 }
    }

    /// The same, see-through: 0 is invisible, 1 opaque.
    pub fn with_alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// The same, made smaller where `text` would be wider than `width` pixels.
    pub fn fitting(self, text: &str, width: f32) -> Self {
        let shrink = (width / self.width(text).max(1.0)).min(1.0);
        Self { cap_height: self.cap_height * shrink, ..self }
    }

    /// The capital letters' height in pixels.
    pub fn cap_height(&self) -> f32 {
        self.cap_height
    }

    /// The width of `text` in pixels.
    pub fn width(&self, text: &str) -> f32 {
        let font = self.font();
        let scaled = font.as_scaled(self.scale());
        text.chars().map(|c| scaled.h_advance(font.glyph_id(c))).sum()
    }

    /// Writes `text` with its left end and its baseline at `at`; returns the width in pixels.
    pub fn draw(&self, image: &mut RgbImage, at: Point, text: &str) -> f32 {
        let scaled = self.font().as_scaled(self.scale());
        let mut x = at.x;
        for c in text.chars() {
            self.draw_char(image, Point::new(x, at.y), c);
            x += scaled.h_advance(self.font().glyph_id(c));
        }
        x - at.x
    }

    /// Writes `text` on a fixed pitch, in pixels, from the left end of the first character's cell; each
    /// character stands in the middle of its cell.
    pub fn draw_monospaced(&self, image: &mut RgbImage, at: Point, pitch: f32, text: &str) {
        let scaled = self.font().as_scaled(self.scale());
        for (i, c) in text.chars().enumerate() {
            let advance = scaled.h_advance(self.font().glyph_id(c));
            let x = at.x + pitch * i as f32 + (pitch - advance) / 2.0;
            self.draw_char(image, Point::new(x, at.y), c);
        }
    }

    fn draw_char(&self, image: &mut RgbImage, at: Point, c: char) {
        let position = ab_glyph::point(at.x, at.y);
        let glyph = self.font().glyph_id(c).with_scale_and_position(self.scale(), position);
        let Some(outlined) = self.font().outline_glyph(glyph) else { return };
        let origin = outlined.px_bounds().min;
        outlined.draw(|x, y, coverage| {
            let (x, y) = (origin.x as i32 + x as i32, origin.y as i32 + y as i32);
            blend(image, x, y, self.colour, coverage * self.alpha);
        });
    }

    fn font(&self) -> &'static FontRef<'static> {
        match self.typeface {
            Typeface::Sans => &SANS,
            Typeface::SansBold => &SANS_BOLD,
            Typeface::OcrB => &OCR_B,
            Typeface::OcrBSharp => &OCR_B_SHARP,
            Typeface::OcrBOblique => &OCR_B_OBLIQUE,
            Typeface::DejavuSansMono => &DEJAVU_SANS_MONO,
            Typeface::NotoSansMono => &NOTO_SANS_MONO,
        }
    }

    /// ab_glyph measures size from ascender to descender; documents are specified by capital height.
    fn scale(&self) -> PxScale {
        let font = self.font();
        let cap_height = match font.outline(font.glyph_id('H')) {
            Some(outline) => outline.bounds.height().abs(),
            None => font.height_unscaled(),
        };
        PxScale::from(self.cap_height * font.height_unscaled() / cap_height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_have_the_height_that_was_asked_for_in_every_typeface() {
        use Typeface::*;
        for typeface in [Sans, SansBold, OcrB, OcrBSharp, OcrBOblique, DejavuSansMono, NotoSansMono] {
            let mut image = RgbImage::new(100, 100);
            Lettering::new(typeface, 40.0, Rgb([255; 3])).draw(&mut image, Point::new(10.0, 70.0), "H");
            let inked = |y: &u32| (0..100).any(|x| image.get_pixel(x, *y).0[0] > 127);
            let height = (0..100).filter(inked).count();
            assert!((39..=41).contains(&height), "{typeface:?}: {height}");
        }
    }

    #[test]
    fn text_is_shrunk_to_the_room_that_there_is() {
        let lettering = Lettering::new(Typeface::Sans, 20.0, Rgb([0; 3]));
        let text = "ŞTEFĂNESCU-ØVERGÅRD";
        assert!((lettering.fitting(text, 100.0).width(text) - 100.0).abs() < 0.5);
        assert_eq!(lettering.fitting("A", 100.0).cap_height(), 20.0);
    }
}
