//! Where each format keeps what, as data: ICAO Doc 9303 parts 4 to 7.

use idv_common::domain::MrzFormat;

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

    /// The one character behind it, where its check digit stands.
    pub(super) const fn next(self) -> Self {
        Self::new(self.line, self.end, self.end + 1)
    }
}

/// A check digit: where it stands and what it covers, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    pub(super) digit: Span,
    pub(super) covers: &'static [Span],
}

/// One format's places. The check digits of number, birth and expiry stand right behind their fields.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) format: MrzFormat,
    pub(super) lines: usize,
    pub(super) width: usize,
    pub(super) code: Span,
    pub(super) state: Span,
    /// Primary and secondary identifier, parted by `<<`.
    pub(super) names: Span,
    /// The secondary identifier, where it has a place of its own.
    pub(super) given_names: Option<Span>,
    pub(super) number: Span,
    pub(super) nationality: Option<Span>,
    pub(super) birth: Span,
    pub(super) sex: Span,
    pub(super) expiry: Option<Span>,
    /// Optional data, the first part first.
    pub(super) optional: &'static [Span],
    /// The check digit of the optional data, which may be a filler where the data is nothing but fillers.
    pub(super) optional_check: Option<Check>,
    pub(super) composite: Option<Check>,
}

impl Layout {
    /// The layout that Doc 9303 gives the format.
    pub(super) fn of(format: MrzFormat) -> &'static Self {
        match format {
            MrzFormat::Td1 => &TD1,
            MrzFormat::Td2 => &TD2,
            MrzFormat::Td3 => &TD3,
            MrzFormat::MrvA => &MRV_A,
            MrzFormat::MrvB => &MRV_B,
        }
    }

    /// Whether a number of more than nine characters goes on in the optional data.
    pub(super) fn continues_number(&self) -> bool {
        matches!(self.format, MrzFormat::Td1 | MrzFormat::Td2) && self.number.len() == 9
    }

    /// The layout of lines of that shape. The document code tells visas from the other documents of their
    /// size, and code and state tell the one national card that is older than the format of its size.
    pub(super) fn recognise(lines: &[String]) -> Option<&'static Self> {
        let first = lines.first()?;
        let width = first.chars().count();
        if lines.iter().any(|line| line.chars().count() != width) {
            return None;
        }
        match (lines.len(), width, first.starts_with('V')) {
            (3, 30, _) => Some(&TD1),
            (2, 36, true) => Some(&MRV_B),
            (2, 36, false) if first.starts_with("IDFRA") => Some(&FRANCE_1988),
            (2, 36, false) => Some(&TD2),
            (2, 44, true) => Some(&MRV_A),
            (2, 44, false) => Some(&TD3),
            _ => None,
        }
    }
}

const CODE: Span = Span::new(0, 0, 2);
const STATE: Span = Span::new(0, 2, 5);

static TD1: Layout = Layout {
    format: MrzFormat::Td1,
    lines: 3,
    width: 30,
    code: CODE,
    state: STATE,
    names: Span::new(2, 0, 30),
    given_names: None,
    number: Span::new(0, 5, 14),
    nationality: Some(Span::new(1, 15, 18)),
    birth: Span::new(1, 0, 6),
    sex: Span::new(1, 7, 8),
    expiry: Some(Span::new(1, 8, 14)),
    optional: &[Span::new(0, 15, 30), Span::new(1, 18, 29)],
    optional_check: None,
    composite: Some(Check {
        digit: Span::new(1, 29, 30),
        covers: &[Span::new(0, 5, 30), Span::new(1, 0, 7), Span::new(1, 8, 15), Span::new(1, 18, 29)],
    }),
};

static TD2: Layout = Layout {
    format: MrzFormat::Td2,
    lines: 2,
    width: 36,
    names: Span::new(0, 5, 36),
    optional: &[Span::new(1, 28, 35)],
    composite: Some(Check {
        digit: Span::new(1, 35, 36),
        covers: &[Span::new(1, 0, 10), Span::new(1, 13, 20), Span::new(1, 21, 35)],
    }),
    ..MRV_B
};

static TD3: Layout = Layout {
    format: MrzFormat::Td3,
    optional: &[Span::new(1, 28, 42)],
    optional_check: Some(Check { digit: Span::new(1, 42, 43), covers: &[Span::new(1, 28, 42)] }),
    composite: Some(Check {
        digit: Span::new(1, 43, 44),
        covers: &[Span::new(1, 0, 10), Span::new(1, 13, 20), Span::new(1, 21, 43)],
    }),
    ..MRV_A
};

const MRV_A: Layout = Layout {
    format: MrzFormat::MrvA,
    lines: 2,
    width: 44,
    code: CODE,
    state: STATE,
    names: Span::new(0, 5, 44),
    given_names: None,
    number: Span::new(1, 0, 9),
    nationality: Some(Span::new(1, 10, 13)),
    birth: Span::new(1, 13, 19),
    sex: Span::new(1, 20, 21),
    expiry: Some(Span::new(1, 21, 27)),
    optional: &[Span::new(1, 28, 44)],
    optional_check: None,
    composite: None,
};

const MRV_B: Layout = Layout {
    format: MrzFormat::MrvB,
    width: 36,
    names: Span::new(0, 5, 36),
    optional: &[Span::new(1, 28, 36)],
    ..MRV_A
};

/// The French national identity card of 1988 to 2021: two lines of 36 that are older than TD2 and keep only
/// its size. It states no nationality and no date of expiry.
static FRANCE_1988: Layout = Layout {
    format: MrzFormat::Td2,
    lines: 2,
    width: 36,
    code: CODE,
    state: STATE,
    names: Span::new(0, 5, 30),
    given_names: Some(Span::new(1, 13, 27)),
    number: Span::new(1, 0, 12),
    nationality: None,
    birth: Span::new(1, 27, 33),
    sex: Span::new(1, 34, 35),
    expiry: None,
    optional: &[Span::new(0, 30, 36)],
    optional_check: None,
    composite: Some(Check {
        digit: Span::new(1, 35, 36),
        covers: &[Span::new(0, 0, 36), Span::new(1, 0, 35)],
    }),
};
