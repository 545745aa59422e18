//! Dates of a zone: ICAO Doc 9303 part 3, section 4.8. Years have two digits there; the century is the plausible
//! one.

use jiff::civil::Date;

/// No zone is older: the first edition of Doc 9303 is of 1980.
const FIRST_YEAR: i16 = 1980;

/// The date of birth in `YYMMDD` as `YYYY-MM-DD`; unknown parts, fillers in the zone, are `XX`. Nobody is born in
/// the future, nor after the document's date of expiry: it is the latest such day before both. `None` if there is
/// no such day.
pub(super) fn birth(raw: &str, expiry: Option<&str>, today: Date) -> Option<String> {
    let today = today.to_string();
    let latest = expiry.filter(|expiry| **expiry < *today).unwrap_or(&today);
    let newest = latest.get(..2)?.parse::<i16>().ok()? * 100;
    date(raw, |year| newest + year)
        .filter(|day| **day <= *latest)
        .or_else(|| date(raw, |year| newest - 100 + year))
}

/// The date of expiry in `YYMMDD` as `YYYY-MM-DD`: the such day whose year is nearest to today, and late enough for
/// a zone. `None` if there is no such day.
pub(super) fn expiry(raw: &str, today: Date) -> Option<String> {
    date(raw, |year| {
        let this = today.year() - today.year() % 100 + year;
        [this - 100, this, this + 100]
            .into_iter()
            .filter(|year| *year >= FIRST_YEAR)
            .min_by_key(|year| year.abs_diff(today.year()))
            .unwrap_or(this)
    })
}

/// `YYYY-MM-DD` from `YYMMDD`; month and day may be unknown. `None` if there is no such day.
fn date(raw: &str, year: impl Fn(i16) -> i16) -> Option<String> {
    let year = year(raw.get(..2)?.parse().ok()?);
    let part = |range: std::ops::Range<usize>| match raw.get(range)? {
        "<<" => Some(None),
        digits => digits.parse::<i8>().ok().map(Some),
    };
    let (month, day) = (part(2..4)?, part(4..6)?);
    // A month of 31 days stands in for an unknown one, and a leap year for the year of an incomplete date.
    let stand_in = if month.is_some() && day.is_some() { year } else { 2000 };
    Date::new(stand_in, month.unwrap_or(1), day.unwrap_or(1)).ok()?;
    let shown = |part: Option<i8>| part.map_or_else(|| "XX".to_owned(), |part| format!("{part:02}"));
    Some(format!("{year:04}-{}-{}", shown(month), shown(day)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 6, 1);

    #[test]
    fn a_birth_lies_before_today_and_before_the_expiry() {
        let born = |raw, expiry| birth(raw, expiry, TODAY);
        assert_eq!(born("420712", None).as_deref(), Some("1942-07-12"));
        assert_eq!(born("260601", None).as_deref(), Some("2026-06-01"));
        assert_eq!(born("260602", None).as_deref(), Some("1926-06-02"));
        assert_eq!(born("200101", Some("2031-01-01")).as_deref(), Some("2020-01-01"));
        assert_eq!(born("200101", Some("2015-01-01")).as_deref(), Some("1920-01-01"));
        assert_eq!(born("98<<<<", Some("1999-05-01")).as_deref(), Some("1998-XX-XX"));
        assert_eq!(born("980501", Some("1997-05-01")).as_deref(), Some("1898-05-01"));
        assert_eq!(born("<<<<<<", None), None);
        assert_eq!(born("711331", None), None);
        assert_eq!(born("7102<<", None).as_deref(), Some("1971-02-XX"));
    }

    #[test]
    fn an_expiry_is_near_and_no_zone_is_older_than_the_first() {
        assert_eq!(expiry("310228", TODAY).as_deref(), Some("2031-02-28"));
        assert_eq!(expiry("991231", TODAY).as_deref(), Some("1999-12-31"));
        assert_eq!(expiry("770101", TODAY).as_deref(), Some("2077-01-01"));
        assert_eq!(expiry("300229", TODAY), None);
        assert_eq!(expiry("050101", date(2098, 1, 1)).as_deref(), Some("2105-01-01"));
    }
}
