//! Reads characters out of a recogniser's probabilities: greedy decoding of connectionist temporal
//! classification, which keeps what else each character might have been.

use std::fmt;

use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

/// The class of "no character here".
const BLANK: usize = 0;
/// Alternatives below this probability are not kept.
const LEAST_PROBABILITY: f32 = 1e-4;
/// How many alternatives are kept.
const MOST_ALTERNATIVES: usize = 8;

/// One character that was read.
#[derive(Clone, PartialEq)]
pub struct Character {
    /// The most probable character.
    pub best: char,
    /// Its probability, 0 to 1.
    pub probability: f32,
    /// Other characters that it might be, the most probable first.
    pub alternatives: Vec<(char, f32)>,
    /// Where it stands along its line: 0 is the line's start, 1 its end.
    pub place: f32,
}

impl Character {
    /// A character without doubt, as if from a perfect recogniser.
    pub fn certain(best: char) -> Self {
        Self { best, probability: 1.0, alternatives: Vec::new(), place: 0.0 }
    }

    /// How much more probable it is than the next best character, as a natural logarithm; infinite if no other one
    /// came into question.
    pub fn margin(&self) -> f32 {
        let next = self.alternatives.first().map_or(0.0, |(_, probability)| *probability);
        if next > 0.0 { (self.probability / next).ln() } else { f32::INFINITY }
    }
}

impl fmt::Debug for Character {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[private: a character of probability {:.2}]", self.probability)
    }
}

/// Decodes log-probabilities `[time, 1, class]`; class `i` is the `i`-th character of the alphabet, from 1.
pub(super) fn decode(log_probabilities: &NdTensor<f32, 3>, alphabet: &[char]) -> Vec<Character> {
    let steps = log_probabilities.size(0);
    let row = |step: usize| log_probabilities.slice((step, 0));
    let mut characters = Vec::new();
    let mut previous = BLANK;
    let mut run: Option<(usize, usize, f32)> = None;
    for step in 0..steps {
        let (class, score) = best(row(step).iter().copied());
        if class != previous
            && let Some((peak, class, _)) = run.take()
        {
            characters.extend(character(row(peak).iter().copied(), class, peak, steps, alphabet));
        }
        if class != BLANK && run.is_none_or(|(_, _, highest)| score > highest) {
            run = Some((step, class, score));
        }
        previous = class;
    }
    if let Some((peak, class, _)) = run {
        characters.extend(character(row(peak).iter().copied(), class, peak, steps, alphabet));
    }
    characters
}

fn best(row: impl Iterator<Item = f32>) -> (usize, f32) {
    row.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((BLANK, 0.0))
}

fn character(
    row: impl Iterator<Item = f32>,
    class: usize,
    step: usize,
    steps: usize,
    alphabet: &[char],
) -> Option<Character> {
    let best = *alphabet.get(class - 1)?;
    let probabilities: Vec<f32> = row.map(f32::exp).collect();
    let mut alternatives: Vec<(char, f32)> =
        (alphabet.iter().copied().zip(probabilities.iter().copied().skip(1)))
            .filter(|(character, probability)| *character != best && *probability >= LEAST_PROBABILITY)
            .collect();
    alternatives.sort_by(|a, b| b.1.total_cmp(&a.1));
    alternatives.truncate(MOST_ALTERNATIVES);
    Some(Character {
        best,
        probability: probabilities[class],
        alternatives,
        place: (step as f32 + 0.5) / steps as f32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_merge_unless_a_blank_parts_them() {
        let classes = [0, 1, 1, 0, 1, 2, 2, 0];
        let mut rows = NdTensor::full([classes.len(), 1, 3], 0.05_f32.ln());
        for (step, class) in classes.iter().enumerate() {
            rows[[step, 0, *class]] = 0.9_f32.ln();
        }
        let read = decode(&rows, &['A', 'B']);
        assert_eq!(read.iter().map(|c| c.best).collect::<String>(), "AAB");
        assert!((read[0].probability - 0.9).abs() < 1e-5);
        assert_eq!(read[0].alternatives[0].0, 'B');
        assert!((read[0].margin() - (0.9_f32 / 0.05).ln()).abs() < 1e-4);
        assert_eq!(Character::certain('A').margin(), f32::INFINITY);
    }
}
