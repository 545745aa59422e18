"""Random text as it is printed on documents in the Latin script: labels, names, numbers, dates, addresses, and noise
that teaches the reader to trust its eyes alone."""

import random

ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
LATIN_1 = "".join(chr(code) for code in range(0xC0, 0x100) if chr(code) not in "×÷")
# Without the letters that Unicode deprecates or that no living orthography prints.
EXTENDED_A = "".join(chr(code) for code in range(0x100, 0x180) if chr(code) not in "ĿŀŉſĲĳ")
MORE = "ȘșȚțẞ’‘“”„«»–—·•€£§°ºª"
ALPHABET = ASCII + LATIN_1 + EXTENDED_A + MORE

pick = random.choice
chance = random.random

# The letters beyond a-z of languages that documents are printed in. Their share is far above that of running text: a
# reader that sees few of them learns to take the bare letter.
LANGUAGES = {
    "English": "", "French": "éèêëàâçîïôùûüœæÿ", "Spanish": "áéíóúüñ", "Portuguese": "ãõáâàéêíóôúç", "German": "äöüß",
    "Dutch": "éëïóöü", "Italian": "àèéìòù", "Polish": "ąćęłńóśźż", "Romanian": "ăâîșțşţ", "Turkish": "çğıİöşü",
    "Czech": "áčďéěíňóřšťúůýž", "Slovak": "áäčďéíĺľňóôŕšťúýž", "Hungarian": "áéíóöőúüű", "Croatian": "čćđšž",
    "Swedish": "åäö", "Norwegian": "æøå", "Icelandic": "áðéíóúýþæö", "Estonian": "äõöüšž", "Latvian": "āčēģīķļņšūž",
    "Lithuanian": "ąčęėįšųūž", "Maltese": "ċġħż", "Albanian": "çë", "Welsh": "âêîôûŵŷ", "Esperanto": "ĉĝĥĵŝŭ",
    "Catalan": "àçèéíïòóúü", "Azerbaijani": "çğıöşü", "Sami": "áčđŋšŧž", "Irish": "áéíóú",
}

# What stands beside the values, alone or in two languages.
LABELS = """
Surname|Given names|Name|First name|Last name|Date of birth|Place of birth|Date of issue|Date of expiry|Nationality|Sex|
Authority|Document No.|Passport No.|Personal No.|Identity card|Type|Code|Signature|Address|Height|Eyes|Expires|Issued|
Nom|Prénom(s)|Prénoms|Date de naissance|Lieu de naissance|Date de délivrance|Date d'expiration|Nationalité|Sexe|
Autorité|N° de document|Passeport n°|Carte nationale d'identité|Adresse|Taille|Nom d'usage|Permis de conduire|
Apellidos|Nombre|Fecha de nacimiento|Lugar de nacimiento|Nacionalidad|Sexo|Válido hasta|Domicilio|Número de soporte|
Documento nacional de identidad|Fecha de expedición|Apelido|Nome|Data de nascimento|Nacionalidade|Local de emissão|
Name/Surname/Nom|Vornamen|Geburtsdatum|Geburtstag|Geburtsort|Staatsangehörigkeit|Gültig bis|Ausstellende Behörde|Größe|
Augenfarbe|Anschrift|Reisepass|Personalausweis|Führerschein|Bundesrepublik Deutschland|Cognome|Luogo e data di nascita|
Cittadinanza|Scadenza|Residenza|Carta di identità|Patente di guida|Achternaam|Voornamen|Geboortedatum|Geboorteplaats|
Geldig tot|Nationaliteit|Nazwisko|Imiona|Data urodzenia|Miejsce urodzenia|Obywatelstwo|Płeć|Termin ważności|
Organ wydający|Nume|Prenume|Data nașterii|Locul nașterii|Cetățenie|Valabilitate|Soyadı|Adı|Doğum tarihi|Doğum yeri|
Uyruğu|Son geçerlilik|Cinsiyeti|Příjmení|Jméno|Datum narození|Místo narození|Státní občanství|Platnost do|Priezvisko|
Meno|Dátum narodenia|Családi név|Utónév|Születési idő|Állampolgárság|Prezime|Ime|Datum rođenja|Državljanstvo|Priimek|
Rojstni datum|Efternamn|Förnamn|Födelsedatum|Medborgarskap|Etternavn|Fornavn|Fødselsdato|Sukunimi|Etunimet|
Syntymäaika|Kansalaisuus|Perekonnanimi|Eesnimed|Sünniaeg|Uzvārds|Vārds|Dzimšanas datums|Pavardė|Vardas|Gimimo data|
REPUBLIC OF|REPÚBLICA DE|RÉPUBLIQUE FRANÇAISE|UNION EUROPÉENNE|EUROPEAN UNION|DRIVER LICENSE|IDENTIFICATION CARD|
CLASS|REST|END|DOB|EXP|ISS|SEX|HGT|WGT|EYES|HAIR|DONOR|DL NO.|ID|PASSPORT|PASSEPORT|PASAPORTE|REISEPASS|VISA|RESIDENCE PERMIT
""".replace("\n", "").split("|")

MONTHS = """
JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC JANV FÉVR MARS AVRIL MAI JUIN JUIL AOÛT SEPT DÉC ENE ABR AGO DIC
JANUAR FEBRUAR MÄRZ OKTOBER DEZEMBER STYCZEŃ LUTY MARZEC ŞUB NİS HAZ TEM AĞU EYL EKİ KAS ARA GEN FEV MAG GIU LUG SET OTT
""".split()

STREETS = "Street|St|Road|Ave|Avenue|Lane|rue de la|boulevard|Calle|Avda.|Rua|Straße|Weg|Allee|Via|Piazza|ul.|Str.|Cad.|Sok."
STREETS = STREETS.split("|")


def word(length, extra, plain=True):
    """Something that reads like a word with the letters of a language, or like nothing at all."""
    text = ""
    while len(text) < length:
        pair = pick("bcdfghjklmnpqrstvwxz") + pick("aeiouy") if plain else pick("abcdefghijklmnopqrstuvwxyz")
        for letter in pair:
            text += pick(extra) if extra and chance() < 0.12 else letter
    return text[:length]


def upper(text):
    """Capitals, each of which is one character."""
    return "".join("ẞ" if c == "ß" else c.upper() if len(c.upper()) == 1 and c.upper() in ALPHABET else c for c in text)


def cased(text):
    kind = chance()
    if kind < 0.5:
        return upper(text)
    if kind < 0.85:
        return " ".join(upper(part[:1]) + part[1:] for part in text.split(" "))
    return text


def extra_letters():
    return LANGUAGES[pick(list(LANGUAGES))]


def name():
    extra = extra_letters()
    parts = [word(random.randint(2, 11), extra, chance() < 0.85) for _ in range(random.choice((1, 1, 2, 2, 3, 4)))]
    text = parts[0]
    for part in parts[1:]:
        text += pick((" ", " ", " ", " ", "-", "’", "'", ", ")) + part
    return cased(text)


def digits(count):
    return "".join(pick("0123456789") for _ in range(count))


def number():
    letters = pick((0, 0.15, 0.5))
    text = "".join(pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ") if chance() < letters else pick("0123456789") for _ in range(random.randint(3, 14)))
    if chance() < 0.3:
        place, mark = random.randint(1, len(text) - 1), pick(" -/.")
        text = text[:place] + mark + text[place:]
    return text


def date():
    day, month, year = f"{random.randint(1, 31):02}", f"{random.randint(1, 12):02}", str(random.randint(1920, 2045))
    if chance() < 0.25:
        year = year[2:]
    if chance() < 0.45:
        names = pick(MONTHS) if chance() < 0.6 else pick(MONTHS) + pick(("/", " /", " / ")) + pick(MONTHS)
        return pick((upper, str.title, str.lower))(f"{day} {names} {year}") if chance() < 0.3 else f"{day} {names} {year}"
    mark = pick((".", "/", "-", " ", ". ", ""))
    return mark.join(pick(((day, month, year), (month, day, year), (year, month, day))))


def label():
    text = pick(LABELS)
    if chance() < 0.4:
        text += pick(("/", " / ", "/ ", " · ", " - ")) + pick(LABELS)
    if chance() < 0.2:
        text = pick(("1.", "2.", "3.", "4a.", "4b.", "4c.", "4d", "5.", "7.", "8.", "9.", "9a", "12", "15", "16", "18", "(1)", "(2)", "12.")) + pick((" ", "")) + text
    if chance() < 0.15:
        text += pick((":", ".", " :"))
    return pick((str, str, upper, str.lower))(text)


def address():
    extra = extra_letters()
    street = cased(word(random.randint(3, 10), extra))
    house = str(random.randint(1, 999)) + pick(("", "", "", "a", "B", "/2", "-4", " bis"))
    line = pick((f"{house} {street} {pick(STREETS)}", f"{pick(STREETS)} {street} {house}", f"{street} {house}"))
    town = f"{digits(random.choice((4, 5, 5, 6)))} {cased(word(random.randint(3, 12), extra))}"
    line = pick((line, line, town, f"{line}, {town}"))
    return upper(line) if chance() < 0.3 else line


def value():
    """Other things that stand on documents."""
    return pick((
        lambda: f"{pick('123')}{pick(('.', ',', ''))}{digits(2)} {pick(('m', 'cm', 'M'))}",
        lambda: f"{pick('4567')}'-{digits(2)}\"",
        lambda: pick(("M", "F", "X", "M/M", "F/F", "F / W", "K/F", "M / H", "E/M")),
        lambda: f"{pick(('N°', 'Nº', 'No.', '§'))} {number()}",
        lambda: f"€ {digits(2)},{digits(2)}",
        lambda: f"{pick('ABCDE')}{pick(('', '1', 'E', 'M'))} {date()}",
        lambda: f"({word(random.randint(2, 8), extra_letters())})",
        lambda: f"{word(6, '')}@{word(5, '')}.{word(3, '')}",
        lambda: f"“{name()}”",
    ))()


def short():
    """A few characters that stand alone: a sex, a class, a code."""
    return pick((
        lambda: pick("MFX"),
        lambda: pick("MFX"),
        lambda: pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        lambda: digits(random.randint(1, 3)),
        lambda: "".join(pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(random.randint(2, 3))),
        lambda: pick("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdemx") + pick("0123456789.:)"),
    ))()


def sentence():
    extra = extra_letters()
    words = [word(random.randint(1, 10), extra) for _ in range(random.randint(2, 8))]
    text = upper(words[0][:1]) + words[0][1:] + " " + " ".join(words[1:])
    return text + pick((".", ".", "", ",", ";", ":", "?", "!"))


def pair():
    """A label with its value beside it."""
    return f"{label()} {pick((name, number, date))()}"


def noise():
    """Each character as likely as any other, so that all of them are seen."""
    text = "".join(pick(ALPHABET) if chance() < 0.8 else " " for _ in range(random.randint(2, 24)))
    return " ".join(text.split())


KINDS = (name, number, date, label, address, value, short, sentence, pair, noise)
WEIGHTS = (0.21, 0.13, 0.13, 0.16, 0.09, 0.05, 0.05, 0.06, 0.06, 0.06)
LONGEST = 48


def text():
    """A line: no space at its ends, none twice, nothing outside the alphabet."""
    while True:
        line = " ".join(random.choices(KINDS, WEIGHTS)[0]().split())[:LONGEST].strip()
        if line and all(character in ALPHABET for character in line):
            return line
