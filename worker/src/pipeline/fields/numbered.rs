//! The numbers that stand for captions on driving licences: those of Directive 2006/126/EC, annex I, and those of the
//! AAMVA DL/ID Card Design Standard, annex A.

use idv_common::domain::FieldName;

use super::caption::Caption;
use super::fold::{Folded, folded};
use super::row::Row;

/// What a driving licence is called on it.
const TITLES: [&str; 31] = [
    "Driving licence",
    "Driver licence",
    "Driver's licence",
    "Permis de conduire",
    "Führerschein",
    "Patente di guida",
    "Permiso de conducción",
    "Permiso de conducir",
    "Licencia de conducir",
    "Carta de condução",
    "Carteira nacional de habilitação",
    "Rijbewijs",
    "Prawo jazdy",
    "Permis de conducere",
    "Sürücü belgesi",
    "Řidičský průkaz",
    "Vodičský preukaz",
    "Vezetői engedély",
    "Vozačka dozvola",
    "Vozniško dovoljenje",
    "Körkort",
    "Kørekort",
    "Førerkort",
    "Ajokortti",
    "Juhiluba",
    "Vadītāja apliecība",
    "Vairuotojo pažymėjimas",
    "Leje drejtimi",
    "Sürücülük vəsiqəsi",
    "Ceadúnas tiomána",
    "Trwydded yrru",
];
/// The same in the spelling of the United States.
const AMERICAN: [&str; 4] =
    ["Driver license", "Drivers license", "Driver's license", "Commercial driver license"];
/// So many different numbers at the beginning of rows make a licence even without a title.
const LEAST_NUMBERS: usize = 4;
/// Rows begin at the same place if they differ by no more than this many heights.
const ALIGNED: f32 = 2.0;

/// Which numbers a licence uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Licence {
    /// Those of the European Union, which most of the world has taken over.
    Europe,
    /// Those of the United States and Canada.
    America,
}

impl Licence {
    /// The kind of licence that the rows show; `None`: they show none.
    pub(super) fn of(rows: &[Row]) -> Option<Self> {
        let shows = |titles: &[&str]| {
            let titles: Vec<Vec<char>> = titles.iter().map(|title| folded(title)).collect();
            rows.iter().any(|row| titles.iter().any(|title| holds(&row.folded, title)))
        };
        if shows(&AMERICAN) {
            return Some(Self::America);
        }
        let mut numbers: Vec<&str> = rows
            .iter()
            .filter_map(|row| leading(row).filter(|(_, end)| is_marked(row, *end)).map(|(number, _)| number))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        (shows(&TITLES) || numbers.len() >= LEAST_NUMBERS).then_some(Self::Europe)
    }

    /// Whether the rows name the document a driving licence.
    pub(super) fn is_titled(rows: &[Row]) -> bool {
        TITLES.iter().chain(&AMERICAN).any(|title| {
            let title = folded(title);
            rows.iter().any(|row| holds(&row.folded, &title))
        })
    }

    fn field(self, number: &str) -> Option<FieldName> {
        match (number, self) {
            ("1", _) => Some(FieldName::Surname),
            ("2", _) => Some(FieldName::GivenNames),
            ("3", _) => Some(FieldName::DateOfBirth),
            ("4a", _) => Some(FieldName::DateOfIssue),
            ("4b", _) => Some(FieldName::DateOfExpiry),
            ("4c", Self::Europe) => Some(FieldName::Authority),
            ("4d", Self::Europe) => Some(FieldName::PersonalNumber),
            ("4d", Self::America) => Some(FieldName::DocumentNumber),
            ("5", Self::Europe) => Some(FieldName::DocumentNumber),
            ("8", _) => Some(FieldName::Address),
            _ => None,
        }
    }

    /// The numbers of the rows that stand for captions; `captions` are those that were found in words.
    pub(super) fn captions(self, rows: &[Row], captions: &[Caption]) -> Vec<Caption> {
        let mut found: Vec<Caption> = Vec::new();
        let mut add = |row: usize, number: &str, start: usize, end: usize| {
            let is_worded = captions
                .iter()
                .any(|caption| caption.row == row && caption.start < end + 2 && caption.end > start);
            if !is_worded {
                let field = self.field(number);
                found.push(Caption { row, start, end, field, quality: 1.0, numbered: true });
            }
        };
        let left = margin(rows);
        for (index, row) in rows.iter().enumerate() {
            if let Some((number, end)) = leading(row)
                && (is_marked(row, end)
                    || left.is_some_and(|left| (row.bounds.left - left).abs() <= ALIGNED * row.height()))
            {
                add(index, number, 0, end);
            }
            for (number, start, end) in inner(row) {
                add(index, number, start, end);
            }
        }
        found
    }
}

/// Whether the letters stand anywhere in the row, with one mistake in eight.
fn holds(row: &Folded, letters: &[char]) -> bool {
    let most = letters.len() / 8;
    (0..row.letters.len()).filter(|start| row.starts[*start]).any(|start| {
        super::fold::distance_to_beginning(letters, &row.letters[start..], most, |_| false).is_some()
    })
}

const NUMBERS: [&str; 9] = ["4a", "4b", "4c", "4d", "1", "2", "3", "5", "8"];

/// The number that a row begins with, and the character behind it.
fn leading(row: &Row) -> Option<(&'static str, usize)> {
    NUMBERS.into_iter().find_map(|number| number_at(row, number, 0).map(|end| (number, end)))
}

/// Where the number ends if it stands there: with its mark and the spaces behind it.
fn number_at(row: &Row, number: &str, at: usize) -> Option<usize> {
    let characters = &row.characters[at..];
    let matches = number.chars().zip(characters).filter(|(a, b)| *a == b.to_ascii_lowercase()).count();
    if matches < number.len() {
        return None;
    }
    // Ten and more are other numbers.
    if matches!(number, "1" | "2" | "3") && characters.get(1).is_some_and(char::is_ascii_digit) {
        return None;
    }
    let mut end = number.len();
    while characters.get(end).is_some_and(|c| matches!(c, ' ' | '.' | ')' | ':')) {
        end += 1;
    }
    Some(at + end)
}

/// Whether a mark or a space parts the number that ends there from what follows.
fn is_marked(row: &Row, end: usize) -> bool {
    end > 0 && row.characters.get(end - 1).is_some_and(|c| matches!(c, ' ' | '.' | ')' | ':'))
}

/// Numbers within a row: only those with a letter can be told from a value.
fn inner(row: &Row) -> Vec<(&'static str, usize, usize)> {
    let mut found = Vec::new();
    for at in 1..row.characters.len() {
        if row.characters[at - 1].is_alphanumeric() {
            continue;
        }
        for number in ["4a", "4b", "4c", "4d"] {
            if let Some(end) = number_at(row, number, at) {
                found.push((number, at, end));
            }
        }
    }
    found
}

/// Where the rows begin that show a number with a mark.
fn margin(rows: &[Row]) -> Option<f32> {
    let marked = |row: &&Row| leading(row).is_some_and(|(_, end)| is_marked(row, end));
    let mut lefts: Vec<f32> = rows.iter().filter(marked).map(|row| row.bounds.left).collect();
    lefts.sort_by(f32::total_cmp);
    lefts.get(lefts.len() / 2).copied()
}
