//! Decoding uploaded images: bounded, upright, and never fatal.
//!
//! Whatever the bytes are, the result is an image or a reason. Decoders of hostile files may panic; that is
//! a corrupt file as well.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use idv_common::domain::{MediaFormat, ReasonCode};
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage};

use super::jpeg;

/// What an image may cost to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The longest side in pixels.
    pub max_side_px: u32,
    /// The most pixels.
    pub max_pixels: u64,
    /// The most bytes of decoded pixels, at the file's own depth and channels.
    pub max_decoded_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { max_side_px: 12_000, max_pixels: 50_000_000, max_decoded_bytes: 200 << 20 }
    }
}

/// Why a file gives no image. This is evidence about the file and no failure of the machinery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unreadable {
    /// The reason that goes into the check.
    pub reason: ReasonCode,
    /// What the operator should know; it quotes nothing of the picture.
    pub detail: String,
}

impl Unreadable {
    pub(super) fn new(reason: ReasonCode, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    fn corrupt(detail: impl Into<String>) -> Self {
        Self::new(ReasonCode::FileCorrupt, detail)
    }
}

/// What an image's header says; nothing was decoded to learn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The format, told by the first bytes.
    pub format: MediaFormat,
    /// Pixels per row as stored, before EXIF orientation.
    pub width: u32,
    /// Rows as stored.
    pub height: u32,
}

/// Reads the header alone and holds it against the limits.
pub fn header(bytes: &[u8], limits: &DecodeLimits) -> Result<Header, Unreadable> {
    guarded(|| open(bytes, limits).map(|(header, _)| header))
}

/// Decodes an image to upright 8-bit RGB: EXIF orientation applied, transparency laid over white, deeper
/// samples reduced, of an animation the first frame.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, Unreadable> {
    guarded(|| {
        let (header, mut decoder) = open(bytes, limits)?;
        // The JPEG decoder paints what is missing grey instead of failing.
        if header.format == MediaFormat::Jpeg && !jpeg::is_complete(bytes) {
            return Err(Unreadable::corrupt("the JPEG file ends before its picture does"));
        }
        // An unreadable EXIF block leaves the picture as it is stored.
        let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
        image.apply_orientation(orientation);
        Ok(flattened(image))
    })
}

/// Runs a decoder so that its panic is a verdict about the file.
fn guarded<T>(decode: impl FnOnce() -> Result<T, Unreadable>) -> Result<T, Unreadable> {
    // The closure owns or only reads what it touches, so nothing half-changed outlives a panic.
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(Unreadable::corrupt("the decoder gave up on the file")))
}

fn open<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<(Header, impl ImageDecoder + use<'a>), Unreadable> {
    let sniffed = MediaFormat::sniff(bytes).and_then(|format| Some((format, decoder_for(format)?)));
    let (format, decoder) = sniffed.ok_or_else(|| {
        Unreadable::new(ReasonCode::FileTypeUnsupported, "the first bytes are of no accepted image format")
    })?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), decoder);
    let mut decoder_limits = Limits::no_limits();
    decoder_limits.max_alloc = Some(limits.max_decoded_bytes);
    reader.limits(decoder_limits);
    let decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, decoder.total_bytes(), limits)?;
    Ok((Header { format, width, height }, decoder))
}

/// Decoders take limits as advice at best, so the header is checked before any of them allocates.
fn check_size(width: u32, height: u32, decoded_bytes: u64, limits: &DecodeLimits) -> Result<(), Unreadable> {
    if width == 0 || height == 0 {
        return Err(Unreadable::corrupt("the header announces an image without pixels"));
    }
    let pixels = u64::from(width) * u64::from(height);
    let too_large = width.max(height) > limits.max_side_px
        || pixels > limits.max_pixels
        || decoded_bytes > limits.max_decoded_bytes;
    if too_large {
        let detail = format!("{width} x {height} pixels ({decoded_bytes} bytes) are more than is decoded");
        return Err(Unreadable::new(ReasonCode::ImageTooLarge, detail));
    }
    Ok(())
}

fn decoder_for(format: MediaFormat) -> Option<image::ImageFormat> {
    Some(match format {
        MediaFormat::Jpeg => image::ImageFormat::Jpeg,
        MediaFormat::Png => image::ImageFormat::Png,
        MediaFormat::WebP => image::ImageFormat::WebP,
        MediaFormat::Bmp => image::ImageFormat::Bmp,
        MediaFormat::Gif => image::ImageFormat::Gif,
        MediaFormat::Mp4 | MediaFormat::WebM | MediaFormat::QuickTime => return None,
    })
}

fn unreadable(error: ImageError) -> Unreadable {
    let reason = match &error {
        ImageError::Limits(_) => ReasonCode::ImageTooLarge,
        _ => ReasonCode::FileCorrupt,
    };
    Unreadable::new(reason, format!("failed to decode the image: {error}"))
}

/// 8-bit RGB over a white page.
fn flattened(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let source = image.into_rgba8();
    let over_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [r, g, b, alpha] = source.get_pixel(x, y).0;
        image::Rgb([r, g, b].map(|value| over_white(value, alpha)))
    })
}
