//! The captions of printed fields in the languages of Latin script.

use super::Language;

/// What stands above a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caption {
    Surname,
    GivenNames,
    Nationality,
    Sex,
    DateOfBirth,
    PlaceOfBirth,
    DocumentNumber,
    PersonalNumber,
    DateOfIssue,
    DateOfExpiry,
    Authority,
    ValidFrom,
    ValidUntil,
    Passport,
    IdCard,
    Visa,
}

/// The captions of one language in the order of [`Caption`].
type Words = [&'static str; 16];

const ENGLISH: Words = [
    "Surname",
    "Given names",
    "Nationality",
    "Sex",
    "Date of birth",
    "Place of birth",
    "Document No.",
    "Personal No.",
    "Date of issue",
    "Date of expiry",
    "Authority",
    "Valid from",
    "Valid until",
    "PASSPORT",
    "IDENTITY CARD",
    "VISA",
];

const FRENCH: Words = [
    "Nom",
    "Prénoms",
    "Nationalité",
    "Sexe",
    "Date de naissance",
    "Lieu de naissance",
    "N° du document",
    "N° personnel",
    "Date de délivrance",
    "Date d’expiration",
    "Autorité",
    "Valable du",
    "Valable jusqu’au",
    "PASSEPORT",
    "CARTE D’IDENTITÉ",
    "VISA",
];

const SPANISH: Words = [
    "Apellidos",
    "Nombres",
    "Nacionalidad",
    "Sexo",
    "Fecha de nacimiento",
    "Lugar de nacimiento",
    "Número de documento",
    "Número personal",
    "Fecha de expedición",
    "Fecha de caducidad",
    "Autoridad",
    "Válido desde",
    "Válido hasta",
    "PASAPORTE",
    "DOCUMENTO DE IDENTIDAD",
    "VISADO",
];

const PORTUGUESE: Words = [
    "Apelidos",
    "Nomes próprios",
    "Nacionalidade",
    "Sexo",
    "Data de nascimento",
    "Local de nascimento",
    "Nº do documento",
    "Nº pessoal",
    "Data de emissão",
    "Data de validade",
    "Autoridade",
    "Válido de",
    "Válido até",
    "PASSAPORTE",
    "CARTÃO DE IDENTIDADE",
    "VISTO",
];

const GERMAN: Words = [
    "Name",
    "Vornamen",
    "Staatsangehörigkeit",
    "Geschlecht",
    "Geburtsdatum",
    "Geburtsort",
    "Dokumentennummer",
    "Personennummer",
    "Ausstellungsdatum",
    "Gültig bis",
    "Behörde",
    "Gültig von",
    "Gültig bis",
    "REISEPASS",
    "PERSONALAUSWEIS",
    "VISUM",
];

const ITALIAN: Words = [
    "Cognome",
    "Nome",
    "Cittadinanza",
    "Sesso",
    "Data di nascita",
    "Luogo di nascita",
    "Numero del documento",
    "Codice fiscale",
    "Data di rilascio",
    "Data di scadenza",
    "Autorità",
    "Valido dal",
    "Valido fino al",
    "PASSAPORTO",
    "CARTA D’IDENTITÀ",
    "VISTO",
];

const DUTCH: Words = [
    "Naam",
    "Voornamen",
    "Nationaliteit",
    "Geslacht",
    "Geboortedatum",
    "Geboorteplaats",
    "Documentnummer",
    "Persoonsnummer",
    "Datum van afgifte",
    "Geldig tot",
    "Autoriteit",
    "Geldig van",
    "Geldig tot",
    "PASPOORT",
    "IDENTITEITSKAART",
    "VISUM",
];

const POLISH: Words = [
    "Nazwisko",
    "Imiona",
    "Obywatelstwo",
    "Płeć",
    "Data urodzenia",
    "Miejsce urodzenia",
    "Numer dokumentu",
    "Numer PESEL",
    "Data wydania",
    "Data ważności",
    "Organ wydający",
    "Ważna od",
    "Ważna do",
    "PASZPORT",
    "DOWÓD OSOBISTY",
    "WIZA",
];

const ROMANIAN: Words = [
    "Nume",
    "Prenume",
    "Cetățenie",
    "Sex",
    "Data nașterii",
    "Locul nașterii",
    "Numărul documentului",
    "Cod numeric personal",
    "Data eliberării",
    "Data expirării",
    "Autoritatea",
    "Valabilă de la",
    "Valabilă până la",
    "PAȘAPORT",
    "CARTE DE IDENTITATE",
    "VIZĂ",
];

const TURKISH: Words = [
    "Soyadı",
    "Adı",
    "Uyruğu",
    "Cinsiyeti",
    "Doğum tarihi",
    "Doğum yeri",
    "Belge No",
    "Kimlik No",
    "Veriliş tarihi",
    "Son geçerlilik tarihi",
    "Veren makam",
    "Geçerlilik başlangıcı",
    "Geçerlilik sonu",
    "PASAPORT",
    "KİMLİK KARTI",
    "VİZE",
];

const CZECH: Words = [
    "Příjmení",
    "Jméno",
    "Státní občanství",
    "Pohlaví",
    "Datum narození",
    "Místo narození",
    "Číslo dokladu",
    "Rodné číslo",
    "Datum vydání",
    "Platnost do",
    "Vydal",
    "Platnost od",
    "Platnost do",
    "CESTOVNÍ PAS",
    "OBČANSKÝ PRŮKAZ",
    "VÍZUM",
];

const SWEDISH: Words = [
    "Efternamn",
    "Förnamn",
    "Medborgarskap",
    "Kön",
    "Födelsedatum",
    "Födelseort",
    "Handlingens nr",
    "Personnummer",
    "Utfärdad den",
    "Giltig till",
    "Myndighet",
    "Giltig från",
    "Giltig till",
    "PASS",
    "IDENTITETSKORT",
    "VISERING",
];

/// The caption as it is printed: in one language, or in two with a stroke between them.
pub(super) fn caption(language: Language, caption: Caption) -> String {
    let word = |words: &Words| words[caption as usize];
    let english = word(&ENGLISH);
    let native = match language {
        Language::English => return english.to_owned(),
        Language::EnglishFrench => return joined(english, word(&FRENCH)),
        Language::French => word(&FRENCH),
        Language::Spanish => word(&SPANISH),
        Language::Portuguese => word(&PORTUGUESE),
        Language::German => word(&GERMAN),
        Language::Italian => word(&ITALIAN),
        Language::Dutch => word(&DUTCH),
        Language::Polish => word(&POLISH),
        Language::Romanian => word(&ROMANIAN),
        Language::Turkish => word(&TURKISH),
        Language::Czech => word(&CZECH),
        Language::Swedish => word(&SWEDISH),
    };
    joined(native, english)
}

fn joined(first: &str, second: &str) -> String {
    if first == second { first.to_owned() } else { format!("{first} / {second}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_bilingual_and_never_say_the_same_twice() {
        assert_eq!(caption(Language::EnglishFrench, Caption::Surname), "Surname / Nom");
        assert_eq!(caption(Language::Polish, Caption::Sex), "Płeć / Sex");
        assert_eq!(caption(Language::French, Caption::Visa), "VISA");
        assert_eq!(caption(Language::English, Caption::DateOfExpiry), "Date of expiry");
    }
}
