//! Brings a line that was read to the length its format asks for.
//!
//! A zone is printed at one pitch (part 3, section 4.4), so that the places of the characters tell where one was
//! passed over or read twice. Where they do not, two errors are common: recognisers miscount long runs of fillers,
//! and take a border for a character at either end. Both are mended here as alternatives, which the check digits
//! choose from.

use super::cell::Cell;

/// How many characters a line may be off.
const MOST_OFF: usize = 6;
/// From so many characters on their distances tell the pitch.
const LEAST_CHARACTERS: usize = 12;
/// How many distances to either side make up the pitch at a character: it changes along an oblique line.
const REACH: usize = 6;
/// Two characters that stand closer than this, in pitches, are one that was read twice.
const TWICE: f32 = 0.45;

/// The ways to make a line `width` characters long, the likeliest first; none if it is too far off.
pub(super) fn fit(line: &[Cell], width: usize) -> Vec<Vec<Cell>> {
    if line.len() == width {
        return [Some(line.to_vec()), without_border(line)].into_iter().flatten().collect();
    }
    if line.len().abs_diff(width) > MOST_OFF {
        return Vec::new();
    }
    let mut fits: Vec<Vec<Cell>> = on_grid(line).filter(|fitted| fitted.len() == width).into_iter().collect();
    fits.extend(filler_runs(line).into_iter().filter_map(|run| with_run_resized(line, run, width)));
    if line.len() > width {
        let surplus = line.len() - width;
        fits.push(line[..width].to_vec());
        fits.push(line[surplus..].to_vec());
    }
    fits
}

/// The line with a character for every place of its pitch; `None` if the places of its characters are not known.
fn on_grid(line: &[Cell]) -> Option<Vec<Cell>> {
    let steps: Vec<f32> = line.windows(2).map(|pair| pair[1].place() - pair[0].place()).collect();
    if line.len() < LEAST_CHARACTERS || steps.iter().any(|step| *step <= 0.0) {
        return None;
    }
    let mut fitted = vec![line.first()?.clone()];
    for (index, step) in steps.iter().enumerate() {
        let pitches = step / pitch(&steps, index);
        let next = &line[index + 1];
        if pitches < TWICE {
            let last = fitted.last_mut()?;
            if next.read_probability() > last.read_probability() {
                *last = next.clone();
            }
            continue;
        }
        let passed_over = (pitches.round() as usize).saturating_sub(1).min(MOST_OFF);
        let between_fillers = line[index].best() == '<' && next.best() == '<';
        for _ in 0..passed_over {
            fitted.push(if between_fillers { next.clone() } else { Cell::missing() });
        }
        fitted.push(next.clone());
    }
    Some(fitted)
}

/// The median distance of neighbours about a place.
fn pitch(steps: &[f32], index: usize) -> f32 {
    let mut near = steps[index.saturating_sub(REACH)..(index + REACH + 1).min(steps.len())].to_vec();
    near.sort_by(f32::total_cmp);
    near[near.len() / 2]
}

/// The line without its first character, with a filler more for it, where that was read as a filler before what may be a
/// document's code: no line begins with a filler, so that it is a border. Lines of numbers are never moved, as a check digit
/// may agree by chance.
fn without_border(line: &[Cell]) -> Option<Vec<Cell>> {
    let (first, rest) = line.split_first()?;
    let run = *filler_runs(rest).first()?;
    let is_border = first.best() == '<' && "ACDIPV".contains(rest.first()?.best());
    is_border.then(|| with_run_resized(rest, run, line.len())).flatten()
}

/// The runs of at least two fillers as (start, length), the longest first.
fn filler_runs(line: &[Cell]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = 0;
    for end in 0..=line.len() {
        if line.get(end).is_none_or(|cell| cell.best() != '<') {
            if end >= start + 2 {
                runs.push((start, end - start));
            }
            start = end + 1;
        }
    }
    runs.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    runs
}

/// The line with one run of fillers made longer or shorter. That is a guess: the run is no longer certain.
fn with_run_resized(line: &[Cell], (start, length): (usize, usize), width: usize) -> Option<Vec<Cell>> {
    let resized = (length + width).checked_sub(line.len()).filter(|length| *length > 0)?;
    let mut fitted = line[..start].to_vec();
    fitted.extend(std::iter::repeat_n(line[start].clone().doubted(), resized));
    fitted.extend_from_slice(&line[start + length..]);
    Some(fitted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::text::Character;

    fn cells(text: &str) -> Vec<Cell> {
        text.chars().map(Cell::certain).collect()
    }

    fn text(cells: &[Cell]) -> String {
        cells.iter().map(Cell::best).collect()
    }

    fn texts(line: &str, width: usize) -> Vec<String> {
        fit(&cells(line), width).iter().map(|cells| text(cells)).collect()
    }

    /// A line whose characters stand at these places, in pitches; the pitch grows along the line by a fifth.
    fn placed(characters: &[(char, f32)]) -> Vec<Cell> {
        let last = characters.last().unwrap().1;
        let place = |at: f32| at / last * (0.8 + 0.2 * at / last);
        (characters.iter())
            .map(|(best, at)| Character { place: place(*at), ..Character::certain(*best) })
            .map(|character| Cell::read(&character).unwrap())
            .collect()
    }

    #[test]
    fn the_longest_run_is_resized_first() {
        assert_eq!(texts("A<<B<<<", 9)[0], "A<<B<<<<<");
        assert_eq!(texts("A<<B<<<<1", 7), ["A<<B<<1", "A<<B<<<", "<B<<<<1"]);
    }

    #[test]
    fn a_line_that_is_far_off_is_no_line() {
        assert!(texts("ABC", 30).is_empty());
        assert!(texts("", 30).is_empty());
    }

    #[test]
    fn the_pitch_tells_what_was_passed_over_or_read_twice() {
        let whole = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
        let mut characters: Vec<(char, f32)> = whole.chars().zip((0..44).map(|at| at as f32)).collect();
        // One N of ANNA, two fillers, and an S that was read twice.
        characters.retain(|(_, at)| ![17.0, 30.0, 31.0].contains(at));
        characters.insert(9, ('S', 8.8));
        let fitted = fit(&placed(&characters), 44);
        assert_eq!(text(&fitted[0]), "P<UTOERIKSSON<<AN<A<MARIA<<<<<<<<<<<<<<<<<<<");
        assert!(fitted[0][17].probability() < 0.01 && fitted[0][30].probability() > 0.99);
    }
}
