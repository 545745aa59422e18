//! The name field: ICAO Doc 9303 part 3, section 4.6, and section 4.2.3 of parts 4 to 7.

use super::transliterate::transliterate;

/// What parts the primary from the secondary identifier.
pub(super) const BETWEEN: &str = "<<";

/// The name field of that width: both identifiers, shortened as little as they must be. Shortened components
/// lose their ends; those of the secondary identifier come first, then those of the primary one, the longest
/// first. A name that was shortened ends with a letter at the last place, which says so.
pub(super) fn compose(surname: &str, given_names: &str, width: usize) -> String {
    let (primary, secondary) = (transliterate(surname), transliterate(given_names));
    if secondary.is_empty() {
        return ending_in_letter(primary, width);
    }
    // The primary identifier leaves room for the first letter of the secondary one.
    let mut components: Vec<&str> = primary.split('<').collect();
    let room = width.saturating_sub(BETWEEN.len() + 1);
    while joined(&components) > room {
        match components.iter_mut().rev().max_by_key(|component| component.len()) {
            Some(longest) if longest.len() > 1 => *longest = &longest[..longest.len() - 1],
            _ => {
                components.pop();
            }
        }
    }
    ending_in_letter(format!("{}{BETWEEN}{secondary}", components.join("<")), width)
}

/// Cuts a name to the width. Where a filler would fall on the last place, the last component of more than one letter
/// before it loses one, and what follows moves up.
fn ending_in_letter(mut name: String, width: usize) -> String {
    while name.len() > width && name[..width].ends_with('<') {
        let places = name.as_bytes();
        let is_end = |at: &usize| places[*at] != b'<' && places[at - 1] != b'<' && places[at + 1] == b'<';
        let Some(end) = (1..width - 1).rev().find(is_end) else { break };
        name.remove(end);
    }
    name.truncate(width);
    name
}

fn joined(components: &[&str]) -> usize {
    components.iter().map(|component| component.len() + 1).sum::<usize>().saturating_sub(1)
}

/// Primary and secondary identifier as they stand in a name field; what follows another pair of fillers belongs
/// to neither.
pub(super) fn split(field: &str) -> (&str, &str) {
    let mut parts = field.trim_end_matches('<').split(BETWEEN);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// How many places of a name field belong to the primary identifier, the fillers behind it among them.
pub(super) fn primary_end(field: &str) -> usize {
    field.find(BETWEEN).map_or(field.len(), |at| at + BETWEEN.len())
}

/// Whether a name field is filled to its last place: then the name must be taken for truncated (section 4.2.3).
pub(super) fn is_truncated(field: &str) -> bool {
    field.ends_with(|character: char| character != '<')
}

/// Whether a name field is built as names are: it begins with a letter, and after the secondary identifier there
/// are fillers only. A field for the primary identifier alone ends after that.
pub(super) fn is_well_formed(field: &str, primary_only: bool) -> bool {
    let name = field.trim_end_matches('<');
    let parts = name.split(BETWEEN).count();
    name.starts_with(|character: char| character.is_ascii_uppercase())
        && parts <= if primary_only { 1 } else { 2 }
        && !name.contains("<<<")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 4.2.3 of parts 4, 5 and 6.
    #[test]
    fn names_that_fit_are_written_in_full() {
        for (surname, given_names, field) in [
            ("Eriksson", "Anna Maria", "ERIKSSON<<ANNA<MARIA"),
            ("Heng", "Deborah Ming Lo", "HENG<<DEBORAH<MING<LO"),
            ("Smith-Jones", "Susie Margaret", "SMITH<JONES<<SUSIE<MARGARET"),
            ("O'Connor", "Enya Siobhan", "OCONNOR<<ENYA<SIOBHAN"),
            ("Van Der Muellen", "Martin", "VAN<DER<MUELLEN<<MARTIN"),
            ("Al-Basri", "Huda Muhammad Jawad", "AL<BASRI<<HUDA<MUHAMMAD<JAWAD"),
            ("Vilarchao Fernandez", "Jose Ramon", "VILARCHAO<FERNANDEZ<<JOSE<RAMON"),
            ("Arkfreith", "", "ARKFREITH"),
            ("Satriya Sudarpa", "", "SATRIYA<SUDARPA"),
            ("Papandropoulous", "Jonathon Warren Trevor", "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"),
        ] {
            assert_eq!(compose(surname, given_names, 39), field);
        }
        assert_eq!(compose("Vilarchao Fernandez", "Jose Ramon", 30), "VILARCHAO<FERNANDEZ<<JOSE<RAMO");
    }

    #[test]
    fn a_shortened_name_ends_with_a_letter() {
        let long = ("Nilavadhanananda", "Arnpol Petch Charonguang");
        assert_eq!(compose(long.0, long.1, 39), "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU");
        for width in 8..60 {
            for (surname, given_names) in [
                long,
                ("Bennelong Wooloomooloo Warrandyte Warnambool", "Dingo Potoroo"),
                ("Satriya Sudarpa", ""),
                ("Lo", "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"),
            ] {
                let field = compose(surname, given_names, width);
                let full = format!("{}<<{}", transliterate(surname), transliterate(given_names));
                assert!(field.len() <= width);
                if full.trim_end_matches('<').len() > width {
                    assert!(is_truncated(&field) && field.len() == width, "{width} {field}");
                }
                assert!(given_names.is_empty() || field.contains("<<"), "{width} {field}");
                assert!(is_well_formed(&field, false), "{width} {field}");
            }
        }
    }

    #[test]
    fn a_name_field_is_split_at_the_first_pair_of_fillers() {
        assert_eq!(split("ERIKSSON<<ANNA<MARIA<<<<<<"), ("ERIKSSON", "ANNA<MARIA"));
        assert_eq!(split("ARKFREITH<<<<<<"), ("ARKFREITH", ""));
        assert_eq!(primary_end("ERIKSSON<<ANNA<<<"), 10);
        assert!(is_well_formed("VAN<DER<MUELLEN<<MARTIN<<<<<<<", false));
        assert!(!is_well_formed("ERIKSSON<<ANNA<<<<K", false));
        assert!(!is_well_formed("<ERIKSSON<<ANNA", false));
    }
}
