//! National letters as a machine-readable zone writes them: ICAO Doc 9303 part 3, section 6.

/// More ways to write a name than this are not listed.
const MOST_WAYS: usize = 64;

/// Text in the zone's alphabet: Latin letters with diacritics, Cyrillic and Arabic letters become their
/// transliteration (tables A, B and C), the first one where there are several; hyphens, commas and spaces become
/// single fillers, apostrophes and all other punctuation disappear (section 4.6).
pub fn transliterate(text: &str) -> String {
    written(text, |_| 0)
}

/// Every way in which the zone may write a text: table A recommends several transliterations for Ä, Å, Ñ, Ö and Ü,
/// and issuers keep to one of them throughout a name. The first way is that of [`transliterate`].
pub fn transliterations(text: &str) -> Vec<String> {
    let capitals: Vec<char> = capitals(text).filter(|capital| ways(*capital).len() > 1).collect();
    let mut letters: Vec<char> = Vec::new();
    capitals.iter().for_each(|letter| {
        if !letters.contains(letter) {
            letters.push(*letter)
        }
    });
    let mut choices: Vec<Vec<(char, usize)>> = vec![Vec::new()];
    for letter in letters {
        choices = (choices.into_iter())
            .flat_map(|chosen| {
                (0..ways(letter).len()).map(move |way| [chosen.clone(), vec![(letter, way)]].concat())
            })
            .take(MOST_WAYS)
            .collect();
    }
    let way = |chosen: &[(char, usize)], letter: char| {
        chosen.iter().find(|(other, _)| *other == letter).map_or(0, |(_, way)| *way)
    };
    choices.iter().map(|chosen| written(text, |letter| way(chosen, letter))).collect()
}

fn written(text: &str, way: impl Fn(char) -> usize) -> String {
    let mut zone = String::with_capacity(text.len());
    let mut capitals = capitals(text).peekable();
    // How long the last letter is in the zone: the Arabic shadda doubles it.
    let mut last = 0;
    while let Some(capital) = capitals.next() {
        let before = zone.len();
        match capital {
            'A'..='Z' | '0'..='9' => zone.push(capital),
            ' ' | '-' | '<' | ',' | '\u{2010}'..='\u{2014}' => {
                if !zone.ends_with('<') {
                    zone.push('<');
                }
            }
            // At the end of a name component, teh marbuta is written otherwise.
            '\u{629}' if capitals.peek().is_none_or(|next| !next.is_alphabetic()) => zone.push_str("XAH"),
            '\u{651}' => zone.extend_from_within(before.saturating_sub(last)..before),
            other => zone.push_str(ways(other).get(way(other)).copied().unwrap_or_default()),
        }
        last = zone.len() - before;
    }
    zone.trim_matches('<').to_owned()
}

/// The capital letters of a text. The capital of ß that Unicode gives is already two letters.
fn capitals(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_uppercase)
}

/// The letters that may stand for one capital letter, the ones that are used first; none if there are none.
fn ways(capital: char) -> &'static [&'static str] {
    match capital {
        'Ä' => &["AE", "A"],
        'Å' => &["AA", "A"],
        'Ñ' => &["N", "NXX"],
        'Ö' => &["OE", "O"],
        'Ü' => &["UE", "UXX", "U"],
        '\u{400}'..='\u{4ff}' => cyrillic(capital),
        '\u{600}'..='\u{6ff}' => arabic(capital),
        _ => latin(capital),
    }
}

/// Table A.
fn latin(capital: char) -> &'static [&'static str] {
    match capital {
        'À'..='Ã' | 'Ā' | 'Ă' | 'Ą' => &["A"],
        'Æ' => &["AE"],
        'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => &["C"],
        'Ð' | 'Ď' | 'Đ' => &["D"],
        'È'..='Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' | 'Ə' => &["E"],
        'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => &["G"],
        'Ĥ' | 'Ħ' => &["H"],
        'Ì'..='Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => &["I"],
        'Ĳ' => &["IJ"],
        'Ĵ' => &["J"],
        'Ķ' => &["K"],
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ŀ' | 'Ł' => &["L"],
        'Ń' | 'Ņ' | 'Ň' | 'Ŋ' => &["N"],
        'Ò'..='Õ' | 'Ō' | 'Ŏ' | 'Ő' => &["O"],
        'Ø' | 'Œ' => &["OE"],
        'Ŕ' | 'Ŗ' | 'Ř' => &["R"],
        'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => &["S"],
        'ẞ' => &["SS"],
        'Ţ' | 'Ť' | 'Ŧ' | 'Ț' => &["T"],
        'Þ' => &["TH"],
        'Ù'..='Û' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => &["U"],
        'Ŵ' => &["W"],
        'Ý' | 'Ŷ' | 'Ÿ' => &["Y"],
        'Ź' | 'Ż' | 'Ž' => &["Z"],
        _ => &[],
    }
}

/// Table B, without the exceptions that some languages make: a name does not tell its language.
fn cyrillic(capital: char) -> &'static [&'static str] {
    match capital {
        'А' => &["A"],
        'Б' => &["B"],
        'В' => &["V"],
        'Г' | 'Ѓ' | 'Ґ' | 'Ғ' => &["G"],
        'Д' | 'Ђ' | 'Ћ' => &["D"],
        'Е' | 'Ё' | 'Э' => &["E"],
        'Ж' => &["ZH"],
        'З' => &["Z"],
        'И' | 'Й' | 'І' | 'Ї' => &["I"],
        'Ј' => &["J"],
        'К' | 'Ќ' => &["K"],
        'Л' => &["L"],
        'Љ' => &["LJ"],
        'М' => &["M"],
        'Н' => &["N"],
        'Њ' => &["NJ"],
        'О' => &["O"],
        'П' => &["P"],
        'Р' => &["R"],
        'С' => &["S"],
        'Т' => &["T"],
        'У' | 'Ў' | 'Ѫ' => &["U"],
        'Ф' => &["F"],
        'Х' => &["KH"],
        'Ц' => &["TS"],
        'Ч' => &["CH"],
        'Ш' => &["SH"],
        'Щ' => &["SHCH"],
        'Ъ' | 'Є' => &["IE"],
        'Ы' | 'Ѵ' => &["Y"],
        'Ю' => &["IU"],
        'Я' => &["IA"],
        'Ѕ' | 'Џ' => &["DZ"],
        'Һ' => &["C"],
        _ => &[],
    }
}

/// Table C.
fn arabic(letter: char) -> &'static [&'static str] {
    match letter {
        '\u{621}' => &["XE"],
        '\u{622}' => &["XAA"],
        '\u{623}' => &["XAE"],
        '\u{624}' => &["U"],
        '\u{625}' => &["I"],
        '\u{626}' => &["XI"],
        '\u{627}' => &["A"],
        '\u{628}' => &["B"],
        '\u{629}' => &["XTA"],
        '\u{62a}' => &["T"],
        '\u{62b}' => &["XTH"],
        '\u{62c}' => &["J"],
        '\u{62d}' => &["XH"],
        '\u{62e}' => &["XKH"],
        '\u{62f}' => &["D"],
        '\u{630}' => &["XDH"],
        '\u{631}' => &["R"],
        '\u{632}' => &["Z"],
        '\u{633}' => &["S"],
        '\u{634}' => &["XSH"],
        '\u{635}' => &["XSS"],
        '\u{636}' => &["XDZ"],
        '\u{637}' => &["XTT"],
        '\u{638}' => &["XZZ"],
        '\u{639}' => &["E"],
        '\u{63a}' => &["G"],
        '\u{641}' => &["F"],
        '\u{642}' => &["Q"],
        '\u{643}' => &["K"],
        '\u{644}' => &["L"],
        '\u{645}' => &["M"],
        '\u{646}' => &["N"],
        '\u{647}' => &["H"],
        '\u{648}' => &["W"],
        '\u{649}' => &["XAY"],
        '\u{64a}' | '\u{6d0}' => &["Y"],
        '\u{671}' => &["XXA"],
        '\u{679}' => &["XXT"],
        '\u{67c}' => &["XRT"],
        '\u{67e}' => &["P"],
        '\u{681}' => &["XKE"],
        '\u{685}' => &["XXH"],
        '\u{686}' => &["XC"],
        '\u{688}' => &["XXD"],
        '\u{689}' => &["XDR"],
        '\u{691}' => &["XXR"],
        '\u{693}' => &["XRR"],
        '\u{696}' => &["XRX"],
        '\u{698}' => &["XJ"],
        '\u{69a}' => &["XXS"],
        '\u{6a9}' => &["XKK"],
        '\u{6ab}' => &["XXK"],
        '\u{6ad}' => &["XNG"],
        '\u{6af}' => &["XGG"],
        '\u{6ba}' => &["XNN"],
        '\u{6bc}' => &["XXN"],
        '\u{6be}' => &["XDO"],
        '\u{6c0}' => &["XYH"],
        '\u{6c1}' => &["XXG"],
        '\u{6c2}' => &["XGE"],
        '\u{6c3}' => &["XTG"],
        '\u{6cc}' => &["XYA"],
        '\u{6cd}' => &["XXY"],
        '\u{6d2}' => &["XYB"],
        '\u{6d3}' => &["XBE"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diacritics_hyphens_and_apostrophes_follow_doc_9303() {
        assert_eq!(transliterate("Müller-Lüdenscheidt"), "MUELLER<LUEDENSCHEIDT");
        assert_eq!(transliterate("D'Artagnan"), "DARTAGNAN");
        assert_eq!(transliterate("Marie-Elise"), "MARIE<ELISE");
        assert_eq!(transliterate("Anna, Maria"), "ANNA<MARIA");
        assert_eq!(transliterate("Łódź Ångström, Straße"), "LODZ<AANGSTROEM<STRASSE");
        assert_eq!(transliterate("  Núñez  "), "NUNEZ");
        assert_eq!(transliterate("Þórr Œdipe Ĳsbrand Iğdır İnce"), "THORR<OEDIPE<IJSBRAND<IGDIR<INCE");
    }

    #[test]
    fn every_letter_of_latin_extended_a_is_written_somehow() {
        for letter in ('À'..='ž').filter(|letter| letter.is_alphabetic()) {
            // Two of them are no letters of a living alphabet's names, and are not in the table.
            let known = !transliterate(&letter.to_string()).is_empty();
            assert!(known || matches!(letter, 'ĸ' | 'ŉ'), "{letter}");
        }
    }

    #[test]
    fn other_scripts_follow_their_tables() {
        assert_eq!(transliterate("Щербаков"), "SHCHERBAKOV");
        assert_eq!(transliterate("Юлия Ёлкина"), "IULIIA<ELKINA");
        assert_eq!(transliterate("Љубица Џајић"), "LJUBITSA<DZAJID");
        // The examples of appendix B, and of the note on shadda.
        assert_eq!(transliterate("ابو بكر محمد بن زكريا الرازي"), "ABW<BKR<MXHMD<BN<ZKRYA<ALRAZY");
        assert_eq!(transliterate("عبّاس"), "EBBAS");
        assert_eq!(transliterate("فضّة"), "FXDZXDZXAH");
        assert_eq!(transliterate("فاطمة"), "FAXTTMXAH");
    }

    #[test]
    fn issuers_choose_among_the_ways_of_table_a() {
        assert_eq!(transliterations("Cañón"), ["CANON", "CANXXON"]);
        assert_eq!(transliterations("Müller"), ["MUELLER", "MUXXLLER", "MULLER"]);
        assert_eq!(transliterations("Bäcker-Bär"), ["BAECKER<BAER", "BACKER<BAR"]);
        assert_eq!(transliterations("Eriksson"), ["ERIKSSON"]);
        assert!(transliterations("ÄÅÑÖÜ").len() <= MOST_WAYS);
    }
}
