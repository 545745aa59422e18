//! Whether a JPEG file (ITU-T T.81) is all there.

/// Marks the end of the image.
const END: u8 = 0xd9;

/// Whether the end-of-image marker follows the file's segments and scans. A file that was cut short has
/// none, or only those of the previews embedded in its segments, which this walk steps over.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let Some((marker, after)) = next_marker(rest) {
        match (marker, after) {
            (END, _) => return true,
            (_, [high, low, ..]) => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = after.get(length..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    false
}

/// The next marker and what follows it. Stuffed bytes and restart markers belong to a scan's data; repeated
/// fill bytes may stand before any marker.
fn next_marker(mut bytes: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = bytes.iter().position(|byte| *byte == 0xff)?;
        bytes = &bytes[at + 1..];
        match bytes {
            [0x00 | 0x01 | 0xd0..=0xd7, after @ ..] => bytes = after,
            [0xff, ..] => {}
            [marker, after @ ..] => return Some((*marker, after)),
            [] => return None,
        }
    }
}
