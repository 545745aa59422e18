//! Images for the tests: shared photographs where they are, and specimens rendered by the program itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::command::Run;
use super::root;

/// A file or folder of the shared material, or `None` with a message when it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("IDV_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let found = folder.join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: {} is not there", found.display());
    None
}

/// The bytes of a shared photo of a face.
pub fn face(name: &str) -> Option<Vec<u8>> {
    let path = shared(&format!("fixtures/face/ageitgey_face_recognition/tests/test_images/{name}"))?;
    Some(std::fs::read(path).unwrap())
}

/// A small valid PNG of one colour; a stamp in its corner makes each `seed` another file.
pub fn plain_png(seed: u32) -> Vec<u8> {
    let mut picture = image::RgbImage::from_pixel(640, 480, image::Rgb([200, 200, 200]));
    for (i, byte) in seed.to_be_bytes().into_iter().enumerate() {
        picture.put_pixel(i as u32, 0, image::Rgb([byte; 3]));
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A PNG that ends after its header: it is taken as an image and costs a worker next to nothing. Each `seed`
/// makes another file.
pub fn broken_png(seed: u32) -> Vec<u8> {
    // Eight bytes of signature and a chunk of 25.
    let mut bytes = plain_png(seed);
    bytes.truncate(33);
    bytes.extend(seed.to_be_bytes());
    bytes
}

/// A specimen passport with this portrait; rendered once per set of arguments.
pub fn passport(portrait: &str, more: &[&str]) -> Option<Vec<u8>> {
    static RENDERED: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let photo = shared(&format!("fixtures/face/ageitgey_face_recognition/tests/test_images/{portrait}"))?;
    let mut rendered = RENDERED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = format!("{portrait} {}", more.join(" "));
    Some(rendered.entry(key).or_insert_with(|| render(&photo, more)).clone())
}

fn render(portrait: &Path, more: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = super::idv();
    command.args(["specimen", "--kind", "passport", "--seed", "7", "--portrait"]).arg(portrait);
    Run::of(command.arg("--out").arg(folder.path()).args(more)).expect(0);
    std::fs::read(folder.path().join("passport-7-front.jpg")).unwrap()
}
