//! Outlines on drawn scenes, whose corners are known.

#![expect(clippy::print_stdout, reason = "a measurement is shown")]

use std::time::Instant;

use image::Rgb;
use jiff::civil::date;

use super::*;
use crate::specimen::{Scene, SpecimenKind, SpecimenSpec, Table, render};

/// An outline is right if no corner is farther off than this part of the document's width.
const TOLERANCE: f32 = 0.02;

/// A passport, and both sides of a card.
fn documents() -> Vec<RgbImage> {
    let spec = SpecimenSpec { dpi: 150.0, ..SpecimenSpec::from_seed(11, date(2026, 6, 1)) };
    let card = render(&SpecimenSpec { kind: SpecimenKind::IdCard, ..spec.clone() }).unwrap();
    let passport = render(&spec).unwrap();
    [Some(passport.front), Some(card.front), card.back].into_iter().flatten().map(|page| page.image).collect()
}

/// How far the worst corner is off, as a part of the document's width. Which corner is the first says nothing.
fn error(found: &Quad, truth: &Quad) -> f32 {
    let worst =
        |first: usize| (0..4).map(|at| found.0[(at + first) % 4].distance(truth.0[at])).fold(0.0, f32::max);
    (0..4).map(worst).fold(f32::MAX, f32::min) / truth.0[0].distance(truth.0[1])
}

#[test]
fn outlines_on_any_table_are_right_or_not_given() {
    let documents = documents();
    let mut counts = [(0, 0, 0); Table::ALL.len()];
    let (mut errors, mut seconds) = (Vec::new(), 0.0);
    for seed in 0..84 {
        let document = &documents[seed as usize % documents.len()];
        let edge = document.get_pixel(document.width() / 2, 6).0;
        let table = Table::ALL[seed as usize % Table::ALL.len()];
        let scene = Scene { table, ..Scene::from_seed(seed, edge) };
        let (picture, truth) = scene.place(document).unwrap();
        let start = Instant::now();
        let found = locate(&picture);
        seconds += start.elapsed().as_secs_f32();
        let count = &mut counts[seed as usize % Table::ALL.len()];
        match found.map(|found| error(&found.quad, &truth)) {
            None => count.1 += 1,
            Some(error) if error <= TOLERANCE => {
                count.0 += 1;
                errors.push(error);
            }
            Some(error) => {
                println!("scene {seed}, {table:?}: a corner is off by {error:.3} of the width");
                count.2 += 1;
            }
        }
    }
    errors.sort_by(f32::total_cmp);
    for (table, (right, none, wrong)) in Table::ALL.iter().zip(counts) {
        println!("{table:?}: {right} right, {none} not found, {wrong} wrong");
    }
    let total = counts.iter().fold((0, 0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1, sum.2 + c.2));
    println!("right, not found, wrong: {total:?}; {:.1} ms each", 1e3 * seconds / 84.0);
    println!(
        "median error {:.4}, largest {:.4} of the width",
        errors[errors.len() / 2],
        errors[errors.len() - 1]
    );
    assert!(total.0 >= 70, "{total:?}");
    assert!(total.2 <= 6, "{total:?}");
}

#[test]
fn a_picture_without_an_outline_gives_none() {
    for (at, document) in documents().iter().enumerate() {
        // A portrait's frame may pass for a small document. The reader then finds that the whole picture says more.
        let small = 0.2 * (document.width() * document.height()) as f32;
        let found = locate(document).map(|outline| outline.size());
        assert!(found.is_none_or(|(width, height)| width * height < small), "the flat scan {at}: {found:?}");
    }
    for size in [(1, 1), (3, 500), (64, 64)] {
        assert_eq!(locate(&RgbImage::from_pixel(size.0, size.1, Rgb([90, 120, 30]))), None);
    }
    let speck = RgbImage::from_pixel(8, 5, Rgb([200; 3]));
    for (seed, table) in (0..21).zip(Table::ALL.into_iter().cycle()) {
        // A document of a few pixels is none: the table alone has no outline.
        let scene = Scene { table, scale: 0.004, shadow: 0.0, ..Scene::from_seed(seed, [128; 3]) };
        if table != Table::Clutter {
            assert_eq!(locate(&scene.place(&speck).unwrap().0), None, "{scene:?}");
        }
    }
}

#[test]
fn an_outline_knows_its_slope_and_its_size() {
    let flat = [(0.0, 0.0), (856.0, 0.0), (856.0, 560.0), (0.0, 560.0)];
    let (sin, cos) = 10.0_f32.to_radians().sin_cos();
    let quad = Quad(flat.map(|(x, y)| Point::new(x * cos - y * sin, x * sin + y * cos)));
    let outline = Outline { quad, certainty: 1.0, cut_sides: 0 };
    for turn in Turn::ALL {
        assert!((outline.slope(turn) - 10.0).abs() < 0.01, "{turn:?}");
    }
    let (width, height) = outline.size();
    assert!((width - 856.0).abs() < 0.1 && (height - 539.8).abs() < 0.1, "{width} {height}");
}
