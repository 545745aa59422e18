//! Specimens with their ground truth, and what `idv eval documents` makes of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::command::{Run, has_models};
use crate::harness::{idv, root};

/// Draws specimens into a folder; gives the lines of its ground truth.
fn specimens(out: &Path, options: &[&str]) -> Vec<Value> {
    Run::of(idv().arg("specimen").args(options).arg("--out").arg(out)).expect(0);
    let truth = std::fs::read_to_string(out.join("truth.jsonl")).unwrap();
    truth.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn evaluate(folder: &Path) -> Command {
    let mut command = idv();
    command.args(["eval", "documents"]).arg(folder);
    command
}

/// The rows of a CSV file whose fields hold no quotes.
fn rows(file: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let head: Vec<String> = lines.next().unwrap().collect();
    lines.map(|line| head.iter().cloned().zip(line).collect()).collect()
}

#[test]
fn hard_specimens_are_of_all_formats_and_the_same_on_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |name: &str, jobs: &str| {
        let options = ["--kind", "all", "--count", "10", "--degrade", "hard", "--jobs", jobs];
        specimens(&folder.path().join(name), &options)
    };
    let (truth, again) = (draw("a", "1"), draw("b", "3"));
    assert_eq!(truth, again);
    assert_eq!(truth.len(), 12, "two of the ten are cards with a back");
    let mut types: Vec<&str> = truth.iter().map(|line| line["type"].as_str().unwrap()).collect();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types, ["MRVA", "MRVB", "NONE", "TD1", "TD2", "TD3"]);
    for line in &truth {
        let name = line["image"].as_str().unwrap();
        let read = |run: &str| std::fs::read(folder.path().join(run).join(name)).unwrap();
        let file = read("a");
        assert!(file == read("b"), "{name}");
        let picture = image::load_from_memory(&file).unwrap();
        assert!((400..1600).contains(&picture.width()), "{name} is {} pixels wide", picture.width());
        let seed: u32 = name.split('-').nth(1).unwrap().parse().unwrap();
        let is_held_out = line["font"] == "ocr_b_oblique";
        assert_eq!(is_held_out, seed % 2 == 1 && line["type"] != "NONE", "{name}");
        let height = line["glyph_height_px"].as_f64().unwrap();
        assert!((9.9..=20.1).contains(&height) && line["camera"]["blur_px"].as_f64() <= Some(1.5));
    }
}

#[test]
fn every_format_is_drawn_without_degrading_and_read() {
    if !has_models() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let truth = specimens(folder.path(), &["--kind", "all", "--count", "5", "--seed", "20"]);
    let csv = folder.path().join("rows.csv");
    let table = Run::of(evaluate(folder.path()).arg("--zone-only").arg("--csv").arg(&csv)).expect(0);
    assert!(table.starts_with("6 images, 5 with a machine-readable zone"), "{table}");
    for part in ["type MRVA", "type TD2", "font ", "background ", "date_of_birth", "find words and lines"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let rows = rows(&csv);
    assert_eq!(rows.len(), truth.len());
    // Whoever draws zones in other faces measures how they are read; this test is about the usual one.
    let is_usual = |row: &BTreeMap<String, String>| ["ocr_b", "ocr_b_sharp"].contains(&row["font"].as_str());
    let usual: Vec<_> = rows.iter().filter(|row| is_usual(row)).collect();
    let exact = usual.iter().filter(|row| row["exact"] == "true").count();
    assert!(!usual.is_empty() && 3 * exact >= 2 * usual.len(), "clean zones are read: {table}");
    for row in rows {
        let parts = ["find_ms", "read_zone_ms", "read_text_ms", "rest_ms"];
        let parts: f64 = parts.iter().map(|part| row[*part].parse::<f64>().unwrap()).sum();
        let all: f64 = row["cpu_ms"].parse().unwrap();
        assert!((parts - all).abs() < 1.0 && all > 0.0, "{row:?}");
        assert!(row["false_accept"] == "false" || !is_usual(&row), "{row:?}");
        assert!(!row.contains_key("read_zone"), "texts are personal data");
    }
}

#[test]
fn an_evaluation_goes_on_after_what_it_cannot_use_and_says_where_it_is() {
    if !has_models() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let options = ["--count", "1", "--surname", "Österreicher", "--given-names", "Zoë", "--seed", "3"];
    let truth = specimens(folder.path(), &options).remove(0);
    std::fs::write(folder.path().join("broken.jpg"), b"\xff\xd8\xff\xe0 no picture").unwrap();
    let broken = r#"{"image": "broken.jpg", "type": "TD3", "mrz": ["P<UTO", "L8"]}"#;
    let lines = [
        broken.to_owned(),
        "SECRET PERSON".to_owned(),
        r#"{"image": "nowhere.jpg"}"#.to_owned(),
        truth.to_string(),
    ];
    let list = folder.path().join("list.jsonl");
    std::fs::write(&list, lines.join("\n")).unwrap();
    let csv = folder.path().join("rows.csv");
    let mut command = evaluate(folder.path());
    let run = Run::of(command.arg("--truth").arg(&list).arg("--csv").arg(&csv).arg("--texts"));
    assert_eq!(run.code, 1, "a line is bad: {run:?}");
    assert!(run.stderr.contains("list.jsonl:2: skipped"), "{}", run.stderr);
    assert!(run.stderr.contains("nowhere.jpg") && run.stderr.contains("broken.jpg"), "{}", run.stderr);
    assert!(!run.stderr.contains("SECRET"), "{}", run.stderr);
    assert!(run.stdout.starts_with("2 images, 2 with a machine-readable zone"), "{}", run.stdout);
    let text = std::fs::read_to_string(&csv).unwrap();
    assert!(text.contains("file_corrupt") && text.contains("OESTERREICHER"), "{text}");

    let empty = tempfile::tempdir().unwrap();
    let run = Run::of(&mut evaluate(empty.path()));
    assert_eq!((run.code, run.complaints().len()), (1, 1), "{run:?}");
    assert!(run.stderr.contains("truth.jsonl"), "{}", run.stderr);
}

#[test]
fn a_wrong_check_digit_of_a_visa_is_told_and_a_composite_it_has_not_refused() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |field: &str| {
        let mut command = idv();
        command
            .args(["specimen", "--kind", "visa_b", "--wrong-check-digit", field, "--out"])
            .arg(folder.path());
        Run::of(&mut command)
    };
    draw("document_number").expect(0);
    let truth = std::fs::read_to_string(folder.path().join("truth.jsonl")).unwrap();
    assert!(truth.contains(r#""all_check_digits_valid":false"#), "{truth}");
    let run = draw("composite");
    assert_eq!((run.code, run.complaints().len()), (1, 1), "{run:?}");
    assert!(run.stderr.contains("composite"), "{}", run.stderr);
}

#[test]
fn readers_are_compared_on_the_same_images() {
    let folder = tempfile::tempdir().unwrap();
    specimens(folder.path(), &["--count", "1", "--seed", "5"]);
    let csv = folder.path().join("rows.csv");
    std::fs::write(
        &csv,
        "image,exact,check_digits_agree,cpu_ms,error\npassport-5-front.jpg,true,true,500.0,\nother.jpg,false,false,9,\n",
    )
    .unwrap();
    let has_tesseract = Command::new("tesseract").arg("--version").output().is_ok();
    if !has_tesseract {
        eprintln!("skipped: tesseract is not installed, so that only idv's own figures are compared");
    }
    let mut command = Command::new(root().join("scripts/compare-readers"));
    command.arg(folder.path()).arg("--csv").arg(&csv);
    command.args(["--readers", if has_tesseract { "tesseract" } else { "" }]);
    let table = Run::of(&mut command).expect(0);
    assert!(table.contains("| idv (from the CSV file) | 1 | 100.0 % | 100.0 % | 0.50 | 0 |"), "{table}");
    assert_eq!(table.contains("| tesseract | 1 | "), has_tesseract, "{table}");
}
