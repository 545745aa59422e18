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

/// The check digit over characters: the sum of their values weighted 7, 3, 1, 7, … modulo 10. `None` if one of
/// them belongs in no machine-readable zone.
pub fn check_digit(characters: impl IntoIterator<Item = char>) -> Option<char> {
    let sum = characters
        .into_iter()
        .zip([7, 3, 1].into_iter().cycle())
        .try_fold(0, |sum, (character, weight)| Some((sum + value(character)? * weight) % 10))?;
    char::from_digit(sum, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_doc_9303_part_3_agree() {
        assert_eq!(check_digit("520727".chars()), Some('3'));
        assert_eq!(check_digit("AB2134<<<".chars()), Some('5'));
        assert_eq!(check_digit("D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<".chars()), Some('2'));
    }

    #[test]
    fn a_foreign_character_has_no_check_digit() {
        assert_eq!(check_digit("52a727".chars()), None);
        assert_eq!(check_digit("52٣727".chars()), None);
    }
}
