//! Pages of a list, newest first: so many from behind a cursor, which is the last id of the page before.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web::Query;
use serde::de::DeserializeOwned;

use crate::problem::{Code, Problem};

/// How many a page holds if nothing is said.
const DEFAULT: i64 = 20;
/// How many it holds at most.
const MOST: i64 = 100;

/// The query string of a request.
pub(crate) fn query<T: DeserializeOwned>(req: &HttpRequest) -> Result<T, Problem> {
    Query::from_query(req.query_string())
        .map(Query::into_inner)
        .map_err(|error| Problem::new(Code::InvalidQuery, error.to_string()))
}

/// The value of a query parameter.
pub(crate) fn parsed<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::new(Code::InvalidQuery, format!("`{name}`: {error}")))
}

/// The parameter `starting_after`.
pub(crate) fn cursor<T: FromStr<Err: Display>>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| parsed("starting_after", text)).transpose()
}

/// The parameter `limit`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(i64);

impl Limit {
    /// What was asked for, or what a page holds otherwise.
    pub(crate) fn of(asked: Option<i64>) -> Result<Self, Problem> {
        let limit = asked.unwrap_or(DEFAULT);
        match (1..=MOST).contains(&limit) {
            true => Ok(Self(limit)),
            false => Err(Problem::new(Code::InvalidQuery, format!("`limit` must be 1 to {MOST}"))),
        }
    }

    /// How many rows to read: one more than the page holds tells whether another page follows.
    pub(crate) fn to_read(self) -> i64 {
        self.0 + 1
    }

    /// Cuts what was read to the page, and gives the next one's cursor if there is one.
    pub(crate) fn cut<R, I>(self, rows: &mut Vec<R>, id: impl Fn(&R) -> I) -> Option<I> {
        let most = usize::try_from(self.0).unwrap_or(usize::MAX);
        let has_more = rows.len() > most;
        rows.truncate(most);
        rows.last().filter(|_| has_more).map(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_and_names_the_next_one() {
        let limit = Limit::of(Some(2)).unwrap();
        let cut = |count: i32| {
            let mut rows: Vec<i32> = (0..count).collect();
            let next = limit.cut(&mut rows, |row| *row);
            (rows.len(), next)
        };
        assert_eq!((cut(0), cut(2), cut(3)), ((0, None), (2, None), (2, Some(1))));
        assert!(Limit::of(Some(0)).is_err() && Limit::of(Some(101)).is_err());
        assert_eq!(Limit::of(None).unwrap().to_read(), 21);
    }
}
