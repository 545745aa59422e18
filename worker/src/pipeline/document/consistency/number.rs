//! The form of document numbers, where an issuer has published it.

use idv_common::domain::DocumentKind;

/// The forms of one kind of document of one state. `9` stands for a digit, `A` for a letter, `N` for a letter or digit of the
/// alphabet that Germany uses, which has no vowels and none of B, D, Q and S, `D` for a Dutch letter, which is never O, and `E`
/// for such a letter or a digit.
struct Form {
    state: &'static str,
    kind: DocumentKind,
    patterns: &'static [&'static str],
}

/// Sources: Germany, Federal Ministry of the Interior, "Seriennummer" of passports since 2007 and identity cards since 2010;
/// France, Decree 2005-1726 and its forms; Netherlands, RvIG, "Kenmerken reisdocumenten"; Poland, Regulation on passport
/// documents, and on identity cards; United Kingdom, GOV.UK, "passport number"; United States, Department of State, "Next
/// Generation Passport".
const FORMS: &[Form] = &[
    Form { state: "D", kind: DocumentKind::Passport, patterns: &["NNNNNNNNN"] },
    Form { state: "D", kind: DocumentKind::IdCard, patterns: &["NNNNNNNNN"] },
    Form { state: "FRA", kind: DocumentKind::Passport, patterns: &["99AA99999"] },
    Form { state: "GBR", kind: DocumentKind::Passport, patterns: &["999999999"] },
    Form { state: "NLD", kind: DocumentKind::Passport, patterns: &["DDEEEEEE9"] },
    Form { state: "NLD", kind: DocumentKind::IdCard, patterns: &["DDEEEEEE9"] },
    Form { state: "POL", kind: DocumentKind::Passport, patterns: &["AA9999999"] },
    Form { state: "POL", kind: DocumentKind::IdCard, patterns: &["AAA999999"] },
    Form { state: "USA", kind: DocumentKind::Passport, patterns: &["999999999", "A99999999"] },
];

/// Whether a number has the form that its issuer uses; `None` if that is not known.
pub(super) fn has_form(state: &str, kind: DocumentKind, number: &str) -> Option<bool> {
    let form = FORMS.iter().find(|form| form.state == state && form.kind == kind)?;
    Some(form.patterns.iter().any(|pattern| matches(pattern, number)))
}

fn matches(pattern: &str, number: &str) -> bool {
    let fits = |(kind, character): (char, char)| match kind {
        '9' => character.is_ascii_digit(),
        'A' => character.is_ascii_uppercase(),
        'N' => character.is_ascii_digit() || "CFGHJKLMNPRTVWXYZ".contains(character),
        'D' => character.is_ascii_uppercase() && character != 'O',
        _ => (character.is_ascii_uppercase() && character != 'O') || character.is_ascii_digit(),
    };
    pattern.chars().count() == number.chars().count() && pattern.chars().zip(number.chars()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_forms_are_told_from_others() {
        for (state, kind, number, expected) in [
            ("D", DocumentKind::Passport, "C01X00T47", Some(true)),
            ("D", DocumentKind::IdCard, "L01X00T47", Some(true)),
            ("D", DocumentKind::IdCard, "LO1X00T47", Some(false)),
            ("FRA", DocumentKind::Passport, "60RF79765", Some(true)),
            ("FRA", DocumentKind::Passport, "6ORF79765", Some(false)),
            ("NLD", DocumentKind::Passport, "SPECI2014", Some(true)),
            ("USA", DocumentKind::Passport, "E00007730", Some(true)),
            ("USA", DocumentKind::Passport, "340007955", Some(true)),
            ("GBR", DocumentKind::Passport, "B98765432", Some(false)),
            ("UTO", DocumentKind::Passport, "L898902C3", None),
            ("FRA", DocumentKind::Visa, "1", None),
        ] {
            assert_eq!(has_form(state, kind, number), expected, "{state} {number}");
        }
    }
}
