//! Documents on tables, turned, tilted, near and far: the same is read as on the flat scan. Fronts without a zone are turned
//! upright.

use std::time::Instant;

use idv_worker::pipeline::document::{Extent, read_document};
use idv_worker::pipeline::orientation::Turn;
use idv_worker::specimen::{Scene, SpecimenKind, SpecimenSpec, Table, render};
use image::RgbImage;
use image::imageops::{rotate90, rotate180, rotate270};
use jiff::civil::date;

use crate::documents::text_models;

/// A side with a zone, and the zone's lines.
fn specimen(kind: SpecimenKind) -> (RgbImage, Vec<String>) {
    let specimen = render(&SpecimenSpec { kind, ..SpecimenSpec::from_seed(5, date(2026, 6, 1)) }).unwrap();
    let page = specimen.back.unwrap_or(specimen.front);
    (page.image, page.truth.mrz)
}

/// A careful photo on a patterned table; the document is 960 pixels wide.
fn scene(seed: u64) -> Scene {
    let table = Table::ALL[seed as usize % Table::ALL.len()];
    Scene {
        size: (1200, 1200),
        table,
        colour: [74, 82, 60],
        scale: 0.8,
        middle: (0.5, 0.5),
        tilt_deg: 0.0,
        blur_sigma: 0.0004,
        noise: 3.0,
        jpeg_quality: Some(85),
        ..Scene::from_seed(seed, [90; 3])
    }
}

#[test]
fn turned_tilted_and_scaled_documents_read_like_the_flat_scan() {
    let Some(models) = text_models() else { return };
    let mut scenes = Vec::new();
    for quarter in [0.0, 90.0, 180.0, 270.0] {
        for more in [-10.0, 0.0, 10.0] {
            scenes.push(Scene { rotation_deg: quarter + more, ..scene(scenes.len() as u64) });
        }
    }
    for tilt_from_deg in [0.0, 60.0, 120.0, 200.0, 290.0] {
        let base = scene(scenes.len() as u64);
        scenes.push(Scene { rotation_deg: 4.0, tilt_deg: 20.0, tilt_from_deg, ..base });
    }
    for size in [600, 2400] {
        scenes.push(Scene { size: (size, size), rotation_deg: -6.0, ..scene(scenes.len() as u64) });
    }
    let mut wrong = Vec::new();
    for (at, scene) in scenes.iter().enumerate() {
        let kind = if at % 2 == 0 { SpecimenKind::Passport } else { SpecimenKind::IdCard };
        let (document, lines) = specimen(kind);
        let (picture, truth) = scene.place(&document).unwrap();
        let start = Instant::now();
        let finding = read_document(&picture, Extent::Zone, &models).unwrap();
        let read: Vec<String> =
            (finding.mrz.iter()).flat_map(|zone| &zone.reading.lines).map(|line| (**line).clone()).collect();
        // Places are in pixels of the picture: the zone lies within the document.
        let reach = truth.0[0].distance(truth.0[2]) / 2.0;
        let middle = truth.0.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.x / 4.0, sum.1 + p.y / 4.0));
        let is_inside = (finding.mrz.iter().flat_map(|zone| &zone.quads).flat_map(|quad| quad.0))
            .all(|p| (p.x - middle.0).hypot(p.y - middle.1) < 1.03 * reach);
        println!(
            "{} {:.1} s {kind} {:?} outline {:?} turn {:?} slope {:.1}: {}",
            if read == lines { "right" } else { "WRONG" },
            start.elapsed().as_secs_f32(),
            scene.table,
            finding.outline.map(|outline| outline.certainty),
            finding.turn,
            finding.slope,
            if is_inside { "inside" } else { "OUTSIDE" },
        );
        if read != lines || !is_inside {
            println!("    {:?} within {truth:?}", finding.mrz.as_ref().map(|zone| &zone.quads));
            println!(
                "    {read:?}, not {lines:?}, in doubt {:?}",
                finding.mrz.map(|zone| zone.reading.uncertain)
            );
            wrong.push(*scene);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn fronts_without_a_zone_are_turned_upright() {
    let Some(models) = text_models() else { return };
    let mut wrong = Vec::new();
    for seed in 0..2 {
        let spec =
            SpecimenSpec { kind: SpecimenKind::IdCard, ..SpecimenSpec::from_seed(seed, date(2026, 6, 1)) };
        let front = render(&spec).unwrap().front;
        assert!(front.truth.mrz.is_empty());
        for turn in Turn::ALL {
            // Laid so that it has to be turned clockwise by that much.
            let picture = match turn {
                Turn::None => front.image.clone(),
                Turn::Quarter => rotate270(&front.image),
                Turn::Half => rotate180(&front.image),
                Turn::ThreeQuarters => rotate90(&front.image),
            };
            let found = read_document(&picture, Extent::Zone, &models).unwrap().turn;
            if found != turn {
                wrong.push(format!("specimen {seed}: {found:?}, not {turn:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
