//! Annotated pictures of a specimen, with a report made by hand.

use idv_common::domain::{
    Check, CheckName, DocumentReading, Field, FieldName, FieldPlace, FieldSource, PolicyStamp, REPORT_SCHEMA,
    ReasonCode, Region, Report, Verdict,
};
use jiff::civil::date;

use super::*;
use crate::specimen::{Page, SpecimenSpec, render};

fn region(label: &str, points: &[[f32; 2]], text: Option<&str>) -> Region {
    Region {
        capture: CaptureKind::DocumentFront,
        label: label.to_owned(),
        points: points.to_vec(),
        text: text.map(|text| text.to_owned().into()),
        confidence: Some(0.97),
    }
}

fn report(page: &Page) -> Report {
    let lines = page.truth.mrz.iter().zip(&page.truth.mrz_quads);
    let mrz = Check::new(CheckName::DocumentMrz, Outcome::Fail)
        .because(ReasonCode::MrzCheckDigitFailed)
        .regions(lines.map(|(line, quad)| region("mrz_line", quad, Some(line))));
    let portrait = page.truth.portrait_quad.clone().unwrap_or_default();
    let face = Check::new(CheckName::DocumentFace, Outcome::Pass).regions([region("face", &portrait, None)]);
    Report {
        schema: REPORT_SCHEMA,
        verdict: Verdict::Rejected,
        reasons: vec![ReasonCode::MrzCheckDigitFailed],
        checks: vec![mrz, face, Check::new(CheckName::Liveness, Outcome::NotRun).scored(0.000_02, Some(0.5))],
        document: None,
        policy: PolicyStamp { name: "test".to_owned(), version: 1, sha256: String::new() },
        models: Default::default(),
        steps: Vec::new(),
    }
}

fn passport() -> Page {
    render(&SpecimenSpec::from_seed(3, date(2026, 6, 1))).unwrap().front
}

#[test]
fn a_picture_shows_the_verdict_in_its_colour_and_the_regions_in_their_checks() {
    let page = passport();
    let picture = annotate(&[(CaptureKind::DocumentFront, &page.image)], &report(&page));
    assert!(picture.width() <= MAX_WIDTH as u32);
    assert_eq!(*picture.get_pixel(2, 2), verdict_colour(Verdict::Rejected));
    let scale = MAX_HEIGHT / page.image.height() as f32;
    let [x, y] = page.truth.mrz_quads[0][0];
    let corner = picture.get_pixel(
        (GAP + x * scale).round() as u32,
        (legend::HEADER + GAP + CAPTION + y * scale).round() as u32,
    );
    let [r, g, b] = corner.0;
    assert!(r > 150 && g < 100 && b < 100, "{corner:?}");
}

#[test]
fn extreme_captures_and_none_at_all_still_make_a_picture() {
    let report = report(&passport());
    for (width, height) in [(1, 1), (4000, 1), (1, 4000), (4000, 2)] {
        let capture = RgbImage::new(width, height);
        let captures = [(CaptureKind::DocumentFront, &capture), (CaptureKind::Selfie, &capture)];
        assert!(annotate(&captures, &report).width() <= MAX_WIDTH as u32 + 1);
    }
    assert!(annotate(&[], &report).height() > legend::HEADER as u32);
}

#[test]
fn texts_without_room_are_numbered_and_listed() {
    let page = passport();
    let crowded: Vec<Region> = (0..30)
        .map(|i| {
            let top = 100.0 + 24.0 * i as f32;
            let quad = [[40.0, top], [1400.0, top], [1400.0, top + 22.0], [40.0, top + 22.0]];
            region("text", &quad, Some("A LINE OF TEXT THAT NEEDS A LOT OF ROOM TO BE WRITTEN OUT"))
        })
        .collect();
    let mut report = report(&page);
    let before = annotate(&[(CaptureKind::DocumentFront, &page.image)], &report).height();
    report.checks.push(Check::new(CheckName::DocumentFields, Outcome::Pass).regions(crowded));
    let after = annotate(&[(CaptureKind::DocumentFront, &page.image)], &report).height();
    assert!(after > before + 100, "{before} {after}");
}

#[test]
fn fields_are_outlined_in_the_colour_of_their_source_and_listed() {
    let page = passport();
    let mut report = report(&page);
    let captures = [(CaptureKind::DocumentFront, &page.image)];
    let before = annotate(&captures, &report).height();
    let quad = vec![[300.0, 300.0], [600.0, 300.0], [600.0, 340.0], [300.0, 340.0]];
    let placed = |source, capture| Field {
        confidence: Some(0.93),
        place: Some(FieldPlace { capture, points: quad.clone() }),
        ..Field::new("ERIKSSON".to_owned(), "ERIKSSON<<".to_owned(), source)
    };
    let long = "X".repeat(400);
    let fields = [
        (FieldName::Surname, placed(FieldSource::VisualZone, CaptureKind::DocumentFront)),
        (FieldName::GivenNames, placed(FieldSource::VisualZone, CaptureKind::DocumentFront)),
        (FieldName::Sex, placed(FieldSource::Mrz, CaptureKind::DocumentBack)),
        (FieldName::Address, Field::new(long.clone(), format!("{long}\n"), FieldSource::Barcode)),
    ];
    report.document = Some(DocumentReading { fields: fields.into(), ..DocumentReading::default() });
    let picture = annotate(&captures, &report);
    // A row each, and the titles.
    assert!(picture.height() >= before + 5 * legend::LINE as u32, "{before} {}", picture.height());
    let scale = MAX_HEIGHT / page.image.height() as f32;
    let edge = picture.get_pixel(
        (GAP + 450.0 * scale).round() as u32,
        (legend::HEADER + GAP + CAPTION + 340.0 * scale).round() as u32,
    );
    let [r, g, b] = edge.0;
    assert!(r > g && b > g, "magenta for print: {edge:?}");
    // Both fields of the place share a mark; the one on the other side has none here.
    let marks = Fields::of(&report).marks(CaptureKind::DocumentFront);
    assert_eq!(marks.iter().map(|mark| mark.text()).collect::<Vec<_>>(), ["1–2"]);
}
