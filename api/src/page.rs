//! Pages of a list: so many from behind a cursor, which is the last id of the page before.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web::Query;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

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

    /// The page of what was read. `id` is the cursor behind a row, `view` what is shown of it.
    pub(crate) fn page<R, I: Display, T: ToSchema, E>(
        self,
        mut rows: Vec<R>,
        id: impl Fn(&R) -> I,
        view: impl FnMut(R) -> Result<T, E>,
    ) -> Result<Page<T>, E> {
        let most = usize::try_from(self.0).unwrap_or(usize::MAX);
        let has_more = rows.len() > most;
        rows.truncate(most);
        let next_cursor = rows.last().filter(|_| has_more).map(|row| id(row).to_string());
        let data = rows.into_iter().map(view).collect::<Result<_, _>>()?;
        Ok(Page { object: "list", data, has_more, next_cursor })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T: ToSchema> {
    /// `list`.
    object: &'static str,
    /// The page.
    pub(crate) data: Vec<T>,
    /// Whether another page follows.
    has_more: bool,
    /// What to send as `starting_after` for the next page.
    next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_and_names_the_next_one() {
        let limit = Limit::of(Some(2)).unwrap();
        let of = |count: i32| {
            let page = limit.page((0..count).collect(), |row| *row, Ok::<_, Problem>).unwrap();
            (page.data.len(), page.has_more, page.next_cursor)
        };
        assert_eq!((of(0), of(2)), ((0, false, None), (2, false, None)));
        assert_eq!(of(3), (2, true, Some("1".to_owned())));
        assert!(Limit::of(Some(0)).is_err() && Limit::of(Some(101)).is_err());
        assert_eq!(Limit::of(None).unwrap().to_read(), 21);
    }
}
