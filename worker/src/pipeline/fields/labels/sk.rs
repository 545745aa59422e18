//! Captions and months in Slovak.

use super::{FieldName, Language};

pub(super) static SK: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Priezvisko"]),
        (Some(FieldName::GivenNames), &["Meno", "Mená"]),
        (Some(FieldName::FullName), &["Meno a priezvisko"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Číslo dokladu",
                "Číslo pasu",
                "Cestovný pas č.",
                "Číslo preukazu",
                "Číslo OP",
                "Číslo dokumentu",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Dátum narodenia", "Narodený"]),
        (Some(FieldName::DateOfIssue), &["Dátum vydania", "Vydaný"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Platnosť do", "Platí do", "Dátum platnosti", "Dátum skončenia platnosti"],
        ),
        (Some(FieldName::Sex), &["Pohlavie"]),
        (Some(FieldName::Nationality), &["Štátne občianstvo", "Štátna príslušnosť", "Občianstvo"]),
        (Some(FieldName::Address), &["Trvalý pobyt", "Bydlisko", "Adresa"]),
        (Some(FieldName::PlaceOfBirth), &["Miesto narodenia"]),
        (Some(FieldName::Authority), &["Vydal", "Vydávajúci orgán", "Úrad"]),
        (Some(FieldName::PersonalNumber), &["Rodné číslo", "Osobné číslo"]),
        (Some(FieldName::IssuingState), &["Kód štátu", "Štát"]),
        (None, &["Typ", "Podpis", "Podpis držiteľa", "Výška", "Farba očí", "Rodné priezvisko", "Titul"]),
    ],
    months: [
        &["jan", "januara", "januar"],
        &["feb", "februara", "februar"],
        &["mar", "marca", "marec"],
        &["apr", "aprila", "april"],
        &["maj", "maja"],
        &["jun", "juna", "jun"],
        &["jul", "jula", "jul"],
        &["aug", "augusta", "august"],
        &["sep", "septembra", "september"],
        &["okt", "oktobra", "oktober"],
        &["nov", "novembra", "november"],
        &["dec", "decembra", "december"],
    ],
};
