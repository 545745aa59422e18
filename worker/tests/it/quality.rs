//! Measures pictures that were made worse step by step, and whether their zone can still be read: the table of
//! `docs/accuracy.md`, from which the limits of the policy were taken.

use idv_worker::pipeline::document::{Extent, read_document};
use idv_worker::pipeline::locate::locate;
use idv_worker::pipeline::quality::{Quality, measure};
use idv_worker::specimen::{Degrade, Glare, SpecimenKind, SpecimenSpec, render};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use jiff::civil::date;

use crate::documents::{list, text_models};
use crate::support::picture;

/// How many documents of each kind are made worse.
const DOCUMENTS: u64 = 1;

/// A photo of a document on a table, and its zone.
fn photo(seed: u64, degrade: impl Fn(Degrade) -> Degrade) -> (RgbImage, Vec<String>) {
    let kind = if seed.is_multiple_of(2) { SpecimenKind::Passport } else { SpecimenKind::IdCard };
    let still = Degrade {
        blur_px: 0.5,
        rotation_deg: 2.0,
        noise: 2.0,
        jpeg_quality: Some(88),
        ..Degrade::light(seed)
    };
    let spec = SpecimenSpec {
        kind,
        dpi: if kind == SpecimenKind::IdCard { 400.0 } else { 300.0 },
        degrade: Some(degrade(still)),
        ..SpecimenSpec::from_seed(seed, date(2026, 6, 1))
    };
    let specimen = render(&spec).unwrap();
    let page = specimen.back.unwrap_or(specimen.front);
    (page.image, page.truth.mrz)
}

fn each_value(image: &RgbImage, change: impl Fn(f32) -> f32) -> RgbImage {
    let mut image = image.clone();
    for pixel in image.pixels_mut() {
        pixel.0 = pixel.0.map(|value| change(f32::from(value)).round().clamp(0.0, 255.0) as u8);
    }
    image
}

fn scaled(image: &RgbImage, factor: f32) -> RgbImage {
    let side = |pixels: u32| (pixels as f32 * factor).round().max(1.0) as u32;
    imageops::resize(image, side(image.width()), side(image.height()), FilterType::Triangle)
}

fn grey(image: &RgbImage) -> RgbImage {
    image::DynamicImage::ImageLuma8(imageops::grayscale(image)).into_rgb8()
}

/// The picture on a screen of red, green and blue stripes with dark gaps, photographed a little turned.
fn on_screen(image: &RgbImage, pitch: f32) -> RgbImage {
    let (sin, cos) = 7.0_f32.to_radians().sin_cos();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let (x, y) = (x as f32, y as f32);
        let (u, v) = ((x * cos + y * sin) / pitch, (y * cos - x * sin) / pitch);
        let pixel = image.get_pixel(x as u32, y as u32).0;
        Rgb(std::array::from_fn(|channel| {
            let stripe = (std::f32::consts::TAU * (u - channel as f32 / 3.0)).cos();
            let row = (std::f32::consts::TAU * v).cos();
            (f32::from(pixel[channel]) * (0.75 + 0.18 * stripe + 0.07 * row)).clamp(0.0, 255.0) as u8
        }))
    })
}

/// The range of a measurement over the pictures.
fn range(pictures: &[(RgbImage, Vec<String>)], metric: fn(&Quality) -> f32) -> String {
    let mut values: Vec<f32> =
        pictures.iter().map(|(picture, _)| metric(&measure(picture, locate(picture).as_ref()))).collect();
    values.sort_by(f32::total_cmp);
    format!("{:.2} to {:.2}", values[0], values[values.len() - 1])
}

/// How many of the zones are read exactly.
fn read(pictures: &[(RgbImage, Vec<String>)]) -> String {
    let Some(models) = text_models() else { return "-".to_owned() };
    let is_right = |(picture, lines): &&(RgbImage, Vec<String>)| {
        let finding = read_document(picture, Extent::Zone, &models).unwrap();
        let found: Vec<&str> =
            finding.mrz.iter().flat_map(|zone| &zone.reading.lines).map(|line| line.as_str()).collect();
        found == *lines
    };
    format!("{} of {}", pictures.iter().filter(is_right).count(), pictures.len())
}

#[test]
#[ignore = "takes minutes; prints the table of docs/accuracy.md"]
fn what_worse_pictures_measure_and_whether_they_are_read() {
    let photos = |degrade: &dyn Fn(Degrade) -> Degrade| -> Vec<(RgbImage, Vec<String>)> {
        (0..2 * DOCUMENTS).map(|seed| photo(seed, degrade)).collect()
    };
    let plain = photos(&|degrade| degrade);
    let changed = |change: &dyn Fn(&RgbImage) -> RgbImage| -> Vec<(RgbImage, Vec<String>)> {
        plain.iter().map(|(image, lines)| (change(image), lines.clone())).collect()
    };
    for blur_px in [0.5, 1.3, 2.0, 2.6, 3.2, 4.0, 4.8] {
        let blurred = photos(&|degrade| Degrade { blur_px, ..degrade });
        let edges = range(&blurred, |q| q.edge_width_permille);
        println!("| blur of {blur_px} px | edge width {edges} permille | {} |", read(&blurred));
    }
    for factor in [0.45, 0.35, 0.28, 0.22, 0.18] {
        let smaller = changed(&|image| scaled(image, factor));
        println!(
            "| scaled by {factor} | longer side {} px | {} |",
            range(&smaller, |q| q.long_side_px),
            read(&smaller)
        );
    }
    for factor in [0.25, 0.12, 0.06, 0.03] {
        let darker = changed(&|image| each_value(image, |value| value * factor));
        let (paper, contrast) = (range(&darker, |q| q.paper_level), range(&darker, |q| q.contrast));
        println!("| light times {factor} | paper {paper}, contrast {contrast} | {} |", read(&darker));
    }
    for factor in [2.0, 4.0, 8.0, 14.0] {
        let brighter = changed(&|image| each_value(image, |value| 255.0 - (255.0 - value) / factor));
        println!(
            "| fogged by {factor} | contrast {} | {} |",
            range(&brighter, |q| q.contrast),
            read(&brighter)
        );
    }
    for strength in [0.0, 0.5, 0.9, 1.0] {
        let glare = Some(Glare { at: [0.5, 0.3], share: 1.0, aspect: 2.0, strength });
        let glaring = photos(&|degrade| Degrade { glare, ..degrade });
        println!("| reflection of {strength} | glare {} | |", range(&glaring, |q| q.glare));
    }
    println!("| paper | moire {} dB | |", range(&plain, |q| q.moire_db));
    for pitch in [2.3, 3.1, 4.3, 6.1] {
        let shown = changed(&|image| on_screen(image, pitch));
        println!("| screen of {pitch} px | moire {} dB | |", range(&shown, |q| q.moire_db));
    }
    println!("| colour | chroma {} | |", range(&plain, |q| q.chroma));
    println!("| copy | chroma {} | |", range(&changed(&grey), |q| q.chroma));
    let tinted = |image: &RgbImage| {
        let mut copy = grey(image);
        copy.pixels_mut().for_each(|pixel| pixel.0[2] = (f32::from(pixel.0[2]) * 0.7) as u8);
        copy
    };
    println!("| copy in yellow light | chroma {} | |", range(&changed(&tinted), |q| q.chroma));
    for listed in list() {
        if let Some(image) = picture(&format!("fixtures/iddoc/{}", listed.image)) {
            let outline = locate(&image);
            let name = listed.image.rsplit('/').next().unwrap_or_default();
            println!(
                "{name}: outline {:?}, {:?}",
                outline.map(|o| (o.certainty, o.cut_sides)),
                measure(&image, outline.as_ref())
            );
        }
    }
}
