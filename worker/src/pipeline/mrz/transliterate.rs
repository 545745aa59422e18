//! Latin letters as a machine-readable zone writes them: ICAO Doc 9303 part 3, section 6.A.

/// Text in the zone's alphabet: Latin letters with diacritics become their transliteration, hyphens and
/// spaces become single fillers, apostrophes and all that has no transliteration disappear.
pub fn transliterate(text: &str) -> String {
    let mut zone = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_uppercase) {
        match character {
            'A'..='Z' | '0'..='9' => zone.push(character),
            ' ' | '-' | '<' | ',' | '\u{2010}'..='\u{2014}' if !zone.ends_with('<') => zone.push('<'),
            other => zone.push_str(letters(other)),
        }
    }
    zone.trim_matches('<').to_owned()
}

/// The letters that stand for one capital letter with a diacritic, or nothing.
fn letters(capital: char) -> &'static str {
    match capital {
        'À'..='Ã' | 'Ā' | 'Ă' | 'Ą' => "A",
        'Ä' | 'Æ' => "AE",
        'Å' => "AA",
        'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => "C",
        'Ð' | 'Ď' | 'Đ' => "D",
        'È'..='Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => "E",
        'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => "G",
        'Ĥ' | 'Ħ' => "H",
        'Ì'..='Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => "I",
        'Ĳ' => "IJ",
        'Ĵ' => "J",
        'Ķ' => "K",
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ŀ' | 'Ł' => "L",
        'Ñ' | 'Ń' | 'Ņ' | 'Ň' | 'Ŋ' => "N",
        'Ò'..='Õ' | 'Ō' | 'Ŏ' | 'Ő' => "O",
        'Ö' | 'Ø' | 'Œ' => "OE",
        'Ŕ' | 'Ŗ' | 'Ř' => "R",
        'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => "S",
        'ẞ' => "SS",
        'Ţ' | 'Ť' | 'Ŧ' | 'Ț' => "T",
        'Þ' => "TH",
        'Ù'..='Û' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => "U",
        'Ü' => "UE",
        'Ŵ' => "W",
        'Ý' | 'Ŷ' | 'Ÿ' => "Y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::transliterate;

    #[test]
    fn diacritics_hyphens_and_apostrophes_follow_doc_9303() {
        assert_eq!(transliterate("Müller-Lüdenscheidt"), "MUELLER<LUEDENSCHEIDT");
        assert_eq!(transliterate("D'Artagnan"), "DARTAGNAN");
        assert_eq!(transliterate("Łódź Ångström, Straße"), "LODZ<AANGSTROEM<STRASSE");
        assert_eq!(transliterate("  Núñez  "), "NUNEZ");
    }
}
