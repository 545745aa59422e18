//! Captions and months in Norwegian.

use super::{FieldName, Language};

pub(super) static NO: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Etternavn", "Slektsnavn"]),
        (Some(FieldName::GivenNames), &["Fornavn", "Fornavne"]),
        (Some(FieldName::FullName), &["Navn", "Fullt navn", "Namn"]),
        (
            Some(FieldName::DocumentNumber),
            &["Passnummer", "Pass nr.", "Passnr.", "Dokumentnummer", "Kortnummer", "Førerkortnummer"],
        ),
        (Some(FieldName::DateOfBirth), &["Fødselsdato", "Født", "Fødd"]),
        (
            Some(FieldName::DateOfIssue),
            &["Utstedelsesdato", "Utstedt", "Utstedt dato", "Utferda", "Utstedt den"],
        ),
        (
            Some(FieldName::DateOfExpiry),
            &["Utløpsdato", "Gyldig til", "Gyldig til og med", "Utløper", "Går ut"],
        ),
        (Some(FieldName::Sex), &["Kjønn"]),
        (Some(FieldName::Nationality), &["Statsborgerskap", "Nasjonalitet", "Statsborgarskap"]),
        (Some(FieldName::Address), &["Adresse", "Bosted"]),
        (Some(FieldName::PlaceOfBirth), &["Fødested", "Fødestad"]),
        (Some(FieldName::Authority), &["Myndighet", "Utstedende myndighet", "Utstedt av", "Utstedt ved"]),
        (Some(FieldName::PersonalNumber), &["Fødselsnummer", "Personnummer", "D-nummer"]),
        (Some(FieldName::IssuingState), &["Landkode"]),
        (None, &["Type", "Høyde", "Underskrift", "Innehaverens underskrift", "Øyenfarge"]),
    ],
    months: [
        &["jan", "januar"],
        &["feb", "februar"],
        &["mar", "mars"],
        &["apr", "april"],
        &["mai"],
        &["jun", "juni"],
        &["jul", "juli"],
        &["aug", "august"],
        &["sep", "sept", "september"],
        &["okt", "oktober"],
        &["nov", "november"],
        &["des", "desember"],
    ],
};
