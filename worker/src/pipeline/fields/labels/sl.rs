//! Captions and months in Slovenian.

use super::{FieldName, Language};

pub(super) static SL: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Priimek"]),
        (Some(FieldName::GivenNames), &["Ime", "Imena"]),
        (Some(FieldName::FullName), &["Ime in priimek"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Številka potnega lista",
                "Št. potnega lista",
                "Potni list št.",
                "Številka osebne izkaznice",
                "Številka dokumenta",
                "Št. dokumenta",
                "Številka listine",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Datum rojstva", "Rojen"]),
        (Some(FieldName::DateOfIssue), &["Datum izdaje", "Datum izdaje dokumenta"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Velja do", "Datum izteka", "Datum poteka veljavnosti", "Veljavnost do", "Datum veljavnosti"],
        ),
        (Some(FieldName::Sex), &["Spol"]),
        (Some(FieldName::Nationality), &["Državljanstvo"]),
        (Some(FieldName::Address), &["Stalno prebivališče", "Prebivališče", "Naslov"]),
        (Some(FieldName::PlaceOfBirth), &["Kraj rojstva"]),
        (Some(FieldName::Authority), &["Izdal", "Pristojni organ", "Izdajatelj"]),
        (Some(FieldName::PersonalNumber), &["EMŠO", "Osebna številka"]),
        (Some(FieldName::IssuingState), &["Koda države", "Država"]),
        (None, &["Tip", "Podpis", "Podpis imetnika", "Višina", "Barva oči"]),
    ],
    months: [
        &["jan", "januar", "januarja"],
        &["feb", "februar", "februarja"],
        &["mar", "marec", "marca"],
        &["apr", "april", "aprila"],
        &["maj", "maja"],
        &["jun", "junij", "junija"],
        &["jul", "julij", "julija"],
        &["avg", "avgust", "avgusta"],
        &["sep", "september", "septembra"],
        &["okt", "oktober", "oktobra"],
        &["nov", "november", "novembra"],
        &["dec", "december", "decembra"],
    ],
};
