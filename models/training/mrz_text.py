"""Random text for machine-readable zones: lines of ICAO 9303 documents with right check digits, and noise."""

import random

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ALPHABET = LETTERS + DIGITS + "<"

COUNTRIES = (
    "UTO D<< GBR USA FRA ESP ITA POL CZE HRV CHE NLD CHN IND KOR JPN SWE NOR FIN EST LVA LTU UKR TUR BRA MEX CAN "
    "AUS NZL RUS ROU HUN SVN SVK BGR GRC PRT IRL BEL AUT DNK ISL MAR DZA EGY NGA ZAF PAK BGD VNM PHL IDN MYS THA "
    "SGP IRN IRQ ISR SAU ARE"
).split()

pick = random.choice


def check_digit(field):
    """ICAO 9303 part 3: weights 7, 3, 1; digits count as themselves, A is 10, the filler 0."""
    values = (0 if c == "<" else int(c) if c.isdigit() else ord(c) - ord("A") + 10 for c in field)
    return str(sum(value * (7, 3, 1)[i % 3] for i, value in enumerate(values)) % 10)


def with_check_digit(field):
    return field + check_digit(field)


def word(length):
    """Something that reads like a name."""
    text = ""
    while len(text) < length:
        text += pick("BCDFGHJKLMNPQRSTVWXZ") + pick("AEIOUY") if random.random() < 0.8 else pick(LETTERS)
    return text[:length]


def names(width):
    surnames = "<".join(word(random.randint(2, 10)) for _ in range(random.randint(1, 2)))
    given = "<".join(word(random.randint(2, 9)) for _ in range(random.randint(1, 3)))
    return f"{surnames}<<{given}"[:width].ljust(width, "<")


def date():
    return f"{random.randint(0, 99):02}{random.randint(1, 12):02}{random.randint(1, 28):02}"


def document_number():
    characters = (pick(DIGITS) if random.random() < 0.7 else pick(LETTERS) for _ in range(random.randint(7, 9)))
    return "".join(characters).ljust(9, "<")


def optional_data(width):
    if random.random() < 0.5:
        return "<" * width
    length = random.randint(1, width)
    return "".join(pick(DIGITS + LETTERS if random.random() < 0.3 else DIGITS) for _ in range(length)).ljust(width, "<")


def passport_names_line():
    """The first line of a TD3 (44) or TD2 (36) document."""
    return (pick("PV") + pick("<<<" + LETTERS) + pick(COUNTRIES) + names(39))[: pick((44, 44, 36))]


def passport_data_line():
    birth, expiry = with_check_digit(date()), with_check_digit(date())
    start = with_check_digit(document_number()) + pick(COUNTRIES) + birth + pick("MF<") + expiry
    return start + optional_data(14) + pick(DIGITS + "<") + pick(DIGITS)


def card_number_line():
    """The first line of a TD1 document."""
    start = pick("IAC") + pick("<" + LETTERS) + pick(COUNTRIES) + with_check_digit(document_number())
    return (start + optional_data(15))[:30]


def card_data_line():
    """The second line of a TD1 document."""
    birth, expiry = with_check_digit(date()), with_check_digit(date())
    return birth + pick("MF<") + expiry + pick(COUNTRIES) + optional_data(11) + pick(DIGITS)


def noise():
    return "".join(pick(ALPHABET) if random.random() < 0.85 else "<" for _ in range(random.randint(6, 34)))


LINES = (passport_names_line, passport_data_line, card_number_line, card_data_line, lambda: names(30), noise)
WEIGHTS = (0.14, 0.20, 0.08, 0.08, 0.06, 0.44)


def line():
    return random.choices(LINES, WEIGHTS)[0]()
