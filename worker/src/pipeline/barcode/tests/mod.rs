mod real;
mod rendered;
pub(super) mod scene;

use crate::testing::shared;

/// A text of the collection of licences.
pub(super) struct Licence {
    pub(super) name: String,
    /// The text as a barcode holds it: ISO 8859-1 without the mark that the files begin with.
    pub(super) bytes: Vec<u8>,
}

/// The collection, by name.
pub(super) fn licences() -> Option<Vec<Licence>> {
    let root = shared("fixtures/iddoc/c0shea_IdParser/IdParser.Test")?;
    let mut licences = Vec::new();
    for folder in ["", "Ids", "Licenses"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "txt") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let bytes =
                text.trim_start_matches('\u{feff}').chars().map(|character| u8::try_from(character).unwrap());
            let name = path.strip_prefix(&root).unwrap().with_extension("").to_str().unwrap().to_owned();
            licences.push(Licence { name, bytes: bytes.collect() });
        }
    }
    licences.sort_by(|a, b| a.name.cmp(&b.name));
    Some(licences)
}
