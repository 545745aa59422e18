//! Captions and months in Turkish.

use super::{FieldName, Language};

pub(super) static TR: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Soyadı", "Soyad", "Soyadi"]),
        (Some(FieldName::GivenNames), &["Adı", "Adi", "Ad", "Adları"]),
        (Some(FieldName::FullName), &["Adı soyadı", "Ad soyad"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Pasaport No",
                "Pasaport numarası",
                "Seri No",
                "Belge No",
                "Belge numarası",
                "Ehliyet No",
                "Sürücü belgesi No",
                "Kart No",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Doğum tarihi"]),
        (Some(FieldName::DateOfIssue), &["Veriliş tarihi", "Verildiği tarih", "Düzenleme tarihi"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Son geçerlilik tarihi", "Geçerlilik tarihi", "Geçerlilik süresi", "Son geçerlilik"],
        ),
        (Some(FieldName::Sex), &["Cinsiyeti", "Cinsiyet"]),
        (Some(FieldName::Nationality), &["Uyruğu", "Uyruk", "Vatandaşlığı"]),
        (Some(FieldName::Address), &["Adresi", "Adres", "İkametgah"]),
        (Some(FieldName::PlaceOfBirth), &["Doğum yeri"]),
        (Some(FieldName::Authority), &["Veren makam", "Düzenleyen makam", "Verildiği yer", "Veren kurum"]),
        (
            Some(FieldName::PersonalNumber),
            &["T.C. Kimlik No", "TC Kimlik No", "Kimlik No", "Kimlik numarası", "Vatandaşlık No"],
        ),
        (Some(FieldName::IssuingState), &["Ülke kodu"]),
        (
            None,
            &[
                "Tip",
                "Türü",
                "Boy",
                "Göz rengi",
                "İmza",
                "İmzası",
                "Baba adı",
                "Ana adı",
                "Anne adı",
                "Kan grubu",
                "Medeni hali",
                "Dini",
            ],
        ),
    ],
    months: [
        &["oca", "ocak"],
        &["sub", "subat"],
        &["mar", "mart"],
        &["nis", "nisan"],
        &["may", "mayis"],
        &["haz", "haziran"],
        &["tem", "temmuz"],
        &["agu", "agustos"],
        &["eyl", "eylul"],
        &["eki", "ekim"],
        &["kas", "kasim"],
        &["ara", "aralik"],
    ],
};
