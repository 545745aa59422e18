//! Whether two readings of a field say the same.

use idv_common::domain::FieldName;

use crate::pipeline::fields::distance;
use crate::pipeline::fields::nationality::same_state;
use crate::pipeline::mrz::transliterate;

/// How two values of a field relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// They mean the same.
    Same,
    /// They differ by no more than a recogniser's mistake or a custom of writing names.
    Close,
    /// They mean something else.
    Different,
}

/// A value to compare.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand<'a> {
    /// The normalised value.
    pub(super) value: &'a str,
    /// Whether it is a name in a zone that has no room left, so that it may be cut off.
    pub(super) cut_off: bool,
    /// Whether it is a date whose day and month may have to change places.
    pub(super) either_order: bool,
}

impl<'a> Operand<'a> {
    /// A value without reserve.
    pub(super) fn plain(value: &'a str) -> Self {
        Self { value, cut_off: false, either_order: false }
    }
}

/// Compares two values of a field. `None`: they cannot be compared.
pub(super) fn compare(field: FieldName, a: Operand<'_>, b: Operand<'_>) -> Option<Likeness> {
    match field {
        _ if field.is_name() => Some(names(field, a, b)),
        _ if field.is_date() => dates(a, b),
        FieldName::DocumentNumber | FieldName::PersonalNumber => Some(numbers(a.value, b.value)),
        FieldName::Sex => Some(match (a.value, b.value) {
            (a, b) if a == b => Likeness::Same,
            // A zone may leave the sex out.
            ("X", _) | (_, "X") => Likeness::Close,
            _ => Likeness::Different,
        }),
        FieldName::Nationality | FieldName::IssuingState => {
            let is_code = |text: &str| text.len() <= 3;
            let same = || if same_state(a.value, b.value) { Likeness::Same } else { Likeness::Different };
            (is_code(a.value) && is_code(b.value)).then(same)
        }
        // Free text is written in many ways, so that it never contradicts.
        _ => Some(match words_in_common(a.value, b.value) {
            true => Likeness::Same,
            false => Likeness::Close,
        }),
    }
}

/// Compares names after transliteration (ICAO Doc 9303 part 3, section 6), in any order of their words.
fn names(field: FieldName, a: Operand<'_>, b: Operand<'_>) -> Likeness {
    let (words_a, words_b) = (words(a.value), words(b.value));
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words
    };
    let (plain_a, plain_b) = (loose(a.value), loose(b.value));
    if sorted(&words_a) == sorted(&words_b) || plain_a == plain_b {
        return Likeness::Same;
    }
    if (a.cut_off && is_cut_of(&words_a, &words_b)) || (b.cut_off && is_cut_of(&words_b, &words_a)) {
        return Likeness::Same;
    }
    let (few, many) =
        if words_a.len() <= words_b.len() { (&words_a, &words_b) } else { (&words_b, &words_a) };
    let is_part =
        !few.is_empty() && few.iter().all(|word| many.iter().any(|other| loose(other) == loose(word)));
    if is_part {
        // Further given names are often left out; half a surname may be another one.
        return if field == FieldName::Surname { Likeness::Close } else { Likeness::Same };
    }
    if few_mistakes(&plain_a, &plain_b) { Likeness::Close } else { Likeness::Different }
}

/// Whether the words are those of a name that was cut off: each the beginning of the word in its place, and none missing
/// before the last (ICAO Doc 9303 part 3, section 4.6).
fn is_cut_of(cut: &[String], whole: &[String]) -> bool {
    !cut.is_empty()
        && cut.len() <= whole.len()
        && cut.iter().zip(whole).all(|(cut, whole)| loose(whole).starts_with(loose(cut).as_str()))
}

/// Whether a recogniser's mistakes may make one of the other: one in four letters or more, two in nine, three in sixteen.
fn few_mistakes(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = match a.len().max(b.len()) {
        0..=3 => 0,
        4..=8 => 1,
        9..=15 => 2,
        _ => 3,
    };
    distance(&a, &b) <= most
}

/// The transliterated words of a text.
pub(super) fn words(text: &str) -> Vec<String> {
    let zone = transliterate(text);
    zone.split('<').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn words_in_common(a: &str, b: &str) -> bool {
    let (a, b) = (words(a), words(b));
    let (few, many) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    !few.is_empty() && few.iter().all(|word| many.contains(word))
}

/// Text without what recognisers confuse: spaces, marks, and the shapes of O and 0, I, L and 1. Letters that ICAO Doc 9303
/// writes as two fold to their first one, because a recogniser that loses the marks of Ö reads O, and a letter that stands
/// twice to one, because recognisers lose the other.
pub(super) fn loose(text: &str) -> String {
    let pairs = ["AE", "OE", "UE"];
    let plain = pairs.iter().fold(transliterate(text), |text, pair| text.replace(pair, &pair[..1]));
    let mut characters: Vec<char> = plain.chars().filter(char::is_ascii_alphanumeric).collect();
    characters.dedup_by(|next, before| next == before && next.is_ascii_alphabetic());
    characters.into_iter().map(shape).collect()
}

/// One character for all those that are printed alike.
fn shape(character: char) -> char {
    match character {
        'O' | 'Q' | 'D' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

/// One digit for letters that are merely similar to it.
fn similar(character: char) -> char {
    match shape(character) {
        'B' => '8',
        'S' => '5',
        'Z' => '2',
        'G' => '6',
        'A' => '4',
        'T' => '7',
        other => other,
    }
}

fn numbers(a: &str, b: &str) -> Likeness {
    let folded = |text: &str, fold: fn(char) -> char| -> String {
        text.chars().flat_map(char::to_uppercase).filter(char::is_ascii_alphanumeric).map(fold).collect()
    };
    if folded(a, shape) == folded(b, shape) {
        Likeness::Same
    } else if folded(a, similar) == folded(b, similar) {
        Likeness::Close
    } else {
        Likeness::Different
    }
}

/// Compares days; parts that one of them leaves open (`XX`) agree with anything.
fn dates(a: Operand<'_>, b: Operand<'_>) -> Option<Likeness> {
    let parts = |text: &str| -> Option<[String; 3]> {
        let parts: Vec<String> = text.split('-').map(str::to_owned).collect();
        parts.try_into().ok()
    };
    let (parts_a, parts_b) = (parts(a.value)?, parts(b.value)?);
    let agree = |a: &[String; 3], b: &[String; 3]| {
        a.iter().zip(b).all(|(a, b)| a == b || a.contains('X') || b.contains('X'))
    };
    let [year, month, day] = parts_b.clone();
    let swapped = [year, day, month];
    if agree(&parts_a, &parts_b) || ((a.either_order || b.either_order) && agree(&parts_a, &swapped)) {
        return Some(Likeness::Same);
    }
    Some(if one_similar_digit(a.value, b.value) { Likeness::Close } else { Likeness::Different })
}

/// Whether exactly one digit differs, and the two are often taken for each other.
fn one_similar_digit(a: &str, b: &str) -> bool {
    const SIMILAR: [(char, char); 8] =
        [('0', '8'), ('0', '6'), ('1', '7'), ('3', '8'), ('5', '6'), ('6', '8'), ('8', '9'), ('3', '5')];
    let differing: Vec<(char, char)> = a.chars().zip(b.chars()).filter(|(a, b)| a != b).collect();
    match differing[..] {
        [(a, b)] => SIMILAR.contains(&(a, b)) || SIMILAR.contains(&(b, a)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(field: FieldName, a: &str, b: &str) -> Likeness {
        compare(field, Operand::plain(a), Operand::plain(b)).unwrap()
    }

    #[test]
    fn names_agree_after_transliteration() {
        for (zone, print) in [
            ("MUELLER LUEDENSCHEIDT", "Müller-Lüdenscheidt"),
            ("MUELLER", "MULLER"),
            ("AANGSTROEM", "ÅNGSTRÖM"),
            ("STRASSBERG", "STRAßBERG"),
            ("DARTAGNAN", "D'ARTAGNAN"),
            ("THORSSON", "ÞÓRSSON"),
            ("GARCIA NUNEZ", "GARCÍA NÚÑEZ"),
            ("HOLLIE", "HOLL IE"),
            ("WEISSENFELS", "WEISENFELS"),
            ("VAN DER LINDT", "van der Lindt"),
        ] {
            assert_eq!(likeness(FieldName::Surname, zone, print), Likeness::Same, "{zone} {print}");
        }
    }

    #[test]
    fn further_given_names_may_be_left_out_but_no_half_of_a_surname() {
        assert_eq!(likeness(FieldName::GivenNames, "ANNA", "ANNA MARIA"), Likeness::Same);
        assert_eq!(likeness(FieldName::GivenNames, "MARIA ANNA", "ANNA MARIA"), Likeness::Same);
        assert_eq!(likeness(FieldName::Surname, "GARCIA", "GARCÍA NÚÑEZ"), Likeness::Close);
        assert_eq!(likeness(FieldName::FullName, "ERIKSSON ANNA", "Anna Maria Eriksson"), Likeness::Same);
    }

    #[test]
    fn one_wrong_letter_is_close_and_another_name_is_not() {
        assert_eq!(likeness(FieldName::Surname, "ERIKSSON", "ERIKSTAD"), Likeness::Different);
        assert_eq!(likeness(FieldName::Surname, "ERIKSSON", "ERIKS5ON"), Likeness::Close);
        assert_eq!(likeness(FieldName::Surname, "ERIKSSON", "SMITH"), Likeness::Different);
        assert_eq!(likeness(FieldName::Surname, "LEE", "LIE"), Likeness::Different);
    }

    #[test]
    fn a_name_that_is_cut_off_agrees_with_the_whole_one() {
        let cut = |a, b| {
            let a = Operand { cut_off: true, ..Operand::plain(a) };
            compare(FieldName::GivenNames, a, Operand::plain(b)).unwrap()
        };
        assert_eq!(cut("POTTER LILLIAN JE", "POTTER LILLIAN JESSICA MARIE"), Likeness::Same);
        assert_eq!(
            cut("NILAVADHANANANDA CHAYAPA DEJTHAMRONG KRAS", "NILAVADHANANANDA CHAYAPA DEJTHAMRONG KRASUANG"),
            Likeness::Same
        );
        assert_eq!(cut("ANTE", "ANNA"), Likeness::Different);
        assert_eq!(likeness(FieldName::GivenNames, "JE", "JESSICA"), Likeness::Different);
    }

    #[test]
    fn numbers_forgive_shapes_and_nothing_else() {
        let number = |a, b| likeness(FieldName::DocumentNumber, a, b);
        assert_eq!(number("L898902C3", "L898 902 C3"), Likeness::Same);
        assert_eq!(number("FO0216518", "F00216518"), Likeness::Same);
        assert_eq!(number("FC0216518", "FC02165IB"), Likeness::Close);
        assert_eq!(number("FC0216518", "FC0216519"), Likeness::Different);
    }

    #[test]
    fn dates_agree_in_their_known_parts() {
        let date = |a, b| likeness(FieldName::DateOfBirth, a, b);
        assert_eq!(date("1974-XX-XX", "1974-08-12"), Likeness::Same);
        assert_eq!(date("1974-08-12", "1979-08-12"), Likeness::Different);
        assert_eq!(date("1974-08-12", "1974-03-12"), Likeness::Close);
        assert_eq!(date("1974-08-12", "1974-12-08"), Likeness::Different);
        let either = Operand { either_order: true, ..Operand::plain("1974-12-08") };
        assert_eq!(
            compare(FieldName::DateOfBirth, Operand::plain("1974-08-12"), either),
            Some(Likeness::Same)
        );
        assert_eq!(compare(FieldName::DateOfBirth, Operand::plain("soon"), either), None);
    }

    #[test]
    fn states_and_sexes_compare_as_codes() {
        assert_eq!(likeness(FieldName::Nationality, "D", "DEU"), Likeness::Same);
        assert_eq!(likeness(FieldName::Nationality, "FRA", "ESP"), Likeness::Different);
        let word = compare(FieldName::Nationality, Operand::plain("FRA"), Operand::plain("ATLANTEAN"));
        assert_eq!(word, None);
        assert_eq!(likeness(FieldName::Sex, "F", "M"), Likeness::Different);
        assert_eq!(likeness(FieldName::Sex, "X", "M"), Likeness::Close);
    }

    proptest! {
        #[test]
        fn every_name_is_like_itself_whichever_side_it_is_on(a in "[A-ZÄÖÜÅØÆÑÇŁŞ]{1,12}( [A-ZÉ]{1,8})?", b in "[A-Z]{1,12}") {
            prop_assert_eq!(likeness(FieldName::Surname, &a, &a), Likeness::Same);
            prop_assert_eq!(likeness(FieldName::Surname, &a, &b), likeness(FieldName::Surname, &b, &a));
            prop_assert_eq!(likeness(FieldName::Surname, &transliterate(&a).replace('<', " "), &a), Likeness::Same);
        }
    }
}
