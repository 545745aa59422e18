//! Small letters that are drawn like their capitals: which of the two stands in a word, the word's other letters tell better
//! than the picture, on which only the size differs.

use super::letters::base;

/// Letters of which both cases have one shape, with or without a mark.
const ALIKE: &str = "coskuvwxz";
/// So many letters of other shapes, all of one case, tell that of the word.
const LEAST_TELLING: usize = 2;

/// The text with such letters in the case of their word. The first letter of a word in small letters may be a capital.
pub(super) fn evened(text: &str) -> String {
    let mut evened = String::with_capacity(text.len());
    let mut word = Vec::new();
    for character in text.chars() {
        if character.is_alphabetic() {
            word.push(character);
        } else {
            push(&mut evened, &mut word);
            evened.push(character);
        }
    }
    push(&mut evened, &mut word);
    evened
}

fn push(text: &mut String, word: &mut Vec<char>) {
    let telling = word.iter().skip(1).filter(|letter| !is_alike(**letter));
    let (capitals, small): (Vec<&char>, Vec<&char>) = telling.partition(|letter| letter.is_uppercase());
    let case = match (capitals.len(), small.len()) {
        (LEAST_TELLING.., 0) => Some(true),
        (0, LEAST_TELLING..) => Some(false),
        _ => None,
    };
    for (place, letter) in word.drain(..).enumerate() {
        match case {
            Some(true) if is_alike(letter) => text.extend(letter.to_uppercase()),
            Some(false) if is_alike(letter) && place > 0 => text.extend(letter.to_lowercase()),
            _ => text.push(letter),
        }
    }
}

fn is_alike(letter: char) -> bool {
    ALIKE.contains(base(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_one_shape_take_the_case_of_their_word() {
        for (read, right) in [
            ("PaSSport NO. / N° de paSSepOrt", "Passport NO. / N° de passeport"),
            ("BIRTHPLAcE ŠIAuLIAI", "BIRTHPLACE ŠIAULIAI"),
            ("Date Of iSSued 12 OCT", "Date Of issued 12 OCT"),
            ("McDonald's SOS", "McDonald's SOS"),
            ("", ""),
        ] {
            assert_eq!(evened(read), right);
        }
    }
}
