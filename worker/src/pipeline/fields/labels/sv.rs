//! Captions and months in Swedish.

use super::{FieldName, Language};

pub(super) static SV: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Efternamn"]),
        (Some(FieldName::GivenNames), &["Förnamn", "Förnamnen", "Tilltalsnamn"]),
        (Some(FieldName::FullName), &["Fullständigt namn", "Namn"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Passnummer",
                "Pass nr",
                "Passnr",
                "Dokumentnummer",
                "Kortnummer",
                "Handlingens nummer",
                "Nummer",
                "Körkortsnummer",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Födelsedatum", "Född", "Födelsetid"]),
        (
            Some(FieldName::DateOfIssue),
            &["Utfärdat", "Utfärdandedag", "Utfärdad", "Utfärdandedatum", "Utfärdat den"],
        ),
        (
            Some(FieldName::DateOfExpiry),
            &[
                "Giltigt t.o.m.",
                "Giltigt till",
                "Sista giltighetsdag",
                "Giltig till",
                "Giltighetstid",
                "Giltigt till och med",
                "Utgångsdatum",
            ],
        ),
        (Some(FieldName::Sex), &["Kön"]),
        (Some(FieldName::Nationality), &["Medborgarskap", "Nationalitet"]),
        (Some(FieldName::Address), &["Adress", "Bostadsort"]),
        (Some(FieldName::PlaceOfBirth), &["Födelseort", "Födelseplats"]),
        (Some(FieldName::Authority), &["Myndighet", "Utfärdande myndighet", "Utfärdat av", "Utfärdare"]),
        (Some(FieldName::PersonalNumber), &["Personnummer", "Personnr", "Pers nr", "Samordningsnummer"]),
        (Some(FieldName::IssuingState), &["Landskod", "Statskod"]),
        (None, &["Typ", "Längd", "Namnteckning", "Innehavarens namnteckning", "Ögonfärg"]),
    ],
    months: [
        &["jan", "januari"],
        &["feb", "februari"],
        &["mar", "mars"],
        &["apr", "april"],
        &["maj"],
        &["jun", "juni"],
        &["jul", "juli"],
        &["aug", "augusti"],
        &["sep", "sept", "september"],
        &["okt", "oktober"],
        &["nov", "november"],
        &["dec", "december"],
    ],
};
