//! Names: one element in version 01, two in 02 and 03, three from 04 on.

use super::card::Card;

/// Pennsylvania wrote names of version 01 as they are spoken, without commas.
const PENNSYLVANIA: u32 = 636_025;

/// A holder's name. `Debug` shows which parts there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// The customer's family name.
    pub family: Option<String>,
    /// The customer's first name.
    pub first: Option<String>,
    /// The customer's middle names, parted by spaces.
    pub middle: Option<String>,
    /// The suffix, such as `JR`.
    pub suffix: Option<String>,
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |part: &Option<String>| part.as_ref().map(|_| "[private]");
        f.debug_struct("Name")
            .field("family", &part(&self.family))
            .field("first", &part(&self.first))
            .field("middle", &part(&self.middle))
            .field("suffix", &part(&self.suffix))
            .finish()
    }
}

/// Whether a name was cut to fit the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncation {
    /// `T`: it was.
    Truncated,
    /// `N`: it was not.
    NotTruncated,
    /// `U`: the issuer does not know.
    Unknown,
}

impl Truncation {
    /// The meaning of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "T" => Some(Self::Truncated),
            "N" => Some(Self::NotTruncated),
            "U" => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// The name on a card.
pub(super) fn name(card: &Card) -> Name {
    let of = |identifier: &str| card.element(identifier).and_then(clean);
    let suffix = || of("DCU").or_else(|| of("DAE"));
    if let Some(family) = of("DCS").or_else(|| of("DAB")) {
        let (first, middle) = match of("DAC") {
            // Commas part several middle names.
            Some(first) => (Some(first), of("DAD").and_then(|middle| clean(&middle.replace(',', " ")))),
            None => given(card.element("DCT").unwrap_or_default()),
        };
        return Name { family: Some(family), first, middle, suffix: suffix() };
    }
    let whole = card.element("DAA").unwrap_or_default();
    let is_spoken = card.header.issuer_identification_number == PENNSYLVANIA;
    let name = if whole.contains([',', '@', '$']) {
        listed(whole)
    } else if is_spoken {
        spoken(whole)
    } else {
        // Which of the words is the family name is not known.
        Name::default()
    };
    Name { suffix: name.suffix.clone().or_else(suffix), ..name }
}

/// `LAST,FIRST,MIDDLE,SUFFIX`; the given names may also be one part, parted by spaces.
fn listed(whole: &str) -> Name {
    let mut parts = whole.split([',', '@', '$']);
    let mut next = || parts.next().unwrap_or_default();
    let (family, first, middle, suffix) = (clean(next()), next(), clean(next()), clean(next()));
    let (first, middle) = match middle {
        Some(middle) => (clean(first), Some(middle)),
        None => given(first),
    };
    Name { family, first, middle, suffix }
}

/// `FIRST MIDDLE LAST`.
fn spoken(whole: &str) -> Name {
    let words: Vec<&str> = whole.split_whitespace().collect();
    match words.as_slice() {
        [first, middle @ .., family] => Name {
            family: Some((*family).to_owned()),
            first: Some((*first).to_owned()),
            middle: clean(&middle.join(" ")),
            suffix: None,
        },
        _ => Name::default(),
    }
}

/// The first name and the others, which commas or spaces part.
fn given(names: &str) -> (Option<String>, Option<String>) {
    let names = clean(&names.replace(',', " ")).unwrap_or_default();
    match names.split_once(' ') {
        Some((first, middle)) => (clean(first), clean(middle)),
        None => (clean(&names), None),
    }
}

/// A name with single spaces, without commas at its ends; `None` if nothing is left.
fn clean(name: &str) -> Option<String> {
    let words: Vec<&str> = name.trim_matches([',', ' ']).split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}
