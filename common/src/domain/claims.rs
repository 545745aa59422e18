//! What a caller claims of a document before it is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FieldName, Private};

/// The longest value that may be claimed, in characters.
pub const MOST_CLAIM_CHARACTERS: usize = 200;

/// What a caller expects a document to say, by field. Dates are `YYYY-MM-DD`, sex is `F`, `M` or `X`, states are codes of
/// ICAO 9303 part 3; names may carry diacritics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<FieldName, Private<String>>")]
pub struct Claims(BTreeMap<FieldName, Private<String>>);

/// A value that cannot be claimed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {why}")]
pub struct InvalidClaim {
    /// The field.
    pub field: FieldName,
    /// What is wrong with its value, after its name.
    pub why: &'static str,
}

impl Claims {
    /// The fields that may be claimed.
    pub const FIELDS: &'static [FieldName] = &[
        FieldName::IssuingState,
        FieldName::DocumentNumber,
        FieldName::Surname,
        FieldName::GivenNames,
        FieldName::Nationality,
        FieldName::DateOfBirth,
        FieldName::Sex,
        FieldName::DateOfExpiry,
        FieldName::PersonalNumber,
        FieldName::FullName,
        FieldName::DateOfIssue,
        FieldName::PlaceOfBirth,
        FieldName::Address,
    ];

    /// Takes the values if each is one of its field.
    pub fn new(values: BTreeMap<FieldName, Private<String>>) -> Result<Self, InvalidClaim> {
        for (field, value) in &values {
            check(*field, value).map_err(|why| InvalidClaim { field: *field, why })?;
        }
        Ok(Self(values))
    }

    /// Whether nothing is claimed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each field and the value that is claimed for it.
    pub fn iter(&self) -> impl Iterator<Item = (FieldName, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The value that is claimed for a field.
    pub fn get(&self, name: FieldName) -> Option<&str> {
        self.0.get(&name).map(|value| value.as_str())
    }
}

impl TryFrom<BTreeMap<FieldName, Private<String>>> for Claims {
    type Error = InvalidClaim;

    fn try_from(values: BTreeMap<FieldName, Private<String>>) -> Result<Self, InvalidClaim> {
        Self::new(values)
    }
}

fn check(field: FieldName, value: &str) -> Result<(), &'static str> {
    if !Claims::FIELDS.contains(&field) {
        return Err("cannot be claimed");
    }
    let length = value.chars().count();
    if value.trim().is_empty() || length > MOST_CLAIM_CHARACTERS || value.chars().any(char::is_control) {
        return Err("must hold 1 to 200 characters and no control characters");
    }
    let is_day = |text: &str| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    let is_code = |text: &str| text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    match field {
        _ if field.is_date() && !is_day(value) => Err("must be a day such as `1974-08-12`"),
        FieldName::Sex if !matches!(value, "F" | "M" | "X") => Err("must be `F`, `M` or `X`"),
        FieldName::Nationality | FieldName::IssuingState if !is_code(value) => {
            Err("must be a code of up to three capital letters, such as `FRA`")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(field: FieldName, value: &str) -> Result<Claims, InvalidClaim> {
        Claims::new([(field, Private(value.to_owned()))].into())
    }

    #[test]
    fn values_that_a_field_can_have_are_taken() {
        for (field, value) in [
            (FieldName::Surname, "Müller-Lüdenscheidt"),
            (FieldName::DateOfBirth, "1974-08-12"),
            (FieldName::Sex, "X"),
            (FieldName::Nationality, "D"),
            (FieldName::IssuingState, "UTO"),
            (FieldName::Address, "12 Rue du Bac, 75007 Paris"),
        ] {
            assert_eq!(claim(field, value).unwrap().get(field), Some(value));
        }
    }

    #[test]
    fn others_are_refused() {
        for (field, value) in [
            (FieldName::Surname, " "),
            (FieldName::Surname, "A\nB"),
            (FieldName::DateOfBirth, "12.08.1974"),
            (FieldName::DateOfExpiry, "2030-02-30"),
            (FieldName::Sex, "male"),
            (FieldName::Nationality, "French"),
            (FieldName::DocumentCode, "P"),
            (FieldName::Authority, "Town hall"),
        ] {
            assert_eq!(claim(field, value).unwrap_err().field, field, "{field}");
        }
        assert!(claim(FieldName::Address, &"x".repeat(201)).is_err());
    }

    #[test]
    fn claims_survive_json_are_checked_there_and_hide_in_logs() {
        let claims = claim(FieldName::Surname, "ERIKSSON").unwrap();
        let json = serde_json::to_string(&claims).unwrap();
        assert_eq!(json, r#"{"surname":"ERIKSSON"}"#);
        assert_eq!(serde_json::from_str::<Claims>(&json).unwrap(), claims);
        assert!(!format!("{claims:?}").contains("ERIKSSON"));
        assert!(serde_json::from_str::<Claims>(r#"{"sex":"male"}"#).is_err());
        assert!(serde_json::from_str::<Claims>(r#"{"shoe_size":"9"}"#).is_err());
    }
}
