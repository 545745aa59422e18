//! One reading out of those of two recognisers. The first knows the marks of letters and the spaces between words; the
//! second mistakes fewer letters, but knows few marks and drops most spaces.

use super::ctc::Character;
use super::letters::{bare, base, in_case_of};

/// Where the first recogniser is this sure of every character, the second one is not asked.
const SURE: f32 = 0.95;
/// How probable the first's mark on a letter must be if the second shows the bare letter.
const LEAST_MARK: f32 = 0.5;
/// How probable a character must be that the first alone shows, and one that the second alone shows.
const LEAST_OF_FIRST: f32 = 0.8;
const LEAST_OF_SECOND: f32 = 0.5;
/// How probable a space must be.
const LEAST_SPACE: f32 = 0.5;
/// What it costs to align two characters that differ in mark or case alone, two others, and one with none.
const NEAR: u32 = 1;
const OTHER: u32 = 4;
const NONE: u32 = 3;

/// Whether the first recogniser's reading may stand alone.
pub(super) fn is_sure(first: &[Character]) -> bool {
    !first.is_empty() && first.iter().all(|character| character.probability >= SURE)
}

/// What both readings of a line say. Of two characters that stand for the same letter it is the one with the mark, in the
/// second's case; of two others, the more probable one, with less probability as the other one had more.
pub(super) fn merged(first: &[Character], second: &[Character]) -> Vec<Character> {
    let (first, second) = (letters(first), letters(second));
    let mut merged: Vec<Character> = Vec::new();
    for (one, two) in aligned(&first, &second) {
        merged.extend(match (one, two) {
            (Some(one), Some(two)) => Some(either(one.character, two.character)),
            (Some(one), None) => Some(one.character.clone()).filter(|c| c.probability >= LEAST_OF_FIRST),
            (None, Some(two)) => Some(two.character.clone()).filter(|c| c.probability >= LEAST_OF_SECOND),
            (None, None) => None,
        });
        let mut spaces = [one, two].into_iter().flatten().filter_map(|letter| letter.space);
        if let Some(space) = spaces.find(|space| space.probability >= LEAST_SPACE)
            && merged.last().is_some_and(|last| last.best != ' ')
        {
            merged.push(space.clone());
        }
    }
    merged
}

/// A character that is no space, and the space behind it.
struct Letter<'a> {
    character: &'a Character,
    space: Option<&'a Character>,
}

fn letters(read: &[Character]) -> Vec<Letter<'_>> {
    let next = |at: usize| read.get(at + 1).filter(|next| next.best == ' ');
    let all = read.iter().enumerate().filter(|(_, character)| character.best != ' ');
    all.map(|(at, character)| Letter { character, space: next(at) }).collect()
}

/// One of two characters at the same place.
fn either(one: &Character, two: &Character) -> Character {
    if base(one.best) != base(two.best) {
        let (better, other) = if one.probability > two.probability { (one, two) } else { (two, one) };
        let share = better.probability / (better.probability + other.probability);
        return Character { probability: better.probability * share, ..better.clone() };
    }
    let probability = one.probability.max(two.probability);
    let is_marked = bare(one.best) != one.best;
    let counts = if is_marked { one.probability >= LEAST_MARK } else { one.probability > two.probability };
    let letter = if counts { one.best } else { two.best };
    Character { best: in_case_of(two.best, letter), probability, ..two.clone() }
}

/// The cheapest alignment of the two readings (Needleman and Wunsch).
fn aligned<'a>(
    first: &'a [Letter<'a>],
    second: &'a [Letter<'a>],
) -> Vec<(Option<&'a Letter<'a>>, Option<&'a Letter<'a>>)> {
    // What it costs to align the rest of both from there on.
    let mut costs = vec![vec![0; second.len() + 1]; first.len() + 1];
    let of_two = |a: usize, b: usize| match (first[a].character.best, second[b].character.best) {
        (one, two) if one == two => 0,
        (one, two) if base(one) == base(two) => NEAR,
        _ => OTHER,
    };
    for a in (0..=first.len()).rev() {
        for b in (0..=second.len()).rev() {
            let both = (a < first.len() && b < second.len()).then(|| costs[a + 1][b + 1] + of_two(a, b));
            let skip_first = (a < first.len()).then(|| costs[a + 1][b] + NONE);
            let skip_second = (b < second.len()).then(|| costs[a][b + 1] + NONE);
            costs[a][b] = [both, skip_first, skip_second].into_iter().flatten().min().unwrap_or(0);
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut pairs = Vec::with_capacity(first.len().max(second.len()));
    while a < first.len() || b < second.len() {
        let both = a < first.len() && b < second.len() && costs[a][b] == costs[a + 1][b + 1] + of_two(a, b);
        if both {
            pairs.push((first.get(a), second.get(b)));
            (a, b) = (a + 1, b + 1);
        } else if a < first.len() && costs[a][b] == costs[a + 1][b] + NONE {
            pairs.push((first.get(a), None));
            a += 1;
        } else {
            pairs.push((None, second.get(b)));
            b += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters of a text, each of that probability.
    fn read(text: &str, probability: f32) -> Vec<Character> {
        text.chars().map(|c| Character { probability, ..Character::certain(c) }).collect()
    }

    fn both(first: (&str, f32), second: (&str, f32)) -> String {
        let merged = merged(&read(first.0, first.1), &read(second.0, second.1));
        merged.iter().map(|c| c.best).collect::<String>().trim().to_owned()
    }

    #[test]
    fn marks_and_spaces_come_from_the_first_and_letters_from_the_surer_one() {
        for (first, second, together) in [
            (("08 AUG 2006", 0.9), ("08AUG2006", 0.99), "08 AUG 2006"),
            (("datëlindja/date of birth", 0.8), ("datelindia/dateofbirth", 0.7), "datëlindja/date of birth"),
            (("PaSSepOrt n°", 0.7), ("Passeport n°", 0.9), "Passeport n°"),
            (("RÉPUBLIQuE FRANÇAISE", 0.9), ("REPUBLIQUE FRANCAISE", 0.95), "RÉPUBLIQUE FRANÇAISE"),
            (("SİNEM ŞIRIN IŞIK", 0.9), ("SINEM SIRIN ISIK", 0.9), "SİNEM ŞIRIN IŞIK"),
            (("C0RİNNE", 0.4), ("CORINNE", 0.9), "CORINNE"),
            (("15 0CT 2020", 0.8), ("15OCT2020", 0.9), "15 OCT 2020"),
            (("Natacn", 0.5), ("Natacha", 0.9), "Natacha"),
            (("1,55 m Vert !", 0.6), ("1.55mVert", 0.7), "1.55 m Vert"),
            (("", 0.9), ("M", 0.9), "M"),
            (("ÑANDÚ", 0.9), ("", 0.9), "ÑANDÚ"),
        ] {
            assert_eq!(both(first, second), together);
        }
    }

    #[test]
    fn a_reading_stands_alone_where_every_character_is_sure() {
        assert!(is_sure(&read("TRAVELER", 0.97)));
        assert!(!is_sure(&read("TRAVELER", 0.9)));
        assert!(!is_sure(&[]));
    }
}
