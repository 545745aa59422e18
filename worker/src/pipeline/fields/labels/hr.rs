//! Captions and months in Croatian.

use super::{FieldName, Language};

pub(super) static HR: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Prezime"]),
        (Some(FieldName::GivenNames), &["Ime", "Imena"]),
        (Some(FieldName::FullName), &["Ime i prezime", "Prezime i ime"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Broj putovnice",
                "Putovnica br.",
                "Broj isprave",
                "Broj osobne iskaznice",
                "Broj dokumenta",
                "Broj iskaznice",
                "Broj pasoša",
                "Broj lične karte",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Datum rođenja", "Rođen", "Rođena"]),
        (Some(FieldName::DateOfIssue), &["Datum izdavanja", "Datum izdanja"]),
        (
            Some(FieldName::DateOfExpiry),
            &[
                "Vrijedi do",
                "Datum isteka",
                "Rok važenja",
                "Važi do",
                "Datum isteka valjanosti",
                "Vrijedi do datuma",
            ],
        ),
        (Some(FieldName::Sex), &["Spol", "Pol"]),
        (Some(FieldName::Nationality), &["Državljanstvo"]),
        (Some(FieldName::Address), &["Prebivalište", "Adresa", "Adresa prebivališta"]),
        (Some(FieldName::PlaceOfBirth), &["Mjesto rođenja", "Mesto rođenja"]),
        (Some(FieldName::Authority), &["Izdao", "Tijelo", "Nadležno tijelo", "Izdala", "Izdavatelj"]),
        (
            Some(FieldName::PersonalNumber),
            &["OIB", "Osobni identifikacijski broj", "JMBG", "Matični broj", "Jedinstveni matični broj"],
        ),
        (Some(FieldName::IssuingState), &["Šifra države", "Kod države", "Država"]),
        (None, &["Tip", "Vrsta", "Potpis", "Potpis nositelja", "Visina", "Boja očiju"]),
    ],
    months: [
        &["sij", "sijecnja", "sijecanj"],
        &["vlj", "veljace", "veljaca"],
        &["ozu", "ozujka", "ozujak"],
        &["tra", "travnja", "travanj"],
        &["svi", "svibnja", "svibanj"],
        &["lip", "lipnja", "lipanj"],
        &["srp", "srpnja", "srpanj"],
        &["kol", "kolovoza", "kolovoz"],
        &["ruj", "rujna", "rujan"],
        &["lis", "listopada", "listopad"],
        &["stu", "studenoga", "studenog", "studeni"],
        &["pro", "prosinca", "prosinac"],
    ],
};
