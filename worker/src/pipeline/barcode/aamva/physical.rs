//! The description of the holder.

/// `DBC`, by ISO/IEC 5218 and ANSI D20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// `1`, `M` in version 01.
    Male,
    /// `2`, `F` in version 01.
    Female,
    /// `9`, `X`.
    NotSpecified,
}

impl Sex {
    /// The meaning of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "1" | "M" => Some(Self::Male),
            "2" | "F" => Some(Self::Female),
            "9" | "X" => Some(Self::NotSpecified),
            _ => None,
        }
    }

    /// The letter of a report: `M`, `F` or `X`.
    pub fn letter(self) -> char {
        match self {
            Self::Male => 'M',
            Self::Female => 'F',
            Self::NotSpecified => 'X',
        }
    }
}

/// `DAY`, by the codes of ANSI D20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EyeColor {
    /// `BLK`.
    Black,
    /// `BLU`.
    Blue,
    /// `BRO`.
    Brown,
    /// `GRY`.
    Gray,
    /// `GRN`.
    Green,
    /// `HAZ`.
    Hazel,
    /// `MAR`.
    Maroon,
    /// `PNK`.
    Pink,
    /// `DIC`: of two colours.
    Dichromatic,
    /// `UNK`.
    Unknown,
}

impl EyeColor {
    /// The meaning of a code. Some issuers write another abbreviation or the whole word.
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code.to_ascii_uppercase().as_str() {
            "BLK" | "BLACK" => Self::Black,
            "BLU" | "BL" | "BLUE" => Self::Blue,
            "BRO" | "BR" | "BN" | "BRN" | "BROWN" => Self::Brown,
            "GRY" | "GRAY" | "GREY" => Self::Gray,
            "GRN" | "GR" | "GN" | "GREEN" => Self::Green,
            "HAZ" | "HZ" | "HZL" | "HAZEL" => Self::Hazel,
            "MAR" | "MAROON" => Self::Maroon,
            "PNK" | "PINK" => Self::Pink,
            "DIC" => Self::Dichromatic,
            "UNK" | "UNKNOWN" => Self::Unknown,
            _ => return None,
        })
    }
}

/// A height in the unit of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Height {
    /// In inches.
    Inches(u16),
    /// In centimetres.
    Centimetres(u16),
}

impl Height {
    /// The height in centimetres, rounded.
    pub fn centimetres(self) -> u16 {
        match self {
            Self::Centimetres(centimetres) => centimetres,
            Self::Inches(inches) => ((u32::from(inches) * 254 + 50) / 100) as u16,
        }
    }

    /// `DAU`: `068 IN` or `173 CM`, in version 01 and by some later issuers feet and inches such as `508` or
    /// `5'-08"`.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let unit = text.to_ascii_uppercase();
        let numbers: Vec<u16> = text
            .split(|character: char| !character.is_ascii_digit())
            .filter(|digits| (1..=3).contains(&digits.len()))
            .filter_map(|digits| digits.parse().ok())
            .collect();
        let height = match (numbers.as_slice(), unit.contains("CM")) {
            ([centimetres], true) => Self::Centimetres(*centimetres),
            ([feet, inches], false) if *inches < 12 => {
                Self::Inches(feet.checked_mul(12)?.checked_add(*inches)?)
            }
            ([feet_inches], false) if *feet_inches >= 200 && feet_inches % 100 < 12 => {
                Self::Inches(feet_inches / 100 * 12 + feet_inches % 100)
            }
            ([inches], false) => Self::Inches(*inches),
            _ => return None,
        };
        Some(height).filter(|height| (30..=280).contains(&height.centimetres()))
    }

    /// `DAV`.
    pub(super) fn of_centimetres(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let height = Self::Centimetres(digits.parse().ok()?);
        Some(height).filter(|height| (30..=280).contains(&height.centimetres()))
    }
}
