//! Corrects at most one character of a zone by its check digits.
//!
//! Check digits find errors; using them to correct characters can *make* a zone valid that was printed wrong.
//! So a correction must be one the recogniser itself had in mind (or a letter and a digit that share a shape), it
//! must set every check digit right at once, the composite among them, and it must be the only one that does.
//! Visas have no composite check digit and are never corrected.

use super::layout::Span;
use super::zone::Zone;

/// The least probability that makes another character a candidate.
const LEAST_DOUBT: f32 = 0.02;
/// Letters and digits of one shape, which no recogniser of single lines can always tell apart.
const LOOK_ALIKES: [(char, char); 6] =
    [('0', 'O'), ('1', 'I'), ('2', 'Z'), ('5', 'S'), ('6', 'G'), ('8', 'B')];

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
    places.extend(layout.optional.iter().map(|span| (*span, true)));
    places.extend(digits.flat_map(|span| [(span, false), (span.next(), false)]));
    places.push((layout.number.next(), false));
    places.extend(checks.map(|check| (check.digit, false)));
    places.iter().flat_map(|(span, letters)| within(zone, *span, *letters)).collect()
}

fn within(zone: &Zone, span: Span, letters: bool) -> impl Iterator<Item = (usize, usize, char)> {
    (span.start..span.end).flat_map(move |column| {
        let cell = zone.cell(span.line, column);
        let best = cell.best();
        let doubted = cell.alternatives().filter(|other| cell.doubt(*other) >= LEAST_DOUBT);
        let alike = LOOK_ALIKES.into_iter().filter_map(move |(digit, letter)| match best {
            _ if best == digit => Some(letter),
            _ if best == letter => Some(digit),
            _ => None,
        });
        let mut others: Vec<char> = doubted.chain(alike).filter(|other| *other != best).collect();
        others.sort_unstable();
        others.dedup();
        let allowed = move |other: &char| letters || other.is_ascii_digit();
        others.into_iter().filter(allowed).map(move |other| (span.line, column, other))
    })
}
