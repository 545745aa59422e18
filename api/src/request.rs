//! What every request goes through: an id, a log line, metrics, and one form for every error.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, ResponseError};
use futures_util::FutureExt;
use idv_common::domain::EventId;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use crate::compat::OldShape;
use crate::problem::{Place, Problem};
use crate::rate_limit::Allowance;

/// The header that carries a request's id, both ways.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// The longest id that a caller may choose.
const REQUEST_ID_LEN: usize = 128;

/// The id of a request: the caller's own, or a new one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub String);

impl RequestId {
    /// The id that [`identify`] gave to a request.
    pub(crate) fn of(req: &HttpRequest) -> String {
        req.extensions().get::<Self>().map(|id| id.0.clone()).unwrap_or_default()
    }
}

/// Gives every request its id and every answer the headers that speak of the request. Outermost.
pub(crate) async fn identify<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = req
        .headers()
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_harmless(id))
        .map_or_else(new_id, str::to_owned);
    req.extensions_mut().insert(RequestId(id.clone()));
    let mut res = next.call(req).await?;
    let allowance = res.request().extensions().get::<Allowance>().copied();
    let headers = res.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    if let Some(allowance) = allowance {
        allowance.write_to(headers);
    }
    Ok(res)
}

fn is_harmless(id: &str) -> bool {
    (1..=REQUEST_ID_LEN).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn new_id() -> String {
    EventId::generate().as_str().replacen(EventId::PREFIX, "req_", 1)
}

/// Gives every error the same form, measures, and survives panics. Innermost.
pub(crate) async fn answer<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = Instant::now();
    let method = known(req.method());
    let place = Place { request_id: RequestId::of(req.request()), path: req.path().to_owned() };
    let result = AssertUnwindSafe(next.call(req)).catch_unwind().await;
    let Ok(result) = result else {
        // The panic hook has told the operator.
        return Err(Problem::bland().at(place).into());
    };
    let res = match result {
        Ok(res) => unify(res, place),
        Err(error) => return Err(problem_of(&error).at(place).into()),
    };
    let route = res.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = res.status().as_u16().to_string();
    metrics::histogram!("http_server_request_duration_seconds", "method" => method, "route" => route, "status" => status)
        .record(started.elapsed().as_secs_f64());
    Ok(res)
}

/// The method's name for the metrics, of which a caller cannot make up new ones.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

fn unify<B: MessageBody>(res: ServiceResponse<B>, place: Place) -> ServiceResponse<EitherBody<B>> {
    let status = res.status();
    let is_old = res.response().extensions().contains::<OldShape>();
    if is_old || !status.is_client_error() && !status.is_server_error() {
        return res.map_into_left_body();
    }
    let problem = match res.response().error() {
        Some(error) => problem_of(error),
        None => Problem::of_status(status),
    };
    problem.log();
    let response = problem.at(place).error_response();
    let (req, _) = res.into_parts();
    ServiceResponse::new(req, response).map_into_right_body()
}

fn problem_of(error: &Error) -> Problem {
    match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => Problem::of_status(error.as_response_error().status_code()),
    }
}

/// One span per request: which route it met and what came of it. No query, no body, no address.
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        tracing::info_span!(
            "request",
            request_id = RequestId::of(request.request()),
            http.method = %request.method(),
            http.route = tracing::field::Empty,
            http.status = tracing::field::Empty,
            tenant = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(res) => {
                span.record("http.route", res.request().match_pattern().as_deref().unwrap_or("unmatched"));
                res.status()
            }
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("http.status", status.as_u16());
        span.in_scope(|| tracing::info!("answered a request"));
    }
}
