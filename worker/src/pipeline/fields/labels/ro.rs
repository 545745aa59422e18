//! Captions and months in Romanian.

use super::{FieldName, Language};

pub(super) static RO: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Nume", "Nume de familie", "Numele"]),
        (Some(FieldName::GivenNames), &["Prenume", "Prenumele"]),
        (Some(FieldName::FullName), &["Nume și prenume", "Numele și prenumele"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Număr pașaport",
                "Nr. pașaport",
                "Pașaport nr.",
                "Numărul documentului",
                "Număr document",
                "Nr. document",
                "Seria și numărul",
                "Nr. permis",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Data nașterii", "Născut la", "Data și locul nașterii"]),
        (Some(FieldName::DateOfIssue), &["Data eliberării", "Data emiterii", "Eliberat la", "Emis la"]),
        (
            Some(FieldName::DateOfExpiry),
            &["Data expirării", "Valabil până la", "Valabilitate", "Expiră la", "Data de expirare"],
        ),
        (Some(FieldName::Sex), &["Sex", "Sexul"]),
        (Some(FieldName::Nationality), &["Cetățenie", "Cetățenia", "Naționalitate"]),
        (Some(FieldName::Address), &["Domiciliu", "Domiciliul", "Adresa", "Adresă"]),
        (Some(FieldName::PlaceOfBirth), &["Loc naștere", "Locul nașterii", "Loc de naștere"]),
        (
            Some(FieldName::Authority),
            &["Autoritatea", "Emisă de", "Emis de", "Eliberat de", "Emitent", "Autoritatea emitentă"],
        ),
        (Some(FieldName::PersonalNumber), &["CNP", "Cod numeric personal", "Număr personal"]),
        (Some(FieldName::IssuingState), &["Țara", "Codul țării", "Cod țară"]),
        (
            None,
            &[
                "Tip",
                "Înălțime",
                "Semnătura",
                "Semnătura titularului",
                "Culoarea ochilor",
                "Prenumele tatălui",
                "Prenumele mamei",
                "Părinți",
            ],
        ),
    ],
    months: [
        &["ian", "ianuarie"],
        &["feb", "februarie"],
        &["mar", "martie"],
        &["apr", "aprilie"],
        &["mai"],
        &["iun", "iunie"],
        &["iul", "iulie"],
        &["aug", "august"],
        &["sep", "sept", "septembrie"],
        &["oct", "octombrie"],
        &["noi", "nov", "noiembrie"],
        &["dec", "decembrie"],
    ],
};
