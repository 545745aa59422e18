//! What documents call their fields, and the names of months, one file a language.
//!
//! The words are those that passports, identity cards and driving licences print; English and French ones are those of
//! ICAO Doc 9303 parts 3 to 5 as well.

mod az;
mod cs;
mod da;
mod de;
mod en;
mod es;
mod et;
mod fi;
mod fr;
mod hr;
mod hu;
mod it;
mod lt;
mod lv;
mod nl;
mod no;
mod pl;
mod pt;
mod ro;
mod sk;
mod sl;
mod sq;
mod sv;
mod tr;

use std::sync::LazyLock;

use idv_common::domain::FieldName;

use super::fold::folded;

/// One language's words.
pub(super) struct Language {
    /// What each field is called; `None` is for captions of what is no field here, which end a value all the same.
    captions: &'static [(Option<FieldName>, &'static [&'static str])],
    /// For each month its names, folded.
    pub(super) months: [&'static [&'static str]; 12],
}

/// Every language, the most common one first.
pub(super) static LANGUAGES: [&Language; 24] = [
    &en::EN,
    &fr::FR,
    &es::ES,
    &pt::PT,
    &de::DE,
    &it::IT,
    &nl::NL,
    &pl::PL,
    &ro::RO,
    &tr::TR,
    &cs::CS,
    &sk::SK,
    &hu::HU,
    &hr::HR,
    &sl::SL,
    &sv::SV,
    &da::DA,
    &no::NO,
    &fi::FI,
    &et::ET,
    &lv::LV,
    &lt::LT,
    &sq::SQ,
    &az::AZ,
];

/// A caption to look for.
pub(super) struct Caption {
    /// Its letters, folded.
    pub(super) letters: Vec<char>,
    /// The field that it announces.
    pub(super) field: Option<FieldName>,
    /// Its language, an index of [`LANGUAGES`].
    pub(super) language: usize,
}

/// Every caption of every language.
pub(super) static CAPTIONS: LazyLock<Vec<Caption>> = LazyLock::new(|| {
    let mut captions = Vec::new();
    for (index, language) in LANGUAGES.iter().enumerate() {
        for (field, words) in language.captions {
            captions.extend(words.iter().map(|words| Caption {
                letters: folded(words),
                field: *field,
                language: index,
            }));
        }
    }
    captions
});

/// The languages and months that a folded word is a name of, exactly, as index of [`LANGUAGES`] and 1 to 12.
pub(super) fn months(word: &str) -> impl Iterator<Item = (usize, i8)> {
    (0_i8..12).flat_map(move |month| {
        let named = move |language: &&Language| {
            language.months[month as usize].iter().any(|name| folded(name).iter().copied().eq(word.chars()))
        };
        LANGUAGES
            .iter()
            .enumerate()
            .filter(move |(_, language)| named(language))
            .map(move |(index, _)| (index, month + 1))
    })
}
