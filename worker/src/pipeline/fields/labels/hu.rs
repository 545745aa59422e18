//! Captions and months in Hungarian.

use super::{FieldName, Language};

pub(super) static HU: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Családi név", "Vezetéknév", "Családi neve"]),
        (Some(FieldName::GivenNames), &["Utónév", "Utónevek", "Utóneve", "Keresztnév", "Utónév(nevek)"]),
        (Some(FieldName::FullName), &["Név", "Családi és utónév", "Viselt név"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Útlevélszám",
                "Útlevél száma",
                "Okmányszám",
                "Okmány száma",
                "Okmányazonosító",
                "Igazolvány száma",
                "Kártyaszám",
            ],
        ),
        (
            Some(FieldName::DateOfBirth),
            &["Születési idő", "Születési dátum", "Születés ideje", "Születés dátuma"],
        ),
        (
            Some(FieldName::DateOfIssue),
            &["Kiállítás dátuma", "Kiállítás kelte", "Kiállítás ideje", "Kiadás dátuma"],
        ),
        (
            Some(FieldName::DateOfExpiry),
            &[
                "Érvényességi idő",
                "Érvényes",
                "Érvényesség",
                "Lejárat dátuma",
                "Érvényes eddig",
                "Érvényesség vége",
            ],
        ),
        (Some(FieldName::Sex), &["Neme", "Nem"]),
        (Some(FieldName::Nationality), &["Állampolgárság", "Állampolgársága"]),
        (Some(FieldName::Address), &["Lakcím", "Lakóhely", "Cím"]),
        (Some(FieldName::PlaceOfBirth), &["Születési hely", "Születés helye", "Születési helye"]),
        (Some(FieldName::Authority), &["Kiállító hatóság", "Hatóság", "Kiállította"]),
        (Some(FieldName::PersonalNumber), &["Személyi azonosító", "Személyi szám", "Személyazonosító jel"]),
        (Some(FieldName::IssuingState), &["Országkód", "Ország"]),
        (
            None,
            &[
                "Típus",
                "Aláírás",
                "Magasság",
                "Szemszín",
                "Születési név",
                "Születési neve",
                "Anyja neve",
                "Anyja születési neve",
            ],
        ),
    ],
    months: [
        &["jan", "januar"],
        &["feb", "februar"],
        &["mar", "marc", "marcius"],
        &["apr", "aprilis"],
        &["maj", "majus"],
        &["jun", "junius"],
        &["jul", "julius"],
        &["aug", "augusztus"],
        &["sze", "szept", "szeptember"],
        &["okt", "oktober"],
        &["nov", "november"],
        &["dec", "december"],
    ],
};
