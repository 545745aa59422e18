//! What a file's bytes tell while they stream by: its format, of an image its size in pixels, its length and digest.
//! Nothing is decoded.

use sha2::{Digest, Sha256};

use crate::config::LimitsConfig;
use crate::domain::{CaptureKind, MediaFormat};

/// How much of a file is kept to find its size in; metadata may precede it.
const HEAD: usize = 512 * 1024;

/// A file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no bytes.
    #[error("the file has no bytes")]
    Empty,
    /// It is not what its first bytes announce.
    #[error("{0}")]
    Corrupt(&'static str),
    /// Its format is none of those that are taken.
    #[error("{0}")]
    Unsupported(String),
    /// Its image has too many pixels.
    #[error("{0}")]
    TooManyPixels(String),
    /// It is longer than this many bytes.
    #[error("the file is larger than {0} bytes")]
    TooLong(usize),
}

/// What a whole file has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The format that its first bytes announce.
    pub format: MediaFormat,
    /// Pixels; 0 for a video.
    pub width: i32,
    /// Pixels; 0 for a video.
    pub height: i32,
    /// Its length in bytes.
    pub bytes: i64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Watches the bytes of a file go by.
pub struct Inspection<'a> {
    /// The formats that are taken.
    formats: &'static [MediaFormat],
    limits: &'a LimitsConfig,
    most_bytes: usize,
    head: Vec<u8>,
    /// The head is looked at again when it has this length.
    look_at: usize,
    found: Option<Header>,
    digest: Sha256,
    len: usize,
}

/// What a file's header says.
#[derive(Debug, Clone, Copy)]
struct Header {
    format: MediaFormat,
    width: i32,
    height: i32,
}

/// The most bytes that a capture may have.
pub fn most_bytes(limits: &LimitsConfig, kind: CaptureKind) -> usize {
    match kind {
        CaptureKind::SelfieClip => limits.clip_bytes,
        _ => limits.capture_bytes,
    }
}

impl<'a> Inspection<'a> {
    /// At the beginning of a file of a capture, of one of these formats.
    pub fn new(kind: CaptureKind, formats: &'static [MediaFormat], limits: &'a LimitsConfig) -> Self {
        Self {
            formats,
            limits,
            most_bytes: most_bytes(limits, kind),
            head: Vec::new(),
            look_at: MediaFormat::SNIFF_LEN,
            found: None,
            digest: Sha256::new(),
            len: 0,
        }
    }

    /// Takes the next bytes; refuses them as soon as it is clear that nothing follows that this kind of capture may
    /// be.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.len += bytes.len();
        if self.len > self.most_bytes {
            return Err(Refusal::TooLong(self.most_bytes));
        }
        self.digest.update(bytes);
        if self.found.is_some() || self.head.len() == HEAD {
            return Ok(());
        }
        self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        if self.head.len() < self.look_at {
            return Ok(());
        }
        self.look_at = (self.head.len() * 2).min(HEAD);
        self.look()
    }

    /// What the file has told, once it has ended.
    pub fn finish(mut self) -> Result<Inspected, Refusal> {
        if self.len == 0 {
            return Err(Refusal::Empty);
        }
        self.look()?;
        let lost = "the file ends or goes astray before the image's size is known";
        let Header { format, width, height } = self.found.ok_or(Refusal::Corrupt(lost))?;
        let bytes = i64::try_from(self.len).unwrap_or(i64::MAX);
        Ok(Inspected { format, width, height, bytes, sha256: crate::hex(&self.digest.finalize()) })
    }

    fn look(&mut self) -> Result<(), Refusal> {
        if self.found.is_some() {
            return Ok(());
        }
        let format = MediaFormat::sniff(&self.head).filter(|format| self.formats.contains(format));
        let format = format.ok_or_else(|| unsupported(self.formats))?;
        if format.is_video() {
            self.found = Some(Header { format, width: 0, height: 0 });
        } else if let Ok(size) = imagesize::blob_size(&self.head) {
            self.found = Some(within(format, size, self.limits)?);
        }
        Ok(())
    }
}

fn unsupported(formats: &[MediaFormat]) -> Refusal {
    let names: Vec<_> = formats.iter().map(|format| name(*format)).collect();
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    let detail = format!("send {} or {last}; the first bytes are none of these", others.join(", "));
    Refusal::Unsupported(detail)
}

fn name(format: MediaFormat) -> &'static str {
    match format {
        MediaFormat::Jpeg => "JPEG",
        MediaFormat::Png => "PNG",
        MediaFormat::WebP => "WebP",
        MediaFormat::Bmp => "BMP",
        MediaFormat::Gif => "GIF",
        MediaFormat::Mp4 => "MP4",
        MediaFormat::WebM => "WebM",
        MediaFormat::QuickTime => "QuickTime",
    }
}

fn within(format: MediaFormat, size: imagesize::ImageSize, limits: &LimitsConfig) -> Result<Header, Refusal> {
    let (width, height) = (size.width as u64, size.height as u64);
    if width == 0 || height == 0 {
        return Err(Refusal::Corrupt("the image has no pixels"));
    }
    let too_many = || {
        Refusal::TooManyPixels(format!(
            "the image has {width} x {height} pixels; at most {} on a side and {} in all are taken",
            limits.side_px, limits.pixels
        ))
    };
    let side = width.max(height);
    if side > u64::from(limits.side_px) || width.saturating_mul(height) > limits.pixels {
        return Err(too_many());
    }
    let narrow = |side| i32::try_from(side).map_err(|_| too_many());
    Ok(Header { format, width: narrow(width)?, height: narrow(height)? })
}
