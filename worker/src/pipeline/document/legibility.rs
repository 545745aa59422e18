//! How well a sheet can be read, which tells how its page lies.

use super::sheet::Sheet;
use crate::inference::Fault;
use crate::inference::text::{Line, TextModels};

/// How many lines tell whether a page is upright, and how high they must be to be read well.
const SAMPLE: usize = 5;
const SAMPLE_HEIGHT: f32 = 14.0;
/// How many characters they must have together to tell.
const SAMPLE_CHARACTERS: f32 = 20.0;

impl Sheet {
    /// How well the longest lines can be read, 0 to 1, as they lie and on their head: text that lies otherwise reads as a
    /// few characters of low probability.
    pub(super) fn legibility(&self, lies: Lies, models: &TextModels) -> Result<f32, Fault> {
        let mut longest: Vec<&Line> =
            self.lines.iter().filter(|line| line.height() >= SAMPLE_HEIGHT).collect();
        longest.sort_by(|a, b| b.length().total_cmp(&a.length()));
        let (mut sum, mut characters) = (0.0, 0.0);
        for line in longest.into_iter().take(SAMPLE) {
            let read = match lies {
                Lies::Upright => models.glance_at_line(&self.page.image, line)?,
                Lies::OnItsHead => models.glance_at_line(&self.page.image, &line.on_its_head())?,
            };
            if let Some(read) = read {
                let count = read.text.chars().count() as f32;
                sum += read.confidence * count * share_of_words(&read.text);
                characters += count;
            }
        }
        Ok(sum / characters.max(SAMPLE_CHARACTERS))
    }
}

/// The share of a text's characters that stand in words or numbers as people write them: what lies on its head reads as
/// letters and digits in a jumble.
fn share_of_words(text: &str) -> f32 {
    let count = |part: &str| part.chars().count();
    let is_word = |part: &&str| {
        let small = part.chars().filter(|c| c.is_lowercase()).count();
        let begins_small = part.starts_with(char::is_lowercase);
        let is_cased = small == 0 || small == count(part) || (small + 1 == count(part) && !begins_small);
        let is_letters = part.chars().all(char::is_alphabetic) && is_cased;
        count(part) > 1 && (is_letters || part.chars().all(|c| c.is_ascii_digit()))
    };
    let parts = || text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let all: usize = parts().map(count).sum();
    parts().filter(is_word).map(count).sum::<usize>() as f32 / all.max(1) as f32
}

/// How a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    Upright,
    OnItsHead,
}

#[cfg(test)]
mod tests {
    use super::share_of_words;

    #[test]
    fn print_consists_of_words_and_what_lies_on_its_head_of_a_jumble() {
        for upright in ["Date of birth/Date de naissance", "14.07.1981", "PRÉNOMS Łódź"] {
            assert_eq!(share_of_words(upright), 1.0, "{upright}");
        }
        for jumble in ["6Z0Z6080", "ÁĮdx J 0e", "X 3 Y", ""] {
            assert_eq!(share_of_words(jumble), 0.0, "{jumble}");
        }
    }
}
