//! Captions and months in Azerbaijani.

use super::{FieldName, Language};

pub(super) static AZ: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Soyadı"]),
        (Some(FieldName::GivenNames), &["Adı", "Adı, atasının adı"]),
        (
            Some(FieldName::DocumentNumber),
            &["Pasportun nömrəsi", "Şəxsiyyət vəsiqəsinin nömrəsi", "Sənədin nömrəsi", "Seriya və nömrə"],
        ),
        (Some(FieldName::DateOfBirth), &["Doğulduğu tarix", "Təvəllüd", "Doğum tarixi"]),
        (Some(FieldName::DateOfIssue), &["Verilmə tarixi", "Verildiyi tarix"]),
        (Some(FieldName::DateOfExpiry), &["Etibarlılıq müddəti", "Etibarlıdır", "Bitmə tarixi"]),
        (Some(FieldName::Sex), &["Cinsi"]),
        (Some(FieldName::Nationality), &["Vətəndaşlığı"]),
        (Some(FieldName::Address), &["Yaşadığı yer", "Ünvan"]),
        (Some(FieldName::PlaceOfBirth), &["Doğulduğu yer", "Doğum yeri"]),
        (Some(FieldName::Authority), &["Pasportu verən orqan", "Verən orqan", "Verilmişdir"]),
        (Some(FieldName::PersonalNumber), &["Fərdi identifikasiya nömrəsi", "FİN"]),
        (Some(FieldName::IssuingState), &["Ölkənin kodu"]),
        (None, &["Tip", "İmza", "Pasport sahibinin imzası", "Boyu"]),
    ],
    months: [
        &["yan", "yanvar"],
        &["fev", "fevral"],
        &["mar", "mart"],
        &["apr", "aprel"],
        &["may"],
        &["iyn", "iyun"],
        &["iyl", "iyul"],
        &["avq", "avqust"],
        &["sen", "sentyabr"],
        &["okt", "oktyabr"],
        &["noy", "noyabr"],
        &["dek", "dekabr"],
    ],
};
