//! What a reviewer brings: a name and words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Private;

/// The longest name, in characters.
const NAME_LEN: usize = 100;
/// The longest note, in characters.
const NOTE_LEN: usize = 4000;

/// A text that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {most} characters, and not blank")]
pub struct InvalidText {
    most: usize,
}

/// Who reviews, as the caller says: the API trusts whoever holds a key with the names of its reviewers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema), schema(value_type = String, min_length = 1, max_length = 100))]
pub struct Reviewer(String);

impl Reviewer {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reviewer {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let printable = !text.chars().any(char::is_control);
        usable(text.trim(), NAME_LEN).filter(|_| printable).map(Self).ok_or(InvalidText { most: NAME_LEN })
    }
}

impl TryFrom<String> for Reviewer {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        text.parse()
    }
}

impl From<Reviewer> for String {
    fn from(name: Reviewer) -> Self {
        name.0
    }
}

impl fmt::Display for Reviewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a reviewer writes; it may tell of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema), schema(value_type = String, min_length = 1, max_length = 4000))]
pub struct NoteText(Private<String>);

impl NoteText {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for NoteText {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        usable(text, NOTE_LEN).map(|text| Self(Private(text))).ok_or(InvalidText { most: NOTE_LEN })
    }
}

impl TryFrom<String> for NoteText {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        text.parse()
    }
}

fn usable(text: &str, most: usize) -> Option<String> {
    let fits = !text.trim().is_empty() && text.chars().count() <= most && !text.contains('\0');
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(" ann ".parse::<Reviewer>().unwrap().as_str(), "ann");
        for wrong in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(wrong.parse::<Reviewer>().is_err(), "{wrong:?}");
        }
        assert!("x".repeat(100).parse::<Reviewer>().is_ok());
    }

    #[test]
    fn a_note_does_not_show_in_logs() {
        let note: NoteText = "the photo shows PETERSEN".parse().unwrap();
        assert!(!format!("{note:?}").contains("PETERSEN"));
        assert_eq!(note.expose(), "the photo shows PETERSEN");
        assert!("\0".parse::<NoteText>().is_err() && " \n ".parse::<NoteText>().is_err());
    }
}
