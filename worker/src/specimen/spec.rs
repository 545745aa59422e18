//! What a specimen says and how it looks.

use std::{fmt, str::FromStr};

use image::RgbImage;
use jiff::{ToSpan, civil::Date};

use super::{Degrade, SpecimenError, Style, chance::Chance, people};
use crate::inference::Rect;

/// The document that is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecimenKind {
    /// The data page of a passport: TD3 of ICAO 9303 part 4, 125 x 88 mm, one side.
    Passport,
    /// An identity card: TD1 of ICAO 9303 part 5, 85.6 x 54 mm, the portrait in front, the
    /// machine-readable zone on the back.
    IdCard,
    /// An identity card: TD2 of ICAO 9303 part 6, 105 x 74 mm, one side.
    IdCardTd2,
    /// A visa: MRV-A of ICAO 9303 part 7, 120 x 80 mm, one side.
    VisaA,
    /// A visa: MRV-B of ICAO 9303 part 7, 105 x 74 mm, one side.
    VisaB,
}

/// The holder's sex as ICAO 9303 prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// `F`.
    Female,
    /// `M`.
    Male,
    /// `X` on the page, `<` in the machine-readable zone.
    Unspecified,
}

/// A check digit of the machine-readable zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedField {
    /// Of the document's number.
    DocumentNumber,
    /// Of the date of birth.
    DateOfBirth,
    /// Of the date of expiry.
    DateOfExpiry,
    /// Of the personal number; passports only.
    PersonalNumber,
    /// Of the composite.
    Composite,
}

/// A photo for the portrait. It is cropped to the frame's proportions and never stretched.
#[derive(Clone)]
pub struct Portrait {
    /// The photo.
    pub photo: RgbImage,
    /// The face in it, as a detector bounds it; without it the upper middle of the photo is shown.
    pub face: Option<Rect>,
}

/// Everything that a specimen is drawn from: the same spec gives the same pixels.
#[derive(Clone)]
pub struct SpecimenSpec {
    /// The kind of document.
    pub kind: SpecimenKind,
    /// The second character of the document code, where there is one.
    pub code_suffix: Option<char>,
    /// Code of one to three letters of ICAO 9303 part 3; `UTO` is the standard's own Utopia.
    pub issuing_state: String,
    /// Letters and digits: at most nine, on cards as many as [`SpecimenKind::longest_number`] says.
    pub number: String,
    /// As printed, with diacritics.
    pub surname: String,
    /// As printed, separated by spaces; empty if the holder has a single name.
    pub given_names: String,
    /// A three-letter code like that of the issuing state.
    pub nationality: String,
    /// The day of birth.
    pub date_of_birth: Date,
    /// The last day of validity.
    pub date_of_expiry: Date,
    /// The day of issue.
    pub date_of_issue: Date,
    /// The holder's sex.
    pub sex: Sex,
    /// The place of birth, as printed.
    pub place_of_birth: String,
    /// The optional data of the machine-readable zone: letters and digits, may be empty.
    pub personal_number: String,
    /// The optional data in the second line of a TD1 card's zone; other kinds have none.
    pub optional: String,
    /// Design, background, typeface and language.
    pub style: Style,
    /// The holder's photo. Without one a grey silhouette is drawn, which contains no face: a detector is
    /// right to find none.
    pub portrait: Option<Portrait>,
    /// Whether a pale copy of the portrait is printed as well, as many documents have it.
    pub ghost: bool,
    /// The check digit that is printed wrong; all others agree with what is printed.
    pub wrong_check_digit: Option<CheckedField>,
    /// Draws colours, line patterns and the signature.
    pub seed: u64,
    /// Resolution, 96 to 1200 dots per inch.
    pub dpi: f32,
    /// What the camera did to it; none: a flat scan.
    pub degrade: Option<Degrade>,
}

impl SpecimenSpec {
    /// A valid passport of an invented person, drawn from the seed: 19 to 79 years old, issued within the
    /// last nine years for ten. Change any field before rendering.
    pub fn from_seed(seed: u64, today: Date) -> Self {
        let mut chance = Chance::new(seed, "holder");
        let sex = match chance.below(20) {
            0 => Sex::Unspecified,
            1..=9 => Sex::Male,
            _ => Sex::Female,
        };
        let date_of_issue = days_before(today, 30 + chance.below(9 * 365 - 30));
        Self {
            kind: SpecimenKind::Passport,
            code_suffix: None,
            issuing_state: "UTO".to_owned(),
            number: document_number(&mut chance),
            surname: people::surname(&mut chance),
            given_names: people::given_names(&mut chance, sex),
            nationality: "UTO".to_owned(),
            date_of_birth: days_before(today, 19 * 366 + chance.below(60 * 365)),
            date_of_expiry: date_of_issue.saturating_add(10.years()),
            date_of_issue,
            sex,
            place_of_birth: people::place(&mut chance),
            personal_number: if chance.happens(0.5) { digits(&mut chance, 11) } else { String::new() },
            optional: String::new(),
            style: Style::default(),
            portrait: None,
            ghost: chance.happens(0.5),
            wrong_check_digit: None,
            seed,
            dpi: 300.0,
            degrade: None,
        }
    }
}

/// Two letters and seven digits.
fn document_number(chance: &mut Chance) -> String {
    const LETTERS: [char; 20] =
        ['A', 'C', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z'];
    format!("{}{}{}", chance.pick(&LETTERS), chance.pick(&LETTERS), digits(chance, 7))
}

fn digits(chance: &mut Chance, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + chance.below(10) as u8)).collect()
}

fn days_before(today: Date, days: u32) -> Date {
    today.saturating_sub(i64::from(days).days())
}

impl Sex {
    /// The letter on the page.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
            Self::Unspecified => "X",
        }
    }
}

impl CheckedField {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::DocumentNumber, "document_number"),
        (Self::DateOfBirth, "date_of_birth"),
        (Self::DateOfExpiry, "date_of_expiry"),
        (Self::PersonalNumber, "personal_number"),
        (Self::Composite, "composite"),
    ];
}

impl fmt::Display for CheckedField {
    /// The name that a report's check digits go by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(field, _)| field == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

impl FromStr for CheckedField {
    type Err = SpecimenError;

    fn from_str(text: &str) -> Result<Self, SpecimenError> {
        let found = Self::NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(field, _)| *field).ok_or_else(|| SpecimenError::Name {
            given: text.to_owned(),
            known: "document_number, date_of_birth, date_of_expiry, personal_number, composite",
        })
    }
}

impl FromStr for Sex {
    type Err = SpecimenError;

    fn from_str(text: &str) -> Result<Self, SpecimenError> {
        match text {
            "F" => Ok(Self::Female),
            "M" => Ok(Self::Male),
            "X" => Ok(Self::Unspecified),
            _ => Err(SpecimenError::Name { given: text.to_owned(), known: "F, M, X" }),
        }
    }
}

impl SpecimenKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Passport, Self::IdCard, Self::IdCardTd2, Self::VisaA, Self::VisaB];

    /// Its name, and the name of its machine-readable zone's format.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::Passport => ["passport", "td3"],
            Self::IdCard => ["id_card", "td1"],
            Self::IdCardTd2 => ["id_card_td2", "td2"],
            Self::VisaA => ["visa_a", "mrva"],
            Self::VisaB => ["visa_b", "mrvb"],
        }
    }

    /// Whether it is a visa, whose zone has no composite check digit.
    pub fn is_visa(self) -> bool {
        matches!(self, Self::VisaA | Self::VisaB)
    }

    /// How many characters its number may have. On cards the tenth and further ones go on in the optional data
    /// (ICAO 9303 parts 5 and 6, note j), with the check digit and a filler behind them.
    pub fn longest_number(self) -> usize {
        match self {
            Self::IdCard => 9 + 13,
            Self::IdCardTd2 => 9 + 5,
            Self::Passport | Self::VisaA | Self::VisaB => 9,
        }
    }

    /// How many characters of optional data it has room for beside a number of that length.
    pub(super) fn optional_room(self, number: usize) -> usize {
        let room: usize = match self {
            Self::Passport => 14,
            Self::IdCard => 15,
            Self::IdCardTd2 => 7,
            Self::VisaA => 16,
            Self::VisaB => 8,
        };
        let taken = if number > 9 { number - 9 + 2 } else { 0 };
        room.saturating_sub(taken)
    }
}

impl fmt::Display for SpecimenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names()[0])
    }
}

impl FromStr for SpecimenKind {
    type Err = SpecimenError;

    fn from_str(text: &str) -> Result<Self, SpecimenError> {
        let found = Self::ALL.into_iter().find(|kind| kind.names().contains(&text));
        found.ok_or_else(|| SpecimenError::Name {
            given: text.to_owned(),
            known: "passport, id_card, id_card_td2, visa_a, visa_b, td3, td1, td2, mrva, mrvb",
        })
    }
}
