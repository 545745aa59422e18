//! Captions and months in Estonian.

use super::{FieldName, Language};

pub(super) static ET: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Perekonnanimi", "Perenimi"]),
        (Some(FieldName::GivenNames), &["Eesnimed", "Eesnimi"]),
        (Some(FieldName::FullName), &["Nimi", "Ees- ja perekonnanimi"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Passi number",
                "Passi nr",
                "Dokumendi number",
                "Dokumendi nr",
                "Kaardi number",
                "Isikutunnistuse number",
                "Juhiloa number",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Sünniaeg", "Sünnikuupäev", "Sündinud"]),
        (Some(FieldName::DateOfIssue), &["Väljaandmise kuupäev", "Välja antud", "Väljaandmise aeg"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Kehtiv kuni", "Kehtivusaja lõpp", "Kehtib kuni", "Kehtivuse lõpp"],
        ),
        (Some(FieldName::Sex), &["Sugu"]),
        (Some(FieldName::Nationality), &["Kodakondsus"]),
        (Some(FieldName::Address), &["Aadress", "Elukoht"]),
        (Some(FieldName::PlaceOfBirth), &["Sünnikoht", "Sünniriik"]),
        (Some(FieldName::Authority), &["Väljaandja", "Väljaandnud asutus", "Asutus", "Välja andnud"]),
        (Some(FieldName::PersonalNumber), &["Isikukood"]),
        (Some(FieldName::IssuingState), &["Riigi kood"]),
        (None, &["Tüüp", "Liik", "Pikkus", "Allkiri", "Omaniku allkiri", "Kasutaja allkiri", "Märkused"]),
    ],
    months: [
        &["jaan", "jaanuar"],
        &["veeb", "veebruar"],
        &["marts"],
        &["apr", "aprill"],
        &["mai"],
        &["juuni"],
        &["juuli"],
        &["aug", "august"],
        &["sept", "september"],
        &["okt", "oktoober"],
        &["nov", "november"],
        &["dets", "detsember"],
    ],
};
