//! Pairs captions with the values that they announce: behind them in the row, below them, or beside them.

use idv_common::domain::FieldName;

use super::caption::Caption;
use super::row::Row;
use super::value::{self, Context, Value};
use crate::inference::Rect;

/// How far below a caption its value may begin, in heights of the higher of both rows.
const MOST_GAP_BELOW: f32 = 1.8;
/// How far to the left of its caption a value may begin, in heights.
const MOST_OUTDENT: f32 = 2.0;
/// How far to the right of its caption's beginning a value below it may begin, in heights.
const MOST_INDENT: f32 = 4.5;
/// How far behind a caption a value in a row of its own may begin, in heights, and behind a colon.
const MOST_GAP_RIGHT: f32 = 6.0;
const MOST_GAP_BEHIND_COLON: f32 = 16.0;
/// How close to each other the rows of one value are, in heights.
const MOST_LEADING: f32 = 0.5;
/// The same for addresses, whose rows are set wider.
const MOST_ADDRESS_LEADING: f32 = 0.8;
/// Rows below this confidence are noise that no value is taken from.
const LEAST_CONFIDENCE: f32 = 0.5;
/// How many rows below a caption are looked at.
const MOST_ROWS: usize = 2;

/// A part of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) row: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Part {
    fn overlaps(&self, other: &Self) -> bool {
        self.row == other.row && self.start < other.end && other.start < self.end
    }
}

/// A caption's value.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) field: FieldName,
    pub(super) value: Value,
    /// Where it stands; `value.span` counts within the first part.
    pub(super) parts: Vec<Part>,
    /// The character of the first part's row that ends what belongs to the caption.
    pub(super) limit: usize,
    /// How much of the caption was read as it should be.
    pub(super) quality: f32,
}

/// The page as it is paired up.
pub(super) struct Page<'a> {
    pub(super) rows: &'a [Row],
    pub(super) captions: &'a [Caption],
    pub(super) context: Context<'a>,
}

impl Page<'_> {
    /// The value of each caption that has one. A part of a row is the value of one caption only, and what stands behind a
    /// caption is settled before what stands below or beside another.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let mut taken: Vec<Part> = Vec::new();
        let mut open = Vec::new();
        for caption in self.captions {
            let Some(field) = caption.field else { continue };
            match self.behind(caption).and_then(|part| self.read(field, part)) {
                Some((value, part)) => self.settle(caption, field, value, part, &mut taken, &mut pairs),
                None => open.push((caption, field)),
            }
        }
        for (caption, field) in open {
            let candidates = self.elsewhere(caption);
            let read = candidates.into_iter().filter(|part| !taken.iter().any(|other| other.overlaps(part)));
            if let Some((value, part)) = read.filter_map(|part| self.read(field, part)).next() {
                self.settle(caption, field, value, part, &mut taken, &mut pairs);
            }
        }
        pairs
    }

    fn read(&self, field: FieldName, part: Part) -> Option<(Value, Part)> {
        let text = self.rows[part.row].characters.get(part.start..part.end)?;
        value::read(field, text, &self.context).map(|value| (value, part))
    }

    fn settle(
        &self,
        caption: &Caption,
        field: FieldName,
        value: Value,
        part: Part,
        taken: &mut Vec<Part>,
        pairs: &mut Vec<Pair>,
    ) {
        taken.push(part);
        let mut parts =
            vec![Part { start: part.start + value.span.0, end: part.start + value.span.1, ..part }];
        let most = match field {
            FieldName::Address => 4,
            FieldName::Authority => 3,
            FieldName::Surname | FieldName::GivenNames | FieldName::FullName | FieldName::PlaceOfBirth => 2,
            _ => 1,
        };
        while parts.len() < most
            && let Some(next) = self.continued(field, parts[parts.len() - 1], parts[0], taken)
        {
            taken.push(next);
            parts.push(next);
        }
        pairs.push(Pair { field, value, parts, limit: part.end, quality: caption.quality });
    }

    /// What stands behind a caption in its row, up to the next caption.
    fn behind(&self, caption: &Caption) -> Option<Part> {
        let row = &self.rows[caption.row];
        let next =
            self.captions.iter().filter(|other| other.row == caption.row && other.start >= caption.end);
        let next = next.min_by_key(|other| other.start);
        let mut end = next.map_or(row.characters.len(), |next| next.start);
        if let Some(next) = next.filter(|next| !next.numbered) {
            end = without_number(row, caption.end, next.start);
        }
        let rest = row.characters.get(caption.end..end)?;
        let first = rest.iter().find(|character| !character.is_whitespace())?;
        // Behind a slash the caption goes on in another language.
        if matches!(first, '/' | '|') {
            return None;
        }
        let is_text = matches!(
            caption.field,
            Some(FieldName::PlaceOfBirth | FieldName::Authority | FieldName::Address)
        );
        let runs_on = rest
            .first()
            .is_some_and(|c| c.is_lowercase() || (is_text && !caption.numbered && c.is_alphabetic()));
        let counts = rest.iter().filter(|character| character.is_alphanumeric()).count();
        let is_letter = caption.field != Some(FieldName::Sex) && counts < 2;
        (!runs_on && counts > 0 && !is_letter).then_some(Part { row: caption.row, start: caption.end, end })
    }

    /// Where else a caption's value may stand, the likeliest place first.
    fn elsewhere(&self, caption: &Caption) -> Vec<Part> {
        let row = &self.rows[caption.row];
        let mark = row.characters[caption.end..].iter().find(|character| !character.is_whitespace());
        let is_last = !self.captions.iter().any(|o| o.row == caption.row && o.start >= caption.end);
        let colon = mark == Some(&':');
        let right = if is_last { self.beside(caption, colon) } else { None };
        // Numbers stand before their values; only a date below one cannot be anything else.
        let looks_below = !caption.numbered || caption.field.is_some_and(FieldName::is_date);
        let below = if looks_below { self.below(caption) } else { Vec::new() };
        if colon {
            right.into_iter().chain(below).collect()
        } else {
            below.into_iter().chain(right).collect()
        }
    }

    /// What stands right of a caption in a row of its own.
    fn beside(&self, caption: &Caption, colon: bool) -> Option<Part> {
        let row = &self.rows[caption.row];
        let place = row.part(caption.start, row.characters.len());
        let most = if colon { MOST_GAP_BEHIND_COLON } else { MOST_GAP_RIGHT };
        let near = |other: &Row| {
            let height = row.height().max(other.height());
            let middle = |rect: &Rect| (rect.top + rect.bottom) / 2.0;
            let gap = other.bounds.left - place.right;
            (middle(&other.bounds) - middle(&place)).abs() <= 0.6 * height
                && gap >= -0.5 * height
                && gap <= most * height
        };
        let others =
            self.rows.iter().enumerate().filter(|(index, other)| *index != caption.row && near(other));
        let (index, nearest) = others.min_by(|a, b| a.1.bounds.left.total_cmp(&b.1.bounds.left))?;
        let end = self.captions.iter().filter(|other| other.row == index).map(|other| other.start).min();
        let end = end.unwrap_or(nearest.characters.len());
        (end > 0 && nearest.confidence >= LEAST_CONFIDENCE).then_some(Part { row: index, start: 0, end })
    }

    /// What stands below a caption, the nearest first, up to the next row of captions.
    fn below(&self, caption: &Caption) -> Vec<Part> {
        let row = &self.rows[caption.row];
        let mut place = row.part(caption.start, caption.end);
        let left = place.left - MOST_OUTDENT * row.height();
        let right = self.column_end(caption, &place, row.height());
        let mut rows: Vec<(usize, &Row)> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, other)| other.bounds.top + other.bounds.bottom > place.top + place.bottom)
            .filter(|(index, other)| *index != caption.row && other.confidence >= LEAST_CONFIDENCE)
            .collect();
        rows.sort_by(|a, b| a.1.bounds.top.total_cmp(&b.1.bounds.top));
        let mut found = Vec::new();
        for (index, other) in rows {
            let height = row.height().max(other.height());
            let gap = other.bounds.top - place.bottom;
            if gap > MOST_GAP_BELOW * height || found.len() >= MOST_ROWS {
                break;
            }
            let Some(part) = column(other, index, left..right, place.left) else { continue };
            let bounds = other.part(part.start, part.end);
            // Where a caption begins behind others is known only roughly.
            let indent = MOST_INDENT * height + place.left - row.bounds.left;
            if gap < -0.6 * height || bounds.left > place.left + indent {
                continue;
            }
            let announced = self
                .captions
                .iter()
                .find(|other| other.row == index && other.start < part.end && part.start < other.end);
            match announced {
                None => found.push(part),
                // The same caption in another language.
                Some(other) if other.field == caption.field && found.is_empty() => {
                    place.bottom = bounds.bottom;
                }
                Some(_) => break,
            }
        }
        found
    }

    /// Where the next caption to the right of one begins.
    fn column_end(&self, caption: &Caption, place: &Rect, height: f32) -> f32 {
        let beside = self.captions.iter().filter(|other| *other != caption).filter_map(|other| {
            let row = &self.rows[other.row];
            let rect = row.part(other.start, other.end);
            let level = (rect.top + rect.bottom - place.top - place.bottom).abs() / 2.0 <= 0.8 * height;
            (level && rect.left >= place.right).then_some(rect.left - 0.5 * height)
        });
        beside.fold(f32::INFINITY, f32::min)
    }

    /// The row that a value goes on in.
    fn continued(&self, field: FieldName, last: Part, first: Part, taken: &[Part]) -> Option<Part> {
        let (row, above) = (&self.rows[last.row], self.rows[last.row].part(last.start, last.end));
        let left = self.rows[first.row].part(first.start, first.end).left;
        let height = row.height();
        let (tolerance, leading) = match field {
            FieldName::Address => (2.5, MOST_ADDRESS_LEADING),
            _ => (1.2, MOST_LEADING),
        };
        let fits = |index: usize, other: &Row| {
            let gap = other.bounds.top - above.bottom;
            let ratio = other.height() / height.max(1.0);
            index != last.row
                && other.bounds.top > above.top + 0.5 * height
                && gap <= leading * height
                && (0.65..=1.5).contains(&ratio)
                && (other.bounds.left - left).abs() <= tolerance * height
                && other.confidence >= 0.7
        };
        let mut rows = self.rows.iter().enumerate().filter(|(index, other)| fits(*index, other));
        let (index, next) = rows.next()?;
        let part = Part { row: index, start: 0, end: next.characters.len() };
        let announces = |caption: &Caption| caption.row == index;
        let is_free =
            !self.captions.iter().any(announces) && !taken.iter().any(|other| other.overlaps(&part));
        let (_, part) = self.read(field, part).filter(|_| is_free)?;
        let is_name = field.is_name() || field == FieldName::PlaceOfBirth;
        let shouts = |row: &Row, part: Part| {
            !row.characters[part.start..part.end].iter().any(|character| character.is_lowercase())
        };
        let alike = shouts(row, last) == shouts(next, part);
        let has_digit = next.characters.iter().any(char::is_ascii_digit);
        (!is_name || (alike && !has_digit)).then_some(part)
    }
}

/// The words of a row that begin within a range and whose middles lie in it. One that begins before it counts if its middle
/// lies behind the beginning of the caption: a detector takes what is beside a word for a part of it.
fn column(row: &Row, index: usize, range: std::ops::Range<f32>, caption: f32) -> Option<Part> {
    let mut part: Option<Part> = None;
    let mut start = 0;
    let count = row.characters.len();
    for end in 0..=count {
        if end < count && !row.characters[end].is_whitespace() {
            continue;
        }
        let middle = (row.x(start) + row.x(end)) / 2.0;
        let begins = row.x(start) >= range.start || middle >= caption;
        if end > start && begins && middle < range.end {
            part = Some(Part { row: index, start: part.map_or(start, |part| part.start), end });
        }
        start = end + 1;
    }
    part
}

/// Where a value ends that a numbered caption follows: before the number that belongs to the caption.
fn without_number(row: &Row, start: usize, caption: usize) -> usize {
    let before: String = row.characters[start..caption].iter().collect();
    let before: Vec<char> = before.trim_end().chars().collect();
    let number = before.iter().rev().take_while(|c| c.is_ascii_digit() || "abcd".contains(**c)).count();
    let is_number = (1..=3).contains(&number)
        && number < before.len()
        && before.get(before.len() - number - 1).is_some_and(|character| character.is_whitespace())
        && before[before.len() - number].is_ascii_digit();
    if is_number { start + before.len() - number } else { caption }
}
