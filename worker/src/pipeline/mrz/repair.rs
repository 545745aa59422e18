//! Corrects at most one character of a zone by its check digits.
//!
//! Check digits find errors; using them to correct characters can *make* a zone valid that was printed wrong.
//! So a correction must be one the recogniser itself had in mind, it must set every check digit right at once, the
//! composite among them, and it must be the only one that does. Characters that the composite alone covers are
//! left as they were read: one digit agrees with every tenth guess. Visas have no composite check digit and are
//! never corrected.

use super::layout::Span;
use super::zone::Zone;

/// The least probability that makes another character a candidate.
const LEAST_DOUBT: f32 = 0.02;

/// The zone with one character corrected, if there is exactly one way.
pub(super) fn repair(zone: &Zone) -> Option<Zone> {
    zone.layout.composite?;
    let mut repaired = None;
    for (line, column, character) in candidates(zone) {
        let candidate = zone.with(line, column, character);
        if candidate.is_valid() && repaired.replace(candidate).is_some() {
            return None;
        }
    }
    repaired
}

/// The substitutions worth trying, as line, column and character.
fn candidates(zone: &Zone) -> Vec<(usize, usize, char)> {
    let layout = zone.layout;
    let checks = [layout.optional_check, layout.composite].into_iter().flatten();
    let digits = [Some(layout.birth), layout.expiry].into_iter().flatten();
    let mut places: Vec<(Span, bool)> = vec![(layout.number, true)];
    if layout.optional_check.is_some() {
        places.extend(layout.optional.iter().map(|span| (*span, true)));
    }
    places.extend(digits.flat_map(|span| [(span, false), (span.next(), false)]));
    places.push((layout.number.next(), false));
    places.extend(checks.map(|check| (check.digit, false)));
    places.iter().flat_map(|(span, letters)| within(zone, *span, *letters)).collect()
}

fn within(zone: &Zone, span: Span, letters: bool) -> impl Iterator<Item = (usize, usize, char)> {
    (span.start..span.end).flat_map(move |column| {
        let cell = zone.cell(span.line, column);
        let mut others: Vec<char> = (cell.alternatives())
            .filter(|other| *other != cell.best() && cell.doubt(*other) >= LEAST_DOUBT)
            .collect();
        others.sort_unstable();
        others.dedup();
        let allowed = move |other: &char| letters || other.is_ascii_digit();
        others.into_iter().filter(allowed).map(move |other| (span.line, column, other))
    })
}
