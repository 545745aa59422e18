//! Rendered specimens, seen from outside.

use idv_common::domain::FieldName;
use image::{GrayImage, imageops};
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};

use super::*;
use crate::{
    inference::text::Character,
    pipeline::mrz::{self, Found, document_reading},
};

const TODAY: Date = date(2026, 6, 1);
/// The first sixteen digits of the SHA-256 of the first hard documents' files.
const DIGESTS: [&str; 5] =
    ["19de74f0802b9a3b", "c5d9c3fb31c1bed1", "12026ed6bad27371", "0943e421d719abd0", "8d649195b337242e"];

fn spec(kind: SpecimenKind, seed: u64) -> SpecimenSpec {
    SpecimenSpec { kind, ..SpecimenSpec::from_seed(seed, TODAY) }
}

/// What a perfect reader makes of the lines.
fn read(lines: &[String]) -> Found {
    let lines: Vec<Vec<Character>> =
        lines.iter().map(|line| line.chars().map(Character::certain).collect()).collect();
    mrz::find(&lines).unwrap()
}

#[test]
fn the_same_spec_gives_the_same_pixels_and_another_seed_does_not() {
    let draw = |seed| {
        let degrade = Some(Degrade::hard(seed));
        let spec = SpecimenSpec { degrade, dpi: 120.0, ..spec(SpecimenKind::Passport, seed) };
        render(&spec).unwrap().front
    };
    assert!(draw(5).image == draw(5).image);
    assert_eq!(draw(5).truth, draw(5).truth);
    assert!(draw(5).image != draw(6).image);
}

#[test]
fn pages_have_the_size_that_icao_9303_gives_them() {
    let passport = render(&spec(SpecimenKind::Passport, 1)).unwrap();
    assert_eq!(passport.front.image.dimensions(), (1476, 1039));
    assert!(passport.back.is_none());
    let card = render(&spec(SpecimenKind::IdCard, 1)).unwrap();
    let back = card.back.unwrap();
    assert_eq!((card.front.image.dimensions(), back.image.dimensions()), ((1011, 638), (1011, 638)));
    assert_eq!((card.front.truth.format.as_str(), back.truth.format.as_str()), ("NONE", "TD1"));
    assert!(back.truth.visual.is_empty() && card.front.truth.fields.is_empty());
}

#[test]
fn the_holder_is_an_adult_with_a_valid_document() {
    for seed in 0..200 {
        let spec = SpecimenSpec::from_seed(seed, TODAY);
        assert!(spec.date_of_birth.year() <= TODAY.year() - 18);
        assert!(spec.date_of_issue < TODAY && TODAY < spec.date_of_expiry, "{seed}");
        assert!(spec.date_of_birth < spec.date_of_issue);
        let page = render(&SpecimenSpec { dpi: 100.0, ..spec });
        assert!(page.is_ok(), "{seed}");
    }
}

#[test]
fn the_truth_names_what_is_encoded_and_what_is_printed() {
    let spec = SpecimenSpec {
        surname: "Müller-Øst".to_owned(),
        given_names: "Zoë Ann".to_owned(),
        wrong_check_digit: Some(CheckedField::Composite),
        ..spec(SpecimenKind::Passport, 2)
    };
    let truth = render(&spec).unwrap().front.truth.named("page.png");
    assert_eq!(truth.fields[&FieldName::Surname], "MUELLER OEST");
    assert_eq!(truth.fields[&FieldName::GivenNames], "ZOE ANN");
    assert_eq!(truth.visual[&FieldName::Surname], "MÜLLER-ØST");
    assert!(!truth.all_check_digits_valid && !truth.has_face);
    let json = serde_json::to_value(&truth).unwrap();
    assert_eq!((json["image"].as_str(), json["type"].as_str()), (Some("page.png"), Some("TD3")));
    assert_eq!(json["mrz"][0].as_str().map(str::len), Some(44));
}

#[test]
fn a_perfect_reader_finds_the_values_that_the_truth_names() {
    for seed in 0..40 {
        for kind in SpecimenKind::ALL {
            let spec = SpecimenSpec { dpi: 100.0, ..SpecimenSpec::varied(kind, seed, TODAY) };
            let specimen = render(&spec).unwrap();
            let truth = specimen.back.unwrap_or(specimen.front).truth;
            let found = read(&truth.mrz);
            assert!(found.reading.all_check_digits_valid(), "{seed} {kind:?}");
            let reading = document_reading(&found.reading, TODAY);
            for (name, value) in &truth.fields {
                let read = reading.fields.get(name).map(|field| &field.value.0);
                assert_eq!(read, Some(value), "{seed} {kind:?} {name}");
            }
        }
    }
}

#[test]
fn exactly_the_chosen_check_digit_is_wrong() {
    use CheckedField::*;
    let on_both = [DocumentNumber, DateOfBirth, DateOfExpiry, Composite].map(Some);
    let of_passports =
        on_both.into_iter().chain([Some(PersonalNumber)]).map(|field| (SpecimenKind::Passport, field));
    let of_cards = on_both.into_iter().map(|field| (SpecimenKind::IdCard, field));
    for (kind, wrong_check_digit) in of_passports.chain(of_cards) {
        for seed in 0..10 {
            let mut spec = SpecimenSpec { wrong_check_digit, dpi: 100.0, ..spec(kind, seed) };
            if kind == SpecimenKind::IdCard {
                // Only the composite covers a card's optional data, so that a reader may explain a wrong
                // composite by a letter there which looks like a digit.
                spec.personal_number.clear();
            }
            let specimen = render(&spec).unwrap();
            let found = read(&specimen.back.unwrap_or(specimen.front).truth.mrz);
            let digits = found.reading.check_digits;
            let wrong: Vec<&str> = digits.iter().filter(|d| !d.valid).map(|d| d.field.as_str()).collect();
            assert_eq!(wrong, wrong_check_digit.map(|field| field.to_string()).as_slice(), "{seed} {kind:?}");
        }
    }
}

#[test]
fn only_ink_lies_where_the_truth_says_a_line_is_even_after_degrading() {
    for seed in 0..4 {
        let degrade = Some(Degrade { noise: 0.0, glare: None, ..Degrade::hard(seed) });
        let page = render(&SpecimenSpec { degrade, ..spec(SpecimenKind::Passport, seed) }).unwrap().front;
        let grey: GrayImage = imageops::grayscale(&page.image);
        for quad in &page.truth.mrz_quads {
            // The first and the last character's cells lie at the ends of the quadrilateral.
            for t in [0.5 / 44.0, 43.5 / 44.0] {
                let point =
                    |i: usize, j: usize, axis: usize| quad[i][axis] + (quad[j][axis] - quad[i][axis]) * t;
                let middle = |axis| (point(0, 1, axis) + point(3, 2, axis)) / 2.0;
                let (x, y) = (middle(0) as u32, middle(1) as u32);
                let cell = imageops::crop_imm(&grey, x - 14, y - 14, 28, 28).to_image();
                let darkest = cell.pixels().map(|p| p.0[0]).min();
                assert!(darkest < Some(120), "seed {seed}: {darkest:?}");
            }
        }
    }
}

#[test]
fn a_portrait_is_shown_and_never_stretched() {
    // A white square on black stays a square.
    let photo = RgbImage::from_fn(900, 300, |x, y| {
        let inside = (400..500).contains(&x) && (100..200).contains(&y);
        image::Rgb([if inside { 255 } else { 0 }; 3])
    });
    let spec = SpecimenSpec {
        portrait: Some(Portrait { photo, face: None }),
        ghost: false,
        ..spec(SpecimenKind::Passport, 3)
    };
    let page = render(&spec).unwrap().front;
    assert!(page.truth.has_face);
    let quad = page.truth.portrait_quad.unwrap();
    let (left, top) = (quad[0][0] as u32 + 8, quad[0][1] as u32 + 8);
    let (width, height) = ((quad[2][0] - quad[0][0]) as u32 - 16, (quad[2][1] - quad[0][1]) as u32 - 16);
    let portrait = imageops::crop_imm(&page.image, left, top, width, height).to_image();
    let bright = |x: u32, y: u32| portrait.get_pixel(x, y).0[0] > 127;
    let across = (0..width).filter(|x| (0..height).any(|y| bright(*x, y))).count();
    let down = (0..height).filter(|y| (0..width).any(|x| bright(x, *y))).count();
    assert!(across > 50 && across.abs_diff(down) <= 1, "{across} x {down}");
}

#[test]
fn a_resolution_or_portrait_without_pixels_is_refused() {
    let coarse = SpecimenSpec { dpi: 10.0, ..spec(SpecimenKind::IdCard, 1) };
    assert!(matches!(render(&coarse), Err(SpecimenError::Resolution(_))));
    let photo = RgbImage::new(4, 4);
    let tiny =
        SpecimenSpec { portrait: Some(Portrait { photo, face: None }), ..spec(SpecimenKind::IdCard, 1) };
    assert!(matches!(render(&tiny), Err(SpecimenError::Portrait(4, 4))));
}

/// Whoever changes what a hard document looks like raises the version of its specification and measures again.
#[test]
fn hard_documents_are_the_same_on_every_machine() {
    let hard = Hard::built_in();
    let digest = |seed| {
        let specimen = render(&hard.spec(None, seed)).unwrap();
        let file = specimen.back.unwrap_or(specimen.front).jpeg.unwrap();
        idv_common::hex(&Sha256::digest(&file))[..16].to_owned()
    };
    let digests: Vec<String> = (hard.seed..hard.seed + 5).map(digest).collect();
    assert_eq!((hard.version, digests.as_slice()), (1, DIGESTS.map(str::to_owned).as_slice()));
}
