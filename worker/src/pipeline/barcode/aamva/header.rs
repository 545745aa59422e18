//! The header of annex D.12.3: who issued the card, by which version of the standard, with which subfiles.

use super::card::Invalid;

/// How far into the text the file type may begin. The standard puts it at 4.
const LATEST_FILE_TYPE: usize = 40;
/// The file types: of the standard from version 02 on, and of version 01.
const FILE_TYPES: [&str; 2] = ["ANSI ", "AAMVA"];
/// The least version whose header has a jurisdiction version number.
const WITH_JURISDICTION_VERSION: u8 = 2;

/// The header of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whether the text begins with the compliance indicator `@`.
    pub compliance_indicator: bool,
    /// `ANSI ` or `AAMVA`.
    pub file_type: &'static str,
    /// The issuer identification number (IIN), six digits.
    pub issuer_identification_number: u32,
    /// The version of the standard: 01 is that of 2000, 10 that of 2020. 00 stands for cards before the standard.
    pub aamva_version_number: u8,
    /// The issuer's own version; version 01 has none.
    pub jurisdiction_version_number: Option<u8>,
    /// How many subfiles the header announces.
    pub number_of_entries: u8,
    /// The subfiles it lists; fewer than announced if the list is damaged.
    pub subfile_designators: Vec<SubfileDesignator>,
}

/// A line of the table of subfiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubfileDesignator {
    /// `DL`, `ID`, `EN`, or `Z` and a letter for the issuer's own elements.
    pub subfile_type: String,
    /// Where it begins, in bytes from the start; often wrong in practice.
    pub offset: u16,
    /// How many bytes it has; often wrong in practice.
    pub length: u16,
}

/// A header and what is around it.
pub(super) struct Headed<'a> {
    pub(super) header: Header,
    /// What stands before the file type: the compliance indicator and the separators.
    pub(super) preamble: &'a str,
    /// What follows the table of subfiles.
    pub(super) body: &'a str,
}

/// Reads the header of a text.
pub(super) fn header(text: &str) -> Result<Headed<'_>, Invalid> {
    let (start, file_type) = file_type(text).ok_or(Invalid::NotAamva)?;
    let mut rest = Rest(&text[start + file_type.len()..]);
    let issuer_identification_number = rest.number(6).ok_or(Invalid::Header)?;
    let aamva_version_number = rest.number(2).ok_or(Invalid::Header)? as u8;
    let jurisdiction_version_number = if aamva_version_number >= WITH_JURISDICTION_VERSION {
        Some(rest.number(2).ok_or(Invalid::Header)? as u8)
    } else {
        None
    };
    let number_of_entries = rest.number(2).ok_or(Invalid::Header)? as u8;
    let mut subfile_designators = Vec::new();
    while subfile_designators.len() < usize::from(number_of_entries) {
        let Some(designator) = rest.designator() else { break };
        subfile_designators.push(designator);
    }
    let preamble = &text[..start];
    let header = Header {
        compliance_indicator: preamble.trim_start_matches(['\u{feff}', ' ']).starts_with('@'),
        file_type,
        issuer_identification_number,
        aamva_version_number,
        jurisdiction_version_number,
        number_of_entries,
        subfile_designators,
    };
    Ok(Headed { header, preamble, body: rest.0 })
}

fn file_type(text: &str) -> Option<(usize, &'static str)> {
    let found = FILE_TYPES.iter().filter_map(|file_type| Some((text.find(file_type)?, *file_type)));
    found.filter(|(start, _)| *start <= LATEST_FILE_TYPE).min()
}

/// What of the header is not read yet.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn number(&mut self, digits: usize) -> Option<u32> {
        let number = digits_at(self.0, 0, digits)?;
        self.0 = &self.0[digits..];
        Some(number)
    }

    fn designator(&mut self) -> Option<SubfileDesignator> {
        let subfile_type = self.0.get(..2).filter(|code| is_subfile_type(code))?;
        let designator = SubfileDesignator {
            subfile_type: subfile_type.to_owned(),
            offset: digits_at(self.0, 2, 4)? as u16,
            length: digits_at(self.0, 6, 4)? as u16,
        };
        self.0 = &self.0[10..];
        Some(designator)
    }
}

fn digits_at(text: &str, start: usize, count: usize) -> Option<u32> {
    let digits = text.get(start..start + count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Whether two characters may name a subfile.
pub(super) fn is_subfile_type(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}
