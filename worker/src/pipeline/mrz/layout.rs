//! Where each format keeps what, as data: ICAO Doc 9303 parts 4 to 7, and the national zones that are none of
//! these.

use idv_common::domain::{FieldName, MrzFormat};

/// A run of characters within one line, `start` inclusive and `end` exclusive, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) line: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    const fn new(line: usize, start: usize, end: usize) -> Self {
        Self { line, start, end }
    }

    /// How many characters it holds.
    pub(super) const fn len(self) -> usize {
        self.end - self.start
    }

    /// Its places as line and column.
    pub(super) fn places(self) -> impl Iterator<Item = (usize, usize)> {
        (self.start..self.end).map(move |column| (self.line, column))
    }
}

/// A check digit: where it stands and what it covers, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    /// The field that it belongs to; `None` for the composite check digit.
    pub(super) field: Option<FieldName>,
    pub(super) digit: Span,
    pub(super) covers: &'static [Span],
}

impl Check {
    const fn new(field: FieldName, digit: Span, covers: &'static [Span]) -> Self {
        Self { field: Some(field), digit, covers }
    }

    const fn composite(digit: Span, covers: &'static [Span]) -> Self {
        Self { field: None, digit, covers }
    }
}

/// One format's places.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) format: MrzFormat,
    /// How many characters each line has.
    pub(super) width: usize,
    pub(super) lines: usize,
    pub(super) code: Span,
    pub(super) state: Span,
    /// Primary and secondary identifier, parted by `<<`.
    pub(super) names: Option<Span>,
    /// The secondary identifier, where it has a place of its own.
    pub(super) given_names: Option<Span>,
    pub(super) number: Span,
    pub(super) nationality: Option<Span>,
    pub(super) birth: Option<Span>,
    pub(super) sex: Option<Span>,
    pub(super) expiry: Option<Span>,
    /// Optional data, the first part first.
    pub(super) optional: &'static [Span],
    pub(super) checks: &'static [Check],
    /// Places of digits, and of letters, that no other field tells.
    pub(super) digits: &'static [Span],
    pub(super) letters: &'static [Span],
}

impl Layout {
    /// The layout of that format. Code and state tell national layouts of one shape apart.
    pub(super) fn of(format: MrzFormat, code: &str, state: &str) -> &'static Self {
        match format {
            MrzFormat::Td1 => &TD1,
            MrzFormat::Td2 if code == "ID" && state == "FRA" => &FRANCE_1988,
            MrzFormat::Td2 => &TD2,
            MrzFormat::Td3 => &TD3,
            MrzFormat::MrvA => &MRV_A,
            MrzFormat::MrvB => &MRV_B,
            MrzFormat::Dl if state == "NLD" => &NETHERLANDS_LICENCE,
            MrzFormat::Dl if state == "CHE" => &SWITZERLAND_LICENCE,
            MrzFormat::Dl => &FRANCE_LICENCE,
        }
    }

    /// Whether a number of more than nine characters goes on in the optional data.
    pub(super) fn continues_number(&self) -> bool {
        matches!(self.format, MrzFormat::Td1 | MrzFormat::Td2) && self.number.len() == 9
    }

    /// The check digit of that field.
    pub(super) fn check(&self, field: FieldName) -> Option<&'static Check> {
        self.checks.iter().find(|check| check.field == Some(field))
    }

    /// The composite check digit.
    pub(super) fn composite(&self) -> Option<&'static Check> {
        self.checks.iter().find(|check| check.field.is_none())
    }

    /// Whether a filler may stand for the check digit: for a number that goes on, and for the optional data of
    /// a passport that has none (part 4, section 4.2.2.2).
    pub(super) fn may_be_filler(&self, check: &Check) -> bool {
        match check.field {
            Some(FieldName::PersonalNumber) => true,
            Some(FieldName::DocumentNumber) => self.continues_number(),
            _ => false,
        }
    }

    /// The layout of lines of that shape; `head` is how the first one begins, its look-alikes read as letters.
    /// The document code tells visas and driving licences from the other documents of their size, and code and
    /// state tell the one national card that is older than the format of its size.
    pub(super) fn recognise(lines: usize, width: usize, head: &str) -> Option<&'static Self> {
        let licence = |state: &str| head.starts_with('D') && head.get(2..5) == Some(state);
        match (lines, width) {
            (3, 30) => Some(&TD1),
            (2, 36) if head.starts_with('V') => Some(&MRV_B),
            (2, 36) if head.starts_with("IDFRA") => Some(&FRANCE_1988),
            (2, 36) => Some(&TD2),
            (2, 44) if head.starts_with('V') => Some(&MRV_A),
            (2, 44) => Some(&TD3),
            (2, 30) if head.starts_with("FACHE") => Some(&SWITZERLAND_LICENCE),
            (1, 30) if licence("FRA") => Some(&FRANCE_LICENCE),
            (1, 30) if licence("NLD") => Some(&NETHERLANDS_LICENCE),
            _ => None,
        }
    }
}

const CODE: Span = Span::new(0, 0, 2);
const STATE: Span = Span::new(0, 2, 5);

// The second lines of TD2, TD3 and both visas begin alike.
const NUMBER: Check = Check::new(FieldName::DocumentNumber, Span::new(1, 9, 10), &[Span::new(1, 0, 9)]);
const BIRTH: Check = Check::new(FieldName::DateOfBirth, Span::new(1, 19, 20), &[Span::new(1, 13, 19)]);
const EXPIRY: Check = Check::new(FieldName::DateOfExpiry, Span::new(1, 27, 28), &[Span::new(1, 21, 27)]);

static TD1: Layout = Layout {
    format: MrzFormat::Td1,
    width: 30,
    lines: 3,
    code: CODE,
    state: STATE,
    names: Some(Span::new(2, 0, 30)),
    given_names: None,
    number: Span::new(0, 5, 14),
    nationality: Some(Span::new(1, 15, 18)),
    birth: Some(Span::new(1, 0, 6)),
    sex: Some(Span::new(1, 7, 8)),
    expiry: Some(Span::new(1, 8, 14)),
    optional: &[Span::new(0, 15, 30), Span::new(1, 18, 29)],
    checks: &[
        Check::new(FieldName::DocumentNumber, Span::new(0, 14, 15), &[Span::new(0, 5, 14)]),
        Check::new(FieldName::DateOfBirth, Span::new(1, 6, 7), &[Span::new(1, 0, 6)]),
        Check::new(FieldName::DateOfExpiry, Span::new(1, 14, 15), &[Span::new(1, 8, 14)]),
        Check::composite(
            Span::new(1, 29, 30),
            &[Span::new(0, 5, 30), Span::new(1, 0, 7), Span::new(1, 8, 15), Span::new(1, 18, 29)],
        ),
    ],
    digits: &[],
    letters: &[],
};

static TD2: Layout = Layout {
    format: MrzFormat::Td2,
    optional: &[Span::new(1, 28, 35)],
    checks: &[
        NUMBER,
        BIRTH,
        EXPIRY,
        Check::composite(
            Span::new(1, 35, 36),
            &[Span::new(1, 0, 10), Span::new(1, 13, 20), Span::new(1, 21, 35)],
        ),
    ],
    ..MRV_B
};

static TD3: Layout = Layout {
    format: MrzFormat::Td3,
    optional: &[Span::new(1, 28, 42)],
    checks: &[
        NUMBER,
        BIRTH,
        EXPIRY,
        Check::new(FieldName::PersonalNumber, Span::new(1, 42, 43), &[Span::new(1, 28, 42)]),
        Check::composite(
            Span::new(1, 43, 44),
            &[Span::new(1, 0, 10), Span::new(1, 13, 20), Span::new(1, 21, 43)],
        ),
    ],
    ..MRV_A
};

const MRV_A: Layout = Layout {
    format: MrzFormat::MrvA,
    width: 44,
    lines: 2,
    code: CODE,
    state: STATE,
    names: Some(Span::new(0, 5, 44)),
    given_names: None,
    number: Span::new(1, 0, 9),
    nationality: Some(Span::new(1, 10, 13)),
    birth: Some(Span::new(1, 13, 19)),
    sex: Some(Span::new(1, 20, 21)),
    expiry: Some(Span::new(1, 21, 27)),
    optional: &[Span::new(1, 28, 44)],
    checks: &[NUMBER, BIRTH, EXPIRY],
    digits: &[],
    letters: &[],
};

const MRV_B: Layout = Layout {
    format: MrzFormat::MrvB,
    width: 36,
    names: Some(Span::new(0, 5, 36)),
    optional: &[Span::new(1, 28, 36)],
    ..MRV_A
};

/// The French national identity card of 1988 to 2021: two lines of 36 that are older than TD2 and keep only
/// its size. It states no nationality and no date of expiry. Its number is year and month of issue, a code of
/// the département, and five digits.
static FRANCE_1988: Layout = Layout {
    format: MrzFormat::Td2,
    width: 36,
    lines: 2,
    code: CODE,
    state: STATE,
    names: Some(Span::new(0, 5, 30)),
    given_names: Some(Span::new(1, 13, 27)),
    number: Span::new(1, 0, 12),
    nationality: None,
    birth: Some(Span::new(1, 27, 33)),
    sex: Some(Span::new(1, 34, 35)),
    expiry: None,
    optional: &[Span::new(0, 30, 36)],
    checks: &[
        Check::new(FieldName::DocumentNumber, Span::new(1, 12, 13), &[Span::new(1, 0, 12)]),
        Check::new(FieldName::DateOfBirth, Span::new(1, 33, 34), &[Span::new(1, 27, 33)]),
        Check::composite(Span::new(1, 35, 36), &[Span::new(0, 0, 36), Span::new(1, 0, 35)]),
    ],
    digits: &[Span::new(1, 0, 4), Span::new(1, 7, 12)],
    letters: &[],
};

/// The French driving licence since 2013, on the line that ISO/IEC 18013-3 offers for basic access protection:
/// number, date of expiry and the first eight letters of the surname. The number's check digit covers the line
/// up to it.
const LICENCE: Layout = Layout {
    format: MrzFormat::Dl,
    width: 30,
    lines: 1,
    code: CODE,
    state: STATE,
    names: Some(Span::new(0, 21, 29)),
    given_names: None,
    number: Span::new(0, 5, 14),
    nationality: None,
    birth: None,
    sex: None,
    expiry: Some(Span::new(0, 15, 21)),
    optional: &[],
    checks: &[
        Check::new(FieldName::DocumentNumber, Span::new(0, 14, 15), &[Span::new(0, 0, 14)]),
        Check::composite(Span::new(0, 29, 30), &[Span::new(0, 0, 29)]),
    ],
    digits: &[Span::new(0, 1, 2), Span::new(0, 5, 7), Span::new(0, 9, 14)],
    letters: &[Span::new(0, 0, 1), Span::new(0, 7, 9)],
};

static FRANCE_LICENCE: Layout = LICENCE;

/// The Dutch driving licence since 2014, on the same line: a version, the number, and a key to the chip that
/// says nothing about the holder.
static NETHERLANDS_LICENCE: Layout = Layout {
    names: None,
    number: Span::new(0, 6, 16),
    expiry: None,
    checks: &[Check::composite(Span::new(0, 29, 30), &[Span::new(0, 0, 29)])],
    digits: &[Span::new(0, 1, 2), Span::new(0, 5, 16)],
    letters: &[Span::new(0, 0, 1)],
    ..LICENCE
};

/// The Swiss driving licence: below the number of the blank, which is not read, two lines without a check
/// digit.
static SWITZERLAND_LICENCE: Layout = Layout {
    lines: 2,
    names: Some(Span::new(1, 0, 30)),
    number: Span::new(0, 5, 17),
    birth: Some(Span::new(0, 19, 25)),
    expiry: None,
    checks: &[],
    digits: &[Span::new(0, 5, 17)],
    letters: &[CODE],
    ..LICENCE
};
