//! Barcodes that the library writes, as a camera sees them.

use super::scene::{CLEAN, Scene, pdf417, photo, qr_code};
use super::{Licence, licences};
use crate::inference::Point;
use crate::pipeline::barcode::aamva::{CARD, Card};
use crate::pipeline::barcode::{BarcodeFinding, BarcodesFinding, Symbology, read_barcodes};

/// A careful photo.
const PHOTO: Scene = Scene { module: 3.0, rotation: 4.0, tilt: 0.0, blur: 0.3, noise: 4.0, jpeg: Some(70) };

/// How many of the licences are read to the byte, and parse, in that scene.
fn read(licences: &[Licence], scene: impl Fn(usize) -> Scene) -> usize {
    let is_read = |(index, licence): (usize, &Licence)| {
        let scene = scene(index);
        let (photo, corners) = photo(&pdf417(&licence.bytes), scene);
        let found = read_barcodes(&photo);
        let read = found.barcodes.iter().find(|barcode| barcode.symbology == Symbology::Pdf417);
        let Some(bytes) = read.and_then(|barcode| barcode.bytes.as_deref()) else {
            eprintln!("{}: {scene:?}: {}", licence.name, if read.is_some() { "seen" } else { "not found" });
            return false;
        };
        assert_eq!(bytes, &licence.bytes, "{}: {scene:?}", licence.name);
        assert_eq!(Card::parse(bytes).unwrap(), Card::parse(&licence.bytes).unwrap());
        let quad = &read.unwrap().quad;
        let off = |found: &Point, (x, y): (f32, f32)| (found.x - x).hypot(found.y - y) / scene.module;
        if scene.blur > 0.5 || scene.noise > 10.0 {
            // The patterns at both ends are not made out on every row, and the corners are rough.
            let middle = |of: fn(&(f32, f32)) -> f32| corners.iter().map(of).sum::<f32>() / 4.0;
            let found = Point::new(
                quad.0.iter().map(|corner| corner.x).sum::<f32>() / 4.0,
                quad.0.iter().map(|corner| corner.y).sum::<f32>() / 4.0,
            );
            let off = off(&found, (middle(|corner| corner.0), middle(|corner| corner.1)));
            assert!(off < 20.0, "{}: {scene:?}: {quad:?}", licence.name);
        } else {
            // Each corner is where it was put, in the order of reading.
            let mut pairs = quad.0.iter().zip(corners);
            assert!(
                pairs.all(|(found, put)| off(found, put) < 12.0),
                "{}: {scene:?}: {quad:?}",
                licence.name
            );
        }
        true
    };
    licences.iter().enumerate().filter(|licence| is_read(*licence)).count()
}

#[test]
fn every_licence_is_read_from_a_clean_rendering() {
    let Some(licences) = licences() else { return };
    assert_eq!(read(&licences, |_| CLEAN), licences.len());
}

#[test]
fn every_licence_is_read_at_any_angle() {
    let Some(licences) = licences() else { return };
    let angles = [90.0, 180.0, 270.0, 7.0, -13.0, 33.0, 45.0, 61.0, 118.0, 135.0, 200.0, 301.0, 359.0];
    let scene = |index: usize| Scene { rotation: angles[index % angles.len()], ..PHOTO };
    assert_eq!(read(&licences, scene), licences.len());
}

/// One licence in six, so that a test takes seconds.
fn some(licences: Vec<Licence>) -> Vec<Licence> {
    licences.into_iter().step_by(6).collect()
}

#[test]
fn every_licence_is_read_through_a_blur() {
    let Some(licences) = licences() else { return };
    assert_eq!(read(&licences, |_| Scene { blur: 0.55, ..PHOTO }), licences.len());
}

#[test]
fn licences_are_read_through_compression_and_noise_and_at_any_size() {
    let Some(licences) = licences().map(some) else { return };
    for scene in [
        Scene { jpeg: Some(30), ..PHOTO },
        Scene { noise: 12.0, ..PHOTO },
        Scene { module: 2.0, ..PHOTO },
        Scene { module: 7.0, ..PHOTO },
    ] {
        assert_eq!(read(&licences, |_| scene), licences.len(), "{scene:?}");
    }
}

#[test]
fn licences_are_read_from_a_camera_that_leans_over() {
    let Some(licences) = licences().map(some) else { return };
    for rotation in [0.0, 20.0, 170.0] {
        let scene = Scene { tilt: 20.0, rotation, module: 4.0, ..PHOTO };
        assert_eq!(read(&licences, |_| scene), licences.len(), "{scene:?}");
    }
}

#[test]
fn a_qr_code_is_evidence_as_it_is() {
    let text = "https://example.org/a?b=\u{e9}";
    for scene in [
        CLEAN,
        Scene { rotation: 30.0, module: 4.0, ..PHOTO },
        Scene { rotation: 190.0, tilt: 20.0, ..PHOTO },
    ] {
        let (photo, _) = photo(&qr_code(text), scene);
        let found = read_barcodes(&photo);
        let [barcode] = &found.barcodes[..] else { panic!("{scene:?}: {} symbols", found.barcodes.len()) };
        assert_eq!(barcode.symbology, Symbology::QrCode);
        let bytes: Vec<u8> = text.chars().map(|character| u8::try_from(character).unwrap()).collect();
        assert_eq!(barcode.bytes.as_deref(), Some(&bytes));
    }
}

#[test]
fn a_symbol_that_is_damaged_is_seen_and_not_read() {
    let whole = pdf417(CARD.as_bytes());
    // Between the patterns at both ends every row runs backwards.
    let mut bits = whole.clone();
    for y in 0..whole.height() {
        for x in 34..whole.width() - 35 {
            bits.set_bool(x, y, whole.get(whole.width() - 1 - x, y));
        }
    }
    let found = read_barcodes(&photo(&bits, CLEAN).0);
    let unread = |barcode: &BarcodeFinding| barcode.symbology == Symbology::Pdf417 && barcode.bytes.is_none();
    assert!(matches!(&found.barcodes[..], [barcode] if unread(barcode)), "{}", found.barcodes.len());
}

#[test]
fn a_finding_survives_storage_and_hides_in_logs() {
    let (photo, _) = photo(&pdf417(CARD.as_bytes()), CLEAN);
    let found = read_barcodes(&photo);
    let stored = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<BarcodesFinding>(&stored).unwrap(), found);
    assert!(stored.contains("EXAMPLE") && !format!("{found:?}").contains("EXAMPLE"));
    let wider = stored.replace("EXAMPLE", "EX\u{141}MPLE");
    assert!(serde_json::from_str::<BarcodesFinding>(&wider).is_err());
}
