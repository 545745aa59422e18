//! A document in every language.

use super::*;

/// A language, the captions of a document with their values, and what they mean.
type Sample = (&'static str, &'static [(&'static str, &'static str)], &'static [(FieldName, &'static str)]);

/// One document for each language.
const DOCUMENTS: &[Sample] = &[
    (
        "en fr",
        &[
            ("Surname / Nom", "O'BRANNIGAN"),
            ("Given names / Prénoms", "SIOBHÁN ANNE"),
            ("Nationality / Nationalité", "CANADIAN/CANADIENNE"),
            ("Date of birth / Date de naissance", "07 MAR/MARS 74"),
            ("Place of birth / Lieu de naissance", "OTTAWA CAN"),
            ("Date of issue / Date de délivrance", "14 JAN/JAN 13"),
            ("Date of expiry / Date d'expiration", "14 JAN/JAN 23"),
            ("Issuing authority / Autorité de délivrance", "GATINEAU"),
        ],
        &[
            (Surname, "O'BRANNIGAN"),
            (GivenNames, "SIOBHÁN ANNE"),
            (Nationality, "CAN"),
            (DateOfBirth, "1974-03-07"),
            (PlaceOfBirth, "OTTAWA CAN"),
            (DateOfIssue, "2013-01-14"),
            (DateOfExpiry, "2023-01-14"),
            (Authority, "GATINEAU"),
        ],
    ),
    (
        "de",
        &[
            ("Name/Surname/Nom", "MÜLLER-LÜDENSCHEIDT"),
            ("Vornamen/Given names/Prénoms", "JÖRG GÜNTHER"),
            ("Geburtsdatum/Date of birth/Date de naissance", "12.08.1983"),
            ("Staatsangehörigkeit/Nationality/Nationalité", "DEUTSCH"),
            ("Geburtsort/Place of birth/Lieu de naissance", "KÖLN"),
            ("Gültig bis/Date of expiry/Date d'expiration", "01.11.2030"),
            ("Behörde/Authority/Autorité", "STADT KÖLN"),
        ],
        &[
            (Surname, "MÜLLER-LÜDENSCHEIDT"),
            (GivenNames, "JÖRG GÜNTHER"),
            (DateOfBirth, "1983-08-12"),
            (Nationality, "D"),
            (PlaceOfBirth, "KÖLN"),
            (DateOfExpiry, "2030-11-01"),
            (Authority, "STADT KÖLN"),
        ],
    ),
    (
        "es",
        &[
            ("APELLIDOS", "GARCÍA NÚÑEZ"),
            ("NOMBRE", "MARÍA JOSÉ"),
            ("SEXO", "F"),
            ("NACIONALIDAD", "ESPAÑOLA"),
            ("FECHA DE NACIMIENTO", "01 01 1980"),
            ("NÚM. SOPORTE", "CAA000000"),
            ("VALIDEZ", "01 06 2031"),
        ],
        &[
            (Surname, "GARCÍA NÚÑEZ"),
            (GivenNames, "MARÍA JOSÉ"),
            (Sex, "F"),
            (Nationality, "ESP"),
            (DateOfBirth, "1980-01-01"),
            (DocumentNumber, "CAA000000"),
            (DateOfExpiry, "2031-06-01"),
        ],
    ),
    (
        "pt",
        &[
            ("APELIDO(S)", "GONÇALVES QUINTÃO"),
            ("NOME(S)", "INÊS"),
            ("DATA DE NASCIMENTO", "10 10 1980"),
            ("DATA DE VALIDADE", "22 05 2028"),
            ("N° DOCUMENTO", "00000000 0 ZZ4"),
        ],
        &[
            (Surname, "GONÇALVES QUINTÃO"),
            (GivenNames, "INÊS"),
            (DateOfBirth, "1980-10-10"),
            (DateOfExpiry, "2028-05-22"),
            (DocumentNumber, "000000000ZZ4"),
        ],
    ),
    (
        "it",
        &[
            ("COGNOME / SURNAME", "ROSSI"),
            ("NOME / NAME", "BIANCA"),
            ("LUOGO E DATA DI NASCITA", "ROMA 30.12.1964"),
            ("SESSO", "F"),
            ("CITTADINANZA", "ITALIANA"),
            ("SCADENZA", "30.12.2031"),
        ],
        &[
            (Surname, "ROSSI"),
            (GivenNames, "BIANCA"),
            (DateOfBirth, "1964-12-30"),
            (Nationality, "ITA"),
            (DateOfExpiry, "2031-12-30"),
        ],
    ),
    (
        "nl",
        &[
            ("naam / surname", "DE BRUIJN"),
            ("voornamen / given names", "WILLEKE LISELOTTE"),
            ("geboortedatum / date of birth", "10 MAA/MAR 1965"),
            ("geldig tot / date of expiry", "09 MRT/MAR 2034"),
            ("persoonsnummer / personal no.", "999999990"),
        ],
        &[
            (Surname, "DE BRUIJN"),
            (GivenNames, "WILLEKE LISELOTTE"),
            (DateOfBirth, "1965-03-10"),
            (DateOfExpiry, "2034-03-09"),
            (PersonalNumber, "999999990"),
        ],
    ),
    (
        "pl",
        &[
            ("NAZWISKO / SURNAME", "ŻÓŁKOWSKA"),
            ("IMIONA / GIVEN NAMES", "MAŁGORZATA ŻANETA"),
            ("DATA URODZENIA / DATE OF BIRTH", "01.07.1981"),
            ("PŁEĆ / SEX", "K"),
            ("OBYWATELSTWO / NATIONALITY", "POLSKIE"),
            ("TERMIN WAŻNOŚCI", "03 LIPCA 2029"),
        ],
        &[
            (Surname, "ŻÓŁKOWSKA"),
            (GivenNames, "MAŁGORZATA ŻANETA"),
            (DateOfBirth, "1981-07-01"),
            (Sex, "F"),
            (Nationality, "POL"),
            (DateOfExpiry, "2029-07-03"),
        ],
    ),
    (
        "ro",
        &[
            ("Nume/Nom/Last name", "ȘTEFĂNESCU"),
            ("Prenume/Prénom/First name", "ANA-MARIA"),
            ("Cetățenie/Nationalité/Nationality", "Română / ROU"),
            ("Data nașterii/Date of birth", "05.09.1979"),
        ],
        &[
            (Surname, "ȘTEFĂNESCU"),
            (GivenNames, "ANA-MARIA"),
            (Nationality, "ROU"),
            (DateOfBirth, "1979-09-05"),
        ],
    ),
    (
        "tr",
        &[
            ("Soyadı / Surname", "ÖZTÜRKMEN"),
            ("Adı / Given Name(s)", "ÇAĞRI YAŞAR"),
            ("Doğum Tarihi / Date of Birth", "15.06.1980"),
            ("Cinsiyeti / Gender", "E / M"),
            ("T.C. Kimlik No / TR Identity No", "12345678901"),
            ("Son Geçerlilik / Valid Until", "16.11.2031"),
        ],
        &[
            (Surname, "ÖZTÜRKMEN"),
            (GivenNames, "ÇAĞRI YAŞAR"),
            (DateOfBirth, "1980-06-15"),
            (Sex, "M"),
            (PersonalNumber, "12345678901"),
            (DateOfExpiry, "2031-11-16"),
        ],
    ),
    (
        "cs",
        &[
            ("PŘÍJMENÍ / SURNAME", "DVOŘÁČEK"),
            ("JMÉNO / GIVEN NAMES", "TOMÁŠ"),
            ("DATUM NAROZENÍ / DATE OF BIRTH", "01.04.1981"),
            ("PLATNOST DO / DATE OF EXPIRY", "15.09.2033"),
        ],
        &[
            (Surname, "DVOŘÁČEK"),
            (GivenNames, "TOMÁŠ"),
            (DateOfBirth, "1981-04-01"),
            (DateOfExpiry, "2033-09-15"),
        ],
    ),
    (
        "sk",
        &[("Priezvisko", "KOVÁČIK"), ("Meno", "JÁN"), ("Dátum narodenia", "2. mája 1977")],
        &[(Surname, "KOVÁČIK"), (GivenNames, "JÁN"), (DateOfBirth, "1977-05-02")],
    ),
    (
        "hu",
        &[
            ("Családi név / Surname", "PÁLFFYNÉ"),
            ("Utónév / Given name", "NOÉMI"),
            ("Születési idő / Date of birth", "1965. 03. 24."),
            ("Lejárat dátuma", "2031 MÁRC/MAR 07"),
        ],
        &[
            (Surname, "PÁLFFYNÉ"),
            (GivenNames, "NOÉMI"),
            (DateOfBirth, "1965-03-24"),
            (DateOfExpiry, "2031-03-07"),
        ],
    ),
    (
        "hr",
        &[("Prezime", "VUČKOVIĆ"), ("Ime", "LUKA"), ("Datum rođenja", "03 LIP 1990"), ("Spol", "M")],
        &[(Surname, "VUČKOVIĆ"), (GivenNames, "LUKA"), (DateOfBirth, "1990-06-03"), (Sex, "M")],
    ),
    (
        "sl",
        &[
            ("Priimek", "ŽUPANČIČ"),
            ("Ime", "MAJA"),
            ("Datum rojstva", "05 01 1982"),
            ("Velja do", "05 01 2032"),
        ],
        &[
            (Surname, "ŽUPANČIČ"),
            (GivenNames, "MAJA"),
            (DateOfBirth, "1982-01-05"),
            (DateOfExpiry, "2032-01-05"),
        ],
    ),
    (
        "sv",
        &[
            ("Efternamn/Surname", "HÆGGKVIST"),
            ("Förnamn/Given names", "ÅSA LINNÉA"),
            ("Födelsedatum/Date of birth", "07 OKT/OCT 72"),
            ("Personnr/Personal identity No.", "19721007-0000"),
        ],
        &[
            (Surname, "HÆGGKVIST"),
            (GivenNames, "ÅSA LINNÉA"),
            (DateOfBirth, "1972-10-07"),
            (PersonalNumber, "197210070000"),
        ],
    ),
    (
        "da",
        &[
            ("Efternavn", "JØRGENSBY"),
            ("Fornavne", "SØREN"),
            ("Fødselsdato", "23 JAN 1968"),
            ("Udløbsdato", "01.02.2030"),
        ],
        &[
            (Surname, "JØRGENSBY"),
            (GivenNames, "SØREN"),
            (DateOfBirth, "1968-01-23"),
            (DateOfExpiry, "2030-02-01"),
        ],
    ),
    (
        "no",
        &[
            ("Etternavn", "FJÆRESTAD"),
            ("Fornavn", "HÅKON"),
            ("Fødselsdato", "11 DES/DEC 1985"),
            ("Utløpsdato", "12 05 2031"),
        ],
        &[
            (Surname, "FJÆRESTAD"),
            (GivenNames, "HÅKON"),
            (DateOfBirth, "1985-12-11"),
            (DateOfExpiry, "2031-05-12"),
        ],
    ),
    (
        "fi",
        &[
            ("Sukunimi", "SAARIVUORI"),
            ("Etunimet", "AINO ELIISA"),
            ("Syntymäaika", "01.07.1977"),
            ("Myöntämispäivä", "1. heinäkuuta 2021"),
        ],
        &[
            (Surname, "SAARIVUORI"),
            (GivenNames, "AINO ELIISA"),
            (DateOfBirth, "1977-07-01"),
            (DateOfIssue, "2021-07-01"),
        ],
    ),
    (
        "et",
        &[
            ("Perekonnanimi", "TÕNISSON"),
            ("Eesnimed", "ÜLO"),
            ("Sünniaeg", "08.01.1980"),
            ("Isikukood", "38001085718"),
        ],
        &[
            (Surname, "TÕNISSON"),
            (GivenNames, "ÜLO"),
            (DateOfBirth, "1980-01-08"),
            (PersonalNumber, "38001085718"),
        ],
    ),
    (
        "lv",
        &[
            ("Uzvārds", "BĒRZIŅŠ"),
            ("Vārds", "JĀNIS"),
            ("Dzimšanas datums", "09.08.1982"),
            ("Personas kods", "090882-10405"),
        ],
        &[
            (Surname, "BĒRZIŅŠ"),
            (GivenNames, "JĀNIS"),
            (DateOfBirth, "1982-08-09"),
            (PersonalNumber, "09088210405"),
        ],
    ),
    (
        "lt",
        &[
            ("Pavardė", "ŽUKAUSKIENĖ"),
            ("Vardas", "JŪRATĖ"),
            ("Gimimo data", "1970 KOVO/MAR 07"),
            ("Galioja iki", "2031-03-07"),
        ],
        &[
            (Surname, "ŽUKAUSKIENĖ"),
            (GivenNames, "JŪRATĖ"),
            (DateOfBirth, "1970-03-07"),
            (DateOfExpiry, "2031-03-07"),
        ],
    ),
];

#[test]
fn captions_of_every_language_lead_to_their_values() {
    for (language, rows, expected) in DOCUMENTS {
        eprintln!("{language}");
        assert_fields(&read_stacked(rows), expected);
    }
}

#[test]
fn captions_without_their_marks_and_spaces_are_found_as_well() {
    let plain = |c: char| match crate::pipeline::mrz::transliterate(&c.to_string()).chars().next() {
        Some(letter) if !c.is_ascii() => letter,
        _ => c,
    };
    let damaged = |text: &str| -> String { text.chars().filter(|c| *c != ' ').map(plain).collect() };
    for (language, rows, expected) in DOCUMENTS {
        let rows: Vec<(String, &str)> =
            rows.iter().map(|(caption, value)| (damaged(caption), *value)).collect();
        let rows: Vec<(&str, &str)> =
            rows.iter().map(|(caption, value)| (caption.as_str(), *value)).collect();
        eprintln!("{language}");
        assert_fields(&read_stacked(&rows), expected);
    }
}
