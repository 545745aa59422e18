//! Captions and months in Lithuanian.

use super::{FieldName, Language};

pub(super) static LT: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Pavardė"]),
        (Some(FieldName::GivenNames), &["Vardas", "Vardai", "Vardas (-ai)"]),
        (Some(FieldName::FullName), &["Vardas, pavardė", "Vardas ir pavardė"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Paso numeris",
                "Paso Nr.",
                "Dokumento numeris",
                "Dokumento Nr.",
                "Kortelės numeris",
                "Asmens tapatybės kortelės numeris",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Gimimo data", "Gimęs"]),
        (Some(FieldName::DateOfIssue), &["Išdavimo data", "Išduota"]),
        (Some(FieldName::DateOfExpiry), &["Galioja iki", "Galiojimo pabaiga", "Galiojimo laikas"]),
        (Some(FieldName::Sex), &["Lytis"]),
        (Some(FieldName::Nationality), &["Pilietybė", "Tautybė"]),
        (Some(FieldName::Address), &["Adresas", "Gyvenamoji vieta", "Gyvenamosios vietos adresas"]),
        (Some(FieldName::PlaceOfBirth), &["Gimimo vieta"]),
        (
            Some(FieldName::Authority),
            &["Įstaiga", "Išdavė", "Dokumentą išdavė", "Išdavusi įstaiga", "Išdavusi institucija"],
        ),
        (Some(FieldName::PersonalNumber), &["Asmens kodas"]),
        (Some(FieldName::IssuingState), &["Valstybės kodas"]),
        (None, &["Tipas", "Rūšis", "Ūgis", "Parašas", "Asmens parašas", "Savininko parašas"]),
    ],
    months: [
        &["saus", "sausio", "sausis"],
        &["vas", "vasario", "vasaris"],
        &["kov", "kovo", "kovas"],
        &["bal", "balandzio", "balandis"],
        &["geg", "geguzes", "geguze"],
        &["birz", "birzelio", "birzelis"],
        &["liep", "liepos", "liepa"],
        &["rugp", "rugpjucio", "rugpjutis"],
        &["rugs", "rugsejo", "rugsejis"],
        &["spal", "spalio", "spalis"],
        &["lapkr", "lapkricio", "lapkritis"],
        &["gruod", "gruodzio", "gruodis"],
    ],
};
