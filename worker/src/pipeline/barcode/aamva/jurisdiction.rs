//! Issuers: the issuer identification numbers that AAMVA has assigned.

/// The countries whose authorities issue such cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    /// The United States and their territories.
    UnitedStates,
    /// Canada.
    Canada,
    /// Mexico.
    Mexico,
}

impl Country {
    /// The meaning of `DCG`.
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "USA" | "US" => Some(Self::UnitedStates),
            "CAN" | "CDN" | "CA" => Some(Self::Canada),
            "MEX" | "MX" => Some(Self::Mexico),
            _ => None,
        }
    }

    /// The three-letter code of ICAO 9303 part 3.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnitedStates => "USA",
            Self::Canada => "CAN",
            Self::Mexico => "MEX",
        }
    }
}

/// An issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jurisdiction {
    /// Its issuer identification number (IIN).
    pub issuer_identification_number: u32,
    /// The code of the state, province or territory.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its country.
    pub country: Country,
}

impl Jurisdiction {
    /// The issuer with that number.
    pub fn of_issuer(number: u32) -> Option<&'static Self> {
        JURISDICTIONS.iter().find(|jurisdiction| jurisdiction.issuer_identification_number == number)
    }

    /// The issuer with that code.
    pub fn of_code(code: &str) -> Option<&'static Self> {
        JURISDICTIONS.iter().find(|jurisdiction| jurisdiction.code == code)
    }
}

const fn us(issuer_identification_number: u32, code: &'static str, name: &'static str) -> Jurisdiction {
    Jurisdiction { issuer_identification_number, code, name, country: Country::UnitedStates }
}

const fn canada(issuer_identification_number: u32, code: &'static str, name: &'static str) -> Jurisdiction {
    Jurisdiction { issuer_identification_number, code, name, country: Country::Canada }
}

const fn mexico(issuer_identification_number: u32, code: &'static str, name: &'static str) -> Jurisdiction {
    Jurisdiction { issuer_identification_number, code, name, country: Country::Mexico }
}

const JURISDICTIONS: &[Jurisdiction] = &[
    us(636_000, "VA", "Virginia"),
    us(636_001, "NY", "New York"),
    us(636_002, "MA", "Massachusetts"),
    us(636_003, "MD", "Maryland"),
    us(636_004, "NC", "North Carolina"),
    us(636_005, "SC", "South Carolina"),
    us(636_006, "CT", "Connecticut"),
    us(636_007, "LA", "Louisiana"),
    us(636_008, "MT", "Montana"),
    us(636_009, "NM", "New Mexico"),
    us(636_010, "FL", "Florida"),
    us(636_011, "DE", "Delaware"),
    canada(636_012, "ON", "Ontario"),
    canada(636_013, "NS", "Nova Scotia"),
    us(636_014, "CA", "California"),
    us(636_015, "TX", "Texas"),
    canada(636_016, "NL", "Newfoundland and Labrador"),
    canada(636_017, "NB", "New Brunswick"),
    us(636_018, "IA", "Iowa"),
    us(636_019, "GU", "Guam"),
    us(636_020, "CO", "Colorado"),
    us(636_021, "AR", "Arkansas"),
    us(636_022, "KS", "Kansas"),
    us(636_023, "OH", "Ohio"),
    us(636_024, "VT", "Vermont"),
    us(636_025, "PA", "Pennsylvania"),
    us(636_026, "AZ", "Arizona"),
    us(636_027, "DOS", "Department of State"),
    canada(636_028, "BC", "British Columbia"),
    us(636_029, "OR", "Oregon"),
    us(636_030, "MO", "Missouri"),
    us(636_031, "WI", "Wisconsin"),
    us(636_032, "MI", "Michigan"),
    us(636_033, "AL", "Alabama"),
    us(636_034, "ND", "North Dakota"),
    us(636_035, "IL", "Illinois"),
    us(636_036, "NJ", "New Jersey"),
    us(636_037, "IN", "Indiana"),
    us(636_038, "MN", "Minnesota"),
    us(636_039, "NH", "New Hampshire"),
    us(636_040, "UT", "Utah"),
    us(636_041, "ME", "Maine"),
    us(636_042, "SD", "South Dakota"),
    us(636_043, "DC", "District of Columbia"),
    canada(636_044, "SK", "Saskatchewan"),
    us(636_045, "WA", "Washington"),
    us(636_046, "KY", "Kentucky"),
    us(636_047, "HI", "Hawaii"),
    canada(636_048, "MB", "Manitoba"),
    us(636_049, "NV", "Nevada"),
    us(636_050, "ID", "Idaho"),
    us(636_051, "MS", "Mississippi"),
    us(636_052, "RI", "Rhode Island"),
    us(636_053, "TN", "Tennessee"),
    us(636_054, "NE", "Nebraska"),
    us(636_055, "GA", "Georgia"),
    mexico(636_056, "COA", "Coahuila"),
    mexico(636_057, "HID", "Hidalgo"),
    us(636_058, "OK", "Oklahoma"),
    us(636_059, "AK", "Alaska"),
    us(636_060, "WY", "Wyoming"),
    us(636_061, "WV", "West Virginia"),
    us(636_062, "VI", "United States Virgin Islands"),
    canada(604_426, "PE", "Prince Edward Island"),
    us(604_427, "AS", "American Samoa"),
    canada(604_428, "QC", "Quebec"),
    canada(604_429, "YT", "Yukon"),
    us(604_430, "MP", "Northern Mariana Islands"),
    us(604_431, "PR", "Puerto Rico"),
    canada(604_432, "AB", "Alberta"),
    canada(604_433, "NU", "Nunavut"),
    canada(604_434, "NT", "Northwest Territories"),
];
