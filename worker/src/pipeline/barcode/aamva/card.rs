//! A card: its elements as they stand, and what they mean.

use std::collections::BTreeMap;

use idv_common::domain::Private;
use jiff::civil::Date;

use super::address::Address;
use super::date;
use super::elements::{ELEMENTS, Element};
use super::header::{Header, header};
use super::jurisdiction::{Country, Jurisdiction};
use super::name::{self, Name, Truncation};
use super::physical::{EyeColor, Height, Sex};
use super::split::split;

/// The longest text that is looked at, in bytes. A PDF417 holds 2,710 digits at most.
const LONGEST: usize = 8 << 10;

/// What cannot be a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The text has no file type of the standard: it is something else.
    #[error("the text has no file type `ANSI ` or `AAMVA`")]
    NotAamva,
    /// The numbers that follow the file type are missing.
    #[error("the header ends before its numbers do")]
    Header,
    /// There is no data element.
    #[error("the text has no data element")]
    Empty,
    /// No barcode holds so much.
    #[error("the text is longer than a barcode can be")]
    TooLong,
}

/// The kind of a card, by the subfile that describes its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubfileType {
    /// `DL`: a driver licence.
    DriverLicense,
    /// `ID`: an identification card without driving privileges.
    IdentificationCard,
    /// `EN`: an enhanced driver licence, with which the border may be crossed.
    EnhancedDriverLicense,
}

/// A card as it was read. Values are personal data; `Debug` hides them.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Who issued it, by which version of the standard.
    pub header: Header,
    elements: BTreeMap<String, Private<String>>,
}

/// What is wrong with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// The standard's version demands this element, and it is not there.
    Missing(&'static Element),
    /// The element is there and its value means nothing.
    Unreadable(&'static Element),
}

/// What is wrong with a card, by identifier of the element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defects(pub Vec<Defect>);

impl Card {
    /// Reads the bytes of a barcode. They are ISO 8859-1 by the standard; UTF-8 is taken as well.
    pub fn parse(bytes: &[u8]) -> Result<Self, Invalid> {
        if bytes.len() > LONGEST {
            return Err(Invalid::TooLong);
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let headed = header(&text)?;
        let elements: BTreeMap<_, _> =
            split(&headed).into_iter().map(|(identifier, value)| (identifier, Private(value))).collect();
        if elements.is_empty() {
            return Err(Invalid::Empty);
        }
        Ok(Self { header: headed.header, elements })
    }

    /// The value of an element, trimmed; `None` if it is not there, empty, or says that there is none.
    pub fn element(&self, identifier: &str) -> Option<&str> {
        let value = self.elements.get(identifier)?.as_str();
        let says_none =
            ["", "NONE", "UNAVL", "UNAVAIL", "N/A"].iter().any(|none| value.eq_ignore_ascii_case(none));
        (!says_none).then_some(value)
    }

    /// The identifiers of the elements that are there, with or without a value.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.elements.keys().map(String::as_str)
    }

    /// The kind of card, by the header's table or else by the elements that only a licence has.
    pub fn subfile_type(&self) -> SubfileType {
        let listed = self.header.subfile_designators.iter().find_map(|subfile| {
            Some(match subfile.subfile_type.as_str() {
                "DL" => SubfileType::DriverLicense,
                "ID" => SubfileType::IdentificationCard,
                "EN" => SubfileType::EnhancedDriverLicense,
                _ => return None,
            })
        });
        listed.unwrap_or(SubfileType::DriverLicense)
    }

    /// Who issued it: by the issuer identification number, or else by the address.
    pub fn jurisdiction(&self) -> Option<&'static Jurisdiction> {
        let by_number = Jurisdiction::of_issuer(self.header.issuer_identification_number);
        by_number.or_else(|| Jurisdiction::of_code(self.element("DAJ")?))
    }

    /// The country of issue: as the card says, or else the issuer's.
    pub fn country_identification(&self) -> Option<Country> {
        let said = self.element("DCG").and_then(Country::of_code);
        said.or_else(|| self.jurisdiction().map(|jurisdiction| jurisdiction.country))
    }

    /// The holder's name.
    pub fn name(&self) -> Name {
        name::name(self)
    }

    /// Whether the family name, the first name and the middle names were cut to fit the card.
    pub fn truncations(&self) -> [Option<Truncation>; 3] {
        ["DDE", "DDF", "DDG"].map(|identifier| self.element(identifier).and_then(Truncation::of_code))
    }

    /// `DAQ`: the number of the card or of its holder, inner spaces single.
    pub fn customer_id_number(&self) -> Option<String> {
        self.element("DAQ").map(|number| number.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// `DBB`.
    pub fn date_of_birth(&self) -> Option<Date> {
        self.date("DBB")
    }

    /// `DBA`.
    pub fn document_expiration_date(&self) -> Option<Date> {
        self.date("DBA")
    }

    /// `DBD`.
    pub fn document_issue_date(&self) -> Option<Date> {
        self.date("DBD")
    }

    /// `DDB`: when the card's design was last changed.
    pub fn card_revision_date(&self) -> Option<Date> {
        self.date("DDB")
    }

    /// `DBC`.
    pub fn sex(&self) -> Option<Sex> {
        self.element("DBC").and_then(Sex::of_code)
    }

    /// `DAY`.
    pub fn eye_color(&self) -> Option<EyeColor> {
        self.element("DAY").and_then(EyeColor::of_code)
    }

    /// `DAU` or `DAV`.
    pub fn height(&self) -> Option<Height> {
        let metric = || self.element("DAV").and_then(Height::of_centimetres);
        self.element("DAU").and_then(Height::of_text).or_else(metric)
    }

    /// The mailing address, or else the residence address.
    pub fn address(&self) -> Address {
        Address::of(self)
    }

    /// `DCA`, `DAR` in version 01.
    pub fn vehicle_class(&self) -> Option<&str> {
        self.element("DCA").or_else(|| self.element("DAR"))
    }

    /// `DCB`, `DAS` in version 01.
    pub fn restriction_codes(&self) -> Option<&str> {
        self.element("DCB").or_else(|| self.element("DAS"))
    }

    /// `DCD`, `DAT` in version 01.
    pub fn endorsement_codes(&self) -> Option<&str> {
        self.element("DCD").or_else(|| self.element("DAT"))
    }

    /// `DCF`: tells this card from others that its holder has had.
    pub fn document_discriminator(&self) -> Option<&str> {
        self.element("DCF")
    }

    /// `DDA`: `F` where the card meets the REAL ID Act, `N` where it does not.
    pub fn compliance_type(&self) -> Option<&str> {
        self.element("DDA")
    }

    /// `DCI`.
    pub fn place_of_birth(&self) -> Option<&str> {
        self.element("DCI")
    }

    /// What the card lacks of what its version of the standard demands. Empty elements count as there, unless
    /// the card is of no use without their value: name, number, dates, sex and address.
    pub fn defects(&self) -> Defects {
        let version = self.header.aamva_version_number;
        let is_licence = self.subfile_type() != SubfileType::IdentificationCard;
        let demanded = ELEMENTS.iter().filter(|element| element.is_mandatory(version, is_licence));
        let defect = |element: &'static Element| {
            if !self.is_there(element.identifier) {
                return Some(Defect::Missing(element));
            }
            (!self.is_readable(element.identifier)).then_some(Defect::Unreadable(element))
        };
        Defects(demanded.filter_map(defect).collect())
    }

    /// Whether there is the element, or what takes its place.
    fn is_there(&self, identifier: &str) -> bool {
        let there = |identifier: &str| self.elements.contains_key(identifier);
        there(identifier) || (identifier == "DAA" && there("DAB") && there("DAC"))
    }

    fn is_readable(&self, identifier: &str) -> bool {
        match identifier {
            "DAA" => self.name().family.is_some() || self.element("DAA").is_some(),
            "DBA" | "DBB" | "DBD" => self.date(identifier).is_some(),
            "DBC" => self.sex().is_some(),
            "DAG" => self.address().street_1.is_some(),
            "DAI" => self.address().city.is_some(),
            "DAJ" => self.address().jurisdiction_code.is_some(),
            "DAK" => self.address().postal_code.is_some(),
            // Their word for none may be a name.
            "DAQ" | "DCS" => self.elements.get(identifier).is_some_and(|value| !value.is_empty()),
            _ => true,
        }
    }

    fn date(&self, identifier: &str) -> Option<Date> {
        date::date(self.element(identifier)?)
    }
}

impl Defects {
    /// The identifiers of the elements that are not there.
    pub fn missing(&self) -> Vec<&'static str> {
        self.identifiers(|defect| matches!(defect, Defect::Missing(_)))
    }

    /// The identifiers of the elements whose value means nothing.
    pub fn unreadable(&self) -> Vec<&'static str> {
        self.identifiers(|defect| matches!(defect, Defect::Unreadable(_)))
    }

    fn identifiers(&self, wanted: impl Fn(&Defect) -> bool) -> Vec<&'static str> {
        let identifier = |defect: &Defect| match defect {
            Defect::Missing(element) | Defect::Unreadable(element) => element.identifier,
        };
        self.0.iter().filter(|defect| wanted(defect)).map(identifier).collect()
    }
}
