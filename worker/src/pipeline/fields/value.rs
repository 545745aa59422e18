//! What the print behind a caption means, by field.

use idv_common::domain::{FieldName, Normalisation};
use jiff::civil::Date;

use super::date::{self, Kind, Order};
use super::nationality;

/// The most characters of a document's number.
const MOST_NUMBER: usize = 20;
/// How sure a date is whose day and month could change places.
const ASSUMED: f32 = 0.6;
/// How sure a word is that should be a code and is not known.
const UNKNOWN_WORD: f32 = 0.4;
/// How sure a value is in which a character was taken for another one of its shape.
const LOOKALIKE: f32 = 0.9;

/// What is known of the document when its values are read.
pub(super) struct Context<'a> {
    /// The order of its dates, where the issuing state is known.
    pub(super) order: Option<Order>,
    /// The day of the reading.
    pub(super) today: Date,
    /// How much it speaks each language.
    pub(super) votes: &'a [usize],
}

/// A value that was made out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    /// Normalised.
    pub(super) value: String,
    /// The characters that it was made of, counted from the start of the text.
    pub(super) span: (usize, usize),
    /// What was done to them.
    pub(super) normalised: Vec<Normalisation>,
    /// How sure that is, 0 to 1.
    pub(super) certainty: f32,
}

impl Value {
    fn new(value: String, span: (usize, usize), raw: &[char]) -> Self {
        let same = raw.get(span.0..span.1).unwrap_or_default().iter().copied().eq(value.chars());
        let normalised = if same { Vec::new() } else { vec![Normalisation::Spacing] };
        Self { value, span, normalised, certainty: 1.0 }
    }
}

/// The value of a field in a print; `None` if it cannot be one.
pub(super) fn read(field: FieldName, text: &[char], context: &Context<'_>) -> Option<Value> {
    let trimmed = trim(text);
    let text_of = |(start, end): (usize, usize)| text.get(start..end).unwrap_or_default();
    if trimmed.0 >= trimmed.1 {
        return None;
    }
    match field {
        FieldName::Surname | FieldName::GivenNames | FieldName::FullName => name(text, trimmed),
        FieldName::DateOfBirth => dated(text, Kind::Birth, context),
        FieldName::DateOfIssue => dated(text, Kind::Issue, context),
        FieldName::DateOfExpiry => dated(text, Kind::Expiry, context),
        FieldName::Sex => sex(text, trimmed),
        FieldName::Nationality | FieldName::IssuingState => state(field, text, trimmed),
        FieldName::DocumentNumber => number(text, trimmed, 5),
        FieldName::PersonalNumber => number(text, trimmed, 4),
        FieldName::PlaceOfBirth | FieldName::Authority | FieldName::Address => {
            let value = spaced(text_of(trimmed));
            let letters = value.chars().filter(|character| character.is_alphabetic()).count();
            (letters >= 2).then(|| Value::new(value, trimmed, text))
        }
        FieldName::DocumentCode => None,
    }
}

/// The part of a text without the marks around it.
pub(super) fn trim(text: &[char]) -> (usize, usize) {
    let counts = |character: &char| character.is_alphanumeric() || matches!(character, '(' | '<');
    let start = text.iter().position(counts).unwrap_or(text.len());
    let end =
        text.iter().rposition(|c| c.is_alphanumeric() || matches!(c, ')' | '.')).map_or(start, |at| at + 1);
    (start, end.max(start))
}

/// Text with single spaces, and none before a mark.
fn spaced(text: &[char]) -> String {
    let text: String = text.iter().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",").replace(" .", ".")
}

/// Letters, hyphens, apostrophes and dots; a zero or a one among letters is a misread letter.
fn name(text: &[char], (start, end): (usize, usize)) -> Option<Value> {
    let part = text.get(start..end)?;
    let letters = part.iter().filter(|character| character.is_alphabetic()).count();
    let digits = part.iter().filter(|character| character.is_ascii_digit()).count();
    let is_odd = |c: &char| !c.is_alphanumeric() && !c.is_whitespace() && !"-'’`´.,/()‐–".contains(*c);
    if letters == 0 || part.iter().any(is_odd) || digits * 4 > letters {
        return None;
    }
    let as_letter = |character: char| match character {
        '0' => 'O',
        '1' => 'I',
        '5' => 'S',
        '8' => 'B',
        other => other,
    };
    let corrected: Vec<char> = part.iter().copied().map(as_letter).collect();
    if corrected.iter().any(char::is_ascii_digit) {
        return None;
    }
    let value = spaced(&corrected).trim_end_matches(['.', ',']).to_owned();
    let mut value = Value::new(value, (start, end), text);
    if digits > 0 {
        value.normalised = vec![Normalisation::Lookalikes];
        value.certainty = LOOKALIKE;
    }
    Some(value)
}

fn dated(text: &[char], kind: Kind, context: &Context<'_>) -> Option<Value> {
    let found = date::find(
        text,
        date::Context { order: context.order, kind, today: context.today, votes: context.votes },
    )?;
    let mut value = Value::new(found.date.to_string(), found.span, text);
    value.normalised = match value.normalised.is_empty() {
        true => Vec::new(),
        false => vec![Normalisation::Date],
    };
    if found.century {
        value.normalised.push(Normalisation::Century);
    }
    if found.assumed {
        value.normalised.push(Normalisation::AssumedOrder);
        value.certainty = ASSUMED;
    }
    Some(value)
}

/// `F`, `M` or `X`. Of two letters the last is that of ICAO Doc 9303; the first is that of the national language.
fn sex(text: &[char], (start, end): (usize, usize)) -> Option<Value> {
    let part: String = text.get(start..end)?.iter().collect();
    let words: Vec<&str> =
        part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let last = *words.last()?;
    let word = super::fold::folded_word(last);
    let value = match last {
        "M" | "F" | "X" => last,
        // Kobieta, kadın, weiblich, nainen and the like stand alone on national cards.
        "K" | "W" | "N" | "V" | "D" if words.len() == 1 => match last {
            "K" | "W" | "N" => "F",
            "D" => "X",
            _ => return None,
        },
        _ => match word.as_str() {
            "maie" | "homme" | "mascuiino" | "maschiie" | "manniich" | "mann" | "man" | "erkek" | "ferfi"
            | "masc" | "hombre" => "M",
            "femaie" | "femme" | "femenino" | "feminino" | "femminiie" | "weibiich" | "kvinna" | "kvinde"
            | "kvinne" | "vrouw" | "kadin" | "kobieta" | "no" | "fem" | "mujer" => "F",
            _ => return None,
        },
    };
    let mut made = Value::new(value.to_owned(), (start, end), text);
    if !made.normalised.is_empty() {
        made.normalised = vec![Normalisation::Code];
    }
    Some(made)
}

fn state(field: FieldName, text: &[char], (start, end): (usize, usize)) -> Option<Value> {
    let part: String = text.get(start..end)?.iter().collect();
    if let Some(code) = nationality::code(&part) {
        let mut value = Value::new(code.to_owned(), (start, end), text);
        if !value.normalised.is_empty() {
            value.normalised = vec![Normalisation::Code];
        }
        return Some(value);
    }
    let is_code =
        |part: &str| part.len() <= 3 && !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase());
    if is_code(part.trim()) {
        return Some(Value::new(part.trim().to_owned(), (start, end), text));
    }
    // A word that the table does not know is a nationality all the same; a state has to be a code.
    let letters = part.chars().filter(|character| character.is_alphabetic()).count();
    if field == FieldName::IssuingState || letters < 4 || part.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let mut value = Value::new(spaced(text.get(start..end)?), (start, end), text);
    value.certainty = UNKNOWN_WORD;
    Some(value)
}

/// Capital letters and digits, at least two of them digits, with spaces and marks taken out. Of words without a digit only
/// one or two letters before it and one behind it belong to a number.
fn number(text: &[char], (start, end): (usize, usize), least: usize) -> Option<Value> {
    let words = words(text, start, end);
    let has_digit = |word: &(usize, usize)| text[word.0..word.1].iter().any(char::is_ascii_digit);
    let is_short = |word: &(usize, usize), most: usize| {
        word.1 - word.0 <= most && text[word.0..word.1].iter().all(char::is_ascii_uppercase)
    };
    let (mut first, mut last) = (words.iter().position(has_digit)?, words.iter().rposition(has_digit)?);
    while first > 0 && is_short(&words[first - 1], 2) {
        first -= 1;
    }
    if words.get(last + 1).is_some_and(|word| is_short(word, 1)) {
        last += 1;
    }
    let span = (words[first].0, words[last].1);
    let value: String =
        text.get(span.0..span.1)?.iter().filter(|character| character.is_ascii_alphanumeric()).collect();
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_plausible = (least..=MOST_NUMBER).contains(&value.len())
        && digits >= 2
        && !value.chars().any(|character| character.is_ascii_lowercase());
    is_plausible.then(|| Value::new(value, span, text))
}

/// The words of a part: letters, digits and the marks that stand within numbers.
fn words(text: &[char], start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    for (index, character) in text.iter().enumerate().take(end).skip(start) {
        if !(character.is_ascii_alphanumeric() || matches!(character, '-' | '/' | '.')) {
            continue;
        }
        match words.last_mut() {
            Some(word) if word.1 == index => word.1 = index + 1,
            _ => words.push((index, index + 1)),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(field: FieldName, text: &str) -> Option<String> {
        let context = Context {
            order: None,
            today: Date::constant(2026, 6, 1),
            votes: &vec![0; super::super::labels::LANGUAGES.len()],
        };
        read(field, &text.chars().collect::<Vec<_>>(), &context).map(|value| value.value)
    }

    #[test]
    fn names_keep_their_marks_and_lose_what_is_around_them() {
        let name = |text| value(FieldName::Surname, text);
        assert_eq!(name(": MÜLLER-LÜDENSCHEIDT"), Some("MÜLLER-LÜDENSCHEIDT".into()));
        assert_eq!(name("O'BRANNIGAN "), Some("O'BRANNIGAN".into()));
        assert_eq!(name("GARCÍA  NÚÑEZ"), Some("GARCÍA NÚÑEZ".into()));
        assert_eq!(name("B0ULOGNE"), Some("BOULOGNE".into()));
        for no_name in ["12 RUE DU BAC", "L898902C3", "=", "07.03.1974"] {
            assert_eq!(name(no_name), None, "{no_name}");
        }
    }

    #[test]
    fn numbers_lose_their_spaces_and_need_digits() {
        let number = |text| value(FieldName::DocumentNumber, text);
        assert_eq!(number("Z E000509"), Some("ZE000509".into()));
        assert_eq!(number("ZE 184226 B"), Some("ZE184226B".into()));
        assert_eq!(number("97-730-0020"), Some("977300020".into()));
        assert_eq!(number("L898902C3"), Some("L898902C3".into()));
        assert_eq!(number("PASSPORT X1234567 UTOPIA"), Some("X1234567".into()));
        for no_number in ["PASSPORT", "Document", "A1", "12"] {
            assert_eq!(number(no_number), None, "{no_number}");
        }
    }

    #[test]
    fn sexes_are_the_letters_of_the_standard() {
        let sex = |text| value(FieldName::Sex, text);
        for (text, expected) in
            [("F/F", "F"), ("K/M", "M"), ("M", "M"), ("X", "X"), ("K", "F"), ("male", "M"), ("NŐ/F", "F")]
        {
            assert_eq!(sex(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(sex("V"), None);
        assert_eq!(sex("1.78m"), None);
    }

    #[test]
    fn what_was_done_is_told() {
        let context = Context { order: None, today: Date::constant(2026, 6, 1), votes: &[] };
        let read = |field, text: &str| read(field, &text.chars().collect::<Vec<_>>(), &context).unwrap();
        let date = read(FieldName::DateOfBirth, "12 AUG/AOUT 74");
        assert_eq!(date.normalised, [Normalisation::Date, Normalisation::Century]);
        assert_eq!(read(FieldName::DateOfBirth, "1974-08-12").normalised, []);
        let assumed = read(FieldName::DateOfBirth, "05/06/1974");
        assert_eq!(assumed.normalised, [Normalisation::Date, Normalisation::AssumedOrder]);
        assert!(assumed.certainty < 1.0);
        assert_eq!(read(FieldName::Nationality, "FRANÇAISE").normalised, [Normalisation::Code]);
    }
}
