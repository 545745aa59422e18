//! The check digit of ICAO Doc 9303 part 3, section 4.9.

/// What a character of a machine-readable zone counts: digits themselves, `A` to `Z` 10 to 35, the filler 0.
/// `None` for anything else.
pub(super) fn value(character: char) -> Option<u32> {
    match character {
        '<' => Some(0),
        'A'..='Z' | '0'..='9' => character.to_digit(36),
        _ => None,
    }
}

/// What a check digit sees of a character: its value modulo 10. Every weight is coprime to 10, so that it tells
/// two characters apart exactly if these differ. G and 6 are one to it, and so are S and 8, L and 1, and the
/// filler, 0, A, K and U.
pub(super) fn residue(character: char) -> u32 {
    value(character).unwrap_or(0) % 10
}

/// The weight at a place of what a check digit covers, counted from 0.
pub(super) fn weight(place: usize) -> u32 {
    [7, 3, 1][place % 3]
}

/// The check digit over characters: the sum of their values weighted 7, 3, 1, 7, … modulo 10. `None` if one of
/// them belongs in no machine-readable zone.
pub fn check_digit(characters: impl IntoIterator<Item = char>) -> Option<char> {
    let sum = characters
        .into_iter()
        .enumerate()
        .try_fold(0, |sum, (place, character)| Some((sum + value(character)? * weight(place)) % 10))?;
    char::from_digit(sum, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_doc_9303_part_3_agree() {
        assert_eq!(check_digit("520727".chars()), Some('3'));
        assert_eq!(check_digit("AB2134<<<".chars()), Some('5'));
        assert_eq!(check_digit("HA672242<658022549601086<<<<<<<<<<<<<<0".chars()), Some('8'));
        assert_eq!(check_digit("HA672242<658022549601086<<<<<<<".chars()), Some('8'));
        assert_eq!(check_digit("D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<<".chars()), Some('2'));
    }

    #[test]
    fn a_foreign_character_has_no_check_digit() {
        assert_eq!(check_digit("52a727".chars()), None);
        assert_eq!(check_digit("52٣727".chars()), None);
    }

    #[test]
    fn what_a_check_digit_takes_for_one() {
        let class = |of: char| -> String {
            ('0'..='9').chain('A'..='Z').chain(['<']).filter(|c| residue(*c) == residue(of)).collect()
        };
        assert_eq!(class('0'), "0AKU<");
        assert_eq!(class('6'), "6GQ");
        assert_eq!(class('8'), "8IS");
        assert_eq!(class('1'), "1BLV");
        assert_eq!(class('2'), "2CMW");
        assert_eq!(class('5'), "5FPZ");
        // Another residue always changes the digit, at every place.
        for place in 0..3 {
            for (a, b) in (0..10).flat_map(|a| (0..10).map(move |b| (a, b))).filter(|(a, b)| a != b) {
                assert_ne!(a * weight(place) % 10, b * weight(place) % 10);
            }
        }
    }
}
