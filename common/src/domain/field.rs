//! Fields of a document: what was read, where, and how sure that is.

use serde::{Deserialize, Serialize};

use super::{CaptureKind, Private, names::names};

names! {
    /// The name of a field on a document. Dates are `YYYY-MM-DD`.
    FieldName {
        /// The document's code as printed, such as `P` or `ID`.
        DocumentCode = "document_code",
        /// The state or organisation that issued it: a three-letter code of ICAO 9303 part 3.
        IssuingState = "issuing_state",
        /// The document's number.
        DocumentNumber = "document_number",
        /// The primary identifier.
        Surname = "surname",
        /// The secondary identifier.
        GivenNames = "given_names",
        /// A three-letter code of ICAO 9303 part 3; a word that is none as it is printed.
        Nationality = "nationality",
        /// `YYYY-MM-DD`; unknown parts are `XX`.
        DateOfBirth = "date_of_birth",
        /// `F`, `M` or `X`.
        Sex = "sex",
        /// `YYYY-MM-DD`.
        DateOfExpiry = "date_of_expiry",
        /// The optional data of the machine-readable zone, or the number of the person that is printed.
        PersonalNumber = "personal_number",
        /// The whole name, where it is not printed in parts.
        FullName = "full_name",
        /// `YYYY-MM-DD`.
        DateOfIssue = "date_of_issue",
        /// The place of birth as printed.
        PlaceOfBirth = "place_of_birth",
        /// The authority that issued it, as printed.
        Authority = "authority",
        /// The holder's address, its lines parted by commas.
        Address = "address",
    }
}

impl FieldName {
    /// Whether its value is a date.
    pub fn is_date(self) -> bool {
        matches!(self, Self::DateOfBirth | Self::DateOfIssue | Self::DateOfExpiry)
    }

    /// Whether its value is a name of a person.
    pub fn is_name(self) -> bool {
        matches!(self, Self::Surname | Self::GivenNames | Self::FullName)
    }
}

/// One reading of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Field {
    /// The normalised value.
    #[cfg_attr(feature = "utoipa", schema(value_type = String))]
    pub value: Private<String>,
    /// The characters that it was read from.
    #[cfg_attr(feature = "utoipa", schema(value_type = String))]
    pub raw: Private<String>,
    /// Where it was read.
    pub source: FieldSource,
    /// How sure the reading is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<FieldPlace>,
    /// What made the value of the raw characters, in order; empty if they are the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalised: Vec<Normalisation>,
}

impl Field {
    /// A reading of which nothing but value, raw characters and source is known.
    pub fn new(value: String, raw: String, source: FieldSource) -> Self {
        Self {
            value: Private(value),
            raw: Private(raw),
            source,
            confidence: None,
            place: None,
            normalised: Vec::new(),
        }
    }
}

/// Where a field stands, in pixels of the upright image (EXIF orientation applied).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct FieldPlace {
    /// The capture that it lies in.
    pub capture: CaptureKind,
    /// The corners of a quadrilateral in reading order.
    pub points: Vec<[f32; 2]>,
}

/// One reading of a field, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct FieldReading {
    /// Which field it is.
    pub name: FieldName,
    /// What was read.
    #[serde(flatten)]
    pub field: Field,
}

names! {
    /// Where a field was read.
    FieldSource {
        /// The machine-readable zone.
        Mrz = "mrz",
        /// The printed text.
        VisualZone = "visual_zone",
        /// A barcode.
        Barcode = "barcode",
    }
}

names! {
    /// A step from the characters that were read to the value.
    Normalisation {
        /// Spaces and marks were taken out or put in.
        Spacing = "spacing",
        /// Several lines were joined.
        Lines = "lines",
        /// Characters were taken for others of the same shape, such as an O among digits for a zero.
        Lookalikes = "lookalikes",
        /// A date was brought into the form `YYYY-MM-DD`.
        Date = "date",
        /// The century of a year of two digits was filled in.
        Century = "century",
        /// Day and month could be either way round; the usual order was taken.
        AssumedOrder = "assumed_order",
        /// A word was replaced by its code.
        Code = "code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_was_stored_without_place_and_confidence_is_still_read() {
        let stored = r#"{"value":"ERIKSSON","raw":"ERIKSSON<<","source":"mrz"}"#;
        let field: Field = serde_json::from_str(stored).unwrap();
        assert_eq!(field, Field::new("ERIKSSON".into(), "ERIKSSON<<".into(), FieldSource::Mrz));
        assert_eq!(serde_json::to_string(&field).unwrap(), stored);
        assert!(!format!("{field:?}").contains("ERIKSSON"));
    }

    #[test]
    fn a_reading_is_a_field_with_its_name() {
        let field =
            Field { confidence: Some(0.5), ..Field::new("F".into(), "F".into(), FieldSource::VisualZone) };
        let reading = FieldReading { name: FieldName::Sex, field };
        let json = serde_json::to_string(&reading).unwrap();
        assert!(json.starts_with(r#"{"name":"sex","value":"F""#), "{json}");
        assert_eq!(serde_json::from_str::<FieldReading>(&json).unwrap(), reading);
    }
}
