//! The data elements of annex D.12.5, and which of them each version demands.

use std::ops::RangeInclusive;

/// A data element of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Its three-letter identifier.
    pub identifier: &'static str,
    /// Its name in the standard, the latest one where it has changed.
    pub name: &'static str,
    first: u8,
    last: u8,
    licence_only: bool,
}

/// The versions of the standard: from that of 2000 to that of 2025.
const VERSIONS: RangeInclusive<u8> = 1..=11;

const fn mandatory(identifier: &'static str, name: &'static str, first: u8, last: u8) -> Element {
    Element { identifier, name, first, last, licence_only: false }
}

const fn licence(identifier: &'static str, name: &'static str, first: u8, last: u8) -> Element {
    Element { identifier, name, first, last, licence_only: true }
}

const fn optional(identifier: &'static str, name: &'static str) -> Element {
    Element { identifier, name, first: u8::MAX, last: 0, licence_only: false }
}

impl Element {
    /// Whether a card of that version has to have it. Versions before and after those that are known count as
    /// the nearest one.
    pub fn is_mandatory(&self, version: u8, is_licence: bool) -> bool {
        let version = version.clamp(*VERSIONS.start(), *VERSIONS.end());
        (self.first..=self.last).contains(&version) && (is_licence || !self.licence_only)
    }
}

/// The element of that identifier.
pub fn element(identifier: &str) -> Option<&'static Element> {
    ELEMENTS
        .binary_search_by_key(&identifier, |element| element.identifier)
        .ok()
        .map(|index| &ELEMENTS[index])
}

/// Every element, by identifier.
pub(super) const ELEMENTS: &[Element] = &[
    mandatory("DAA", "Driver License Name", 1, 1),
    optional("DAB", "Driver Last Name"),
    mandatory("DAC", "Customer First Name", 4, 11),
    mandatory("DAD", "Customer Middle Name(s)", 4, 11),
    optional("DAE", "Driver Name Suffix"),
    optional("DAF", "Driver Name Prefix"),
    mandatory("DAG", "Address - Street 1", 1, 11),
    optional("DAH", "Address - Street 2"),
    mandatory("DAI", "Address - City", 1, 11),
    mandatory("DAJ", "Address - Jurisdiction Code", 1, 11),
    mandatory("DAK", "Address - Postal Code", 1, 11),
    optional("DAL", "Driver Residence Street Address 1"),
    optional("DAM", "Driver Residence Street Address 2"),
    optional("DAN", "Driver Residence City"),
    optional("DAO", "Driver Residence Jurisdiction Code"),
    optional("DAP", "Driver Residence Postal Code"),
    mandatory("DAQ", "Customer ID Number", 1, 11),
    licence("DAR", "Driver License Classification Code", 1, 1),
    licence("DAS", "Driver License Restriction Code", 1, 1),
    licence("DAT", "Driver License Endorsements Code", 1, 1),
    mandatory("DAU", "Physical Description - Height", 2, 11),
    optional("DAV", "Height in Centimeters"),
    optional("DAW", "Physical Description - Weight (Pounds)"),
    optional("DAX", "Physical Description - Weight (Kilograms)"),
    mandatory("DAY", "Physical Description - Eye Color", 2, 11),
    optional("DAZ", "Hair Color"),
    mandatory("DBA", "Document Expiration Date", 1, 11),
    mandatory("DBB", "Date of Birth", 1, 11),
    mandatory("DBC", "Physical Description - Sex", 1, 11),
    mandatory("DBD", "Document Issue Date", 1, 11),
    optional("DBE", "Issue Timestamp"),
    optional("DBF", "Number of Duplicates"),
    optional("DBG", "Alias / AKA Given Name"),
    optional("DBH", "Organ Donor"),
    optional("DBI", "Non-Resident Indicator"),
    optional("DBJ", "Unique Customer Identifier"),
    optional("DBK", "Social Security Number"),
    optional("DBL", "Alias / AKA Date of Birth"),
    optional("DBM", "Alias / AKA Social Security Number"),
    optional("DBN", "Alias / AKA Family Name"),
    optional("DBO", "Alias / AKA Last Name"),
    optional("DBP", "Alias / AKA First Name"),
    optional("DBQ", "Alias / AKA Middle Name"),
    optional("DBR", "Alias / AKA Suffix"),
    optional("DBS", "Alias / AKA Suffix Name"),
    licence("DCA", "Jurisdiction-specific Vehicle Class", 2, 11),
    licence("DCB", "Jurisdiction-specific Restriction Codes", 2, 11),
    licence("DCD", "Jurisdiction-specific Endorsement Codes", 2, 11),
    mandatory("DCE", "Physical Description - Weight Range", 2, 2),
    mandatory("DCF", "Document Discriminator", 2, 11),
    mandatory("DCG", "Country Identification", 2, 11),
    licence("DCH", "Federal Commercial Vehicle Codes", 2, 3),
    optional("DCI", "Place of Birth"),
    optional("DCJ", "Audit Information"),
    optional("DCK", "Inventory Control Number"),
    optional("DCL", "Race / Ethnicity"),
    optional("DCM", "Standard Vehicle Classification"),
    optional("DCN", "Standard Endorsement Code"),
    optional("DCO", "Standard Restriction Code"),
    optional("DCP", "Jurisdiction-specific Vehicle Classification Description"),
    optional("DCQ", "Jurisdiction-specific Endorsement Code Description"),
    optional("DCR", "Jurisdiction-specific Restriction Code Description"),
    mandatory("DCS", "Customer Family Name", 2, 11),
    mandatory("DCT", "Customer Given Names", 2, 3),
    mandatory("DCU", "Name Suffix", 2, 2),
    optional("DDA", "Compliance Type"),
    optional("DDB", "Card Revision Date"),
    optional("DDC", "HAZMAT Endorsement Expiration Date"),
    optional("DDD", "Limited Duration Document Indicator"),
    mandatory("DDE", "Family Name Truncation", 4, 11),
    mandatory("DDF", "First Name Truncation", 4, 11),
    mandatory("DDG", "Middle Name Truncation", 4, 11),
    optional("DDH", "Under 18 Until"),
    optional("DDI", "Under 19 Until"),
    optional("DDJ", "Under 21 Until"),
    optional("DDK", "Organ Donor Indicator"),
    optional("DDL", "Veteran Indicator"),
    optional("DDM", "CDL Indicator"),
    optional("DDN", "Non-Domiciled Indicator"),
    optional("DDO", "Enhanced Credential Indicator"),
    optional("DDP", "Permit Indicator"),
    optional("PAA", "Permit Classification Code"),
    optional("PAB", "Permit Expiration Date"),
    optional("PAC", "Permit Identifier"),
    optional("PAD", "Permit Issue Date"),
    optional("PAE", "Permit Restriction Code"),
    optional("PAF", "Permit Endorsement Code"),
];
