//! Printed dates: numbers or months by name, in any order, with two or four digits for the year.

use jiff::civil::Date;

use super::fold::{distance, folded_word};
use super::labels::{LANGUAGES, months};

/// What a country writes first of a date in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Day, month, year.
    Day,
    /// Month, day, year.
    Month,
    /// Year, month, day.
    Year,
}

impl Order {
    /// The order of an issuing state; the United States and what belongs to them put the month first.
    pub(super) fn of(state: &str) -> Self {
        match state {
            "USA" | "PRI" | "GUM" | "VIR" | "ASM" | "MNP" | "FSM" | "PLW" | "MHL" => Self::Month,
            "CAN" | "CHN" | "TWN" | "JPN" | "KOR" | "PRK" | "MNG" | "HUN" | "LTU" | "SWE" => Self::Year,
            _ => Self::Day,
        }
    }
}

/// What a date is of, which tells the century of a year of two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of birth: it is past.
    Birth,
    /// Of issue: it is past, and not by fifty years.
    Issue,
    /// Of expiry: it is near.
    Expiry,
}

/// What is known when a date is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The order of the issuing state, where that is known.
    pub(super) order: Option<Order>,
    /// What the date is of.
    pub(super) kind: Kind,
    /// The day of the reading.
    pub(super) today: Date,
    /// How much the document speaks each language.
    pub(super) votes: &'a [usize],
}

/// A date that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// The day.
    pub(super) date: Date,
    /// Its first character, and the one behind its last.
    pub(super) span: (usize, usize),
    /// Whether the century was filled in.
    pub(super) century: bool,
    /// Whether day and month could be either way round.
    pub(super) assumed: bool,
}

/// The first date in a text whose year has four digits, or else the first date.
pub(super) fn find(text: &[char], context: Context<'_>) -> Option<Reading> {
    let tokens = tokens(text);
    let dates: Vec<Reading> = (0..tokens.len()).filter_map(|first| at(&tokens[first..], context)).collect();
    dates.iter().find(|date| !date.century).or(dates.first()).copied()
}

/// A run of digits or letters.
#[derive(Debug)]
struct Token {
    text: String,
    span: (usize, usize),
    is_number: bool,
}

fn tokens(text: &[char]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (index, character) in text.iter().enumerate() {
        if !character.is_alphanumeric() {
            continue;
        }
        let is_number = character.is_ascii_digit() && !is_letter(text, index);
        match tokens.last_mut() {
            Some(token) if token.span.1 == index && token.is_number == is_number => {
                token.text.push(*character);
                token.span.1 = index + 1;
            }
            _ => tokens.push(Token { text: character.to_string(), span: (index, index + 1), is_number }),
        }
    }
    tokens
}

/// Whether a zero is a misread letter: among letters, or before some at the beginning of a word.
fn is_letter(text: &[char], index: usize) -> bool {
    let before = index.checked_sub(1).map(|before| text[before]);
    let after = text.get(index + 1).is_some_and(|character| character.is_alphabetic());
    text[index] == '0' && after && before.is_none_or(|before| !before.is_ascii_digit())
}

/// The date that begins with the first token.
fn at(tokens: &[Token], context: Context<'_>) -> Option<Reading> {
    worded(tokens, context).or_else(|| numeric(tokens, context))
}

/// A date with a month by name, `07 MAR/MARS 1974`, `MARCH 7, 1974` or `1974 MÁRC/MAR 07`.
fn worded(tokens: &[Token], context: Context<'_>) -> Option<Reading> {
    let words = |from: usize| tokens[from..].iter().take_while(|token| !token.is_number).count();
    let leading = usize::from(tokens.first()?.is_number);
    let count = words(leading);
    if count == 0 || count > 3 {
        return None;
    }
    let month = month(&tokens[leading..leading + count], context.votes)?;
    let mut numbers: Vec<&Token> = tokens[..leading].iter().collect();
    let behind = tokens[leading + count..].iter().take_while(|token| token.is_number).take(3);
    numbers.extend(behind);
    let (date, century, used) = match numbers[..] {
        // The year first.
        [year, day, ..] if leading == 1 && year.text.len() == 4 => {
            (day_of(year, month, day, context)?, false, 2)
        }
        // The year may have lost its middle to a space.
        [day, first, second, ..] if leading == 1 && first.text.len() == 2 && second.text.len() == 2 => {
            let year = format!("{}{}", first.text, second.text);
            match assembled(&year, month, &day.text, context) {
                Some((date, _)) if (1900..2100).contains(&date.year()) => (date, false, 3),
                _ => {
                    let (date, century) = assembled(&first.text, month, &day.text, context)?;
                    (date, century, 2)
                }
            }
        }
        // Day first, or the day behind the month.
        [day, year, ..] => {
            let (date, century) = assembled(&year.text, month, &day.text, context)?;
            (date, century, 2)
        }
        _ => return None,
    };
    let last = numbers.get(used - 1)?.span.1.max(tokens[leading + count - 1].span.1);
    Some(Reading { date, span: (tokens[0].span.0, last), century, assumed: false })
}

fn day_of(year: &Token, month: i8, day: &Token, context: Context<'_>) -> Option<Date> {
    assembled(&year.text, month, &day.text, context).map(|(date, _)| date)
}

/// The month that words name: in several languages if there are several words, one of which may be unreadable.
fn month(words: &[Token], votes: &[usize]) -> Option<i8> {
    let mut possible: Option<Vec<i8>> = None;
    for word in words {
        let named = named(&folded_word(&word.text), votes);
        if named.is_empty() {
            continue;
        }
        let both = match &possible {
            None => named,
            Some(earlier) => {
                let shared: Vec<i8> = earlier.iter().copied().filter(|month| named.contains(month)).collect();
                // Two names of different months are no date.
                if shared.is_empty() {
                    return None;
                }
                shared
            }
        };
        possible = Some(both);
    }
    match possible.as_deref() {
        Some([month]) => Some(*month),
        _ => None,
    }
}

/// The months that a word is a name of, in the languages that the document speaks if any of those has it. A long word may
/// have a wrong letter.
fn named(word: &str, votes: &[usize]) -> Vec<i8> {
    let mut found: Vec<(usize, i8)> = months(word).collect();
    if found.is_empty() && word.chars().count() >= 5 {
        let letters: Vec<char> = word.chars().collect();
        for (language, words) in LANGUAGES.iter().enumerate() {
            for (month, names) in (1_i8..).zip(&words.months) {
                let is_near = |name: &&str| {
                    name.len() >= 5 && distance(&folded_word(name).chars().collect::<Vec<_>>(), &letters) <= 1
                };
                if names.iter().any(is_near) {
                    found.push((language, month));
                }
            }
        }
    }
    let spoken = |language: usize| votes.get(language).copied().unwrap_or(0);
    let most = found.iter().map(|(language, _)| spoken(*language)).max().unwrap_or(0);
    let mut named: Vec<i8> = Vec::new();
    for (language, month) in found {
        if (most == 0 || spoken(language) > 0) && !named.contains(&month) {
            named.push(month);
        }
    }
    named
}

/// A date in numbers: three of them, or eight digits with spaces anywhere.
fn numeric(tokens: &[Token], context: Context<'_>) -> Option<Reading> {
    let numbers: Vec<&Token> = tokens.iter().take_while(|token| token.is_number).take(6).collect();
    let first = numbers.first()?;
    let three = match numbers[..] {
        [a, b, c, ..] => ordered([&a.text, &b.text, &c.text], context)
            .map(|reading| Reading { span: (first.span.0, c.span.1), ..reading }),
        _ => None,
    };
    if three.is_some_and(|reading| !reading.century) {
        return three;
    }
    // A year of two digits may be the beginning of one of four.
    let mut digits = String::new();
    for token in &numbers {
        digits.push_str(&token.text);
        if digits.len() >= 8 {
            let d = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
            let year_first = || ordered([d(0, 4), d(4, 6), d(6, 8)], context);
            let year_last = || ordered([d(0, 2), d(2, 4), d(4, 8)], context);
            let whole = (digits.len() == 8).then(|| year_first().or_else(year_last)).flatten();
            let placed = |reading| Reading { span: (first.span.0, token.span.1), ..reading };
            return whole.map(placed).or(three);
        }
    }
    three
}

/// Three numbers in the order that their lengths, the calendar and the country allow.
fn ordered([a, b, c]: [&str; 3], context: Context<'_>) -> Option<Reading> {
    let made = |year: &str, month: &str, day: &str| {
        let (date, century) = assembled(year, month.parse().ok()?, day, context)?;
        Some(Reading { date, span: (0, 0), century, assumed: false })
    };
    let is_short = |text: &str| matches!(text.len(), 1 | 2);
    match (a.len(), b.len(), c.len()) {
        (4, _, _) if is_short(b) && is_short(c) => made(a, b, c),
        (_, _, 2 | 4) if is_short(a) && is_short(b) => {
            let (day_first, month_first) = (made(c, b, a), made(c, a, b));
            let year_first = (c.len() == 2).then(|| made(a, b, c)).flatten();
            match context.order {
                Some(Order::Month) => month_first.or(day_first),
                Some(Order::Year) if c.len() == 2 => year_first.or(day_first),
                Some(_) => day_first.or(month_first),
                None => match (day_first, month_first) {
                    (Some(reading), Some(other)) => {
                        Some(Reading { assumed: reading.date != other.date, ..reading })
                    }
                    (reading, other) => reading.or(other),
                },
            }
        }
        _ => None,
    }
}

/// The day of these parts, and whether its century was filled in.
fn assembled(year: &str, month: i8, day: &str, context: Context<'_>) -> Option<(Date, bool)> {
    let day: i8 = day.parse().ok()?;
    let number: i16 = year.parse().ok()?;
    match year.len() {
        4 if (1880..=2120).contains(&number) => Date::new(number, month, day).ok().map(|date| (date, false)),
        2 => century(number, month, day, context).map(|date| (date, true)),
        _ => None,
    }
}

fn century(year: i16, month: i8, day: i8, context: Context<'_>) -> Option<Date> {
    let today = context.today;
    let base = today.year() - today.year() % 100;
    let dates =
        [base - 100, base, base + 100].into_iter().filter_map(|base| Date::new(base + year, month, day).ok());
    match context.kind {
        Kind::Birth | Kind::Issue => dates.filter(|date| *date <= today).max(),
        Kind::Expiry => dates.min_by_key(|date| date.year().abs_diff(today.year())),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 6, 1);

    fn read(text: &str, order: Option<Order>, kind: Kind) -> Option<Reading> {
        let votes = vec![0; LANGUAGES.len()];
        let context = Context { order, kind, today: TODAY, votes: &votes };
        find(&text.chars().collect::<Vec<_>>(), context)
    }

    fn birth(text: &str) -> Option<Date> {
        read(text, None, Kind::Birth).map(|reading| reading.date)
    }

    #[test]
    fn the_forms_that_documents_print_are_read() {
        for text in [
            "07 MAR 1974",
            "07 MAR/MARS 74",
            "7 MARS 1974",
            "07MAR/MARS1974",
            "07 MÄRZ/MAR 74",
            "MAR 07, 1974",
            "1974 MÁRC/MAR 07",
            "1974 03 07",
            "1974-03-07",
            "07.03.1974.",
            "07. 031974",
            "07 031974",
            "07.03. 19 74",
            "le 7 mars 1974 à Lyon",
            "07 MAR/III 1974",
            "07 Marzec 1974",
            "07MAR1974",
            "07 KOVO/MAR 1974",
        ] {
            assert_eq!(birth(text), Some(date(1974, 3, 7)), "{text}");
        }
        assert_eq!(birth("1 3-04-1974"), Some(date(1974, 4, 13)));
        assert_eq!(birth("08 0CT 1984"), Some(date(1984, 10, 8)));
        assert_eq!(birth("10N0V1965"), Some(date(1965, 11, 10)));
        assert_eq!(birth("12 AUG/AOUT 74"), Some(date(1974, 8, 12)));
        assert_eq!(birth("3 DOB 01/16/1958"), Some(date(1958, 1, 16)));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "MARCH",
            "32.01.1974",
            "30 FEB 1974",
            "07 MAR/APR 1974",
            "123456789",
            "5'-08\"",
            "07.13.19744",
        ] {
            assert_eq!(birth(text), None, "{text}");
        }
    }

    #[test]
    fn the_country_decides_between_day_and_month() {
        let text = "03/07/1974";
        let read = |order| read(text, order, Kind::Birth).unwrap();
        assert_eq!(read(Some(Order::of("USA"))).date, date(1974, 3, 7));
        assert_eq!(read(Some(Order::of("FRA"))).date, date(1974, 7, 3));
        let assumed = read(None);
        assert_eq!((assumed.date, assumed.assumed), (date(1974, 7, 3), true));
        assert!(!read(Some(Order::of("USA"))).assumed);
    }

    #[test]
    fn a_month_that_languages_disagree_on_needs_another_word() {
        // Lip: June in Croatian, July in Polish.
        assert_eq!(birth("03 LIP 1974"), None);
        assert_eq!(birth("03 LIP/JUL 1974"), Some(date(1974, 7, 3)));
        let mut votes = vec![0; LANGUAGES.len()];
        votes[LANGUAGES.iter().position(|language| language.months[0].contains(&"sijecanj")).unwrap()] = 5;
        let context = Context { order: None, kind: Kind::Birth, today: TODAY, votes: &votes };
        let text: Vec<char> = "03 LIP 1974".chars().collect();
        assert_eq!(find(&text, context).map(|reading| reading.date), Some(date(1974, 6, 3)));
    }

    #[test]
    fn centuries_follow_what_the_date_is_of() {
        let year = |text, kind| read(text, None, kind).unwrap().date.year();
        assert_eq!(year("14.07.31", Kind::Birth), 1931);
        assert_eq!(year("14.07.31", Kind::Expiry), 2031);
        assert_eq!(year("14.07.19", Kind::Issue), 2019);
        assert!(read("14.07.31", None, Kind::Expiry).unwrap().century);
    }

    #[test]
    fn the_first_date_of_a_row_is_taken_with_its_place() {
        let reading = read("3. 14.07. 1981(Utopia City)", None, Kind::Birth).unwrap();
        assert_eq!((reading.date, reading.span), (date(1981, 7, 14), (3, 14)));
    }

    proptest! {
        #[test]
        fn every_day_is_read_back(days in 0i64..40000, form in 0usize..5) {
            let day = date(1915, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            prop_assume!(day <= TODAY);
            let names = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
            let name = names[day.month() as usize - 1];
            let (d, m, y) = (day.day(), day.month(), day.year());
            let text = [
                format!("{d:02}.{m:02}.{y}"),
                format!("{y}-{m:02}-{d:02}"),
                format!("{d:02} {name} {y}"),
                format!("{d:02}{name}{y}"),
                format!("{name} {d:02}, {y}"),
            ];
            let reading = read(&text[form], Some(Order::Day), Kind::Birth).unwrap();
            prop_assert_eq!(reading.date, day);
        }
    }
}
