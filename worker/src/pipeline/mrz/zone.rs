//! The characters of a zone as they were read, what each place of a layout may hold, and the check digits.

use std::fmt;

use idv_common::domain::{CheckDigit, FieldName};

use super::cell::{Cell, Kind};
use super::check_digit::check_digit;
use super::layout::{Check, Layout, Span};

/// Two renderings of a line differ in less than one of so many characters, unless one of them is out of step.
const MOST_DIFFERING: usize = 5;

/// Line and column of a character, counted from 0.
pub(super) type Place = (usize, usize);

/// A check digit of one zone: where it stands and every place that it covers, in order.
pub(super) struct Checked {
    pub(super) field: Option<FieldName>,
    pub(super) digit: Place,
    pub(super) covers: Vec<Place>,
    filler_if_empty: bool,
}

/// A zone of the right shape.
#[derive(Clone)]
pub(super) struct Zone {
    pub(super) layout: &'static Layout,
    cells: Vec<Vec<Cell>>,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.layout, other.layout) && self.cells == other.cells
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[private: a {} zone]", self.layout.format)
    }
}

impl Zone {
    /// The zone of lines that all have the layout's width, each place restricted to what it may hold: an O among
    /// digits is a zero.
    pub(super) fn new(layout: &'static Layout, mut cells: Vec<Vec<Cell>>) -> Option<Self> {
        if cells.len() != layout.lines || cells.iter().any(|line| line.len() != layout.width) {
            return None;
        }
        for (line, column, kind) in kinds(layout) {
            if kind != Kind::Any {
                cells[line][column].restrict(kind);
            }
        }
        let mut zone = Self { layout, cells };
        if let Some((end, span)) = zone.long_number_end().zip(layout.optional.first()) {
            zone.cells[span.line][span.start + end - 1].restrict(Kind::Digit);
        }
        Some(zone)
    }

    /// The zone that lines of text make, as if read without doubt.
    pub(super) fn of_text<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let cells: Vec<Vec<Cell>> =
            lines.into_iter().map(|line| line.chars().map(Cell::certain).collect()).collect();
        let head: String = cells.first()?.iter().take(5).map(Cell::best).collect();
        Self::new(Layout::recognise(cells.len(), cells.first()?.len(), &head)?, cells)
    }

    /// Whether both have one format and hold nearly the same characters at the same places.
    pub(super) fn is_aligned_with(&self, other: &Self) -> bool {
        let differing = |(a, b): (&Vec<Cell>, &Vec<Cell>)| {
            a.iter().zip(b).filter(|(a, b)| a.best() != b.best()).count() * MOST_DIFFERING <= a.len()
        };
        std::ptr::eq(self.layout, other.layout) && self.cells.iter().zip(&other.cells).all(differing)
    }

    /// Where a line's characters begin and end, as parts of the line that was read. Each character tells where the line
    /// would begin at the zone's one pitch; the median is not led astray by those that were put in or left out.
    pub(super) fn extent(&self, line: usize) -> Option<(f32, f32)> {
        let median = |mut values: Vec<f32>| {
            values.sort_by(f32::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let places: Vec<f32> = self.cells.get(line)?.iter().map(Cell::place).collect();
        // Places are as coarse as the recogniser's steps, five or so to a character: far ones tell the pitch.
        let half = u8::try_from(places.len() / 2).ok()?;
        let far = places.iter().zip(places.iter().skip(half.into()));
        let pitch = median(far.map(|(one, other)| (other - one) / f32::from(half)).collect())?;
        let start = median((0_u8..).zip(&places).map(|(at, place)| place - f32::from(at) * pitch).collect())?;
        (pitch > 0.0).then_some((start - pitch / 2.0, start + (places.len() as f32 - 0.5) * pitch))
    }

    /// What several renderings of one zone say together, place by place.
    pub(super) fn vote(zones: &[&Self]) -> Option<Self> {
        let layout = zones.first()?.layout;
        let line = |line: usize| -> Option<Vec<Cell>> {
            (0..layout.width)
                .map(|column| Cell::vote(&zones.iter().map(|z| z.cell((line, column))).collect::<Vec<_>>()))
                .collect()
        };
        let cells: Option<Vec<Vec<Cell>>> = (0..layout.lines).map(line).collect();
        Some(Self { layout, cells: cells? })
    }

    /// The characters of a span.
    pub(super) fn text(&self, span: Span) -> String {
        self.cells[span.line][span.start..span.end].iter().map(Cell::best).collect()
    }

    /// The lines.
    pub(super) fn lines(&self) -> Vec<String> {
        self.cells.iter().map(|line| line.iter().map(Cell::best).collect()).collect()
    }

    /// The cell at a place.
    pub(super) fn cell(&self, (line, column): Place) -> &Cell {
        &self.cells[line][column]
    }

    /// The same zone with another character at each of these places.
    pub(super) fn with(&self, changes: &[(Place, char)]) -> Self {
        let mut zone = self.clone();
        for ((line, column), character) in changes {
            let cell = &mut zone.cells[*line][*column];
            *cell = cell.with(*character);
        }
        zone
    }

    /// The mean probability that the recogniser gave to the characters that it read.
    pub(super) fn confidence(&self) -> f32 {
        let cells = || self.cells.iter().flatten();
        cells().map(Cell::read_probability).sum::<f32>() / cells().count().max(1) as f32
    }

    /// Whether the number goes on in the optional data: then a filler stands in its check digit's place (parts 5
    /// and 6, note j).
    pub(super) fn has_long_number(&self) -> bool {
        let digit = self.layout.check(FieldName::DocumentNumber).map(|check| check.digit);
        self.layout.continues_number()
            && digit.is_some_and(|digit| self.text(digit) == "<")
            && self.layout.optional.first().is_some_and(|span| !self.text(*span).starts_with('<'))
    }

    /// Where the rest of a long number ends within the first span of the optional data: its check digit is the
    /// character before. `None` if the number is not long.
    fn long_number_end(&self) -> Option<usize> {
        let optional = *self.layout.optional.first().filter(|_| self.has_long_number())?;
        Some(self.text(optional).find('<').unwrap_or(optional.len()))
    }

    /// The places where a filler tells whether and where a long number ends.
    pub(super) fn number_ends(&self) -> Vec<Place> {
        let digit = self.layout.check(FieldName::DocumentNumber).filter(|_| self.layout.continues_number());
        let Some((check, optional)) = digit.zip(self.layout.optional.first()) else { return Vec::new() };
        let rest = self.long_number_end().unwrap_or(0) + 1;
        check.digit.places().chain(optional.places().take(rest)).collect()
    }

    /// The document's number with the fillers in and behind it, and what the optional data holds behind it.
    pub(super) fn number(&self) -> (String, String) {
        let head = self.text(self.layout.number);
        let optional = self.layout.optional.first().map(|span| self.text(*span)).unwrap_or_default();
        match self.long_number_end() {
            Some(end) => (head + &optional[..end - 1], optional[end..].trim_start_matches('<').to_owned()),
            None => (head, optional),
        }
    }

    /// The places that the document's number and its check digit take.
    pub(super) fn number_places(&self) -> Vec<Place> {
        let digit = self.layout.check(FieldName::DocumentNumber).map(|check| check.digit);
        let rest = self.long_number_end().zip(self.layout.optional.first());
        let rest = rest.into_iter().flat_map(|(end, span)| span.places().take(end));
        self.layout.number.places().chain(digit.into_iter().flat_map(Span::places)).chain(rest).collect()
    }

    /// The check digits with what they cover in this very zone: that of a long number stands elsewhere.
    pub(super) fn checks(&self) -> Vec<Checked> {
        self.layout.checks.iter().map(|check| self.checked(check)).collect()
    }

    fn checked(&self, check: &Check) -> Checked {
        let mut covers: Vec<Place> = check.covers.iter().flat_map(|span| span.places()).collect();
        let mut digit = (check.digit.line, check.digit.start);
        if check.field == Some(FieldName::DocumentNumber)
            && let Some((end, span)) = self.long_number_end().zip(self.layout.optional.first())
        {
            covers.extend(span.places().take(end - 1));
            digit = (span.line, span.start + end - 1);
        }
        let filler_if_empty = check.field == Some(FieldName::PersonalNumber);
        Checked { field: check.field, digit, covers, filler_if_empty }
    }

    /// Every check digit of the zone and whether it agrees, in the order of the zone.
    pub(super) fn check_digits(&self) -> Vec<CheckDigit> {
        let name = |field: Option<FieldName>| field.map_or("composite", FieldName::as_str).to_owned();
        self.checks()
            .iter()
            .map(|check| CheckDigit { field: name(check.field), valid: self.agrees(check) })
            .collect()
    }

    fn agrees(&self, check: &Checked) -> bool {
        let mut covered = check.covers.iter().map(|place| self.cell(*place).best());
        let digit = self.cell(check.digit).best();
        check_digit(covered.clone()) == Some(digit)
            || check.filler_if_empty && digit == '<' && covered.all(|character| character == '<')
    }

    /// Whether there are check digits and every one agrees.
    pub(super) fn is_valid(&self) -> bool {
        let checks = self.checks();
        !checks.is_empty() && checks.iter().all(|check| self.agrees(check))
    }
}

/// What each place of a layout may hold, where that is not every character. A later one restricts further.
fn kinds(layout: &Layout) -> Vec<(usize, usize, Kind)> {
    let is_licence = layout.width == 30 && layout.lines < 3;
    let code = Some(layout.code).filter(|_| !is_licence);
    let letters = [code, Some(layout.state), layout.names, layout.given_names, layout.nationality];
    let dates = [layout.birth, layout.expiry];
    let checks = layout.checks.iter().map(|check| {
        let kind = if layout.may_be_filler(check) { Kind::DigitOrFiller } else { Kind::Digit };
        (check.digit, kind)
    });
    let kinds = (letters.into_iter().flatten().chain(layout.letters.iter().copied()))
        .map(|span| (span, Kind::Letter))
        .chain(dates.into_iter().flatten().map(|span| (span, Kind::DigitOrFiller)))
        .chain(layout.digits.iter().map(|span| (*span, Kind::Digit)))
        .chain(layout.sex.map(|span| (span, Kind::Sex)))
        .chain(checks);
    kinds.flat_map(|(span, kind)| span.places().map(move |(line, column)| (line, column, kind))).collect()
}
