//! Answers that show a resource: entity tags, waiting, and where to look next.

use std::str::FromStr;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use idv_common::db;
use serde::Serialize;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
use crate::wait::{PREFERENCE_APPLIED, Until, preference};

/// Seconds after which a poll may find something new.
const POLL_S: u64 = 1;

/// Something that is shown, polled and waited for.
pub(crate) trait Resource: Serialize {
    /// The path segment under `/v1`.
    const COLLECTION: &'static str;
    /// What reading its results is called in the access log.
    const READ: &'static str;

    /// Its id.
    fn id(&self) -> &str;
    /// Raised with every change of the view.
    fn version(&self) -> i64;
    /// Whether a worker has still to decide.
    fn is_processing(&self) -> bool;
    /// Whether the view holds results, so that reading it is logged.
    fn shows_results(&self) -> bool;
}

/// An id in a path; a text that is none is not found.
pub(crate) struct Id<T>(pub T);

impl<T: FromStr> FromRequest for Id<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = req.match_info().get("id").and_then(|id| id.parse().ok());
        std::future::ready(id.map(Self).ok_or_else(Problem::not_found))
    }
}

/// Answers a GET: 304 if the caller has this version, after waiting if it would rather wait.
pub(crate) async fn show<V: Resource>(
    state: &State,
    caller: &Caller,
    req: &HttpRequest,
    load: impl AsyncFn() -> Result<V, Problem>,
) -> Result<HttpResponse, Problem> {
    let mut view = load().await?;
    let until = if is_known(req, &view) {
        Some(Until::Changed(view.version()))
    } else {
        (view.is_processing() && !req.headers().contains_key(IF_NONE_MATCH)).then_some(Until::Done)
    };
    let waited = wait(state, req, view.id(), until).await;
    if until.is_some() && waited.is_some() {
        view = load().await?;
    }
    if is_known(req, &view) {
        return Ok(tagged(StatusCode::NOT_MODIFIED, &view, waited).finish());
    }
    log_read(state, caller, &view).await?;
    Ok(tagged(StatusCode::OK, &view, waited).json(view))
}

/// Answers a request that has put a resource to work: 202 while it is being worked on, 200 if the caller
/// would rather wait and the result is there.
pub(crate) async fn accepted<V: Resource>(
    state: &State,
    caller: &Caller,
    req: &HttpRequest,
    load: impl AsyncFn() -> Result<V, Problem>,
) -> Result<HttpResponse, Problem> {
    let mut view = load().await?;
    let until = view.is_processing().then_some(Until::Done);
    let waited = wait(state, req, view.id(), until).await;
    if until.is_some() && waited.is_some() {
        view = load().await?;
    }
    let done = waited.is_some() && !view.is_processing();
    log_read(state, caller, &view).await?;
    let status = if done { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(located(state, status, &view, waited).json(view))
}

/// Answers a request that has changed a resource at once.
pub(crate) fn changed<V: Resource>(state: &State, status: StatusCode, view: V) -> HttpResponse {
    located(state, status, &view, None).json(view)
}

async fn wait(state: &State, req: &HttpRequest, id: &str, until: Option<Until>) -> Option<Duration> {
    let patience = preference(req, state.ctx.config.limits.wait_s)?;
    match until {
        Some(until) => state.waiters.wait(id, until, patience).await.then_some(patience),
        None => Some(patience),
    }
}

/// Notes in the access log that results were read, if the view holds any.
pub(crate) async fn log_read<V: Resource>(state: &State, caller: &Caller, view: &V) -> Result<(), Problem> {
    if !view.shows_results() {
        return Ok(());
    }
    let (caller, id) = (caller.clone(), view.id().to_owned());
    let log = move |conn: &mut db::Conn| {
        let now = db::now(conn)?;
        caller.log(conn, V::READ, &id, now)
    };
    state.ctx.db.transaction(log).await
}

fn located<V: Resource>(
    state: &State,
    status: StatusCode,
    view: &V,
    waited: Option<Duration>,
) -> HttpResponseBuilder {
    let mut response = tagged(status, view, waited);
    response.insert_header((LOCATION, format!("{}/v1/{}/{}", state.base_url, V::COLLECTION, view.id())));
    response
}

fn tagged<V: Resource>(status: StatusCode, view: &V, waited: Option<Duration>) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((ETAG, tag(view)));
    if view.is_processing() {
        response.insert_header((RETRY_AFTER, POLL_S));
    }
    if let Some(waited) = waited {
        response.insert_header((PREFERENCE_APPLIED, format!("wait={}", waited.as_secs())));
    }
    response
}

fn tag<V: Resource>(view: &V) -> String {
    format!("\"{}.{}.full\"", view.id(), view.version())
}

fn is_known<V: Resource>(req: &HttpRequest, view: &V) -> bool {
    let tag = tag(view);
    req.headers()
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*")
}
