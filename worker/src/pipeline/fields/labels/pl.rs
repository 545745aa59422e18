//! Captions and months in Polish.

use super::{FieldName, Language};

pub(super) static PL: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Nazwisko", "Nazwiska"]),
        (Some(FieldName::GivenNames), &["Imię", "Imiona", "Imię (imiona)"]),
        (Some(FieldName::FullName), &["Imię i nazwisko", "Nazwisko i imiona"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Numer dokumentu",
                "Nr paszportu",
                "Numer paszportu",
                "Paszport nr",
                "Nr dokumentu",
                "Seria i numer",
                "Numer dowodu osobistego",
                "Nr dowodu",
                "Numer karty",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Data urodzenia"]),
        (Some(FieldName::DateOfIssue), &["Data wydania"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Termin ważności", "Data ważności", "Ważny do", "Data upływu ważności", "Ważna do"],
        ),
        (Some(FieldName::Sex), &["Płeć"]),
        (Some(FieldName::Nationality), &["Obywatelstwo"]),
        (Some(FieldName::Address), &["Adres", "Adres zameldowania", "Miejsce zamieszkania"]),
        (Some(FieldName::PlaceOfBirth), &["Miejsce urodzenia"]),
        (Some(FieldName::Authority), &["Organ wydający", "Wydany przez", "Organ wydający dokument"]),
        (
            Some(FieldName::PersonalNumber),
            &["PESEL", "Numer PESEL", "Nr PESEL", "Numer osobisty", "Numer osobowy", "Nr ewid."],
        ),
        (Some(FieldName::IssuingState), &["Kod państwa", "Kraj"]),
        (
            None,
            &[
                "Typ",
                "Wzrost",
                "Kolor oczu",
                "Podpis",
                "Podpis posiadacza",
                "Nazwisko rodowe",
                "Imiona rodziców",
                "Uwagi",
            ],
        ),
    ],
    months: [
        &["sty", "stycznia", "styczen"],
        &["lut", "lutego", "luty"],
        &["mar", "marca", "marzec"],
        &["kwi", "kwietnia", "kwiecien"],
        &["maj", "maja"],
        &["cze", "czerwca", "czerwiec"],
        &["lip", "lipca", "lipiec"],
        &["sie", "sierpnia", "sierpien"],
        &["wrz", "wrzesnia", "wrzesien"],
        &["paz", "pazdziernika", "pazdziernik"],
        &["lis", "listopada", "listopad"],
        &["gru", "grudnia", "grudzien"],
    ],
};
