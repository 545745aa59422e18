//! The material beside the repository.

use std::path::{Path, PathBuf};

use idv_worker::inference::{FaceModels, Manifest};
use idv_worker::pipeline::decode::{DecodeLimits, decode};
use image::RgbImage;

/// A file or folder of the shared material, or `None` with a message when it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let root = std::env::var_os("IDV_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {} is not there", found.display());
    None
}

/// The face models of a profile, from the shared folder of models.
pub(crate) fn models(profile: &str) -> Option<FaceModels> {
    let selection = Manifest::built_in().resolve(&shared("models")?, profile).unwrap();
    match FaceModels::load(&selection) {
        Ok(models) => Some(models),
        Err(fault) => {
            println!("skipped: {fault}");
            None
        }
    }
}

/// A decoded picture of the shared material.
pub(crate) fn picture(path: &str) -> Option<RgbImage> {
    Some(decode(&std::fs::read(shared(path)?).unwrap(), &DecodeLimits::default()).unwrap())
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
