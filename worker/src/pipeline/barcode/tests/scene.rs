//! Barcodes as a camera sees them.

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma, Rgb, RgbImage};
use imageproc::filter::gaussian_blur_f32;
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use rxing::common::BitMatrix;
use rxing::pdf417::encoder::Dimensions;
use rxing::{BarcodeFormat, EncodeHints, Writer};

/// How a barcode is photographed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    /// Pixels a module.
    pub(crate) module: f32,
    /// Degrees clockwise.
    pub(crate) rotation: f32,
    /// How far the camera leans over, in degrees; the far side is smaller.
    pub(crate) tilt: f32,
    /// Standard deviation of the blur in modules.
    pub(crate) blur: f32,
    /// Standard deviation of the noise in grey levels.
    pub(crate) noise: f32,
    /// Quality of a JPEG round trip.
    pub(crate) jpeg: Option<u8>,
}

/// As a printer's file.
pub(crate) const CLEAN: Scene =
    Scene { module: 3.0, rotation: 0.0, tilt: 0.0, blur: 0.0, noise: 0.0, jpeg: None };

/// The modules of a PDF417 that holds these bytes, with the columns of a licence.
pub(crate) fn pdf417(bytes: &[u8]) -> BitMatrix {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let hints = EncodeHints {
        ErrorCorrection: Some("5".to_owned()),
        Margin: Some("0".to_owned()),
        Pdf417Dimensions: Some(Dimensions::new(8, 16, 3, 90)),
        ..EncodeHints::default()
    };
    let writer = rxing::pdf417::PDF417Writer::new();
    writer.encode_with_hints(&text, &BarcodeFormat::PDF_417, 1, 1, &hints).unwrap()
}

/// The modules of a QR code.
pub(crate) fn qr_code(text: &str) -> BitMatrix {
    let hints = EncodeHints { Margin: Some("0".to_owned()), ..EncodeHints::default() };
    let writer = rxing::qrcode::QRCodeWriter {};
    writer.encode_with_hints(text, &BarcodeFormat::QR_CODE, 1, 1, &hints).unwrap()
}

/// A photo of a card that shows the barcode, on a table. Also where the barcode's corners are.
pub(crate) fn photo(bits: &BitMatrix, scene: Scene) -> (RgbImage, [(f32, f32); 4]) {
    let card = card(bits, scene.module);
    let (width, height) = (card.width() as f32, card.height() as f32);
    let side = width.hypot(height).ceil() + 40.0;
    let centred = Projection::translate(-width / 2.0, -height / 2.0);
    let rotated = Projection::rotate(scene.rotation.to_radians());
    // Leaning over by an angle makes what lies at the far edge smaller.
    let lean = scene.tilt.to_radians().sin() / (2.5 * width.max(height));
    let tilted = Projection::from_matrix([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, lean, lean / 2.0, 1.0]).unwrap();
    let placed = Projection::translate(side / 2.0, side / 2.0);
    let projection = placed * tilted * rotated * centred;
    let mut picture = GrayImage::new(side as u32, side as u32);
    warp_into(&card, projection, Interpolation::Bilinear, Border::Constant(Luma([90])), &mut picture);
    if scene.blur > 0.0 {
        picture = gaussian_blur_f32(&picture, scene.blur * scene.module);
    }
    let mut state = 0x2545_f491_u32;
    let mut chance = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32
    };
    for pixel in picture.pixels_mut() {
        let sum: f32 = (0..4).map(|_| chance()).sum();
        let noise = (sum - 2.0) * (12.0_f32 / 4.0).sqrt() * scene.noise;
        pixel.0[0] = (f32::from(pixel.0[0]) + noise).round().clamp(0.0, 255.0) as u8;
    }
    let mut photo =
        RgbImage::from_fn(picture.width(), picture.height(), |x, y| Rgb([picture.get_pixel(x, y).0[0]; 3]));
    if let Some(quality) = scene.jpeg {
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, quality).encode_image(&photo).unwrap();
        photo = image::load_from_memory(&file).unwrap().to_rgb8();
    }
    let margin = MARGIN * scene.module;
    let corners = [
        (margin, margin),
        (width - margin, margin),
        (width - margin, height - margin),
        (margin, height - margin),
    ];
    (photo, corners.map(|corner| projection * corner))
}

/// The white around the barcode, in modules.
const MARGIN: f32 = 20.0;

/// A light card around the modules.
fn card(bits: &BitMatrix, module: f32) -> GrayImage {
    let size = |modules: u32| ((modules as f32 + 2.0 * MARGIN) * module).round() as u32;
    GrayImage::from_fn(size(bits.width()), size(bits.height()), |x, y| {
        let place = |pixel: u32| (pixel as f32 + 0.5) / module - MARGIN;
        let (column, row) = (place(x), place(y));
        let inside =
            column >= 0.0 && row >= 0.0 && column < bits.width() as f32 && row < bits.height() as f32;
        let dark = inside && bits.get(column as u32, row as u32);
        Luma([if dark { 35 } else { 225 }])
    })
}
