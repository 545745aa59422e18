//! Documents of every kind, look and holder, as an evaluation needs them.

use jiff::{ToSpan, civil::Date};

use super::{
    Background, Design, Language, Sex, SpecimenKind, SpecimenSpec, Style, ZoneFont,
    chance::Chance,
    regions::{self, Region},
};

/// Letters and digits of document numbers. Some issuers leave out letters that look like digits, most do not.
const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8; 10] = b"0123456789";
/// How often zones are set in each face: few issuers take another one than OCR-B.
const FONTS: [(ZoneFont, f32); 5] = [
    (ZoneFont::OcrB, 0.45),
    (ZoneFont::OcrBSharp, 0.35),
    (ZoneFont::OcrBOblique, 0.1),
    (ZoneFont::DejavuSansMono, 0.05),
    (ZoneFont::NotoSansMono, 0.05),
];

impl SpecimenSpec {
    /// A valid document of that kind whose holder, issuer, number, optional data and look are drawn from the seed:
    /// names with the diacritics of the Latin-script countries, some too long for the zone, some single; numbers of
    /// every length that the format takes. The background and the typeface that are held out of training take part.
    pub fn varied(kind: SpecimenKind, seed: u64, today: Date) -> Self {
        let mut chance = Chance::new(seed, "varied holder");
        let sex = match chance.below(12) {
            0 => Sex::Unspecified,
            1..=6 => Sex::Male,
            _ => Sex::Female,
        };
        let home = regions::pick(&mut chance);
        let nationality = home.state(&mut chance).to_owned();
        // A visa is issued to foreigners, and some documents to people without a nationality of the issuer's.
        let abroad = kind.is_visa() || chance.happens(0.1);
        let issuing_state = if abroad {
            regions::pick(&mut chance).state(&mut chance).to_owned()
        } else {
            nationality.clone()
        };
        let (surname, given_names) = name(home, sex, &mut chance);
        let valid_years = if kind.is_visa() { 1 + chance.below(3) } else { 5 + 5 * chance.below(2) };
        let date_of_issue = days_before(today, 30 + chance.below(valid_years * 365 - 60));
        let number = number(kind, &mut chance);
        let (personal_number, optional) = optional_data(kind, number.len(), &mut chance);
        Self {
            kind,
            code_suffix: suffix(kind, &issuing_state, &mut chance),
            issuing_state,
            number,
            surname,
            given_names,
            nationality,
            date_of_birth: days_before(date_of_issue, chance.below(85 * 365)),
            date_of_expiry: date_of_issue.saturating_add(i64::from(valid_years).years()),
            date_of_issue,
            sex,
            place_of_birth: home.place(&mut chance).to_owned(),
            personal_number,
            optional,
            style: Style::drawn(&mut chance),
            ..Self::from_seed(seed, today)
        }
    }
}

impl Style {
    /// Any look.
    fn drawn(chance: &mut Chance) -> Self {
        Self {
            design: chance.pick(&Design::ALL),
            background: chance.pick(&Background::ALL),
            font: chance.weighted(&FONTS).unwrap_or(ZoneFont::OcrB),
            language: chance.pick(&Language::ALL),
            zone_clearing: chance.between(0.5, 0.95),
        }
    }
}

/// Surname and given names. One in twelve is long, one in twenty-five has no given names.
fn name(home: &Region, sex: Sex, chance: &mut Chance) -> (String, String) {
    let mut surname = home.surname(chance).to_owned();
    let mut given_names = home.given_name(sex, chance).to_owned();
    let (more_surnames, more_given_names) = match chance.below(25) {
        0 => return (surname, String::new()),
        1 | 2 => (1 + chance.below(3), 1 + chance.below(4)),
        3..=8 => (1, chance.below(2)),
        _ => (0, chance.below(3) / 2),
    };
    for _ in 0..more_surnames {
        let separator = chance.pick(&["-", " "]);
        surname = format!("{surname}{separator}{}", home.surname(chance));
    }
    for _ in 0..more_given_names {
        given_names = format!("{given_names} {}", home.given_name(sex, chance));
    }
    (surname, given_names)
}

/// The second character of the document code, where there is one.
fn suffix(kind: SpecimenKind, issuing_state: &str, chance: &mut Chance) -> Option<char> {
    if chance.happens(0.6) {
        return None;
    }
    match kind {
        SpecimenKind::Passport => Some(chance.pick(&['D', 'E', 'O', 'P', 'R', 'S'])),
        SpecimenKind::VisaA | SpecimenKind::VisaB => Some(chance.pick(&['A', 'B', 'C', 'D', 'N'])),
        // `IDFRA` in two lines of 36 is the French card of 1988, which is no TD2.
        SpecimenKind::IdCardTd2 if issuing_state == "FRA" => None,
        SpecimenKind::IdCard | SpecimenKind::IdCardTd2 => Some(chance.pick(&['D', 'D', 'R', 'P'])),
    }
}

/// A number of the usual lengths; one in five cards has one that does not fit into its nine places.
fn number(kind: SpecimenKind, chance: &mut Chance) -> String {
    let most = kind.longest_number();
    let length = if most > 9 && chance.happens(0.2) {
        10 + chance.below(most as u32 - 9) as usize
    } else {
        chance.pick(&[7, 8, 8, 9, 9, 9, 9])
    };
    match chance.below(4) {
        0 => text(length, DIGITS, chance),
        1 => text(2, LETTERS, chance) + &text(length - 2, DIGITS, chance),
        2 => text(1, LETTERS, chance) + &text(length - 1, DIGITS, chance),
        _ => (0..length)
            .map(|_| if chance.happens(0.4) { text(1, LETTERS, chance) } else { text(1, DIGITS, chance) })
            .collect(),
    }
}

/// The optional data: the personal number, and what a TD1 card has in its second line.
fn optional_data(kind: SpecimenKind, number: usize, chance: &mut Chance) -> (String, String) {
    let room = kind.optional_room(number);
    let personal_number = match chance.below(5) {
        0 | 1 => String::new(),
        2 => text(room, DIGITS, chance),
        _ => {
            let length = chance.below(room as u32 + 1) as usize;
            let letters = (length / 4).min(2);
            text(letters, LETTERS, chance) + &text(length - letters, DIGITS, chance)
        }
    };
    let optional = match kind {
        SpecimenKind::IdCard if chance.happens(0.3) => {
            let length = 1 + chance.below(11) as usize;
            text(length, DIGITS, chance)
        }
        _ => String::new(),
    };
    (personal_number, optional)
}

fn text<const N: usize>(length: usize, alphabet: &[u8; N], chance: &mut Chance) -> String {
    (0..length).map(|_| char::from(chance.pick(alphabet))).collect()
}

fn days_before(today: Date, days: u32) -> Date {
    today.saturating_sub(i64::from(days).days())
}
