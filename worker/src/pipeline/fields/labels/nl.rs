//! Captions and months in Dutch.

use super::{FieldName, Language};

pub(super) static NL: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Naam", "Achternaam", "Familienaam", "Geslachtsnaam"]),
        (Some(FieldName::GivenNames), &["Voornamen", "Voornaam", "Voorna(a)m(en)"]),
        (Some(FieldName::FullName), &["Naam en voornamen", "Volledige naam"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "Paspoortnummer",
                "Documentnummer",
                "Document nr.",
                "Nummer",
                "Kaartnummer",
                "Kaartnr.",
                "Identiteitskaartnummer",
                "Rijbewijsnummer",
            ],
        ),
        (Some(FieldName::DateOfBirth), &["Geboortedatum", "Geboren op"]),
        (
            Some(FieldName::DateOfIssue),
            &["Datum van afgifte", "Afgiftedatum", "Datum van verstrekking", "Afgegeven op"],
        ),
        (
            Some(FieldName::DateOfExpiry),
            &["Geldig tot", "Vervaldatum", "Geldig tot en met", "Einde geldigheid", "Vervalt op"],
        ),
        (Some(FieldName::Sex), &["Geslacht"]),
        (Some(FieldName::Nationality), &["Nationaliteit"]),
        (Some(FieldName::Address), &["Adres", "Woonplaats", "Verblijfplaats"]),
        (Some(FieldName::PlaceOfBirth), &["Geboorteplaats", "Plaats van geboorte"]),
        (
            Some(FieldName::Authority),
            &["Autoriteit", "Instantie", "Afgegeven door", "Afgifte door", "Plaats van afgifte"],
        ),
        (
            Some(FieldName::PersonalNumber),
            &[
                "Persoonsnummer",
                "Persoonlijk nummer",
                "Burgerservicenummer",
                "BSN",
                "Rijksregisternummer",
                "Rijksregisternr.",
                "Identificatienummer van het Rijksregister",
            ],
        ),
        (Some(FieldName::IssuingState), &["Land", "Landcode", "Code van de staat"]),
        (
            None,
            &[
                "Soort",
                "Type",
                "Lengte",
                "Handtekening",
                "Handtekening houder",
                "Kleur van de ogen",
                "Opmerkingen",
                "Bijzonderheden",
            ],
        ),
    ],
    months: [
        &["jan", "januari"],
        &["feb", "februari"],
        &["maa", "mrt", "maart"],
        &["apr", "april"],
        &["mei"],
        &["jun", "juni"],
        &["jul", "juli"],
        &["aug", "augustus"],
        &["sep", "sept", "september"],
        &["okt", "oktober"],
        &["nov", "november"],
        &["dec", "december"],
    ],
};
