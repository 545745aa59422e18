//! Why the answer is no.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use idv_common::domain::ReasonCode;

use crate::compat::with_headers_of;
use crate::problem::{Code, Problem};

/// Why the answer is no.
#[derive(Debug)]
pub(super) enum Refusal {
    /// For a reason that this system knows.
    Decided(String),
    /// The result was not there in time.
    TimedOut,
    /// For a reason that `/v1` knows as a problem.
    Problem(Problem),
}

impl Refusal {
    /// The refusal that the reasons of a result come to.
    pub(super) fn because(reasons: &[ReasonCode]) -> Self {
        match reasons.first() {
            Some(reason) => Self::Decided(reason.as_str().to_uppercase()),
            None => Self::Problem(Problem::bland()),
        }
    }

    /// The text that clients tell refusals apart by.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Decided(reason) => reason.clone(),
            Self::TimedOut => "TIMED_OUT".to_owned(),
            Self::Problem(problem) => problem.code().as_str().to_uppercase(),
        }
    }

    /// What is wrong, for people.
    pub(super) fn explanation(&self) -> String {
        match self {
            Self::Problem(problem) => problem.line(),
            refusal => refusal.reason(),
        }
    }

    /// 200 for a decision; the caller may not ask, or the service cannot tell.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Decided(_) => StatusCode::OK,
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Problem(problem) => match problem.code() {
                Code::Unauthorized | Code::Forbidden | Code::RateLimited => problem.code().status(),
                code if code.status().is_server_error() => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::OK,
            },
        }
    }

    /// Lets an answer say what the problem behind it says in its headers.
    pub(super) fn with_headers(&self, response: HttpResponse) -> HttpResponse {
        match self {
            Self::Problem(problem) => with_headers_of(problem, response),
            Self::Decided(_) | Self::TimedOut => response,
        }
    }

    /// Tells the operator what the caller is not told.
    pub(super) fn log(&self) {
        if let Self::Problem(problem) = self {
            problem.log();
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_no_error_and_a_fault_is() {
        let refused = |code| Refusal::from(Problem::new(code, "detail"));
        assert_eq!(refused(Code::FileCorrupt).status(), StatusCode::OK);
        assert_eq!(refused(Code::BodyTooLarge).status(), StatusCode::OK);
        assert_eq!(refused(Code::Forbidden).status(), StatusCode::FORBIDDEN);
        assert_eq!(refused(Code::Internal).status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(Refusal::TimedOut.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn the_first_reason_is_told_in_capitals() {
        let refusal = Refusal::because(&[ReasonCode::FaceMismatch, ReasonCode::LivenessInconclusive]);
        assert_eq!((refusal.reason().as_str(), refusal.status()), ("FACE_MISMATCH", StatusCode::OK));
        assert_eq!(Refusal::because(&[]).reason(), "INTERNAL_ERROR");
    }
}
