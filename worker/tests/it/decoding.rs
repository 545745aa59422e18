//! Decoding: every file ends in a picture or a reason.

use std::io::Cursor;
use std::time::{Duration, Instant};

use idv_common::domain::{MediaFormat, ReasonCode};
use idv_worker::pipeline::decode::{DecodeLimits, Unreadable, decode, header};
use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage, imageops};

use crate::support::{files_below, shared};

fn decoded(bytes: &[u8]) -> Result<RgbImage, Unreadable> {
    decode(bytes, &DecodeLimits::default())
}

fn reason(bytes: &[u8]) -> ReasonCode {
    decoded(bytes).unwrap_err().reason
}

fn encoded(image: impl Into<DynamicImage>, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn photo() -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8 * 3, y as u8 * 5, (x * y) as u8]))
}

/// A PNG file's signature and header chunk, which promises `side` x `side` pixels of 16-bit RGBA, and a
/// few bytes of data.
fn header_bomb(side: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(side.to_be_bytes());
    chunk.extend(side.to_be_bytes());
    chunk.extend([16, 6, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    let mut crc = flate2::Crc::new();
    crc.update(&chunk);
    file.extend(&chunk);
    file.extend(crc.sum().to_be_bytes());
    file.extend(b"\0\0\0\x04IDAT\0\0\0\0\0\0\0\0");
    file
}

#[test]
fn no_hostile_file_is_fatal_or_slow() {
    let Some(folder) = shared("fixtures/robust") else { return };
    let files = files_below(&folder);
    let mut read = 0;
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        let start = Instant::now();
        let result = decoded(&bytes);
        assert!(start.elapsed() < Duration::from_secs(5), "{} took {:?}", path.display(), start.elapsed());
        if let Ok(image) = result {
            let header = header(&bytes, &DecodeLimits::default()).unwrap();
            let (stored, shown) = ((header.width, header.height), image.dimensions());
            assert!(shown == stored || shown == (stored.1, stored.0), "{}", path.display());
            read += 1;
        }
    }
    println!("{read} of {} files are pictures", files.len());
    assert!(read > 250);
}

#[test]
fn files_that_are_known_to_be_bad_are_refused() {
    let Some(folder) = shared("fixtures/robust") else { return };
    let suite = folder.join("image-rs_image-png/tests/pngsuite");
    let bad = files_below(&folder.join("image-rs_image/tests/bad"));
    let corrupt = files_below(&suite)
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('x')));
    for path in bad.into_iter().chain(corrupt) {
        let result = decoded(&std::fs::read(&path).unwrap());
        assert!(result.is_err(), "{} was decoded", path.display());
    }
}

#[test]
fn the_good_files_of_pngsuite_are_read() {
    let Some(folder) = shared("fixtures/robust/image-rs_image-png/tests/pngsuite") else { return };
    for path in files_below(&folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".png") && !name.starts_with('x') {
            let result = decoded(&std::fs::read(&path).unwrap());
            assert!(result.is_ok(), "{name}: {result:?}");
        }
    }
}

#[test]
fn of_many_kinds_of_file_only_images_are_accepted() {
    let Some(folder) = shared("fixtures/robust/corkami_mitra/input") else { return };
    let mut accepted = Vec::new();
    for path in files_below(&folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match decoded(&std::fs::read(&path).unwrap()) {
            Ok(_) => accepted.push(name),
            Err(unreadable) => println!("{name}: {}", unreadable.reason),
        }
    }
    assert_eq!(
        accepted,
        ["bmp.bmp", "gif87.gif", "gif89.gif", "jpg.jpg", "png.png", "webp.webp", "webpl.webp"]
    );
}

#[test]
fn every_format_gives_the_same_picture() {
    for format in [image::ImageFormat::Png, image::ImageFormat::Bmp, image::ImageFormat::WebP] {
        assert_eq!(decoded(&encoded(photo(), format)).unwrap(), photo(), "{format:?}");
    }
    let jpeg = decoded(&encoded(photo(), image::ImageFormat::Jpeg)).unwrap();
    assert_eq!(jpeg.dimensions(), (64, 48));
    let gif = decoded(&encoded(photo(), image::ImageFormat::Gif)).unwrap();
    assert_eq!(gif.dimensions(), (64, 48));
}

#[test]
fn depth_grey_and_transparency_come_out_as_eight_bit_colour_on_white() {
    let deep = DynamicImage::ImageRgb8(photo()).into_rgb16();
    assert_eq!(decoded(&encoded(deep, image::ImageFormat::Png)).unwrap(), photo());
    let grey =
        decoded(&encoded(DynamicImage::ImageRgb8(photo()).into_luma8(), image::ImageFormat::Png)).unwrap();
    assert!(grey.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]));
    let glass = RgbaImage::from_fn(3, 1, |x, _| Rgba([10, 0, 200, [0, 128, 255][x as usize]]));
    let laid = decoded(&encoded(glass, image::ImageFormat::Png)).unwrap();
    let pixels: Vec<[u8; 3]> = laid.pixels().map(|p| p.0).collect();
    assert_eq!(pixels, [[255, 255, 255], [132, 127, 227], [10, 0, 200]]);
}

/// Eight by eight red pixels as CMYK, inverted as Adobe's programs write it.
const CMYK_JPEG: &str = "\
    ffd8ffee000e41646f626500640000000000ffdb0043000302020302020303030304030304050805050404050a\
    070706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffc000\
    140800080008044311004d11005911004b1100ffc40014000100000000000000000000000000000009ffc40014\
    100100000000000000000000000000000000ffda000e0443004d0059004b00003f0054c550aa2a6fffd9";

#[test]
fn a_jpeg_for_printing_comes_out_in_its_colours() {
    let digits = CMYK_JPEG.as_bytes().chunks_exact(2);
    let bytes: Vec<u8> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    let [red, green, blue] = decoded(&bytes).unwrap().get_pixel(3, 3).0;
    assert!(red > 240 && green < 15 && blue < 15, "{red} {green} {blue}");
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    let mut bytes = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
        for colour in [[255, 0, 0, 255], [0, 0, 255, 255]] {
            encoder.encode_frame(image::Frame::new(RgbaImage::from_pixel(9, 7, Rgba(colour)))).unwrap();
        }
    }
    assert_eq!(decoded(&bytes).unwrap().get_pixel(4, 4).0, [255, 0, 0]);
}

#[test]
fn a_single_pixel_is_an_image() {
    let dot = RgbImage::from_pixel(1, 1, Rgb([1, 2, 3]));
    assert_eq!(decoded(&encoded(dot.clone(), image::ImageFormat::Png)).unwrap(), dot);
}

#[test]
fn a_file_that_is_no_image_is_of_an_unsupported_type() {
    for bytes in [&b""[..], b"%PDF-1.7 named photo.jpg", b"\xff", b"GIF88a", b"RIFF\0\0\0\0AVI "] {
        assert_eq!(reason(bytes), ReasonCode::FileTypeUnsupported, "{bytes:?}");
    }
}

#[test]
fn a_file_cut_short_is_corrupt_wherever_it_is_cut() {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
    for format in [Jpeg, Png, WebP, Bmp, Gif] {
        let whole = encoded(photo(), format);
        for cut in [20, whole.len() / 3, whole.len() / 2, whole.len() * 9 / 10] {
            assert_eq!(reason(&whole[..cut]), ReasonCode::FileCorrupt, "{format:?} cut at {cut}");
        }
    }
}

#[test]
fn what_follows_a_jpeg_does_no_harm() {
    let mut bytes = encoded(photo(), image::ImageFormat::Jpeg);
    bytes.extend(b"appended by a phone: a short film");
    assert!(decoded(&bytes).is_ok());
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_anything_is_allocated() {
    for side in [7_000, 20_000, 2_000_000_000] {
        let start = Instant::now();
        let bomb = header_bomb(side);
        assert_eq!(
            header(&bomb, &DecodeLimits::default()).unwrap_err().reason,
            ReasonCode::ImageTooLarge,
            "{side}"
        );
        assert_eq!(reason(&bomb), ReasonCode::ImageTooLarge, "{side}");
        assert!(start.elapsed() < Duration::from_millis(100));
    }
}

#[test]
fn a_header_is_read_without_the_pixels() {
    let whole = encoded(photo(), image::ImageFormat::Png);
    let found = header(&whole[..60], &DecodeLimits::default()).unwrap();
    assert_eq!((found.format, found.width, found.height), (MediaFormat::Png, 64, 48));
}

#[test]
fn every_exif_orientation_comes_out_upright() {
    let Some(folder) = shared("fixtures/robust/recurser_exif-orientation-examples") else { return };
    // The pictures differ in the digit in their middle alone; as thumbnails they are nearly the same.
    let thumbnail = |n: usize| {
        let upright = decoded(&std::fs::read(folder.join(format!("Portrait_{n}.jpg"))).unwrap()).unwrap();
        assert_eq!(upright.dimensions(), (1200, 1800), "{n}");
        imageops::thumbnail(&upright, 12, 18)
    };
    let first = thumbnail(0);
    for n in 1..=8 {
        let pairs = first.as_raw().iter().zip(thumbnail(n).into_raw());
        let difference = pairs.map(|(a, b)| a.abs_diff(b)).max();
        assert!(difference < Some(40), "{n} differs by {difference:?}");
    }
}
