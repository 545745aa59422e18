//! Captions and months in Danish.

use super::{FieldName, Language};

pub(super) static DA: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Efternavn", "Efternavne"]),
        (Some(FieldName::GivenNames), &["Fornavn", "Fornavne", "Fornavn(e)"]),
        (Some(FieldName::FullName), &["Navn", "Fulde navn"]),
        (
            Some(FieldName::DocumentNumber),
            &["Pasnummer", "Pas nr.", "Pasnr.", "Dokumentnummer", "Kortnummer", "Kørekortnummer"],
        ),
        (Some(FieldName::DateOfBirth), &["Fødselsdato", "Født", "Fødselsdag"]),
        (Some(FieldName::DateOfIssue), &["Udstedelsesdato", "Udstedt", "Udstedt den", "Dato for udstedelse"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Udløbsdato", "Gyldig til", "Gyldigt til", "Dato for udløb", "Gyldighed"],
        ),
        (Some(FieldName::Sex), &["Køn"]),
        (Some(FieldName::Nationality), &["Nationalitet", "Statsborgerskab"]),
        (Some(FieldName::Address), &["Adresse", "Bopæl"]),
        (Some(FieldName::PlaceOfBirth), &["Fødested"]),
        (Some(FieldName::Authority), &["Myndighed", "Udstedende myndighed", "Udstedt af"]),
        (Some(FieldName::PersonalNumber), &["Personnummer", "CPR-nr.", "CPR nummer", "Personnr."]),
        (Some(FieldName::IssuingState), &["Landekode", "Statskode"]),
        (None, &["Type", "Højde", "Underskrift", "Indehaverens underskrift", "Øjenfarve"]),
    ],
    months: [
        &["jan", "januar"],
        &["feb", "februar"],
        &["mar", "marts"],
        &["apr", "april"],
        &["maj"],
        &["jun", "juni"],
        &["jul", "juli"],
        &["aug", "august"],
        &["sep", "sept", "september"],
        &["okt", "oktober"],
        &["nov", "november"],
        &["dec", "december"],
    ],
};
