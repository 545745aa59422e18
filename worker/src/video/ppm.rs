//! The portable pixmaps that ffmpeg writes one after another. What writes them has read a hostile file, so nothing
//! but exactly what ffmpeg writes is taken: `P6`, width and height, `255`, and the pixels.

use image::RgbImage;

/// Reads every picture; `None` if anything else is among them, one is larger than `max_side` pixels, or there
/// are more than `max_count`.
pub(super) fn parse_all(mut bytes: &[u8], max_side: u32, max_count: usize) -> Option<Vec<RgbImage>> {
    let mut pictures = Vec::new();
    while !bytes.is_empty() {
        if pictures.len() == max_count {
            return None;
        }
        let (picture, rest) = parse(bytes, max_side)?;
        pictures.push(picture);
        bytes = rest;
    }
    Some(pictures)
}

fn parse(bytes: &[u8], max_side: u32) -> Option<(RgbImage, &[u8])> {
    let rest = bytes.strip_prefix(b"P6\n")?;
    let (width, rest) = number(rest, b' ')?;
    let (height, rest) = number(rest, b'\n')?;
    let rest = rest.strip_prefix(b"255\n")?;
    let sides = 1..=max_side;
    if !sides.contains(&width) || !sides.contains(&height) {
        return None;
    }
    let (pixels, rest) = rest.split_at_checked(width as usize * height as usize * 3)?;
    Some((RgbImage::from_raw(width, height, pixels.to_vec())?, rest))
}

/// A decimal number of at most five digits, and what follows its end.
fn number(bytes: &[u8], end: u8) -> Option<(u32, &[u8])> {
    let length = bytes.iter().take(6).position(|byte| *byte == end)?;
    let digits = &bytes[..length];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Some((value, &bytes[length + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Option<Vec<(u32, u32)>> {
        Some(parse_all(text, 100, 3)?.iter().map(RgbImage::dimensions).collect())
    }

    #[test]
    fn pictures_are_read_one_after_another() {
        let one = b"P6\n2 1\n255\nabcdef";
        let two = b"P6\n1 1\n255\n\n\n\n";
        assert_eq!(parsed(&[&one[..], two].concat()), Some(vec![(2, 1), (1, 1)]));
        assert_eq!(parsed(b""), Some(vec![]));
        let picture = &parse_all(one, 100, 1).unwrap()[0];
        assert_eq!(picture.get_pixel(1, 0).0, *b"def");
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            &b"P5\n1 1\n255\nabc"[..],
            b"P6 1 1\n255\nabc",
            b"P6\n1 1\n65535\nabcdef",
            b"P6\n# 1\n1 1\n255\nabc",
            b"P6\n+1 1\n255\nabc",
            b"P6\n 1\n255\nabc",
            b"P6\n0 1\n255\n",
            b"P6\n101 1\n255\n",
            b"P6\n99999999999 1\n255\n",
            b"P6\n2 1\n255\nabcde",
            b"P6\n1 1\n255\nabc and more",
            b"P6\n1",
        ] {
            assert_eq!(parsed(wrong), None, "{}", String::from_utf8_lossy(wrong));
        }
        assert_eq!(parsed(&b"P6\n1 1\n255\nabc".repeat(4)), None, "one too many");
    }
}
