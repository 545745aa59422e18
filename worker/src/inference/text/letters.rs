//! Letters, their marks and their case.

use unicode_normalization::UnicodeNormalization;

/// The letter without its mark.
pub(super) fn bare(letter: char) -> char {
    match letter {
        'ı' => 'i',
        'Ø' => 'O',
        'ø' => 'o',
        'Ł' => 'L',
        'ł' => 'l',
        'Đ' | 'Ð' => 'D',
        'đ' | 'ð' => 'd',
        'Ħ' => 'H',
        'ħ' => 'h',
        'Ŧ' => 'T',
        'ŧ' => 't',
        // As a reader takes it that does not know the letter.
        'Þ' => 'P',
        'þ' => 'p',
        'ß' | 'ẞ' => 'B',
        '’' => '\'',
        _ => std::iter::once(letter).nfd().next().unwrap_or(letter),
    }
}

/// What two characters have in common that differ in mark or case alone.
pub(super) fn base(letter: char) -> char {
    let bare = bare(letter);
    bare.to_lowercase().next().unwrap_or(bare)
}

/// The letter in another one's case, where that is one letter.
pub(super) fn in_case_of(model: char, letter: char) -> char {
    let cased = if model.is_uppercase() {
        only(letter.to_uppercase())
    } else if model.is_lowercase() {
        only(letter.to_lowercase())
    } else {
        None
    };
    cased.unwrap_or(letter)
}

fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}
