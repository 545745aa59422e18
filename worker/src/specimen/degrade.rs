//! What a camera does to a page: a table behind it, rotation, perspective, blur, glare, noise, JPEG.

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use imageproc::{
    filter::gaussian_blur_f32,
    geometric_transformations::{Border, Interpolation, Projection, warp_into},
};

use super::{Page, SpecimenError, chance::Chance};
use crate::drawing::mix;

/// What is done to a page, in this order. Lengths are in parts of the page's width, so that a degradation
/// looks the same at every resolution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Degrade {
    /// Clockwise, in degrees; the page lies on a table that shows around it.
    pub rotation_deg: f32,
    /// How far the corners are moved at random, in parts of the width.
    pub perspective: f32,
    /// Standard deviation of the Gaussian blur, in parts of the width: 0.001 is 1.5 px at 300 dpi.
    pub blur_sigma: f32,
    /// Brightness of a reflection, 0 to 1, away from the portrait and from the machine-readable zone.
    pub glare: f32,
    /// Standard deviation of the sensor's noise in grey levels.
    pub noise: f32,
    /// Quality of a JPEG round trip, 1 to 100; none: no compression.
    pub jpeg_quality: Option<u8>,
    /// Draws the corners, the reflection's place, the table and the noise.
    pub seed: u64,
}

impl Degrade {
    /// A careful photo: nearly straight and sharp.
    pub fn light(seed: u64) -> Self {
        let mut chance = Chance::new(seed, "light");
        Self {
            rotation_deg: chance.between(-3.0, 3.0),
            perspective: chance.between(0.0, 0.01),
            blur_sigma: chance.between(0.0001, 0.0005),
            glare: 0.0,
            noise: chance.between(1.0, 3.0),
            jpeg_quality: Some(88),
            seed,
        }
    }

    /// A careless photo that a person can still read: for evaluations.
    pub fn hard(seed: u64) -> Self {
        let mut chance = Chance::new(seed, "hard");
        Self {
            rotation_deg: chance.between(-14.0, 14.0),
            perspective: chance.between(0.02, 0.05),
            blur_sigma: chance.between(0.0007, 0.0013),
            glare: chance.between(0.4, 0.9),
            noise: chance.between(4.0, 9.0),
            jpeg_quality: Some(40 + chance.below(25) as u8),
            seed,
        }
    }

    /// Degrades a page; its truth moves along.
    pub(super) fn apply(&self, page: Page, salt: &str) -> Result<Page, SpecimenError> {
        let mut chance = Chance::new(self.seed, salt);
        let Page { mut image, mut truth } = page;
        let width = image.width() as f32;
        let glare_at = (chance.between(0.45, 0.95), chance.between(0.1, 0.45));
        self.reflect(&mut image, glare_at);
        let (table, projection) = self.table(&image, &mut chance)?;
        let mut photo = table.clone();
        warp_into(&image, projection, Interpolation::Bicubic, Border::Constant(Rgb([0; 3])), &mut photo);
        // What the page does not cover is black after warping: there the table shows.
        lay_over(&table, &mut photo, &projection, image.dimensions());
        truth.project(|x, y| projection * (x, y));
        Ok(Page { image: self.expose(photo, width, &mut chance)?, truth })
    }

    /// What lens, sensor and file add: blur, noise and compression.
    pub(super) fn expose(
        &self,
        mut photo: RgbImage,
        width: f32,
        chance: &mut Chance,
    ) -> Result<RgbImage, SpecimenError> {
        if self.blur_sigma > 0.0 {
            photo = gaussian_blur_f32(&photo, self.blur_sigma * width);
        }
        self.add_noise(&mut photo, chance);
        self.compress(photo)
    }

    /// The table with a margin about the page, and where the page lies on it.
    fn table(&self, page: &RgbImage, chance: &mut Chance) -> Result<(RgbImage, Projection), SpecimenError> {
        let (width, height) = (page.width() as f32, page.height() as f32);
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let margin = width * (0.03 + self.perspective);
        let table_width = width * cos.abs() + height * sin.abs() + 2.0 * margin;
        let table_height = width * sin.abs() + height * cos.abs() + 2.0 * margin;
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        let placed = corners.map(|(x, y)| {
            let (x, y) = (x - width / 2.0, y - height / 2.0);
            let mut jitter = || chance.between(-1.0, 1.0) * self.perspective * width;
            (
                x * cos - y * sin + table_width / 2.0 + jitter(),
                x * sin + y * cos + table_height / 2.0 + jitter(),
            )
        });
        let projection = Projection::from_control_points(corners, placed)
            .ok_or(SpecimenError::Perspective(self.perspective))?;
        Ok((wood(table_width as u32, table_height as u32, chance), projection))
    }

    fn reflect(&self, page: &mut RgbImage, (centre_x, centre_y): (f32, f32)) {
        if self.glare <= 0.0 {
            return;
        }
        let (width, height) = (page.width() as f32, page.height() as f32);
        for (x, y, pixel) in page.enumerate_pixels_mut() {
            let dx = (x as f32 - centre_x * width) / (0.16 * width);
            let dy = (y as f32 - centre_y * height) / (0.09 * width);
            let light = self.glare * (-(dx * dx + dy * dy)).exp();
            *pixel = mix(*pixel, Rgb([255; 3]), light);
        }
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

    fn compress(&self, photo: RgbImage) -> Result<RgbImage, SpecimenError> {
        let Some(quality) = self.jpeg_quality else { return Ok(photo) };
        let mut file = Vec::new();
        photo.write_with_encoder(JpegEncoder::new_with_quality(&mut file, quality.clamp(1, 100)))?;
        Ok(image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg)?.into_rgb8())
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

/// A plain table top with a faint grain, lit from one side.
fn wood(width: u32, height: u32, chance: &mut Chance) -> RgbImage {
    let base =
        chance.pick(&[[96.0, 74.0, 56.0], [62.0, 66.0, 72.0], [140.0, 128.0, 112.0], [44.0, 52.0, 60.0]]);
    let (grain, lean) = (chance.between(0.02, 0.06), chance.between(-0.2, 0.2));
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let streak = 5.0 * ((y + lean * x) * grain).sin() + 3.0 * ((y + lean * x) * grain * 5.3).sin();
        let light = 0.9 + 0.25 * x / width as f32;
        Rgb(base.map(|v: f32| ((v + streak) * light).clamp(0.0, 255.0) as u8))
    })
}
