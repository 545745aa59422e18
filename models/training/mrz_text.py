"""Random text for machine-readable zones: documents of ICAO 9303 and their national kin with right check digits,
and noise that teaches the reader to trust its eyes alone."""

import random

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ALPHABET = LETTERS + DIGITS + "<"

# ICAO 9303 part 3, section 5: states and organisations.
STATES = (
    "AFG ALB DZA AND AGO ARG ARM AUS AUT AZE BHS BHR BGD BRB BLR BEL BLZ BEN BTN BOL BIH BWA BRA BRN BGR BFA BDI KHM "
    "CMR CAN CPV CAF TCD CHL CHN COL COM COG COD CRI CIV HRV CUB CYP CZE DNK DJI DMA DOM ECU EGY SLV GNQ ERI EST SWZ "
    "ETH FJI FIN FRA GAB GMB GEO D<< GHA GRC GRD GTM GIN GNB GUY HTI HND HUN ISL IND IDN IRN IRQ IRL ISR ITA JAM JPN "
    "JOR KAZ KEN KIR PRK KOR KWT KGZ LAO LVA LBN LSO LBR LBY LIE LTU LUX MDG MWI MYS MDV MLI MLT MHL MRT MUS MEX FSM "
    "MDA MCO MNG MNE MAR MOZ MMR NAM NRU NPL NLD NZL NIC NER NGA MKD NOR OMN PAK PLW PAN PNG PRY PER PHL POL PRT QAT "
    "ROU RUS RWA KNA LCA VCT WSM SMR STP SAU SEN SRB SYC SLE SGP SVK SVN SLB SOM ZAF SSD ESP LKA SDN SUR SWE CHE SYR "
    "TWN TJK TZA THA TLS TGO TON TTO TUN TUR TKM TUV UGA UKR ARE GBR USA URY UZB VUT VAT VEN VNM YEM ZMB ZWE "
    "UTO EUE UNO XXA XXB XXX XOM HKG RKS"
).split()

pick = random.choice
chance = random.random


def check_digit(field):
    """ICAO 9303 part 3: weights 7, 3, 1; digits count as themselves, A is 10, the filler 0."""
    values = (0 if c == "<" else int(c) if c.isdigit() else ord(c) - ord("A") + 10 for c in field)
    return str(sum(value * (7, 3, 1)[i % 3] for i, value in enumerate(values)) % 10)


def checked(field):
    return field + check_digit(field)


def filled(text, width):
    return text[:width].ljust(width, "<")


def word(length):
    """Something that reads like a name, or like nothing at all."""
    plain = chance() < 0.75
    text = ""
    while len(text) < length:
        text += pick("BCDFGHJKLMNPQRSTVWXZ") + pick("AEIOUY") if plain else pick(LETTERS)
    return text[:length]


def names(width):
    surnames = "<".join(word(random.randint(2, 12)) for _ in range(random.choice((1, 1, 1, 2, 3))))
    given = "<".join(word(random.randint(1, 9)) for _ in range(random.choice((0, 1, 1, 2, 2, 3))))
    return filled(f"{surnames}<<{given}" if given else surnames, width)


def date():
    if chance() < 0.03:
        return f"{random.randint(0, 99):02}<<<<"
    return f"{random.randint(0, 99):02}{random.randint(1, 12):02}{random.randint(1, 31):02}"


def characters(count, letters):
    return "".join(pick(LETTERS) if chance() < letters else pick(DIGITS) for _ in range(count))


def number(width=9):
    return filled(characters(random.choice((width, width, width, width - 1, width - 2)), pick((0, 0.15, 0.5))), width)


def optional(width):
    if chance() < 0.45:
        return "<" * width
    text = characters(random.randint(1, width), pick((0, 0.2, 0.6)))
    if chance() < 0.1:
        text = text[: len(text) // 2] + "<" + text[len(text) // 2 :]
    return filled(text, width)


def sex():
    return pick("MF<")


def passport():
    """TD3: two lines of 44."""
    first = "P" + pick("<<<" + LETTERS) + pick(STATES) + names(39)
    document, birth, expiry, personal = checked(number()), checked(date()), checked(date()), optional(14)
    personal += pick((check_digit(personal), "<")) if personal == "<" * 14 else check_digit(personal)
    composite = check_digit(document + birth + expiry + personal)
    return first, document + pick(STATES) + birth + sex() + expiry + personal + composite


def td2():
    """Two lines of 36."""
    first = pick("IAC") + pick("<<" + LETTERS) + pick(STATES) + names(31)
    document, birth, expiry, rest = checked(number()), checked(date()), checked(date()), optional(7)
    composite = check_digit(document + birth + expiry + rest)
    return first, document + pick(STATES) + birth + sex() + expiry + rest + composite


def td1():
    """Three lines of 30."""
    document, rest = checked(number()), optional(15)
    first = pick("IAC") + pick("<<" + LETTERS) + pick(STATES) + document + rest
    birth, expiry, more = checked(date()), checked(date()), optional(11)
    composite = check_digit(document + rest + birth + expiry + more)
    return first, birth + sex() + expiry + pick(STATES) + more + composite, names(30)


def visa(width):
    """MRV-A of 44 or MRV-B of 36: no composite."""
    first = "V" + pick("<<" + LETTERS) + pick(STATES) + names(width - 5)
    second = checked(number()) + pick(STATES) + checked(date()) + sex() + checked(date()) + optional(width - 28)
    return first, second


def french_card():
    """The French identity card of before 2021: two lines of 36 of its own kind."""
    first = "IDFRA" + filled(word(random.randint(2, 14)), 25) + characters(6, 0)
    second = checked(characters(12, 0.1)) + names(14) + checked(date()) + pick("MF")
    return first, checked(second)


def licence():
    """A licence of one line of 30: D1, a state, a number."""
    return (checked(filled("D1" + pick(STATES) + characters(random.randint(7, 12), 0.4) + optional(8), 29)),)


def noise():
    """No document at all, so that what stands next to a character says nothing about it."""
    return tuple(
        "".join(pick(ALPHABET) if chance() < 0.88 else "<" for _ in range(random.randint(5, 44))) for _ in range(2)
    )


DOCUMENTS = (passport, td2, td1, lambda: visa(44), lambda: visa(36), french_card, licence, noise)
WEIGHTS = (0.22, 0.10, 0.20, 0.06, 0.05, 0.04, 0.02, 0.31)


def document():
    """The lines of one document."""
    return random.choices(DOCUMENTS, WEIGHTS)[0]()
