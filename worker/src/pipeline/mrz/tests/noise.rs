//! What a recogniser that knows when it wavers may mislead the reader to: nothing, under a check digit.

use super::*;
use crate::specimen::chance::Chance;

/// How many zones are misread.
const CASES: u64 = 120_000;
/// How often a place is in doubt.
const IN_DOUBT: f32 = 0.03;
/// No character that stands there was thought less probable than this, as a part of the likeliest.
const LEAST: f32 = 1.0 / 500.0;
const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<";
/// Characters that look alike, in groups.
const ALIKE: [&str; 10] = ["0OQDUC", "1ILJ", "2Z", "5S", "6GE", "8B", "7T", "4A", "MNHW", "<KCX"];

fn draw(chance: &mut Chance, characters: &str, count: u32) -> String {
    let characters: Vec<char> = characters.chars().collect();
    (0..count).map(|_| characters[chance.below(characters.len() as u32) as usize]).collect()
}

fn composed(chance: &mut Chance) -> (MrzFormat, Vec<String>) {
    let format = chance.pick(&FORMATS);
    let day = |chance: &mut Chance, from: u32, years: u32| {
        format!("{}-{:02}-{:02}", from + chance.below(years), 1 + chance.below(12), 1 + chance.below(28))
    };
    let lengths = (1 + chance.below(9), 2 + chance.below(11), 1 + chance.below(9), chance.below(8));
    let fields = MrzFields {
        document_code: code(format).into(),
        issuing_state: chance.pick(&["UTO", "D", "FRA", "USA", "GBR", "XXA"]).into(),
        document_number: draw(chance, &ALPHABET[..36], lengths.0),
        surname: draw(chance, &ALPHABET[..26], lengths.1),
        given_names: draw(chance, &ALPHABET[..26], lengths.2),
        nationality: chance.pick(&["UTO", "D", "ESP", "CHN", "POL"]).into(),
        date_of_birth: day(chance, 1930, 90),
        sex: chance.pick(&["F", "M", "X"]).into(),
        date_of_expiry: day(chance, 2020, 20),
        personal_number: draw(chance, &ALPHABET[..36], lengths.3),
        optional: String::new(),
    };
    (format, compose(format, &fields))
}

/// A character that was read with doubt, as often right as the probabilities say.
fn doubtful(chance: &mut Chance, right: char) -> Character {
    let mut candidates = vec![right];
    for _ in 0..1 + chance.below(3) {
        let same: String = ALPHABET.chars().filter(|c| residue(*c) == residue(right)).collect();
        let alike = ALIKE.iter().find(|group| group.contains(right)).copied().unwrap_or(ALPHABET);
        let from = chance.pick(&[same.as_str(), alike, ALPHABET]);
        let other = draw(chance, from, 1).chars().next().unwrap();
        if !candidates.contains(&other) {
            candidates.push(other);
        }
    }
    let weights: Vec<f32> = candidates.iter().map(|_| (2.0 * chance.normal()).exp()).collect();
    let most = weights.iter().copied().fold(0.0, f32::max);
    let weights: Vec<f32> = weights.iter().map(|weight| weight.max(most * LEAST)).collect();
    let sum: f32 = weights.iter().sum();
    // Which of the probabilities is the right character's is drawn by these probabilities.
    let mut drawn = chance.between(0.0, sum);
    let at = weights.iter().position(|weight| {
        drawn -= weight;
        drawn < 0.0
    });
    candidates.swap(0, at.unwrap_or(0));
    let mut options: Vec<(char, f32)> =
        candidates.into_iter().zip(weights.iter().map(|weight| weight / sum)).collect();
    options.sort_by(|a, b| b.1.total_cmp(&a.1));
    Character {
        probability: options[0].1,
        alternatives: options[1..].to_vec(),
        ..Character::certain(options[0].0)
    }
}

#[derive(Default, Debug)]
struct Tally {
    clean: u32,
    accepted: u32,
    repaired: u32,
    accepted_wrong: u32,
    accepted_names: u32,
    names_wrong_unmarked: u32,
}

#[test]
fn noise_is_never_taken_for_what_a_check_digit_covers() {
    let mut chance = Chance::new(9303, "noise");
    let mut tally = Tally::default();
    for _ in 0..CASES {
        let (format, right) = composed(&mut chance);
        let mut zone = read(&right);
        for character in zone.iter_mut().flatten() {
            if chance.happens(IN_DOUBT) {
                *character = doubtful(&mut chance, character.best);
            }
        }
        tally.clean += u32::from(zone.iter().zip(&right).all(|(line, right)| {
            line.iter().zip(right.chars()).all(|(character, right)| character.best == right)
        }));
        let Some(found) = find(&zone).filter(|found| found.reading.all_check_digits_valid()) else {
            continue;
        };
        let read = texts(&found);
        let covered: Vec<FieldName> = vec![
            FieldName::DocumentNumber,
            FieldName::DateOfBirth,
            FieldName::DateOfExpiry,
            FieldName::PersonalNumber,
        ];
        let names = [FieldName::Surname, FieldName::GivenNames];
        let marked =
            |fields: &[FieldName]| found.reading.uncertain.iter().any(|field| fields.contains(field));
        if !marked(&covered) {
            tally.accepted += 1;
            tally.repaired += u32::from(found.reading.repaired > 0);
            let wrong = checked(format)
                .into_iter()
                .any(|(line, column)| read[line].as_bytes()[column] != right[line].as_bytes()[column]);
            tally.accepted_wrong += u32::from(wrong);
        }
        if !marked(&names) {
            tally.accepted_names += 1;
            let (line, start) = if format == MrzFormat::Td1 { (2, 0) } else { (0, 5) };
            tally.names_wrong_unmarked += u32::from(read[line].get(start..) != right[line].get(start..));
        }
    }
    eprintln!("{tally:?}");
    assert_eq!(tally.accepted_wrong, 0, "{tally:?}");
    assert!(tally.names_wrong_unmarked * 200 <= tally.accepted_names, "{tally:?}");
    assert!(tally.repaired > 0 && tally.accepted * 3 > CASES as u32, "{tally:?}");
}

/// One character that the recogniser is wrong and sure about, in a zone without another doubt.
#[test]
fn one_confident_error_is_noticed() {
    let mut chance = Chance::new(9303, "confident");
    for _ in 0..20_000 {
        let (format, right) = composed(&mut chance);
        let places = checked(format);
        let place = places[chance.below(places.len() as u32) as usize];
        let truth = right[place.0].as_bytes()[place.1] as char;
        let wrong = draw(&mut chance, allowed(format, place), 1).chars().next().unwrap();
        if residue(wrong) == residue(truth) {
            continue;
        }
        let mut zone = read(&right);
        zone[place.0][place.1] = Character::certain(wrong);
        assert!(!find(&zone).is_some_and(|found| found.reading.all_check_digits_valid()));
    }
}
