//! Problems: RFC 9457 `application/problem+json` for every error that a caller can meet.
//!
//! A handler returns a [`Problem`]; the middleware in `request.rs` adds the request's id and path, and turns
//! what the framework itself refuses into the same form. The caller sees code and detail, the operator the
//! cause, once.

use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use idv_common::db;
use idv_common::media::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use crate::code::Code;

/// The media type of every error.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// Seconds after which to try again when the database or the store is away.
const AWAY_RETRY_S: u64 = 5;

/// One of several things that are wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Detail {
    /// Where, as a JSON pointer (RFC 6901) into the body; absent if nowhere in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// A stable code.
    pub code: String,
    /// What is wrong there.
    pub detail: String,
}

/// An error as it travels from a handler to the caller.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    more: Box<More>,
}

/// What few problems have.
#[derive(Debug, Clone, Default)]
struct More {
    errors: Vec<Detail>,
    retry_after_s: Option<u64>,
    allow: Option<String>,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
    place: Option<Place>,
}

/// Which request met the problem.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The request's id.
    pub request_id: String,
    /// The request's path, without its query.
    pub path: String,
}

/// The body of a problem, RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body<'a> {
    /// A URI that names the kind of problem: `urn:idv:problem:` and the code.
    r#type: String,
    /// What the code means.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request.
    detail: &'a str,
    /// The request's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    /// The stable code.
    code: &'a str,
    /// The request's id, which the logs also name.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    /// What is wrong, place by place.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Detail],
}

impl Problem {
    /// A problem of that code; `detail` is for people and holds no personal data.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), more: Box::default() }
    }

    /// There is no such resource, or it is another tenant's, which looks the same.
    pub(crate) fn not_found() -> Self {
        Self::new(Code::NotFound, "nothing is found under this path")
    }

    /// A field at `pointer` that is unknown, missing or wrong.
    pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let place = if pointer.is_empty() { "body" } else { pointer };
        let problem = Self::new(Code::InvalidField, format!("{place}: {detail}"));
        problem.with_error(Some(pointer), Code::InvalidField.as_str(), detail)
    }

    /// A fault on this side; the caller is not told the cause.
    pub(crate) fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let mut problem = Self::bland();
        problem.more.cause = Some(Arc::new(cause));
        problem
    }

    /// Something behind the API does not answer; the caller is not told what.
    pub(crate) fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let mut problem = Self::new(Code::Unavailable, "the request had no effect; try again soon")
            .retry_after(AWAY_RETRY_S);
        problem.more.cause = Some(Arc::new(cause));
        problem
    }

    /// A fault on this side whose cause is known elsewhere.
    pub(crate) fn bland() -> Self {
        Self::new(Code::Internal, "the request failed; its id leads to the cause in the logs")
    }

    /// The problem that stands for a bare status of the framework.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => return Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            StatusCode::REQUEST_TIMEOUT => Code::UploadTimeout,
            status if status.is_client_error() => Code::BadRequest,
            _ => return Self::bland(),
        };
        Self::new(code, code.title())
    }

    /// Adds one of several things that are wrong.
    pub(crate) fn with_error(mut self, pointer: Option<&str>, code: &str, detail: impl Into<String>) -> Self {
        let pointer = pointer.map(str::to_owned);
        self.more.errors.push(Detail { pointer, code: code.to_owned(), detail: detail.into() });
        self
    }

    /// Says when to try again.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.more.retry_after_s = Some(seconds);
        self
    }

    /// Says which methods are allowed.
    pub(crate) fn allow(mut self, methods: String) -> Self {
        self.more.allow = Some(methods);
        self
    }

    /// Says which request met the problem.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.more.place = Some(place);
        self
    }

    /// Says which part of the body is wrong, unless the machinery failed or that has been said.
    pub(crate) fn in_part(self, name: &str) -> Self {
        if self.is_fault() || !self.more.errors.is_empty() {
            return self;
        }
        let (code, detail) = (self.code.as_str(), self.detail.clone());
        self.with_error(Some(&format!("/{name}")), code, detail)
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// What is wrong, for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong and where, in one line, for answers of another shape.
    pub(crate) fn line(&self) -> String {
        match self.more.errors.first() {
            Some(Detail { pointer: Some(pointer), detail, .. }) if !pointer.is_empty() => {
                format!("{}: {detail}", pointer.trim_start_matches('/'))
            }
            Some(Detail { detail, .. }) => detail.clone(),
            None => self.detail.clone(),
        }
    }

    /// Whether the machinery failed, so that the outcome of what was asked may be unknown.
    pub(crate) fn is_fault(&self) -> bool {
        self.more.cause.is_some()
    }

    /// Tells the operator what the caller is not told.
    pub(crate) fn log(&self) {
        let Some(cause) = &self.more.cause else { return };
        let mut chain = cause.to_string();
        let mut next = cause.source();
        while let Some(source) = next {
            chain.push_str(": ");
            chain.push_str(&source.to_string());
            next = source.source();
        }
        tracing::error!(error = %chain, code = self.code.as_str(), "failed to answer a request");
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type(CONTENT_TYPE);
        if let Some(seconds) = self.more.retry_after_s {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(methods) = &self.more.allow {
            response.insert_header((ALLOW, methods.as_str()));
        }
        if self.code == Code::Unauthorized {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        response.json(Body {
            r#type: format!("urn:idv:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.status_code().as_u16(),
            detail: &self.detail,
            instance: self.more.place.as_ref().map(|place| place.path.as_str()),
            code: self.code.as_str(),
            request_id: self.more.place.as_ref().map(|place| place.request_id.as_str()),
            errors: &self.more.errors,
        })
    }
}

impl From<db::Error> for Problem {
    fn from(error: db::Error) -> Self {
        if error.is_unavailable() { Self::unavailable(error) } else { Self::internal(error) }
    }
}

impl From<idv_common::keyring::TenantKeyError> for Problem {
    fn from(error: idv_common::keyring::TenantKeyError) -> Self {
        match error {
            idv_common::keyring::TenantKeyError::Database(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<idv_common::crypto::CannotOpen> for Problem {
    fn from(error: idv_common::crypto::CannotOpen) -> Self {
        Self::internal(error)
    }
}

// The store is on disk or across the network: its failures pass.
impl From<idv_common::blob::Error> for Problem {
    fn from(error: idv_common::blob::Error) -> Self {
        Self::unavailable(error)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Empty => Code::FileEmpty,
            Refusal::Corrupt(_) => Code::FileCorrupt,
            Refusal::Unsupported(_) => Code::FileTypeUnsupported,
            Refusal::TooManyPixels(_) => Code::ImageTooLarge,
            Refusal::TooLong(limit) => return crate::json::too_large(limit),
        };
        Self::new(code, refusal.to_string())
    }
}
