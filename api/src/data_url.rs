//! Images as text: base64, alone or in a `data:` URL (RFC 2397).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use idv_common::domain::CaptureKind;

use crate::problem::Problem;

/// Some clients leave the padding away.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes that a text stands for; `None` if it is neither base64 nor a base64 `data:` URL. Line breaks and
/// spaces do not count.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_start();
    let base64 = match text.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,")?.1,
        None => text,
    };
    if !base64.contains(|c: char| c.is_ascii_whitespace()) {
        return BASE64.decode(base64).ok();
    }
    let together: String = base64.split_ascii_whitespace().collect();
    BASE64.decode(together).ok()
}

/// The bytes of a JSON field that holds an image.
pub(crate) fn decode_field(kind: CaptureKind, text: &str) -> Result<Vec<u8>, Problem> {
    decode(text).ok_or_else(|| Problem::field(&format!("/{kind}"), "must be base64 or a base64 `data:` URL"))
}

/// How long that many bytes are in base64, which turns three bytes into four.
pub(crate) fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_taken_alone_and_in_a_url() {
        for text in
            ["aWR2IQ==", "aWR2IQ", " aWR2\r\nIQ== ", "data:image/png;base64,aWR2IQ==", "data:;base64,aWR2IQ"]
        {
            assert_eq!(decode(text).as_deref(), Some(b"idv!".as_slice()), "{text}");
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["%%%", "aWR2I", "data:image/png,idv", "data:image/png;base64", "aW=R2", "http://x/a.png"]
        {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode("").as_deref(), Some(b"".as_slice()));
        assert_eq!((encoded_len(4), encoded_len(3)), (8, 4));
    }
}
