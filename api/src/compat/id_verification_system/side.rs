//! What a scan shows: the front of the ID card, its back, or the face.

use idv_common::db::captures::Capture;
use idv_common::domain::CaptureKind;

use crate::problem::{Code, Problem};

/// What is scanned, in the order in which it is asked for, and its name here.
pub(super) const SIDES: [(CaptureKind, &str); 3] = [
    (CaptureKind::DocumentFront, "front"),
    (CaptureKind::DocumentBack, "back"),
    (CaptureKind::Selfie, "face"),
];

/// What a name speaks of, however it is written: `front`, `id_front`, `documentFront`, `Front side`. `None` if it
/// speaks of nothing in particular, like `image`.
pub(super) fn named(name: &str) -> Option<CaptureKind> {
    let mut kinds = words(name).into_iter().filter_map(|word| match word.as_str() {
        "front" | "frontside" | "idfront" => Some(CaptureKind::DocumentFront),
        "back" | "backside" | "idback" => Some(CaptureKind::DocumentBack),
        "face" | "selfie" | "person" | "portrait" => Some(CaptureKind::Selfie),
        _ => None,
    });
    let kind = kinds.next()?;
    kinds.all(|other| other == kind).then_some(kind)
}

/// What the value of `side` says.
pub(super) fn told(value: &str) -> Result<CaptureKind, Problem> {
    named(value).ok_or_else(|| Problem::new(Code::InvalidField, "`side` must be `front`, `back` or `face`"))
}

/// Gives each new scan its kind: the one that was told, else the first that is still missing.
pub(super) fn assign(
    sides: &[Option<CaptureKind>],
    current: &[Capture],
    rows: &mut [Capture],
) -> Result<(), Problem> {
    let mut taken: Vec<CaptureKind> = Vec::new();
    for side in sides.iter().flatten() {
        if taken.contains(side) {
            return Err(Problem::new(Code::BadRequest, "two images are said to show the same side"));
        }
        taken.push(*side);
    }
    for (row, side) in rows.iter_mut().zip(sides) {
        row.kind = match side {
            Some(kind) => *kind,
            None => {
                let is_free = |kind| !taken.contains(&kind) && current.iter().all(|scan| scan.kind != kind);
                let kind = SIDES.iter().map(|(kind, _)| *kind).find(|kind| is_free(*kind));
                kind.inspect(|kind| taken.push(*kind)).ok_or_else(all_are_there)?
            }
        };
    }
    Ok(())
}

fn all_are_there() -> Problem {
    let detail = "front, back and face are there: say with `side` which one to replace, or confirm";
    Problem::new(Code::WrongState, detail)
}

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars().take(64) {
        if !letter.is_alphanumeric() || was_lower && letter.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_known_by_many_names() {
        for (name, kind) in [
            ("front", CaptureKind::DocumentFront),
            ("ID_Front", CaptureKind::DocumentFront),
            ("documentFront", CaptureKind::DocumentFront),
            ("id-card-front-image", CaptureKind::DocumentFront),
            ("document_back", CaptureKind::DocumentBack),
            ("Back side", CaptureKind::DocumentBack),
            ("face", CaptureKind::Selfie),
            ("selfie", CaptureKind::Selfie),
            ("face_image", CaptureKind::Selfie),
        ] {
            assert_eq!(named(name), Some(kind), "{name}");
        }
        for name in ["", "image", "file", "callback_url", "surface", "front_back", "正面", "\0"] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
