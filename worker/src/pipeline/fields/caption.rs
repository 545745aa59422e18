//! Finds the captions that announce fields.

use std::collections::BTreeSet;

use idv_common::domain::FieldName;

use super::fold::distance_to_beginning;
use super::labels::{CAPTIONS, LANGUAGES};
use super::row::Row;

/// From this length on a caption may run into what follows it: a recogniser has lost the space.
const LONG: usize = 8;
/// From this length on a damaged caption is one among other words too.
const VERY_LONG: usize = 11;
/// Up to this length a caption may be part of a name, and needs something beside it that makes it one.
const SHORT: usize = 4;

/// Between two captions of a row without values stand no more letters than this, such as the number of the second.
const MOST_BETWEEN: usize = 3;

/// A caption that was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Caption {
    /// The row that it is printed in.
    pub(super) row: usize,
    /// Its first character.
    pub(super) start: usize,
    /// The character behind its last one.
    pub(super) end: usize,
    /// The field that it announces; `None`: another one, or it could be several.
    pub(super) field: Option<FieldName>,
    /// How much of it was read as it should be, 0 to 1.
    pub(super) quality: f32,
    /// Whether it is a number, as on driving licences.
    pub(super) numbered: bool,
}

/// How many captions of each language of [`LANGUAGES`] were found.
pub(super) type Votes = Vec<usize>;

/// One way to read letters of a row as a caption.
#[derive(Debug, Clone)]
struct Hit {
    start: usize,
    end: usize,
    letters: usize,
    cost: usize,
    field: Option<FieldName>,
    language: usize,
}

impl Hit {
    fn score(&self) -> f32 {
        self.letters as f32 - 2.0 * self.cost as f32
    }

    /// Whether it is a caption beyond doubt.
    fn is_strong(&self) -> bool {
        if self.cost == 0 { self.letters > SHORT } else { self.letters >= LONG }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Every caption of the rows, and which languages they are in.
pub(super) fn find(rows: &[Row]) -> (Vec<Caption>, Votes) {
    let hits: Vec<Vec<Hit>> = rows.iter().map(hits).collect();
    let votes = votes(hits.iter().flatten());
    let mut captions = Vec::new();
    for (index, (row, hits)) in rows.iter().zip(hits).enumerate() {
        let hits = hits.into_iter().filter(|hit| stands(row, hit, &votes)).collect();
        let groups = join(row, without_endings(row, chosen(hits)));
        let mut found: Vec<Caption> =
            groups.into_iter().map(|group| group.caption(index, row, &votes)).collect();
        widen(row, &mut found);
        captions.extend(found);
    }
    (captions, votes)
}

/// Whether nothing, or nothing but a number such as `4a`, stands before a place in the row.
fn is_number(row: &Row, at: usize) -> bool {
    let before: Vec<char> =
        row.characters[..at].iter().rev().skip_while(|c| c.is_whitespace()).copied().collect();
    let word: Vec<char> = before.iter().take_while(|c| !c.is_whitespace()).copied().collect();
    match word[..] {
        [] => true,
        [first, .., last] => {
            word.len() <= 3 && last.is_ascii_digit() && (first.is_ascii_digit() || "abcd".contains(first))
        }
        [only] => only.is_ascii_digit(),
    }
}

/// How many letters of a caption may be wrong.
fn most_cost(letters: usize) -> usize {
    match letters {
        0..=4 => 0,
        5..=9 => 1,
        10..=13 => 2,
        14..=17 => 3,
        _ => 4,
    }
}

fn hits(row: &Row) -> Vec<Hit> {
    let folded = &row.folded;
    let mut hits = Vec::new();
    for start in (0..folded.letters.len()).filter(|start| folded.starts[*start]) {
        for caption in CAPTIONS.iter() {
            let letters = caption.letters.len();
            if letters > folded.letters.len() - start + most_cost(letters) {
                continue;
            }
            let ends = |length: usize| folded.ends_before(start + length);
            let found =
                distance_to_beginning(&caption.letters, &folded.letters[start..], most_cost(letters), ends);
            let Some((cost, length)) = found else { continue };
            // What runs on is a longer word, unless the caption is long enough to know better.
            if ends(length) || (letters >= LONG && cost == 0) {
                let (field, language) = (caption.field, caption.language);
                hits.push(Hit { start, end: start + length, letters, cost, field, language });
            }
        }
    }
    hits
}

/// Counts for each language the places where it has a caption beyond doubt.
fn votes<'a>(hits: impl Iterator<Item = &'a Hit>) -> Votes {
    let mut votes = vec![0; LANGUAGES.len()];
    for hit in hits.filter(|hit| hit.is_strong()) {
        votes[hit.language] += hit.letters;
    }
    votes
}

/// Whether a hit is a caption and no part of a value: a short or damaged one needs a mark beside it or a caption of the same
/// language elsewhere. The shortest ones have to begin the row or follow a mark, and damaged ones have it to themselves.
fn stands(row: &Row, hit: &Hit, votes: &Votes) -> bool {
    let before = row.folded.at[hit.start].checked_sub(1).and_then(|at| row.characters.get(at));
    let end = row.folded.end(hit.end);
    let after = row.characters[end..].iter().find(|character| !character.is_whitespace());
    let is_marked = matches!(before, Some('/' | '|'))
        || matches!(after, Some(':' | '/' | '#' | '|'))
        || (hit.start == 0 && matches!(after, Some('.')));
    let begins = is_number(row, row.folded.at[hit.start]);
    if hit.letters < SHORT && !is_marked && !begins {
        return false;
    }
    // Damaged words among others may be anything.
    let whole = hit.end - hit.start == row.folded.letters.len();
    let is_clear = hit.cost == 0 || whole || hit.letters >= VERY_LONG;
    is_marked || (is_clear && (hit.is_strong() || votes[hit.language] > 0))
}

/// One place of a row and what may stand there.
struct Place {
    best: Hit,
    readings: Vec<(Option<FieldName>, usize)>,
}

/// The hits that explain most letters and leave each other alone; a place keeps all readings that explain as much.
fn chosen(mut hits: Vec<Hit>) -> Vec<Place> {
    hits.sort_by(|a, b| b.score().total_cmp(&a.score()));
    let mut places: Vec<Place> = Vec::new();
    for hit in hits {
        match places.iter_mut().find(|place| place.best.overlaps(&hit)) {
            None => places.push(Place { readings: vec![(hit.field, hit.language)], best: hit }),
            // Where letters are wrong, a reading that explains nearly as much is as good.
            Some(place)
                if hit.score() >= place.best.score() - if place.best.cost > 0 { 1.0 } else { 0.0 } =>
            {
                place.readings.push((hit.field, hit.language));
            }
            Some(_) => {}
        }
    }
    places.sort_by_key(|place| place.best.start);
    places
}

/// Words behind other words at the end of a row announce nothing: `STREET ADDRESS` is an address.
fn without_endings(row: &Row, places: Vec<Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::new();
    for place in places {
        let from = kept.last().map_or(0, |place| place.best.end);
        let between = place.best.start - from;
        let before = row.folded.at[place.best.start].checked_sub(1).and_then(|at| row.characters.get(at));
        let ends = place.best.end == row.folded.letters.len();
        let has_mark = row.characters[row.folded.end(place.best.end)..].contains(&':');
        if between <= MOST_BETWEEN || !ends || has_mark || before == Some(&'/') {
            kept.push(place);
        }
    }
    kept
}

/// Places side by side that announce one field, as in `Surname / Nom`.
struct Group {
    start: usize,
    end: usize,
    letters: usize,
    cost: usize,
    readings: Vec<(Option<FieldName>, usize)>,
}

fn join(row: &Row, places: Vec<Place>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for place in places {
        let Place { best, readings } = place;
        if let Some(group) = groups.last_mut() {
            let between = row.text(row.folded.end(group.end), row.folded.at[best.start]);
            let (before, here) = (fields(&group.readings), fields(&readings));
            let shared: BTreeSet<_> = before.intersection(&here).copied().collect();
            // What a slash parts is one caption in two languages, of which the clearer one tells the field.
            let common = match (shared.is_empty(), between.contains('/'), before.len(), here.len()) {
                (false, ..) => Some(shared),
                (true, true, 1, 2..) => Some(before),
                (true, true, 2.., 1) => Some(here),
                // `Name` is also what a part of a name is called.
                (true, true, 1, 1) if is_whole_name(&here) && is_name(&before) => Some(before),
                (true, true, 1, 1) if is_whole_name(&before) && is_name(&here) => Some(here),
                _ => None,
            };
            if let Some(common) = common.filter(|_| is_separator(&between)) {
                group.end = best.end;
                group.letters += best.letters;
                group.cost += best.cost;
                group.readings.extend(readings);
                group.readings.retain(|(field, _)| common.contains(field));
                continue;
            }
        }
        let Hit { start, end, letters, cost, .. } = best;
        groups.push(Group { start, end, letters, cost, readings });
    }
    groups
}

fn is_whole_name(fields: &BTreeSet<Option<FieldName>>) -> bool {
    fields.contains(&Some(FieldName::FullName))
}

fn is_name(fields: &BTreeSet<Option<FieldName>>) -> bool {
    fields.iter().flatten().any(|field| field.is_name())
}

/// Takes to a caption what stands before a slash before it: the same in a language that is not known, or was not read.
fn widen(row: &Row, captions: &mut [Caption]) {
    let mut from = 0;
    for caption in captions {
        let before = row.characters[from..caption.start].iter().rposition(|c| !c.is_whitespace());
        if before.is_some_and(|at| row.characters[from + at] == '/') {
            let blank = row.characters[from..].iter().take_while(|c| c.is_whitespace()).count();
            caption.start = caption.start.min(from + blank);
        }
        from = caption.end;
    }
}

fn fields(readings: &[(Option<FieldName>, usize)]) -> BTreeSet<Option<FieldName>> {
    readings.iter().map(|(field, _)| *field).collect()
}

/// Whether nothing but marks stands there; a slash is often read as an `l`.
fn is_separator(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|character| character.is_alphanumeric()).collect();
    text.chars().count() <= 6 && (letters.is_empty() || matches!(letters[..], ['l' | 'I' | '1']))
}

impl Group {
    fn caption(self, index: usize, row: &Row, votes: &Votes) -> Caption {
        let fields = fields(&self.readings);
        let field = match fields.len() {
            1 => fields.into_iter().next().flatten(),
            _ => self.likeliest(votes),
        };
        Caption {
            row: index,
            start: row.folded.at[self.start],
            end: row.folded.end(self.end),
            field,
            quality: (1.0 - self.cost as f32 / self.letters.max(1) as f32).max(0.0),
            numbered: false,
        }
    }

    /// The field whose languages the document speaks most; `None` if two are even.
    fn likeliest(&self, votes: &Votes) -> Option<FieldName> {
        let weight = |field: &Option<FieldName>| {
            self.readings.iter().filter(|reading| reading.0 == *field).map(|reading| votes[reading.1]).max()
        };
        let mut weighed: Vec<_> =
            fields(&self.readings).into_iter().map(|field| (weight(&field).unwrap_or(0), field)).collect();
        weighed.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        match weighed[..] {
            [(most, field), (next, _), ..] if most > next => field,
            _ => None,
        }
    }
}
