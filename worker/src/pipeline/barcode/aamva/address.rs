//! Addresses.

use super::card::Card;
use super::jurisdiction::Country;

/// An address. `Debug` shows which parts there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// The first line of the street.
    pub street_1: Option<String>,
    /// The second line of the street.
    pub street_2: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The state, province or territory, two letters.
    pub jurisdiction_code: Option<String>,
    /// The postal code: `12345` or `12345-6789` in the United States, `A1A 1A1` in Canada.
    pub postal_code: Option<String>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |part: &Option<String>| part.as_ref().map(|_| "[private]");
        f.debug_struct("Address")
            .field("street_1", &part(&self.street_1))
            .field("street_2", &part(&self.street_2))
            .field("city", &part(&self.city))
            .field("jurisdiction_code", &part(&self.jurisdiction_code))
            .field("postal_code", &part(&self.postal_code))
            .finish()
    }
}

impl Address {
    pub(super) fn of(card: &Card) -> Self {
        // Version 01 tells a mailing address from one of residence; a card may have either.
        let of = |mailing: &str, residence: &str| {
            let value = card.element(mailing).or_else(|| card.element(residence))?;
            clean(value)
        };
        let postal_code = of("DAK", "DAP").and_then(|code| match card.country_identification() {
            Some(Country::Canada) => Some(canadian(&code)),
            _ => american(&code),
        });
        Self {
            street_1: of("DAG", "DAL"),
            street_2: of("DAH", "DAM"),
            city: of("DAI", "DAN"),
            jurisdiction_code: of("DAJ", "DAO"),
            postal_code,
        }
    }

    /// The address in one line, parts after commas.
    pub fn line(&self) -> Option<String> {
        let last: Vec<&str> =
            [&self.jurisdiction_code, &self.postal_code].into_iter().flatten().map(String::as_str).collect();
        let last = Some(last.join(" ")).filter(|last| !last.is_empty());
        let parts: Vec<&str> = [&self.street_1, &self.street_2, &self.city, &last]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Single spaces, no comma at an end.
fn clean(value: &str) -> Option<String> {
    let words: Vec<&str> = value.trim_matches([',', ' ']).split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Five digits, and four more unless they are zeros that stand for unknown ones.
fn american(code: &str) -> Option<String> {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let zone = digits.get(..5)?;
    match digits.get(5..9) {
        Some(more) if more != "0000" => Some(format!("{zone}-{more}")),
        _ => Some(zone.to_owned()),
    }
}

/// Two groups of three.
fn canadian(code: &str) -> String {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    match (plain.get(..3), plain.get(3..6)) {
        (Some(area), Some(unit)) => format!("{area} {unit}"),
        _ => plain,
    }
}
