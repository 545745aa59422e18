//! Text in the form in which captions are compared: small letters without marks, and one letter for all those that line
//! recognisers confuse.

use crate::pipeline::mrz::transliterate;

/// A folded text that remembers where each letter came from.
pub(super) struct Folded {
    /// The letters and digits, folded.
    pub(super) letters: Vec<char>,
    /// For each of them, the index of the character that it was made of.
    pub(super) at: Vec<usize>,
    /// For each of them, whether a word may begin there.
    pub(super) starts: Vec<bool>,
    /// How many characters the text has.
    pub(super) length: usize,
}

impl Folded {
    /// Folds a text. A word begins behind anything that is neither letter nor digit, at a capital behind a small letter, and
    /// where digits and letters meet: recognisers lose spaces.
    pub(super) fn new(text: &str) -> Self {
        let mut folded = Self { letters: Vec::new(), at: Vec::new(), starts: Vec::new(), length: 0 };
        let mut previous: Option<char> = None;
        for (index, character) in text.chars().enumerate() {
            folded.length = index + 1;
            if !character.is_alphanumeric() {
                previous = None;
                continue;
            }
            let begins = previous.is_none_or(|previous| {
                (previous.is_lowercase() && character.is_uppercase())
                    || previous.is_numeric() != character.is_numeric()
            });
            previous = Some(character);
            let Some(letter) = base(character) else { continue };
            // `rn` and `m` look the same.
            if letter == 'n' && folded.letters.last() == Some(&'r') && !begins {
                if let Some(last) = folded.letters.last_mut() {
                    *last = 'm';
                }
                continue;
            }
            folded.letters.push(letter);
            folded.at.push(index);
            folded.starts.push(begins);
        }
        folded
    }

    /// Whether a word may end before the letter of that index.
    pub(super) fn ends_before(&self, index: usize) -> bool {
        self.starts.get(index).copied().unwrap_or(true)
    }

    /// The index of the character behind the letter before `index`, which is where a part that ends there ends.
    pub(super) fn end(&self, index: usize) -> usize {
        index.checked_sub(1).and_then(|last| self.at.get(last)).map_or(0, |at| at + 1)
    }
}

/// The folded letters of a text.
pub(super) fn folded(text: &str) -> Vec<char> {
    Folded::new(text).letters
}

/// The same as a word.
pub(super) fn folded_word(text: &str) -> String {
    folded(text).into_iter().collect()
}

/// A letter without its mark, small; `i`, `l` and 1 are one letter, and so are `o` and 0.
fn base(character: char) -> Option<char> {
    let plain = match character {
        'Ə' | 'ə' => 'A',
        '0' => 'O',
        '1' => 'I',
        character if character.is_ascii_alphanumeric() => character.to_ascii_uppercase(),
        // The transliteration of every Latin letter begins with the letter that it is made of.
        character => transliterate(character.encode_utf8(&mut [0; 4])).chars().next()?,
    };
    Some(if plain == 'L' { 'i' } else { plain.to_ascii_lowercase() })
}

/// The least number of letters to insert, take out or exchange that makes `pattern` of the beginning of `text`, and how many
/// letters of `text` that beginning has; `None` if it takes more than `most`. Of ends at the same cost the one that
/// `preferred` accepts is taken, and of those the longest.
pub(super) fn distance_to_beginning(
    pattern: &[char],
    text: &[char],
    most: usize,
    preferred: impl Fn(usize) -> bool,
) -> Option<(usize, usize)> {
    let reach = text.len().min(pattern.len() + most);
    // Row `i` holds the cost of the first `i` letters of the text for each beginning of the pattern.
    let mut row: Vec<usize> = (0..=pattern.len()).collect();
    let mut best: Option<(usize, bool, usize)> = None;
    for (index, letter) in text[..reach].iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, wanted) in pattern.iter().enumerate() {
            let exchange = diagonal + usize::from(wanted != letter);
            diagonal = row[column + 1];
            row[column + 1] = exchange.min(row[column] + 1).min(diagonal + 1);
        }
        let (cost, length) = (row[pattern.len()], index + 1);
        if cost <= most {
            let here = (cost, !preferred(length), length);
            if best.is_none_or(|best| (here.0, here.1) <= (best.0, best.1)) {
                best = Some(here);
            }
        }
        if row.iter().all(|cost| *cost > most) {
            break;
        }
    }
    best.map(|(cost, _, length)| (cost, length))
}

/// The least number of letters to insert, take out or exchange that makes `a` of `b`.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, letter) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in b.iter().enumerate() {
            let exchange = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = exchange.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_case_spaces_and_lookalikes_fold() {
        assert_eq!(folded_word("Prénom(s)"), "prenoms");
        assert_eq!(folded_word("Sumame"), folded_word("Surname"));
        assert_eq!(folded_word("SOYADI"), folded_word("Soyadı"));
        assert_eq!(folded_word("PIaceof b1rth"), folded_word("Place of birth"));
        assert_eq!(folded_word("Şəxsiyyət Øst Łódź"), "saxsiyyatostiodz");
    }

    #[test]
    fn words_begin_at_capitals_and_digits() {
        let folded = Folded::new("SexeM 4aISS");
        let starts: Vec<usize> =
            (0..folded.letters.len()).filter(|n| folded.starts[*n]).map(|n| folded.at[n]).collect();
        assert_eq!(starts, [0, 4, 6, 7, 8]);
        assert_eq!((folded.end(4), folded.length), (4, 11));
    }

    #[test]
    fn the_beginning_that_costs_least_is_found() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let find = |pattern: &str, text: &str| {
            distance_to_beginning(&letters(pattern), &letters(text), 2, |_| false)
        };
        assert_eq!(find("surname", "surnamesmith"), Some((0, 7)));
        assert_eq!(find("surname", "sunamesmith"), Some((1, 6)));
        assert_eq!(find("surname", "given"), None);
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_zero_for_equals_only(a in "[abc]{0,6}", b in "[abc]{0,6}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            let whole = distance_to_beginning(&a, &b, 12, |length| length == b.len());
            prop_assert!(whole.is_none_or(|(cost, _)| cost <= distance(&a, &b)));
        }
    }
}
