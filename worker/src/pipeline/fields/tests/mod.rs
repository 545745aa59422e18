use idv_common::domain::{CaptureKind, FieldName, Normalisation, Private};
use jiff::civil::Date;
use proptest::prelude::*;

use super::*;
use crate::inference::{Point, Quad};

mod languages;

const TODAY: Date = Date::constant(2026, 6, 1);

/// Lines of print: text, left, top and height in pixels. Characters are half as wide as high.
fn lines(lines: &[(&str, f32, f32, f32)]) -> Vec<TextFinding> {
    let line = |(text, left, top, height): &(&str, f32, f32, f32)| {
        let right = left + text.chars().count() as f32 * height * 0.5;
        let corners = [(*left, *top), (right, *top), (right, top + height), (*left, top + height)];
        TextFinding {
            text: Private((*text).to_owned()),
            quad: Quad(corners.map(|(x, y)| Point::new(x, y))),
            confidence: 1.0,
        }
    };
    lines.iter().map(line).collect()
}

fn read(print: &[(&str, f32, f32, f32)]) -> Print {
    read_print(CaptureKind::DocumentFront, &lines(print), None, TODAY)
}

fn value(print: &Print, name: FieldName) -> Option<&str> {
    let reading = print.readings.iter().find(|reading| reading.name == name)?;
    Some(reading.field.value.as_str())
}

#[track_caller]
fn assert_fields(print: &Print, expected: &[(FieldName, &str)]) {
    for (name, text) in expected {
        assert_eq!(value(print, *name), Some(*text), "{name}");
    }
}

/// A caption above each value, row by row.
fn stacked(rows: &[(&str, &str)]) -> Vec<(String, f32, f32, f32)> {
    let mut lines = Vec::new();
    for (row, (caption, value)) in rows.iter().enumerate() {
        let top = 40.0 + 60.0 * row as f32;
        lines.push(((*caption).to_owned(), 100.0, top, 14.0));
        lines.push(((*value).to_owned(), 102.0, top + 20.0, 22.0));
    }
    lines
}

fn read_stacked(rows: &[(&str, &str)]) -> Print {
    let lines = stacked(rows);
    read(&lines.iter().map(|(text, x, y, h)| (text.as_str(), *x, *y, *h)).collect::<Vec<_>>())
}

use FieldName::{
    Address, Authority, DateOfBirth, DateOfExpiry, DateOfIssue, DocumentNumber, GivenNames, Nationality,
    PersonalNumber, PlaceOfBirth, Sex, Surname,
};

#[test]
fn captions_stand_left_of_their_values_too() {
    let print = read(&[
        ("Surname: SMITH", 30.0, 60.0, 14.0),
        ("Given Name: JOHN DAVID", 30.0, 90.0, 14.0),
        ("Nationality USA", 30.0, 120.0, 14.0),
        ("Date of Birth:", 30.0, 150.0, 14.0),
        ("1985-03-15", 150.0, 150.0, 14.0),
        ("Document No.: A12345678", 30.0, 180.0, 14.0),
        ("Sex: M  Date of Expiry: 2032-05-14", 30.0, 210.0, 14.0),
    ]);
    assert_fields(
        &print,
        &[
            (Surname, "SMITH"),
            (GivenNames, "JOHN DAVID"),
            (Nationality, "USA"),
            (DateOfBirth, "1985-03-15"),
            (DocumentNumber, "A12345678"),
            (Sex, "M"),
            (DateOfExpiry, "2032-05-14"),
        ],
    );
}

#[test]
fn captions_of_several_columns_share_a_row() {
    let print = read(&[
        ("Sex / Sexe      Place of birth / Lieu de naissance", 100.0, 40.0, 14.0),
        ("F               ZENITH", 100.0, 60.0, 22.0),
        ("Date of issue", 100.0, 100.0, 14.0),
        ("Date of expiry", 400.0, 100.0, 14.0),
        ("16 APR 2020", 100.0, 120.0, 22.0),
        ("15 APR 2030", 402.0, 120.0, 22.0),
    ]);
    assert_fields(&print, &[(Sex, "F"), (DateOfIssue, "2020-04-16"), (DateOfExpiry, "2030-04-15")]);
}

#[test]
fn an_european_licence_is_read_by_its_numbers() {
    let print = read(&[
        ("PERMIS DE CONDUIRE  RÉPUBLIQUE FRANÇAISE", 160.0, 20.0, 14.0),
        ("1. MARTIN", 180.0, 70.0, 16.0),
        ("2. Maëlys-Gaëlle, Marie", 180.0, 100.0, 16.0),
        ("3. 14.07.1981 (Utopia City)", 180.0, 130.0, 16.0),
        ("4a. 01.01.2013  4c. Préfecture de Paris", 180.0, 160.0, 16.0),
        ("4b31.12.2028", 182.0, 190.0, 16.0),
        ("513AA00001", 180.0, 220.0, 16.0),
        ("8. 12 RUE DU BAC", 180.0, 250.0, 16.0),
        ("75007 PARIS", 196.0, 270.0, 16.0),
    ]);
    assert!(print.is_licence);
    assert_fields(
        &print,
        &[
            (Surname, "MARTIN"),
            (GivenNames, "Maëlys-Gaëlle, Marie"),
            (DateOfBirth, "1981-07-14"),
            (PlaceOfBirth, "Utopia City"),
            (DateOfIssue, "2013-01-01"),
            (Authority, "Préfecture de Paris"),
            (DateOfExpiry, "2028-12-31"),
            (DocumentNumber, "13AA00001"),
            (Address, "12 RUE DU BAC, 75007 PARIS"),
        ],
    );
}

#[test]
fn an_american_licence_is_read_by_numbers_and_words() {
    let print = read(&[
        ("DRIVER LICENSE", 276.0, 27.0, 14.0),
        ("4d LIC# WDLABCD456DG  9 CLASS B DONOR", 150.0, 68.0, 14.0),
        ("1 TALBOT", 150.0, 87.0, 12.0),
        ("2 LIAM R.", 150.0, 103.0, 12.0),
        ("3 DOB 01/06/1958  4aISS01/07/2015", 150.0, 132.0, 14.0),
        ("8123 STREET ADDRESS", 150.0, 151.0, 11.0),
        ("YOUR CITY WA 99999-1234", 158.0, 163.0, 11.0),
        ("15 SEX M", 186.0, 190.0, 9.0),
        ("4b EXP 08/12/2020", 293.0, 231.0, 11.0),
    ]);
    assert!(print.is_licence);
    assert_fields(
        &print,
        &[
            (DocumentNumber, "WDLABCD456DG"),
            (Surname, "TALBOT"),
            (GivenNames, "LIAM R"),
            (DateOfBirth, "1958-01-06"),
            (DateOfIssue, "2015-01-07"),
            (DateOfExpiry, "2020-08-12"),
            (Sex, "M"),
            (Address, "123 STREET ADDRESS, YOUR CITY WA 99999-1234"),
        ],
    );
}

#[test]
fn a_value_goes_on_in_the_row_below_it() {
    let print = read(&[
        ("Given names", 100.0, 40.0, 14.0),
        ("MARIA ANTONIA", 100.0, 60.0, 20.0),
        ("JOSEFA", 100.0, 84.0, 20.0),
        ("Address", 100.0, 130.0, 14.0),
        ("102 RUE PRINCIPALE", 100.0, 150.0, 18.0),
        ("34700 LODÈVE", 100.0, 172.0, 18.0),
        ("FRANCE", 100.0, 194.0, 18.0),
    ]);
    assert_fields(
        &print,
        &[(GivenNames, "MARIA ANTONIA JOSEFA"), (Address, "102 RUE PRINCIPALE, 34700 LODÈVE, FRANCE")],
    );
    let names = print.readings.iter().find(|reading| reading.name == GivenNames).unwrap();
    assert_eq!(names.field.normalised, [Normalisation::Lines]);
    assert_eq!(names.field.raw.as_str(), "MARIA ANTONIA\nJOSEFA");
}

#[test]
fn names_that_look_like_captions_stay_names() {
    let print = read_stacked(&[("Surname", "VARGAS"), ("Given names", "POL"), ("Nationality", "ESP")]);
    assert_fields(&print, &[(Surname, "VARGAS"), (GivenNames, "POL")]);
}

#[test]
fn a_caption_that_could_be_two_things_is_refused() {
    // `Nome` is a given name in Italian and says nothing of its kind elsewhere.
    let print = read_stacked(&[("Code", "ABC"), ("Name", "MEIER")]);
    assert_eq!(value(&print, Surname), None);
    let german = read_stacked(&[
        ("Name", "MEIER"),
        ("Geburtsdatum", "01.02.1980"),
        ("Staatsangehörigkeit", "DEUTSCH"),
    ]);
    assert_eq!(value(&german, Surname), Some("MEIER"));
}

#[test]
fn a_reading_says_where_it_stands_and_how_sure_it_is() {
    let mut print = lines(&[("Surname: SMITH", 30.0, 60.0, 14.0)]);
    print[0].confidence = 0.8;
    let print = read_print(CaptureKind::DocumentBack, &print, None, TODAY);
    let field = &print.readings[0].field;
    let place = field.place.as_ref().unwrap();
    assert_eq!((place.capture, field.source), (CaptureKind::DocumentBack, FieldSource::VisualZone));
    assert!(place.points[0][0] > 80.0 && place.points[1][0] > 120.0, "{:?}", place.points);
    assert!((field.confidence.unwrap() - 0.8).abs() < 1e-6);
    assert!(!format!("{print:?}").contains("SMITH"));
}

proptest! {
    #[test]
    fn no_print_makes_it_panic(texts in prop::collection::vec(("\\PC{0,24}", 0.0f32..900.0, 0.0f32..600.0, 5.0f32..40.0), 0..12)) {
        let print: Vec<(&str, f32, f32, f32)> = texts.iter().map(|(t, x, y, h)| (t.as_str(), *x, *y, *h)).collect();
        read(&print);
    }

    #[test]
    fn a_page_may_lie_in_any_direction(degrees in 0.0f32..360.0) {
        let mut print = lines(&[("Surname", 100.0, 40.0, 14.0), ("SMITH", 100.0, 60.0, 22.0), ("Given names", 100.0, 100.0, 14.0), ("ANN", 100.0, 120.0, 22.0)]);
        let (sin, cos) = degrees.to_radians().sin_cos();
        for line in &mut print {
            line.quad = Quad(line.quad.0.map(|p| Point::new(p.x * cos - p.y * sin, p.x * sin + p.y * cos)));
        }
        let print = read_print(CaptureKind::DocumentFront, &print, None, TODAY);
        prop_assert_eq!(value(&print, Surname), Some("SMITH"));
        prop_assert_eq!(value(&print, GivenNames), Some("ANN"));
    }
}
