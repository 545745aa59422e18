//! Captions and months in Latvian.

use super::{FieldName, Language};

pub(super) static LV: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Uzvārds"]),
        (Some(FieldName::GivenNames), &["Vārds", "Vārdi", "Vārds(-i)"]),
        (Some(FieldName::FullName), &["Vārds, uzvārds", "Vārds un uzvārds"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Pases numurs",
                "Pases Nr.",
                "Dokumenta numurs",
                "Dokumenta Nr.",
                "Kartes numurs",
                "Personas apliecības numurs",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Dzimšanas datums", "Dzimis"]),
        (Some(FieldName::DateOfIssue), &["Izdošanas datums", "Izdota", "Izsniegšanas datums"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Derīga līdz", "Derīgs līdz", "Derīguma termiņš", "Derīga līdz datumam"],
        ),
        (Some(FieldName::Sex), &["Dzimums"]),
        (Some(FieldName::Nationality), &["Pilsonība", "Tautība", "Valstspiederība"]),
        (Some(FieldName::Address), &["Adrese", "Dzīvesvieta", "Deklarētā dzīvesvieta"]),
        (Some(FieldName::PlaceOfBirth), &["Dzimšanas vieta"]),
        (Some(FieldName::Authority), &["Izdevējiestāde", "Izdevējs", "Izdevusi"]),
        (Some(FieldName::PersonalNumber), &["Personas kods"]),
        (Some(FieldName::IssuingState), &["Valsts kods"]),
        (None, &["Tips", "Veids", "Augums", "Paraksts", "Turētāja paraksts", "Piezīmes"]),
    ],
    months: [
        &["janv", "janvaris", "janvara"],
        &["febr", "februaris", "februara"],
        &["marts", "marta"],
        &["apr", "aprilis", "aprila"],
        &["maijs", "maija"],
        &["jun", "junijs", "junija"],
        &["jul", "julijs", "julija"],
        &["aug", "augusts", "augusta"],
        &["sept", "septembris", "septembra"],
        &["okt", "oktobris", "oktobra"],
        &["nov", "novembris", "novembra"],
        &["dec", "decembris", "decembra"],
    ],
};
