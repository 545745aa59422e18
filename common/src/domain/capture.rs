//! Captures: what a caller uploads.

use super::names::names;

names! {
    /// What a capture shows.
    CaptureKind {
        /// The side of the document with the portrait.
        DocumentFront = "document_front",
        /// The other side.
        DocumentBack = "document_back",
        /// A photo of the person.
        Selfie = "selfie",
        /// A short clip of the person.
        SelfieClip = "selfie_clip",
        /// One of several photos of the person, taken one after another.
        SelfieFrame = "selfie_frame",
        /// An image that is kept by itself.
        Image = "image",
        /// The first image of a comparison.
        ImageA = "image_a",
        /// The second image of a comparison.
        ImageB = "image_b",
    }
}

impl CaptureKind {
    /// The formats that it may have: a clip may be a still image as well.
    pub fn formats(self) -> &'static [MediaFormat] {
        match self {
            Self::SelfieClip => MediaFormat::ALL,
            _ => MediaFormat::IMAGES,
        }
    }
}

names! {
    /// The formats that are accepted, told by their first bytes and never by a name.
    MediaFormat {
        /// JPEG, ITU-T T.81.
        Jpeg = "image/jpeg",
        /// Portable Network Graphics.
        Png = "image/png",
        /// WebP, first frame.
        WebP = "image/webp",
        /// Windows bitmap.
        Bmp = "image/bmp",
        /// GIF, first frame.
        Gif = "image/gif",
        /// MPEG-4 part 14.
        Mp4 = "video/mp4",
        /// WebM, and other Matroska, which begins alike.
        WebM = "video/webm",
        /// Apple QuickTime.
        QuickTime = "video/quicktime",
    }
}

impl MediaFormat {
    /// Those of still images.
    pub const IMAGES: &'static [Self] = &[Self::Jpeg, Self::Png, Self::WebP, Self::Bmp, Self::Gif];

    /// How many bytes [`MediaFormat::sniff`] needs to tell.
    pub const SNIFF_LEN: usize = 12;

    /// The format that the first bytes of a file announce.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'B', b'M', ..] => Some(Self::Bmp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(Self::WebM),
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Self::of_brand(brand.first_chunk()?),
            _ => None,
        }
    }

    /// What the main brand of an ISO base media file says; still images come in such files as well.
    fn of_brand(brand: &[u8; 4]) -> Option<Self> {
        match brand {
            b"qt  " => Some(Self::QuickTime),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" | b"miaf"
            | b"avif" | b"avis" | b"jxl " | b"crx " => None,
            _ => Some(Self::Mp4),
        }
    }

    /// What the names of its files end with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Gif => "gif",
            Self::Mp4 => "mp4",
            Self::WebM => "webm",
            Self::QuickTime => "mov",
        }
    }

    /// Whether it is a video's.
    pub fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::WebM | Self::QuickTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_video_is_told_by_its_first_bytes() {
        let sniffed = |brand: &str| MediaFormat::sniff(format!("\0\0\0\x20ftyp{brand}").as_bytes());
        for (brand, format) in [
            ("isom", Some(MediaFormat::Mp4)),
            ("mp42", Some(MediaFormat::Mp4)),
            ("M4V ", Some(MediaFormat::Mp4)),
            ("3gp5", Some(MediaFormat::Mp4)),
            ("qt  ", Some(MediaFormat::QuickTime)),
            ("heic", None),
            ("mif1", None),
            ("avif", None),
            ("avis", None),
            ("iso", None),
        ] {
            assert_eq!(sniffed(brand), format, "{brand}");
        }
        assert_eq!(MediaFormat::sniff(b"\x1a\x45\xdf\xa3\x01"), Some(MediaFormat::WebM));
        assert_eq!(MediaFormat::sniff(b"PK\x03\x04 a zip that is called clip.mp4"), None);
    }

    #[test]
    fn a_video_is_no_image() {
        let videos: Vec<_> = MediaFormat::ALL.iter().filter(|format| format.is_video()).collect();
        assert!(videos.iter().all(|format| format.as_str().starts_with("video/")), "{videos:?}");
        assert_eq!(videos.len() + MediaFormat::IMAGES.len(), MediaFormat::ALL.len());
        assert!(!MediaFormat::IMAGES.iter().any(|format| format.is_video()));
    }
}
