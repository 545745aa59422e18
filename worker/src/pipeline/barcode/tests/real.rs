//! Real photos, and renderings by other programs.

use std::path::{Path, PathBuf};

use crate::pipeline::barcode::{BarcodesFinding, Symbology, read_barcodes};
use crate::testing::shared;

/// Symbols in several character sets, of which the library gives only a part.
const SEVERAL_CHARACTER_SETS: [&str; 2] = ["12-mixed-ecis", "03-01"];

fn images(folder: &Path) -> Vec<PathBuf> {
    let is_image = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| ["png", "webp", "jpg", "jpeg"].iter().any(|known| extension == *known))
    };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut images: Vec<PathBuf> = entries.filter(is_image).collect();
    images.sort();
    images
}

fn look_at(path: &Path) -> BarcodesFinding {
    let file = std::fs::read(path).unwrap();
    read_barcodes(&image::load_from_memory(&file).unwrap().to_rgb8())
}

#[test]
fn every_pdf417_of_the_collection_is_read() {
    let Some(samples) = shared("fixtures/iddoc/zxing-cpp_zxing-cpp/test/samples") else { return };
    for set in ["pdf417-1", "pdf417-2", "pdf417-3", "pdf417-4"] {
        for image in images(&samples.join(set)) {
            let found = look_at(&image);
            let read: Vec<&Vec<u8>> = (found.barcodes.iter())
                .filter(|barcode| barcode.symbology == Symbology::Pdf417)
                .filter_map(|barcode| barcode.bytes.as_deref())
                .collect();
            assert!(!read.is_empty(), "{}", image.display());
            let name = image.file_stem().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(image.with_extension("txt"));
            let bytes = std::fs::read(image.with_extension("bin")).or(text
                .map(|text| text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()));
            if let Ok(expected) = bytes
                && !SEVERAL_CHARACTER_SETS.contains(&name)
            {
                assert_eq!(*read[0], expected, "{}", image.display());
            }
        }
    }
}

/// Portraits, guilloches and lines of text are no barcodes.
#[test]
fn documents_without_a_barcode_show_none() {
    for folder in [
        "fixtures/iddoc/Oriolrt_SIDTD_Dataset",
        "fixtures/iddoc/yushulx_python-mrz-scanner-sdk",
        "fixtures/face/ageitgey_face_recognition/tests/test_images",
    ] {
        let Some(folder) = shared(folder) else { return };
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            folders.extend(entries.filter(|path| path.is_dir()));
            for image in images(&folder) {
                assert_eq!(look_at(&image), BarcodesFinding::default(), "{}", image.display());
            }
        }
    }
}
