//! Reads real pictures of documents whose machine-readable zone a person can read, and some that have none.
//!
//! `documents.jsonl` lists them: what the zone says by eye, and whether its printed check digits agree.

use std::path::PathBuf;
use std::time::Instant;

use idv_worker::inference::text::TextModels;
use idv_worker::inference::{Manifest, Models};
use idv_worker::pipeline::document::{DocumentFinding, Extent, read_document};
use serde::Deserialize;

/// A listed image and what its zone says by eye.
#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) image: String,
    mrz: Vec<String>,
    all_check_digits_valid: bool,
}

pub(crate) fn shared() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    std::env::var_os("IDV_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

/// The text models of the profile `accurate`, or `None` with a message.
pub(crate) fn text_models() -> Option<TextModels> {
    let cache = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/cache");
    let folder = std::env::var_os("IDV_MODELS__DIR").map_or_else(|| PathBuf::from(cache), PathBuf::from);
    match Models::load(&Manifest::built_in(), &folder, "accurate") {
        Ok(models) => Some(models.text),
        Err(fault) => {
            println!("skipped: {fault}");
            None
        }
    }
}

pub(crate) fn list() -> Vec<Expected> {
    let lines = include_str!("documents.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a line of the list parses")).collect()
}

/// Whether the finding passes and agrees with the expected zone on everything that a check digit covers.
fn agrees(finding: &DocumentFinding, expected: &Expected) -> bool {
    let Some(mrz) = &finding.mrz else { return false };
    let lines: Vec<&str> = mrz.reading.lines.iter().map(|line| line.0.as_str()).collect();
    let all = mrz.reading.all_check_digits_valid() && lines.len() == expected.mrz.len();
    all && match lines.len() {
        1 => lines[0] == expected.mrz[0],
        _ => covered(lines[1]) == covered(&expected.mrz[1]),
    }
}

/// The second line of a zone without the nationality and the sex, which no check digit covers.
fn covered(line: &str) -> String {
    let uncovered = if line.len() == 30 { [7..8, 15..18] } else { [10..13, 20..21] };
    line.char_indices()
        .filter(|(at, _)| !uncovered.iter().any(|span| span.contains(at)))
        .map(|(_, c)| c)
        .collect()
}

#[test]
fn zones_that_a_person_can_read_are_read() {
    let shared = shared();
    let Some(models) = text_models() else { return };
    let (mut readable, mut right, mut forged) = (0, 0, Vec::new());
    for expected in list() {
        let path = shared.join("fixtures/iddoc").join(&expected.image);
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: no image {}", path.display());
            continue;
        };
        let image = image::load_from_memory(&bytes).expect("a listed image decodes").to_rgb8();
        let start = Instant::now();
        let finding = read_document(&image, Extent::Zone, &models).expect("reading needs no luck");
        let agrees = agrees(&finding, &expected);
        let passes = finding.mrz.as_ref().is_some_and(|mrz| mrz.reading.all_check_digits_valid());
        let how = finding.mrz.as_ref().map(|mrz| (mrz.variant, mrz.confidence, mrz.reading.repaired));
        let uncertain = finding.mrz.as_ref().map(|mrz| mrz.reading.uncertain.clone()).unwrap_or_default();
        eprintln!(
            "{:5} {:5.1} s {how:?} {uncertain:?} {:?} {}",
            agrees,
            start.elapsed().as_secs_f32(),
            finding.turn,
            expected.image
        );
        if expected.all_check_digits_valid {
            readable += 1;
            right += usize::from(agrees);
        } else if passes {
            forged.push(expected.image);
        }
    }
    eprintln!("{right} of {readable} readable zones pass and agree");
    assert!(forged.is_empty(), "pass although their printed check digits are wrong: {forged:?}");
    assert!(right * 10 >= readable * 9, "{right} of {readable}");
}
