//! Captions and months in Italian.

use super::{FieldName, Language};

pub(super) static IT: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Cognome"]),
        (Some(FieldName::GivenNames), &["Nome", "Nomi"]),
        (Some(FieldName::FullName), &["Cognome e nome", "Nome e cognome"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Passaporto n.",
                "Numero di passaporto",
                "Passaporto n°",
                "N. documento",
                "Numero del documento",
                "Numero documento",
                "Carta di identità n.",
                "Numero della carta",
                "Numero patente",
                "N. patente",
            ],
        ),
        (
            Some(FieldName::DateOfBirth),
            &["Data di nascita", "Nato il", "Nata il", "Nato/a il", "Luogo e data di nascita"],
        ),
        (
            Some(FieldName::DateOfIssue),
            &["Data di rilascio", "Rilasciato il", "Data di emissione", "Emissione", "Rilasciata il"],
        ),
        (
            Some(FieldName::DateOfExpiry),
            &["Data di scadenza", "Scadenza", "Valida fino al", "Valido fino al", "Scade il"],
        ),
        (Some(FieldName::Sex), &["Sesso"]),
        (Some(FieldName::Nationality), &["Cittadinanza", "Nazionalità"]),
        (Some(FieldName::Address), &["Residenza", "Indirizzo", "Indirizzo di residenza", "Domicilio"]),
        (Some(FieldName::PlaceOfBirth), &["Luogo di nascita", "Comune di nascita"]),
        (
            Some(FieldName::Authority),
            &["Autorità", "Rilasciato da", "Rilasciata da", "Autorità di rilascio", "Comune di", "Comune"],
        ),
        (Some(FieldName::PersonalNumber), &["Codice fiscale", "Numero personale", "N. personale"]),
        (
            Some(FieldName::IssuingState),
            &["Codice paese", "Codice del paese", "Paese di rilascio", "Codice dello stato"],
        ),
        (
            None,
            &[
                "Tipo",
                "Statura",
                "Firma",
                "Firma del titolare",
                "Colore degli occhi",
                "Professione",
                "Stato civile",
                "Estremi atto di nascita",
                "Genitori",
                "Annotazioni",
                "Luogo di rilascio",
            ],
        ),
    ],
    months: [
        &["gen", "gennaio"],
        &["feb", "febbraio"],
        &["mar", "marzo"],
        &["apr", "aprile"],
        &["mag", "maggio"],
        &["giu", "giugno"],
        &["lug", "luglio"],
        &["ago", "agosto"],
        &["set", "sett", "settembre"],
        &["ott", "ottobre"],
        &["nov", "novembre"],
        &["dic", "dicembre"],
    ],
};
