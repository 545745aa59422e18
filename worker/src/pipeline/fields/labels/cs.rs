//! Captions and months in Czech.

use super::{FieldName, Language};

pub(super) static CS: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Příjmení"]),
        (Some(FieldName::GivenNames), &["Jméno", "Jména"]),
        (Some(FieldName::FullName), &["Jméno a příjmení"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Číslo dokladu",
                "Číslo pasu",
                "Číslo cestovního pasu",
                "Cestovní pas č.",
                "Číslo průkazu",
                "Číslo dokumentu",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Datum narození", "Narozen", "Narozena"]),
        (Some(FieldName::DateOfIssue), &["Datum vydání", "Vydáno"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Platnost do", "Datum skončení platnosti", "Platí do", "Datum platnosti"],
        ),
        (Some(FieldName::Sex), &["Pohlaví"]),
        (Some(FieldName::Nationality), &["Státní občanství", "Občanství"]),
        (Some(FieldName::Address), &["Trvalý pobyt", "Bydliště", "Adresa", "Adresa pobytu"]),
        (Some(FieldName::PlaceOfBirth), &["Místo narození"]),
        (Some(FieldName::Authority), &["Úřad", "Vydal", "Vydávající orgán"]),
        (Some(FieldName::PersonalNumber), &["Rodné číslo", "Osobní číslo"]),
        (Some(FieldName::IssuingState), &["Kód státu", "Stát"]),
        (
            None,
            &[
                "Typ",
                "Podpis",
                "Podpis držitele",
                "Výška",
                "Barva očí",
                "Rodné příjmení",
                "Titul",
                "Rodinný stav",
            ],
        ),
    ],
    months: [
        &["led", "ledna", "leden"],
        &["uno", "unora", "unor"],
        &["bre", "brezna", "brezen"],
        &["dub", "dubna", "duben"],
        &["kve", "kvetna", "kveten"],
        &["cvn", "cervna", "cerven"],
        &["cvc", "cervence", "cervenec"],
        &["srp", "srpna", "srpen"],
        &["zar", "zari"],
        &["rij", "rijna", "rijen"],
        &["lis", "listopadu", "listopad"],
        &["pro", "prosince", "prosinec"],
    ],
};
