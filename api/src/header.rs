//! What an upload's first bytes tell: its format and, of an image, its size. Nothing is decoded.

use idv_common::config::LimitsConfig;
use idv_common::domain::MediaFormat;

use crate::problem::{Code, Problem};

/// How much of a file is kept to find its size in; metadata may precede it.
const HEAD: usize = 512 * 1024;

/// Watches the first bytes of an upload go by.
pub(crate) struct HeaderReader {
    /// The formats that are taken.
    formats: &'static [MediaFormat],
    head: Vec<u8>,
    /// The head is looked at again when it has this length.
    look_at: usize,
    found: Option<Header>,
}

/// What an upload's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// The format that the first bytes announce.
    pub format: MediaFormat,
    /// Pixels; 0 for a video.
    pub width: i32,
    /// Pixels; 0 for a video.
    pub height: i32,
}

impl HeaderReader {
    /// A reader at the beginning of a file of one of these formats.
    pub(crate) fn new(formats: &'static [MediaFormat]) -> Self {
        Self { formats, head: Vec::new(), look_at: MediaFormat::SNIFF_LEN, found: None }
    }

    /// Takes the next bytes; refuses them as soon as it is clear that nothing follows that this kind of capture
    /// may be.
    pub(crate) fn push(&mut self, bytes: &[u8], limits: &LimitsConfig) -> Result<(), Problem> {
        if self.found.is_some() || self.head.len() == HEAD {
            return Ok(());
        }
        self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        if self.head.len() < self.look_at {
            return Ok(());
        }
        self.look_at = (self.head.len() * 2).min(HEAD);
        self.look(limits)
    }

    /// The header, once the file has ended.
    pub(crate) fn finish(mut self, limits: &LimitsConfig) -> Result<Header, Problem> {
        if self.head.is_empty() {
            return Err(Problem::new(Code::FileEmpty, "the file has no bytes"));
        }
        self.look(limits)?;
        self.found.ok_or_else(|| {
            Problem::new(Code::FileCorrupt, "the file ends or goes astray before the image's size is known")
        })
    }

    fn look(&mut self, limits: &LimitsConfig) -> Result<(), Problem> {
        if self.found.is_some() {
            return Ok(());
        }
        let format = MediaFormat::sniff(&self.head).filter(|format| self.formats.contains(format));
        let format = format.ok_or_else(|| unsupported(self.formats))?;
        if format.is_video() {
            self.found = Some(Header { format, width: 0, height: 0 });
        } else if let Ok(size) = imagesize::blob_size(&self.head) {
            self.found = Some(within(format, size, limits)?);
        }
        Ok(())
    }
}

fn unsupported(formats: &[MediaFormat]) -> Problem {
    let names: Vec<_> = formats.iter().map(|format| name(*format)).collect();
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    let detail = format!("send {} or {last}; the first bytes are none of these", others.join(", "));
    Problem::new(Code::FileTypeUnsupported, detail)
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

fn within(format: MediaFormat, size: imagesize::ImageSize, limits: &LimitsConfig) -> Result<Header, Problem> {
    let (width, height) = (size.width as u64, size.height as u64);
    if width == 0 || height == 0 {
        return Err(Problem::new(Code::FileCorrupt, "the image has no pixels"));
    }
    let side = width.max(height);
    if side > u64::from(limits.side_px) || width.saturating_mul(height) > limits.pixels {
        let detail = format!(
            "the image has {width} x {height} pixels; at most {} on a side and {} in all are taken",
            limits.side_px, limits.pixels
        );
        return Err(Problem::new(Code::ImageTooLarge, detail));
    }
    let narrow = |side| i32::try_from(side).map_err(Problem::internal);
    Ok(Header { format, width: narrow(width)?, height: narrow(height)? })
}
