//! Images that pass as images and are of no use: a verdict with a reason, and never a failure.

use std::io::Cursor;
use std::path::PathBuf;

use idv_common::domain::MediaFormat as Announced;
use image::{DynamicImage, GenericImage, ImageFormat, Rgb, RgbImage, RgbaImage};

use super::files::robust;
use super::server;
use crate::harness::command::Run;
use crate::harness::images::{broken_png, face, plain_png};
use crate::harness::verification::{all_reasons, check};
use crate::harness::{Client, command, idv};

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Verifies with this selfie and checks that it ends without `verified` and without a failure, for the reason
/// that `selfie_face` names.
#[track_caller]
fn refuse_selfie(client: &Client, what: &str, selfie: &[u8], reason: &str) {
    let view = client.verify(&broken_png(40), selfie);
    assert!(matches!(view["status"].as_str(), Some("rejected" | "needs_review")), "{what}: {view}");
    let reasons = check(&view, "selfie_face")["reasons"].to_string();
    assert!(reasons.contains(&format!("\"{reason}\"")), "{what}: {reasons}");
}

#[test]
fn a_truncated_image_is_corrupt() {
    let Some(server) = server() else { return };
    let mut png = encoded(RgbImage::from_fn(300, 300, |x, y| Rgb([(x * y) as u8; 3])), ImageFormat::Png);
    png.truncate(png.len() / 2);
    refuse_selfie(&server.client(), "half a PNG", &png, "file_corrupt");
}

#[test]
fn unusual_pixels_are_pixels() {
    let Some(server) = server() else { return };
    let client = server.client();
    let plain = |side| RgbImage::from_pixel(side, side, Rgb([180, 170, 160]));
    let grey16 = DynamicImage::ImageLuma16(DynamicImage::from(plain(200)).to_luma16());
    let rgb16 = DynamicImage::ImageRgb16(DynamicImage::from(plain(200)).to_rgb16());
    let alpha = DynamicImage::from(RgbaImage::from_pixel(200, 200, image::Rgba([10, 20, 30, 0])));
    let grey = DynamicImage::from(plain(200)).to_luma8();
    for (what, selfie) in [
        ("one pixel", encoded(plain(1), ImageFormat::Png)),
        ("16 bits of grey", encoded(grey16, ImageFormat::Png)),
        ("16 bits of colour", encoded(rgb16, ImageFormat::Png)),
        ("nothing but transparency", encoded(alpha, ImageFormat::WebP)),
        ("a grey JPEG", encoded(grey, ImageFormat::Jpeg)),
        ("an animation", animation()),
        ("four channels", cmyk_jpeg(64)),
        ("a bitmap", encoded(plain(200), ImageFormat::Bmp)),
    ] {
        refuse_selfie(&client, what, &selfie, "selfie_no_face");
    }
}

fn animation() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    let frame =
        |shade| image::Frame::new(RgbaImage::from_pixel(120, 120, image::Rgba([shade, shade, shade, 255])));
    encoder.encode_frames([frame(10), frame(200)]).unwrap();
    drop(encoder);
    bytes
}

/// A grey square in four channels, in the smallest JPEG there can be: each block is its mean, and each mean
/// is that of the block before.
fn cmyk_jpeg(side: u8) -> Vec<u8> {
    assert!(side.is_multiple_of(8), "blocks are of 8 pixels");
    let mut bytes = vec![0xff, 0xd8];
    let mut segment = |marker: u8, data: &[u8]| {
        bytes.extend([0xff, marker, 0, data.len() as u8 + 2]);
        bytes.extend(data);
    };
    segment(0xee, b"Adobe\0\x64\0\0\0\0\0");
    segment(0xdb, &[&[0][..], &[1; 64]].concat());
    let frame = [8, 0, side, 0, side, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0];
    segment(0xc0, &frame);
    for class in [0x00, 0x10] {
        // One code of one bit, which stands for zero.
        segment(0xc4, &[&[class, 1][..], &[0; 15], &[0]].concat());
    }
    segment(0xda, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    // Two bits for each of a block's four channels.
    bytes.extend(vec![0; usize::from(side / 8).pow(2)]);
    bytes.extend([0xff, 0xd9]);
    bytes
}

#[test]
fn three_faces_are_too_many() {
    let (Some(server), Some(one)) = (server(), face("obama.jpg")) else { return };
    let photo = image::load_from_memory(&one).unwrap().thumbnail(400, 600).to_rgb8();
    let mut group = RgbImage::new(3 * photo.width(), photo.height());
    for n in 0..3 {
        group.copy_from(&photo, n * photo.width(), 0).unwrap();
    }
    let group = encoded(group, ImageFormat::Jpeg);
    refuse_selfie(&server.client(), "three faces", &group, "selfie_multiple_faces");
}

#[test]
fn a_blank_page_and_an_empty_room_are_named() {
    let Some(server) = server() else { return };
    let view = server.client().verify(&plain_png(41), &plain_png(42));
    assert!(matches!(view["status"].as_str(), Some("rejected" | "needs_review")), "{view}");
    let reasons = all_reasons(&view);
    for reason in ["mrz_not_found", "document_no_face", "selfie_no_face"] {
        assert!(reasons.contains(&reason), "{reason} is not among {reasons:?}");
    }
}

#[test]
fn corrupt_files_that_were_taken_end_in_a_verdict() {
    let Some(server) = server() else { return };
    let client = server.client();
    let id = client.create();
    let mut tried = Vec::new();
    for path in robust() {
        let bytes = std::fs::read(&path).unwrap();
        let Some(format) = Announced::sniff(&bytes) else { continue };
        let enough = tried.iter().filter(|known| **known == format).count() >= 2;
        let corrupt = !enough && image::load_from_memory(&bytes).is_err();
        let taken = || client.put(&format!("/v1/verifications/{id}/captures/selfie"), &bytes).status == 200;
        if corrupt && taken() {
            refuse_selfie(&client, &path.display().to_string(), &bytes, "file_corrupt");
            tried.push(format);
        }
    }
    println!("{tried:?}");
    assert!(server.is_up());
}

#[test]
fn the_command_line_names_every_unreadable_file_and_goes_on() {
    let readable = |path: &PathBuf| image::load_from_memory(&std::fs::read(path).unwrap()).is_ok();
    // Looking for faces takes its time, so a few of those that can be read have to do.
    let (good, mut files): (Vec<_>, Vec<_>) = robust().into_iter().partition(readable);
    files.extend(good.into_iter().take(5));
    if files.is_empty() || !command::has_models() {
        return;
    }
    let run = Run::of(idv().args(["liveness", "--json"]).args(&files));
    assert_eq!(run.code, 1, "some could not be judged");
    let lines = run.lines();
    assert_eq!(lines.len(), files.len());
    for (line, path) in lines.iter().zip(&files) {
        assert_eq!(line["image"], path.display().to_string());
        let (class, error) = (line["class"].as_str(), line["error"].as_str());
        assert!(class.is_some() != error.is_some(), "{line}");
        let known = ["file_corrupt", "file_type_unsupported", "image_too_large", "image_too_small"];
        assert!(error.is_none_or(|error| known.iter().any(|code| error.contains(code))), "{line}");
    }
}
