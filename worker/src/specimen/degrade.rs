//! What a camera does to a page: a table behind it, rotation, perspective, uneven light, blur, glare, noise, JPEG.

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use imageproc::{
    filter::separable_filter_equal,
    geometric_transformations::{Border, Interpolation, Projection, warp_into},
};
use serde::{Deserialize, Serialize};

use super::{Hard, Page, SpecimenError, Truth, chance::Chance, placing, portable};
use crate::drawing::mix;

/// What is done to a page, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Degrade {
    /// A reflection on the zone, or on a page without one.
    pub glare: Option<Glare>,
    /// Clockwise, in degrees; the page lies on a table that shows around it.
    pub rotation_deg: f32,
    /// By how much the camera looks at the page obliquely, in degrees.
    pub tilt_deg: f32,
    /// The direction in which the page recedes, in degrees clockwise from the right.
    pub recedes_deg: f32,
    /// How far the camera is away, in widths of the page.
    pub distance: f32,
    /// Uneven light.
    pub light: Light,
    /// Standard deviation of the Gaussian blur in pixels of the photograph.
    pub blur_px: f32,
    /// Standard deviation of the sensor's noise in grey levels.
    pub noise: f32,
    /// Quality of the JPEG file, 1 to 100; none: no compression.
    pub jpeg_quality: Option<u8>,
    /// Draws the table and the noise.
    pub seed: u64,
}

/// A reflection: an ellipse that grows brighter towards its middle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Glare {
    /// Its middle, in parts of the zone's width and height from the zone's upper left corner.
    pub at: [f32; 2],
    /// Its area in parts of the zone's.
    pub share: f32,
    /// How much longer than high it is.
    pub aspect: f32,
    /// How much of the print its middle outshines: 0 nothing, 1 everything.
    pub strength: f32,
}

/// Light that falls on the scene unevenly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Light {
    /// The direction towards the dark end, in degrees clockwise from the right.
    pub fades_deg: f32,
    /// How much darker the dark end is than the bright one, 0 to 1.
    pub fade: f32,
    /// How much a shadow with a soft edge takes away beyond it, 0 to 1.
    pub shadow: f32,
    /// Where the shadow begins on the way to the dark end, 0 to 1.
    pub shadow_from: f32,
}

impl Light {
    /// The same light everywhere.
    pub const EVEN: Self = Self { fades_deg: 0.0, fade: 0.0, shadow: 0.0, shadow_from: 1.0 };
}

impl Degrade {
    /// A careful photo: nearly straight and sharp.
    pub fn light(seed: u64) -> Self {
        let mut chance = Chance::new(seed, "light");
        Self {
            glare: None,
            rotation_deg: chance.between(-3.0, 3.0),
            tilt_deg: chance.between(0.0, 4.0),
            recedes_deg: chance.between(0.0, 360.0),
            distance: 2.5,
            light: Light { fades_deg: chance.between(0.0, 360.0), fade: 0.1, ..Light::EVEN },
            blur_px: chance.between(0.2, 0.7),
            noise: chance.between(1.0, 3.0),
            jpeg_quality: Some(88),
            seed,
        }
    }

    /// A careless photo that a person can still read, out of the committed specification [`Hard`].
    pub fn hard(seed: u64) -> Self {
        Hard::built_in().degrade(seed)
    }

    /// Degrades a page; its truth moves along.
    pub(super) fn apply(&self, page: Page, salt: &str) -> Result<Page, SpecimenError> {
        let mut chance = Chance::new(self.seed, salt);
        let Page { mut image, mut truth, .. } = page;
        self.reflect(&mut image, &truth);
        let placing = placing::place(self, image.dimensions(), zone(&image, &truth))?;
        let table = wood(placing.width, placing.height, &mut chance);
        let mut photo = table.clone();
        let black = Border::Constant(Rgb([0; 3]));
        warp_into(&image, placing.projection, Interpolation::Bicubic, black, &mut photo);
        // What the page does not cover is black after warping: there the table shows.
        lay_over(&table, &mut photo, &placing.projection, image.dimensions());
        truth.project(|x, y| placing.projection * (x, y));
        self.illuminate(&mut photo);
        let camera = Exposure { blur_px: self.blur_px, noise: self.noise, jpeg_quality: self.jpeg_quality };
        let (image, jpeg) = camera.expose(photo, &mut chance)?;
        Ok(Page { image, truth, jpeg })
    }

    fn reflect(&self, page: &mut RgbImage, truth: &Truth) {
        let Some(glare) = &self.glare else { return };
        let [left, top, right, bottom] = zone(page, truth);
        let (width, height) = (right - left, bottom - top);
        let (x, y) = (left + glare.at[0] * width, top + glare.at[1] * height);
        let area = glare.share * width * height / std::f32::consts::PI;
        let down = libm::sqrtf(area / glare.aspect);
        let across = down * glare.aspect;
        for (column, row, pixel) in page.enumerate_pixels_mut() {
            let (u, v) = ((column as f32 - x) / across, (row as f32 - y) / down);
            let inside = (1.0 - u * u - v * v).max(0.0);
            // Flat in the middle, and nothing at the ellipse's edge.
            *pixel = mix(*pixel, Rgb([255; 3]), glare.strength * (2.0 * inside).min(1.0));
        }
    }

    fn illuminate(&self, photo: &mut RgbImage) {
        let Light { fades_deg, fade, shadow, shadow_from } = self.light;
        if fade <= 0.0 && shadow <= 0.0 {
            return;
        }
        let (sine, cosine) = portable::sin_cos(fades_deg.to_radians());
        let (width, height) = (photo.width() as f32, photo.height() as f32);
        let reach = width * cosine.abs() + height * sine.abs();
        for (x, y, pixel) in photo.enumerate_pixels_mut() {
            let (x, y) = (x as f32 - width / 2.0, y as f32 - height / 2.0);
            let along = 0.5 + (x * cosine + y * sine) / reach;
            let edge = ((along - shadow_from) / 0.08).clamp(0.0, 1.0);
            let light = (1.0 - fade * along) * (1.0 - shadow * edge * edge * (3.0 - 2.0 * edge));
            pixel.0 = pixel.0.map(|v| (f32::from(v) * light).round().clamp(0.0, 255.0) as u8);
        }
    }
}

/// What lens, sensor and file do to a photo.
pub(super) struct Exposure {
    /// Standard deviation of the Gaussian blur in pixels.
    pub(super) blur_px: f32,
    /// Standard deviation of the sensor's noise in grey levels.
    pub(super) noise: f32,
    /// Quality of the JPEG file, 1 to 100; none: no compression.
    pub(super) jpeg_quality: Option<u8>,
}

impl Exposure {
    /// The photo as it comes out of the file, and the file if there is one.
    pub(super) fn expose(
        &self,
        mut photo: RgbImage,
        chance: &mut Chance,
    ) -> Result<(RgbImage, Option<Vec<u8>>), SpecimenError> {
        if self.blur_px > 0.0 {
            photo = separable_filter_equal(&photo, &portable::gaussian(self.blur_px));
        }
        self.add_noise(&mut photo, chance);
        let Some(quality) = self.jpeg_quality else { return Ok((photo, None)) };
        let mut jpeg = Vec::new();
        photo.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality.clamp(1, 100)))?;
        let image = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg)?.into_rgb8();
        Ok((image, Some(jpeg)))
    }

    fn add_noise(&self, photo: &mut RgbImage, chance: &mut Chance) {
        if self.noise <= 0.0 {
            return;
        }
        for pixel in photo.pixels_mut() {
            let level = chance.normal() * self.noise;
            pixel.0 = pixel.0.map(|v| (f32::from(v) + level).round().clamp(0.0, 255.0) as u8);
        }
    }
}

/// Left, top, right and bottom of the zone's lines on a flat page; of its middle part on one without a zone.
fn zone(page: &RgbImage, truth: &Truth) -> [f32; 4] {
    match (truth.mrz_quads.first(), truth.mrz_quads.last()) {
        (Some(first), Some(last)) => [first[0][0], first[0][1], last[2][0], last[2][1]],
        _ => {
            let (width, height) = (page.width() as f32, page.height() as f32);
            [0.1 * width, 0.4 * height, 0.9 * width, 0.6 * height]
        }
    }
}

/// Puts the table where the page is not.
fn lay_over(table: &RgbImage, photo: &mut RgbImage, projection: &Projection, page: (u32, u32)) {
    let back = projection.invert();
    let (width, height) = (page.0 as f32 - 1.0, page.1 as f32 - 1.0);
    for (x, y, pixel) in photo.enumerate_pixels_mut() {
        let (u, v) = back * (x as f32, y as f32);
        if !(0.0..=width).contains(&u) || !(0.0..=height).contains(&v) {
            *pixel = *table.get_pixel(x, y);
        }
    }
}

/// A plain table top with a faint grain.
fn wood(width: u32, height: u32, chance: &mut Chance) -> RgbImage {
    let base =
        chance.pick(&[[96.0, 74.0, 56.0], [62.0, 66.0, 72.0], [140.0, 128.0, 112.0], [44.0, 52.0, 60.0]]);
    let (grain, lean) = (chance.between(0.02, 0.06), chance.between(-0.2, 0.2));
    RgbImage::from_fn(width, height, |x, y| {
        let along = (y as f32 + lean * x as f32) * grain;
        let streak = 5.0 * portable::sin(along) + 3.0 * portable::sin(along * 5.3);
        Rgb(base.map(|v: f32| (v + streak).clamp(0.0, 255.0) as u8))
    })
}
