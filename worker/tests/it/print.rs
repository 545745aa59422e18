//! Reads the print of rendered specimens and of real pictures, and compares the fields with what a person reads there.
//!
//! `print.jsonl` lists the pictures with the fields that a person can read on them. What the recogniser makes of the characters is
//! compared without marks and spaces, and with O and 0 as one: the tests are about captions and values.

use std::collections::BTreeMap;

use idv_common::domain::{CaptureKind, FieldName, FieldSource};
use idv_worker::inference::text::TextModels;
use idv_worker::pipeline::document::{Document, Extent, read_document};
use idv_worker::specimen::{SpecimenKind, SpecimenSpec, render};
use image::RgbImage;
use jiff::civil::{Date, date};
use serde::Deserialize;

use crate::documents::{shared, text_models};

const TODAY: Date = date(2026, 6, 1);

#[derive(Deserialize)]
struct Expected {
    image: String,
    fields: BTreeMap<FieldName, String>,
}

/// How many fields there were, and how many were read right, wrong, and wrong with a confidence that may contradict.
#[derive(Default)]
struct Tally {
    fields: usize,
    right: usize,
    wrong: usize,
    surely_wrong: Vec<String>,
}

impl Tally {
    fn count(
        &mut self,
        what: &str,
        image: &RgbImage,
        models: &TextModels,
        expected: &BTreeMap<FieldName, String>,
    ) {
        let finding = read_document(image, Extent::Everything, models).unwrap();
        let document = Document::new(vec![(CaptureKind::DocumentFront, &finding)], TODAY);
        for (name, expected) in expected {
            self.fields += 1;
            let print = |name| {
                let readings = &document.reading().readings;
                readings.iter().find(|r| r.name == name && r.field.source == FieldSource::VisualZone)
            };
            let Some(read) = print(*name) else {
                println!("missing {name} on {what}");
                continue;
            };
            if plain(&read.field.value) == plain(expected) {
                self.right += 1;
                continue;
            }
            self.wrong += 1;
            println!("wrong {name} on {what}: {:?}", read.field.confidence);
            if read.field.confidence >= Some(0.95) && name.is_date() {
                self.surely_wrong.push(format!("{name} on {what}"));
            }
        }
    }

    fn report(&self, what: &str) {
        println!(
            "{what}: {} of {} fields right, {} wrong, the others missing",
            self.right, self.fields, self.wrong
        );
    }
}

/// Letters and digits without marks.
fn plain(text: &str) -> String {
    let zone = idv_worker::pipeline::mrz::transliterate(text);
    let pairs = ["AE", "OE", "UE", "AA"];
    let zone = pairs.iter().fold(zone, |zone, pair| zone.replace(pair, &pair[..1]));
    zone.chars().filter(|c| *c != '<').map(|c| if c == 'O' { '0' } else { c }).collect()
}

#[test]
fn the_print_of_specimens_is_read_as_fields() {
    let Some(models) = text_models() else { return };
    let mut tally = Tally::default();
    for seed in 0..6 {
        let kind = if seed % 2 == 0 { SpecimenKind::Passport } else { SpecimenKind::IdCard };
        let spec = SpecimenSpec { kind, ..SpecimenSpec::from_seed(seed, TODAY) };
        let front = render(&spec).unwrap().front;
        let mut expected = front.truth.visual.clone();
        // A card prints neither on its front, and the detector finds no letter that stands alone.
        for unprinted in [FieldName::IssuingState, FieldName::PersonalNumber, FieldName::Sex] {
            expected.remove(&unprinted);
        }
        tally.count(&format!("specimen {seed}"), &front.image, &models, &expected);
    }
    tally.report("specimens");
    assert!(tally.right * 10 >= tally.fields * 8, "{} of {}", tally.right, tally.fields);
    assert!(tally.surely_wrong.is_empty(), "{:?}", tally.surely_wrong);
}

#[test]
fn the_print_of_real_pictures_is_read_as_fields() {
    let Some(models) = text_models() else { return };
    let mut tally = Tally::default();
    for line in include_str!("print.jsonl").lines() {
        let expected: Expected = serde_json::from_str(line).unwrap();
        let path = shared().join("fixtures/iddoc").join(&expected.image);
        let Ok(bytes) = std::fs::read(&path) else {
            println!("skipped: no image {}", path.display());
            continue;
        };
        let image = image::load_from_memory(&bytes).unwrap().to_rgb8();
        tally.count(&expected.image, &image, &models, &expected.fields);
    }
    tally.report("real pictures");
    assert!(tally.right * 10 >= tally.fields * 7, "{} of {}", tally.right, tally.fields);
    assert!(tally.surely_wrong.is_empty(), "{:?}", tally.surely_wrong);
}
