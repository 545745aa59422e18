//! The characters of a zone as they were read, and what each place of a layout may hold.

use idv_common::domain::CheckDigit;

use super::check_digit::{check_digit, value};
use super::layout::{Check, Layout, Span};
use crate::inference::text::Character;

/// One place of the zone: the character it holds and what else the recogniser thought of.
#[derive(Clone, PartialEq)]
pub(super) struct Cell {
    best: char,
    probability: f32,
    alternatives: Vec<(char, f32)>,
}

impl Cell {
    /// What the recogniser read, if it belongs in a zone at all.
    pub(super) fn read(character: &Character) -> Option<Self> {
        value(character.best)?;
        let alternatives =
            character.alternatives.iter().copied().filter(|(other, _)| value(*other).is_some());
        Some(Self {
            best: character.best,
            probability: character.probability,
            alternatives: alternatives.collect(),
        })
    }

    /// A character without doubt.
    pub(super) fn certain(best: char) -> Self {
        Self { best, probability: 1.0, alternatives: Vec::new() }
    }

    pub(super) fn best(&self) -> char {
        self.best
    }

    pub(super) fn probability(&self) -> f32 {
        self.probability
    }

    /// The probability that the recogniser gave to another character.
    pub(super) fn doubt(&self, other: char) -> f32 {
        self.alternatives.iter().find(|(character, _)| *character == other).map_or(0.0, |(_, p)| *p)
    }

    /// The other characters that the recogniser thought of.
    pub(super) fn alternatives(&self) -> impl Iterator<Item = char> {
        self.alternatives.iter().map(|(character, _)| *character)
    }
}

/// A zone of the right shape.
#[derive(Clone)]
pub(super) struct Zone {
    pub(super) layout: &'static Layout,
    cells: Vec<Vec<Cell>>,
}

impl Zone {
    /// The zone of lines that all have the layout's width, each character moved into the kind that its place
    /// asks for: an O among digits is a zero.
    pub(super) fn new(lines: Vec<Vec<Cell>>) -> Option<Self> {
        let texts: Vec<String> = lines.iter().map(|line| line.iter().map(Cell::best).collect()).collect();
        let mut zone = Self { layout: Layout::recognise(&texts)?, cells: lines };
        let layout = zone.layout;
        let letters = [
            Some(layout.code),
            Some(layout.state),
            Some(layout.names),
            layout.given_names,
            layout.nationality,
        ];
        for span in letters.into_iter().flatten() {
            zone.coerce(span, as_letter);
        }
        for span in [Some(layout.birth), layout.expiry].into_iter().flatten() {
            zone.coerce(span, as_digit);
            zone.coerce(span.next(), as_digit);
        }
        zone.coerce(layout.number.next(), as_digit);
        zone.coerce(layout.sex, as_sex);
        for check in [layout.optional_check, layout.composite].into_iter().flatten() {
            zone.coerce(check.digit, as_digit);
        }
        Some(zone)
    }

    fn coerce(&mut self, span: Span, kind: fn(char) -> char) {
        for cell in &mut self.cells[span.line][span.start..span.end] {
            cell.best = kind(cell.best);
        }
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
    pub(super) fn cell(&self, line: usize, column: usize) -> &Cell {
        &self.cells[line][column]
    }

    /// The same zone with another character at one place.
    pub(super) fn with(&self, line: usize, column: usize, character: char) -> Self {
        let mut zone = self.clone();
        zone.cells[line][column].best = character;
        zone
    }

    /// The mean probability of its characters.
    pub(super) fn confidence(&self) -> f32 {
        let cells = || self.cells.iter().flatten();
        cells().map(Cell::probability).sum::<f32>() / cells().count().max(1) as f32
    }

    /// The document's number, its check digit, and what the optional data holds behind them. TD1 and TD2 continue
    /// a long number there, and say so by a filler in the check digit's place.
    pub(super) fn number(&self) -> (String, Option<char>, String) {
        let head = self.text(self.layout.number);
        let digit = self.text(self.layout.number.next()).chars().next();
        let optional = self.layout.optional.first().map(|span| self.text(*span)).unwrap_or_default();
        if digit == Some('<') && self.layout.continues_number() {
            let (tail, rest) = optional.split_once('<').unwrap_or((optional.as_str(), ""));
            let mut tail = tail.to_owned();
            if let Some(digit) = tail.pop() {
                return (head + &tail, Some(as_digit(digit)), rest.to_owned());
            }
        }
        (head, digit, optional)
    }

    /// Every check digit of the zone and whether it agrees, in the order of the zone.
    pub(super) fn check_digits(&self) -> Vec<CheckDigit> {
        let layout = self.layout;
        let agrees = |field: &str, valid| CheckDigit { field: field.to_owned(), valid };
        let (number, digit, _) = self.number();
        let mut digits = vec![agrees("document_number", check_digit(number.chars()) == digit)];
        let plain =
            |span: Span| check_digit(self.text(span).chars()) == self.text(span.next()).chars().next();
        digits.push(agrees("date_of_birth", plain(layout.birth)));
        digits.extend(layout.expiry.map(|span| agrees("date_of_expiry", plain(span))));
        digits.extend(layout.optional_check.map(|check| agrees("personal_number", self.agrees(check, true))));
        digits.extend(layout.composite.map(|check| agrees("composite", self.agrees(check, false))));
        digits
    }

    fn agrees(&self, check: Check, filler_if_empty: bool) -> bool {
        let covered: String = check.covers.iter().map(|span| self.text(*span)).collect();
        let digit = self.text(check.digit).chars().next();
        let empty = covered.chars().all(|character| character == '<');
        check_digit(covered.chars()) == digit || (filler_if_empty && empty && digit == Some('<'))
    }

    /// Whether every check digit agrees.
    pub(super) fn is_valid(&self) -> bool {
        self.check_digits().iter().all(|digit| digit.valid)
    }
}

fn as_digit(character: char) -> char {
    match character {
        'O' | 'Q' | 'D' | 'U' | 'C' => '0',
        'I' | 'L' | 'J' => '1',
        'Z' => '2',
        'S' => '5',
        'G' | 'E' => '6',
        'B' => '8',
        'T' => '7',
        'A' => '4',
        other => other,
    }
}

fn as_letter(character: char) -> char {
    match character {
        '0' => 'O',
        '1' => 'I',
        '2' => 'Z',
        '4' => 'A',
        '5' => 'S',
        '6' => 'G',
        '7' => 'T',
        '8' => 'B',
        other => other,
    }
}

fn as_sex(character: char) -> char {
    match character {
        'H' | 'N' => 'M',
        'P' | 'E' => 'F',
        'K' | 'C' | 'X' => '<',
        other => other,
    }
}
