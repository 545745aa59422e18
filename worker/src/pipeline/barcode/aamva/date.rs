//! Dates.

use jiff::civil::Date;

/// The years that a date on a card may have.
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2199;

/// The date that a text of eight digits gives. The standard writes MMDDCCYY in the United States and CCYYMMDD in
/// Canada and in version 01; issuers of the United States have used either. No text is a date in both orders: a
/// year from 1850 on would have to begin with a month.
pub(super) fn date(text: &str) -> Option<Date> {
    let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let part = |range: std::ops::Range<usize>| digits[range].parse::<i16>().ok();
    let valid = |year: i16, month: i16, day: i16| {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        YEARS.contains(&year).then_some(date)
    };
    valid(part(4..8)?, part(0..2)?, part(2..4)?).or_else(|| valid(part(0..4)?, part(4..6)?, part(6..8)?))
}
