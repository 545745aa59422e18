//! Captions and months in Albanian.

use super::{FieldName, Language};

pub(super) static SQ: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Mbiemri"]),
        (Some(FieldName::GivenNames), &["Emri"]),
        (Some(FieldName::FullName), &["Emri dhe mbiemri", "Emër mbiemër"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Nr. i kartës",
                "Nr. letërnjoftim",
                "Nr. i letërnjoftimit",
                "Nr. kartës",
                "Numri i kartës",
                "Nr. i pasaportës",
                "Numri i pasaportës",
                "Nr. i dokumentit",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Datëlindja", "Data e lindjes"]),
        (Some(FieldName::DateOfIssue), &["Data e lëshimit", "Lëshuar më"]),
        (Some(FieldName::DateOfExpiry), &["Data e skadimit", "Data e skadencës", "E vlefshme deri"]),
        (Some(FieldName::Sex), &["Gjinia"]),
        (Some(FieldName::Nationality), &["Shtetësia", "Kombësia"]),
        (Some(FieldName::Address), &["Adresa", "Vendbanimi"]),
        (Some(FieldName::PlaceOfBirth), &["Vendlindja", "Vendi i lindjes"]),
        (Some(FieldName::Authority), &["Autoriteti", "Lëshuar nga", "Autoriteti lëshues"]),
        (Some(FieldName::PersonalNumber), &["Nr. personal", "Numri personal"]),
        (Some(FieldName::IssuingState), &["Kodi i shtetit"]),
        (None, &["Lloji", "Nënshkrimi", "Gjatësia"]),
    ],
    months: [
        &["jan", "janar"],
        &["shk", "shkurt"],
        &["mar", "mars"],
        &["pri", "prill"],
        &["maj"],
        &["qer", "qershor"],
        &["kor", "korrik"],
        &["gus", "gush", "gusht"],
        &["sht", "shtator"],
        &["tet", "tetor"],
        &["nen", "nentor"],
        &["dhj", "dhjetor"],
    ],
};
