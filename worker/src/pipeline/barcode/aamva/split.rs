//! Parts a card's text into its data elements.

use std::collections::BTreeMap;

use super::elements::element;
use super::header::{Headed, is_subfile_type};

/// The separators of the standard: data element, record, segment.
const SEPARATORS: [char; 3] = ['\n', '\u{1e}', '\r'];
/// The subfiles that describe a holder.
const SUBFILES: [&str; 3] = ["DL", "ID", "EN"];
/// How often a character has to stand before a known element for it to be a separator that replaces them.
const LEAST_REPLACEMENTS: usize = 5;
/// What some encoders write in place of Control-M.
const REPLACED_TERMINATOR: char = 'M';

/// The elements by their three-letter identifiers, values trimmed; of an element that is given twice, the first
/// one with a value.
pub(super) fn split(headed: &Headed<'_>) -> BTreeMap<String, String> {
    let separators = separators(headed);
    let mut elements = BTreeMap::new();
    for segment in body(headed).split(|character| separators.contains(&character)) {
        for part in parted(segment, headed) {
            let Some((identifier, value)) = identified(part, headed) else { continue };
            let known: &mut String = elements.entry(identifier.to_owned()).or_default();
            if known.is_empty() {
                value.clone_into(known);
            }
        }
    }
    elements
}

/// The subfiles without the last one's terminator. The terminator is Control-M, and some encoders write an `M`, in
/// the header as well.
fn body<'a>(headed: &Headed<'a>) -> &'a str {
    match headed.body.trim_end().strip_suffix(REPLACED_TERMINATOR) {
        Some(body) if headed.preamble.ends_with(REPLACED_TERMINATOR) => body,
        _ => headed.body,
    }
}

/// The standard's separators, those that the header shows, and the one that stands before most elements.
fn separators(headed: &Headed<'_>) -> Vec<char> {
    let shown =
        headed.preamble.chars().filter(|shown| !shown.is_alphanumeric() && !"@ \u{feff}".contains(*shown));
    let mut separators: Vec<char> = SEPARATORS.into_iter().chain(shown).collect();
    let mut before: BTreeMap<char, usize> = BTreeMap::new();
    let mut previous = None;
    for (start, character) in headed.body.char_indices() {
        if headed.body.get(start..start + 3).is_some_and(|code| element(code).is_some())
            && let Some(separator) = previous.filter(|separator: &char| !separator.is_alphanumeric())
        {
            *before.entry(separator).or_default() += 1;
        }
        previous = Some(character);
    }
    if let Some((separator, count)) = before.into_iter().max_by_key(|(_, count)| *count)
        && count >= LEAST_REPLACEMENTS
    {
        separators.push(separator);
    }
    separators
}

/// The parts of a segment around a replaced terminator, which stands before a subfile of the header's list, and
/// without what is left of a damaged list.
fn parted<'a>(segment: &'a str, headed: &Headed<'_>) -> Vec<&'a str> {
    for designator in &headed.header.subfile_designators {
        // The subfile's type is followed by its first element, which begins with the same letters.
        let start = format!("{REPLACED_TERMINATOR}{0}{0}", designator.subfile_type);
        if let Some(end) = segment.find(&start) {
            return vec![&segment[..end], &segment[end + REPLACED_TERMINATOR.len_utf8()..]];
        }
    }
    if identified(segment, headed).is_none() {
        let opens = |(start, _): &(usize, char)| {
            let code = segment.get(start + 2..start + 5);
            SUBFILES.iter().any(|subfile| segment[*start..].starts_with(subfile))
                && code.is_some_and(is_identifier)
        };
        if let Some((start, _)) = segment.char_indices().find(opens) {
            return vec![&segment[start..]];
        }
    }
    vec![segment]
}

/// The identifier and the value of a segment, without the type of the subfile that it opens.
fn identified<'a>(segment: &'a str, headed: &Headed<'_>) -> Option<(&'a str, &'a str)> {
    let segment = segment.trim_start();
    let opened = segment.get(..2).filter(|code| opens(code, headed)).and_then(|_| segment.get(2..));
    let inner = opened.and_then(|inner| Some((inner, inner.get(..3)?)));
    if let Some((inner, identifier)) = inner
        && is_identifier(identifier)
    {
        return Some((identifier, inner[3..].trim()));
    }
    let identifier = segment.get(..3).filter(|code| is_identifier(code))?;
    Some((identifier, segment[3..].trim()))
}

/// Whether two characters are the type of a subfile here.
fn opens(code: &str, headed: &Headed<'_>) -> bool {
    let listed = headed.header.subfile_designators.iter().any(|subfile| subfile.subfile_type == code);
    is_subfile_type(code) && (listed || SUBFILES.contains(&code))
}

/// Whether three characters may name an element: one of the standard, or `Z` and two more for the issuer's own.
fn is_identifier(code: &str) -> bool {
    let own = code.starts_with('Z') && code.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric());
    element(code).is_some() || own
}
