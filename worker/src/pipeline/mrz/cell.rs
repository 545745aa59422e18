//! One place of a zone: what the recogniser thinks stands there, and what may stand there.

use super::check_digit::value;
use crate::inference::text::Character;

/// What a place of a zone may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Every character.
    Any,
    /// Letters and the filler.
    Letter,
    /// Digits.
    Digit,
    /// Digits and the filler.
    DigitOrFiller,
    /// `F`, `M` or the filler.
    Sex,
}

impl Kind {
    /// Whether the character may stand there.
    pub(super) fn allows(self, character: char) -> bool {
        match self {
            Self::Any => true,
            Self::Letter => character == '<' || character.is_ascii_uppercase(),
            Self::Digit => character.is_ascii_digit(),
            Self::DigitOrFiller => character == '<' || character.is_ascii_digit(),
            Self::Sex => matches!(character, 'F' | 'M' | '<'),
        }
    }

    /// The character that may stand there and looks like one that may not.
    fn look_alike(self, character: char) -> Option<char> {
        let other = match self {
            Self::Any => character,
            Self::Letter => as_letter(character),
            Self::Digit | Self::DigitOrFiller => as_digit(character),
            Self::Sex => as_sex(character),
        };
        self.allows(other).then_some(other)
    }
}

/// One place of a zone: the characters that it may hold, each with its probability.
#[derive(Clone, PartialEq)]
pub(super) struct Cell {
    /// The likeliest first. They add up to at most 1; what is missing went to characters that may not stand here.
    options: Vec<(char, f32)>,
    best: char,
    /// The probability that the recogniser gave to the character that it read.
    read: f32,
    /// Where it stands along its line; 0 is the start and 1 the end.
    place: f32,
}

impl Cell {
    /// What the recogniser read, if it belongs in a zone at all.
    pub(super) fn read(character: &Character) -> Option<Self> {
        value(character.best)?;
        let others = character.alternatives.iter().copied().filter(|(other, _)| *other != character.best);
        let mut options: Vec<(char, f32)> = vec![(character.best, character.probability)];
        options.extend(others.filter(|(other, probability)| value(*other).is_some() && *probability > 0.0));
        let sum: f32 = options.iter().map(|(_, probability)| probability).sum();
        options.iter_mut().for_each(|(_, probability)| *probability /= sum.max(f32::MIN_POSITIVE));
        Some(Self { options, best: character.best, read: character.probability, place: character.place })
    }

    /// A character without doubt.
    pub(super) fn certain(best: char) -> Self {
        Self { options: vec![(best, 1.0)], best, read: 1.0, place: 0.0 }
    }

    /// A place where nothing was read.
    pub(super) fn missing() -> Self {
        Self { options: vec![('<', 0.0)], read: 0.0, ..Self::certain('<') }
    }

    /// The same place as several renderings show it: the mean of what each of them says.
    pub(super) fn vote(cells: &[&Self]) -> Option<Self> {
        let part = 1.0 / cells.len() as f32;
        let mut options: Vec<(char, f32)> = Vec::new();
        for (character, probability) in cells.iter().flat_map(|cell| &cell.options) {
            add(&mut options, *character, probability * part);
        }
        let read = cells.iter().map(|cell| cell.read).sum::<f32>() * part;
        let best = sorted(&mut options)?;
        Some(Self { options, best, read, place: cells.first()?.place })
    }

    /// Leaves only what the place may hold. A character that may not stand there counts for the one that looks
    /// like it, or for none.
    pub(super) fn restrict(&mut self, kind: Kind) {
        let mut options: Vec<(char, f32)> = Vec::new();
        for (character, probability) in &self.options {
            let target = if kind.allows(*character) { Some(*character) } else { kind.look_alike(*character) };
            if let Some(target) = target {
                add(&mut options, target, *probability);
            }
        }
        if let Some(best) = sorted(&mut options) {
            (self.options, self.best) = (options, best);
        }
    }

    /// Takes away half of its certainty: its line was brought to length by guess.
    pub(super) fn doubted(mut self) -> Self {
        self.options.iter_mut().for_each(|(_, probability)| *probability /= 2.0);
        self
    }

    /// The character that the place is taken to hold.
    pub(super) fn best(&self) -> char {
        self.best
    }

    /// The same place with another character.
    pub(super) fn with(&self, character: char) -> Self {
        Self { best: character, ..self.clone() }
    }

    /// The probability of the character that the place is taken to hold.
    pub(super) fn probability(&self) -> f32 {
        self.probability_of(self.best)
    }

    /// The probability that the recogniser gave to what it read, whatever may stand here.
    pub(super) fn read_probability(&self) -> f32 {
        self.read
    }

    /// How probable all characters together are that may stand here: little, where another one was read.
    pub(super) fn allowed(&self) -> f32 {
        self.options.iter().map(|(_, probability)| probability).sum()
    }

    /// Where it stands along its line.
    pub(super) fn place(&self) -> f32 {
        self.place
    }

    /// The other characters that the place may hold, each with the natural logarithm of how much less probable
    /// it is than the likeliest one.
    pub(super) fn alternatives(&self) -> impl Iterator<Item = (char, f32)> {
        let best = self.probability();
        (self.options.iter())
            .filter(|(character, _)| *character != self.best)
            .map(move |(character, probability)| (*character, (best / probability).ln().max(0.0)))
    }

    fn probability_of(&self, character: char) -> f32 {
        self.options
            .iter()
            .find(|(other, _)| *other == character)
            .map_or(0.0, |(_, probability)| *probability)
    }
}

fn add(options: &mut Vec<(char, f32)>, character: char, probability: f32) {
    match options.iter_mut().find(|(other, _)| *other == character) {
        Some((_, sum)) => *sum += probability,
        None => options.push((character, probability)),
    }
}

/// Puts the likeliest first and returns it.
fn sorted(options: &mut [(char, f32)]) -> Option<char> {
    options.sort_by(|a, b| b.1.total_cmp(&a.1));
    options.first().map(|(character, _)| *character)
}

fn as_digit(character: char) -> char {
    match character {
        'O' | 'Q' | 'D' | 'U' | 'C' => '0',
        'I' | 'L' | 'J' => '1',
        'Z' => '2',
        'S' => '5',
        'G' | 'E' => '6',
        'B' => '8',
        'T' => '7',
        'A' => '4',
        other => other,
    }
}

/// The letter that a digit looks like; letters stay.
pub(super) fn as_letter(character: char) -> char {
    match character {
        '0' => 'O',
        '1' => 'I',
        '2' => 'Z',
        '4' => 'A',
        '5' => 'S',
        '6' => 'G',
        '7' => 'T',
        '8' => 'B',
        other => other,
    }
}

fn as_sex(character: char) -> char {
    match character {
        'H' | 'N' => 'M',
        'P' | 'E' => 'F',
        'K' | 'C' | 'X' => '<',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(options: &[(char, f32)]) -> Cell {
        let (best, probability) = options[0];
        Cell::read(&Character {
            probability,
            alternatives: options[1..].to_vec(),
            ..Character::certain(best)
        })
        .unwrap()
    }

    #[test]
    fn a_look_alike_counts_for_what_may_stand_there() {
        let mut among_digits = cell(&[('O', 0.7), ('8', 0.2), ('0', 0.1)]);
        among_digits.restrict(Kind::Digit);
        assert_eq!(among_digits.best(), '0');
        assert!((among_digits.probability() - 0.8).abs() < 1e-6);
        assert_eq!(among_digits.alternatives().map(|(c, _)| c).collect::<String>(), "8");
        // A K looks like no digit: what the place is taken to hold has little behind it.
        let mut foreign = cell(&[('K', 0.9), ('1', 0.1)]);
        foreign.restrict(Kind::Digit);
        assert_eq!(foreign.best(), '1');
        assert!(foreign.allowed() < 0.2);
    }

    #[test]
    fn renderings_vote_by_probability() {
        let (sure, unsure) = (cell(&[('8', 0.9), ('B', 0.1)]), cell(&[('B', 0.6), ('8', 0.4)]));
        let voted = Cell::vote(&[&unsure, &sure, &unsure]).unwrap();
        assert_eq!(voted.best(), '8');
        assert!((voted.probability() - (0.4 + 0.9 + 0.4) / 3.0).abs() < 1e-6);
        assert!(Cell::vote(&[]).is_none());
    }
}
