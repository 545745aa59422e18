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

names! {
    /// The image formats that are accepted, told by their first bytes and never by a name.
    ImageFormat {
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
    }
}

impl ImageFormat {
    /// How many bytes [`ImageFormat::sniff`] needs to tell.
    pub const SNIFF_LEN: usize = 12;

    /// The format that the first bytes of a file announce.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'B', b'M', ..] => Some(Self::Bmp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            _ => None,
        }
    }
}
