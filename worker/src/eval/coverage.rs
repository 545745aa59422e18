//! Which characters of a zone a check digit covers, and which are the name: ICAO 9303 parts 4 to 7.

use std::ops::Range;

/// A run of characters: the line and the columns, counted from 0.
type Run = (usize, Range<usize>);

/// The characters under a check digit, the digits included; nothing for formats that are not known.
pub(super) fn covered(format: &str, lines: &[&str]) -> Vec<Run> {
    if is_french_card(format, lines) {
        return vec![(0, 0..36), (1, 0..36)];
    }
    match format {
        "TD1" => vec![(0, 5..30), (1, 0..7), (1, 8..15), (1, 18..30)],
        "TD2" => vec![(1, 0..10), (1, 13..20), (1, 21..36)],
        "TD3" => vec![(1, 0..10), (1, 13..20), (1, 21..44)],
        // Visas have no composite check digit: their optional data is under none.
        "MRVA" | "MRVB" => vec![(1, 0..10), (1, 13..20), (1, 21..28)],
        // One line of a driving licence, whose last character is over all before it.
        "DL" => lines.first().map(|line| (0, 0..line.len())).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The characters of the name.
pub(super) fn name(format: &str, lines: &[&str]) -> Vec<Run> {
    if is_french_card(format, lines) {
        return vec![(0, 5..30), (1, 13..27)];
    }
    match format {
        "TD1" => vec![(2, 0..30)],
        "TD2" | "MRVB" => vec![(0, 5..36)],
        "TD3" | "MRVA" => vec![(0, 5..44)],
        _ => Vec::new(),
    }
}

/// Whether both zones say the same in all those runs.
pub(super) fn agree(runs: &[Run], expected: &[&str], read: &[&str]) -> bool {
    runs.iter().all(|(line, columns)| {
        let part =
            |lines: &[&str]| lines.get(*line).and_then(|line| line.get(columns.clone())).map(str::to_owned);
        part(expected).is_some() && part(expected) == part(read)
    })
}

/// The French national identity card of 1988: two lines of 36 that are no TD2. Its one composite check digit covers
/// everything.
fn is_french_card(format: &str, lines: &[&str]) -> bool {
    format == "TD2" && lines.first().is_some_and(|line| line.starts_with("IDFRA"))
}
