//! The holder's portrait: a photo cropped to the frame, or a drawn silhouette.

use image::{Rgb, RgbImage, imageops};

use super::{
    Portrait, SpecimenError,
    portable::length,
    sheet::{Area, Sheet},
};
use crate::{drawing::mix, inference::Rect};

/// Width over height of the frame: 35 x 45 mm, ICAO 9303 part 3.
const PROPORTION: f32 = 35.0 / 45.0;

/// Draws the portrait in its frame, which must have the proportions of 35 to 45.
pub(super) fn draw(sheet: &mut Sheet, picture: &RgbImage, area: Area) {
    sheet.picture(picture, area, |_, _| 1.0);
    let colour = sheet.palette.title;
    sheet.frame(area, 0.2, colour);
}

/// Draws a pale, colourless copy that fades towards its edges.
pub(super) fn draw_ghost(sheet: &mut Sheet, picture: &RgbImage, area: Area) {
    let mut pale = picture.clone();
    for pixel in pale.pixels_mut() {
        let [r, g, b] = pixel.0.map(f32::from);
        let grey = (0.299 * r + 0.587 * g + 0.114 * b) / 255.0;
        *pixel = mix(sheet.palette.title, sheet.palette.paper, grey);
    }
    sheet.picture(&pale, area, |x, y| {
        let from_centre = length(2.0 * x - 1.0, 1.6 * (y - 0.5));
        0.55 * (1.6 * (1.15 - from_centre)).clamp(0.0, 1.0)
    });
}

/// The picture for the frame: the photo's part about the face, or the silhouette.
pub(super) fn picture(portrait: Option<&Portrait>) -> Result<RgbImage, SpecimenError> {
    let Some(Portrait { photo, face }) = portrait else { return Ok(silhouette()) };
    if photo.width().min(photo.height()) < 32 {
        return Err(SpecimenError::Portrait(photo.width(), photo.height()));
    }
    let crop = match face {
        Some(face) => around_face(photo, face),
        None => upper_middle(photo),
    };
    let (left, top) = (crop.left as u32, crop.top as u32);
    Ok(imageops::crop_imm(photo, left, top, crop.width() as u32, crop.height() as u32).to_image())
}

/// The crop in which a detected face (chin to brow line, about three quarters of the head) takes the room
/// that ICAO 9303 asks for: the head is 70 to 80 % of the picture's height. Where the photo ends earlier, the
/// crop is moved, then made smaller.
fn around_face(photo: &RgbImage, face: &Rect) -> Rect {
    let height = (face.height() * 1.75).min(photo.height() as f32);
    let width = (height * PROPORTION).min(photo.width() as f32);
    let height = width / PROPORTION;
    let left = (face.left + face.right - width) / 2.0;
    let top = (face.top + face.bottom) / 2.0 - 0.53 * height;
    placed(photo, left, top, width, height)
}

fn upper_middle(photo: &RgbImage) -> Rect {
    let width = (photo.width() as f32).min(photo.height() as f32 * PROPORTION);
    placed(photo, (photo.width() as f32 - width) / 2.0, 0.0, width, width / PROPORTION)
}

fn placed(photo: &RgbImage, left: f32, top: f32, width: f32, height: f32) -> Rect {
    let left = left.clamp(0.0, (photo.width() as f32 - width).max(0.0));
    let top = top.clamp(0.0, (photo.height() as f32 - height).max(0.0));
    Rect { left, top, right: left + width.max(1.0), bottom: top + height.max(1.0) }
}

/// A head and shoulders in two greys, without eyes, nose or mouth.
fn silhouette() -> RgbImage {
    let (width, height) = (350.0, 450.0);
    let inside = |x: f32, y: f32, cx: f32, cy: f32, rx: f32, ry: f32| {
        ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) <= 1.0
    };
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let head = inside(x, y, 175.0, 185.0, 82.0, 110.0);
        let neck = (140.0..210.0).contains(&x) && (260.0..360.0).contains(&y);
        let shoulders = inside(x, y, 175.0, 470.0, 165.0, 140.0);
        if head || neck || shoulders { Rgb([128, 134, 142]) } else { Rgb([214, 219, 224]) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_keeps_the_proportions_and_stays_inside_the_photo() {
        for (width, height) in [(300, 900), (900, 300), (64, 64), (32, 32)] {
            let photo = RgbImage::new(width, height);
            let face = Rect { left: 10.0, top: 4.0, right: 50.0, bottom: 56.0 };
            for crop in [upper_middle(&photo), around_face(&photo, &face)] {
                assert!(crop.left >= 0.0 && crop.right <= width as f32 + 1.0, "{crop:?}");
                assert!(crop.top >= 0.0 && crop.bottom <= height as f32 + 1.0, "{crop:?}");
                let proportion = crop.width() / crop.height();
                assert!((proportion - PROPORTION).abs() < 0.01, "{crop:?}");
            }
        }
    }
}
