//! Captions and months in Finnish.

use super::{FieldName, Language};

pub(super) static FI: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Sukunimi"]),
        (Some(FieldName::GivenNames), &["Etunimet", "Etunimi"]),
        (Some(FieldName::FullName), &["Nimi", "Koko nimi"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Passin numero",
                "Passin n:o",
                "Passi nro",
                "Asiakirjan numero",
                "Kortin numero",
                "Henkilökortin numero",
                "Ajokortin numero",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Syntymäaika", "Syntymäpäivä"]),
        (Some(FieldName::DateOfIssue), &["Myöntämispäivä", "Antopäivä", "Myönnetty", "Antamispäivä"]),
        (
            Some(FieldName::DateOfExpiry),
            &[
                "Viimeinen voimassaolopäivä",
                "Voimassa",
                "Voimassa asti",
                "Voimassaolo päättyy",
                "Viim. voimassaolopäivä",
            ],
        ),
        (Some(FieldName::Sex), &["Sukupuoli"]),
        (Some(FieldName::Nationality), &["Kansalaisuus"]),
        (Some(FieldName::Address), &["Osoite", "Kotipaikka", "Asuinpaikka"]),
        (Some(FieldName::PlaceOfBirth), &["Syntymäpaikka", "Syntymäkotikunta", "Syntymäkunta"]),
        (
            Some(FieldName::Authority),
            &["Viranomainen", "Myöntäjä", "Myöntävä viranomainen", "Antanut viranomainen"],
        ),
        (Some(FieldName::PersonalNumber), &["Henkilötunnus", "Sosiaaliturvatunnus"]),
        (Some(FieldName::IssuingState), &["Maakoodi", "Valtion tunnus"]),
        (None, &["Tyyppi", "Pituus", "Nimikirjoitus", "Haltijan nimikirjoitus", "Silmien väri"]),
    ],
    months: [
        &["tammi", "tammikuu", "tammikuuta"],
        &["helmi", "helmikuu", "helmikuuta"],
        &["maalis", "maaliskuu", "maaliskuuta"],
        &["huhti", "huhtikuu", "huhtikuuta"],
        &["touko", "toukokuu", "toukokuuta"],
        &["kesa", "kesakuu", "kesakuuta"],
        &["heina", "heinakuu", "heinakuuta"],
        &["elo", "elokuu", "elokuuta"],
        &["syys", "syyskuu", "syyskuuta"],
        &["loka", "lokakuu", "lokakuuta"],
        &["marras", "marraskuu", "marraskuuta"],
        &["joulu", "joulukuu", "joulukuuta"],
    ],
};
