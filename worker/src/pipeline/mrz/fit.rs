//! Brings a line that was read to the length its format asks for.
//!
//! Recognisers miscount long runs of fillers, and take a border for a character at either end. Both are repaired
//! here, as alternatives: the check digits decide which of them is right.

use super::zone::Cell;

/// How many characters a line may be off.
const MOST_OFF: usize = 6;

/// The ways to make a line `width` characters long, the likeliest first; none if it is too far off.
pub(super) fn fit(line: &[Cell], width: usize) -> Vec<Vec<Cell>> {
    if line.len() == width {
        return vec![line.to_vec()];
    }
    if line.len().abs_diff(width) > MOST_OFF {
        return Vec::new();
    }
    let mut fits: Vec<Vec<Cell>> =
        filler_runs(line).into_iter().filter_map(|run| with_run_resized(line, run, width)).collect();
    if line.len() > width {
        let surplus = line.len() - width;
        fits.push(line[..width].to_vec());
        fits.push(line[surplus..].to_vec());
    }
    fits
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

fn with_run_resized(line: &[Cell], (start, length): (usize, usize), width: usize) -> Option<Vec<Cell>> {
    let resized = (length + width).checked_sub(line.len()).filter(|length| *length > 0)?;
    let mut fitted = line[..start].to_vec();
    fitted.extend(std::iter::repeat_n(line[start].clone(), resized));
    fitted.extend_from_slice(&line[start + length..]);
    Some(fitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Cell> {
        text.chars().map(Cell::certain).collect()
    }

    fn texts(line: &str, width: usize) -> Vec<String> {
        fit(&cells(line), width).iter().map(|cells| cells.iter().map(Cell::best).collect()).collect()
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
}
