//! Nationalities and states as documents print them, and their codes.

use super::fold::{distance, folded_word};

/// Codes of ICAO Doc 9303 part 3, section 5, and words for the state and its nationals: in English, French and the state's own
/// language.
const STATES: &[(&str, &[&str])] = &[
    ("ALB", &["Albania", "Albanian", "Albanais", "Albanaise", "Shqiptare", "Shqiptar", "Shqipëri"]),
    ("ARG", &["Argentina", "Argentine", "Argentinian", "Argentino"]),
    ("AUS", &["Australia", "Australian"]),
    (
        "AUT",
        &[
            "Austria",
            "Austrian",
            "Österreich",
            "Österreicher",
            "Österreicherin",
            "Autrichien",
            "Autrichienne",
        ],
    ),
    ("AZE", &["Azerbaijan", "Azerbaijani", "Azərbaycan"]),
    ("BEL", &["Belgium", "Belgian", "Belg", "Belge", "Belgisch", "België", "Belgique", "Belgien"]),
    ("BGR", &["Bulgaria", "Bulgarian", "Bulgare"]),
    ("BRA", &["Brazil", "Brazilian", "Brasileiro", "Brasileira", "Brasileiro(a)", "Brasil"]),
    ("CAN", &["Canada", "Canadian", "Canadien", "Canadienne"]),
    (
        "CHE",
        &[
            "Switzerland",
            "Swiss",
            "Suisse",
            "Schweiz",
            "Svizzera",
            "Svizzero",
            "Schweizer",
            "Schweizerin",
            "Svizra",
        ],
    ),
    ("CHL", &["Chile", "Chilean", "Chilena", "Chileno"]),
    ("CHN", &["China", "Chinese"]),
    ("COL", &["Colombia", "Colombian", "Colombiana", "Colombiano"]),
    ("CZE", &["Czech Republic", "Czechia", "Czech", "Česká republika", "Tchèque"]),
    ("D", &["Germany", "German", "Deutsch", "Deutschland", "Deutsche", "Allemand", "Allemande"]),
    ("DNK", &["Denmark", "Danish", "Dansk", "Danmark", "Danois", "Danoise"]),
    ("ESP", &["Spain", "Spanish", "Española", "Español", "España", "Espagnol", "Espagnole"]),
    ("EST", &["Estonia", "Estonian", "Eesti", "EST/Estonian"]),
    ("FIN", &["Finland", "Finnish", "Suomi", "Suomen", "Finlandais", "Finlandaise", "Finsk"]),
    ("FRA", &["France", "French", "Français", "Française"]),
    ("GBR", &["United Kingdom", "British citizen", "British", "Britannique"]),
    ("GRC", &["Greece", "Greek", "Hellenic", "Ellinike", "Grec", "Grecque"]),
    ("HRV", &["Croatia", "Croatian", "Hrvatsko", "Hrvatska", "Croate"]),
    ("HUN", &["Hungary", "Hungarian", "Magyar", "Magyarország", "Hongrois", "Hongroise"]),
    ("IND", &["India", "Indian"]),
    ("IRL", &["Ireland", "Irish", "Éireannach", "Irlandais", "Irlandaise"]),
    ("ISL", &["Iceland", "Icelandic", "Íslenskt", "Ísland"]),
    ("ITA", &["Italy", "Italian", "Italiana", "Italiano", "Italia", "Italien", "Italienne"]),
    ("JPN", &["Japan", "Japanese"]),
    ("LTU", &["Lithuania", "Lithuanian", "Lietuvos Respublikos", "Lietuva", "Lietuvos"]),
    ("LUX", &["Luxembourg", "Luxembourgeois", "Luxembourgeoise", "Luxemburger", "Lëtzebuergesch"]),
    ("LVA", &["Latvia", "Latvian", "Latvijas", "Latvija"]),
    ("MAR", &["Morocco", "Moroccan", "Marocain", "Marocaine", "Marocco"]),
    ("MEX", &["Mexico", "Mexican", "Mexicana", "Mexicano", "México"]),
    (
        "NLD",
        &["Netherlands", "Dutch", "Nederlandse", "Nederlander", "Nederland", "Néerlandais", "Néerlandaise"],
    ),
    ("NOR", &["Norway", "Norwegian", "Norsk", "Norge", "Norvégien", "Norvégienne"]),
    ("NZL", &["New Zealand", "New Zealander"]),
    ("PER", &["Peru", "Peruvian", "Peruana", "Peruano"]),
    ("POL", &["Poland", "Polish", "Polskie", "Polska", "Polonais", "Polonaise"]),
    ("PRT", &["Portugal", "Portuguese", "Portuguesa", "Português", "Portugais", "Portugaise"]),
    ("ROU", &["Romania", "Romanian", "Română", "România", "Roumain", "Roumaine"]),
    ("SRB", &["Serbia", "Serbian", "Srbija", "Srpsko"]),
    ("SVK", &["Slovakia", "Slovak", "Slovenská republika", "Slovak Republic", "Slovaque"]),
    ("SVN", &["Slovenia", "Slovenian", "Slovensko", "Slovenija", "Slovène"]),
    ("SWE", &["Sweden", "Swedish", "Svensk", "Sverige", "Suédois", "Suédoise"]),
    ("TUR", &["Turkey", "Türkiye", "Turkish", "Türk", "T.C.", "Turc", "Turque"]),
    ("UKR", &["Ukraine", "Ukrainian", "Ukrainien", "Ukrainienne"]),
    ("USA", &["United States of America", "United States", "American", "Américain", "Américaine"]),
    // The standard's own example.
    ("UTO", &["Utopia", "Utopian", "Utopie", "Utopien", "Utopienne"]),
];

/// Words of this length or more may have a wrong letter.
const LONG: usize = 7;

/// A word of this length or more may have lost its end.
const LONG_BEGINNING: usize = 12;

/// The code that a print of one or several words means: in any of the languages parted by slashes, or as a code. A word
/// with a wrong letter counts if it is like the words of one state only.
pub(super) fn code(text: &str) -> Option<&'static str> {
    let parts = text.split(['/', '|', '(', ')']).map(str::trim);
    let words: Vec<String> = std::iter::once(text).chain(parts).map(folded_word).collect();
    let exact = words.iter().find_map(|word| {
        STATES.iter().find(|(code, names)| {
            folded_word(code) == *word || names.iter().any(|name| folded_word(name) == *word)
        })
    });
    exact.map(|(code, _)| *code).or_else(|| words.iter().find_map(|word| similar(word)))
}

/// The one state with a word that differs from this one in a letter.
fn similar(word: &str) -> Option<&'static str> {
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    let is_near = |name: &&str| {
        let name = folded_word(name);
        let is_beginning = word.len() >= LONG_BEGINNING && name.starts_with(word);
        is_beginning || (name.len() >= LONG && distance(&letters(&name), &letters(word)) <= 1)
    };
    let mut near = STATES.iter().filter(|(_, names)| names.iter().any(&is_near));
    match (near.next(), near.next()) {
        (Some((code, _)), None) => Some(code),
        _ => None,
    }
}

/// Whether two codes mean the same state: Germany is `D` in a machine-readable zone and `DEU` elsewhere, and older
/// codes of the United Kingdom name its kinds of nationals.
pub(crate) fn same_state(a: &str, b: &str) -> bool {
    let canonical = |code: &str| match code.trim() {
        "DEU" => "D".to_owned(),
        "ROM" => "ROU".to_owned(),
        other => other.to_owned(),
    };
    canonical(a) == canonical(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_codes_and_bilingual_prints_give_the_code() {
        for (text, expected) in [
            ("UTOPIAN", Some("UTO")),
            ("CANADIAN/CANADIENNE", Some("CAN")),
            ("CANAD IAN/ CANADIENNE", Some("CAN")),
            ("FRANÇAISE", Some("FRA")),
            ("Franc ais", Some("FRA")),
            ("DEUTSCH", Some("D")),
            ("UNITED STATES OF AMERICA", Some("USA")),
            ("T.C./TUR", Some("TUR")),
            ("AZƏRBAYCAN/AZERBAIJAN", Some("AZE")),
            ("SLOVENSKÁ REPUBLIKA", Some("SVK")),
            ("BRITISH CITIZEN", Some("GBR")),
            ("NEDERLAMDSE", Some("NLD")),
            ("IRELAMD", Some("IRL")),
            // Iceland or Ireland.
            ("IXELAND", None),
            ("UNITED STATES OF AME", Some("USA")),
            ("ATLANTEAN", None),
            ("", None),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn no_word_means_two_states() {
        for (code, names) in STATES {
            for name in *names {
                assert_eq!(super::code(name), Some(*code), "{name}");
            }
        }
        assert!(same_state("D", "DEU") && !same_state("AUT", "AUS"));
    }
}
