//! The HTTP interfaces of five earlier systems, answered as their READMEs say, on this engine.
//!
//! Each file turns one system's requests into what `/v1` does as well, waits where that system was synchronous, and
//! answers in that system's shapes, which know neither problem+json nor `Idempotency-Key`. Where a README is silent,
//! docs/migrating.md says what was chosen.

mod access;
mod compare;
mod enroll_authenticate;
mod exposure;
mod face_recognition_api;
mod facemetric;
mod id_verification_system;
mod uncoin_kyc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, ResponseError};
use idv_common::domain::Facade;
use serde::Serialize;

use crate::problem::Problem;
pub(crate) use access::Tenants;
pub use exposure::{Exposed, check_exposure};

/// Marks an answer in another system's shape: it is not made a problem, whatever its status.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OldShape;

/// Registers the routes of the systems that are answered.
pub(crate) fn configure(config: &mut ServiceConfig, facades: &[Facade]) {
    for facade in facades {
        match facade {
            Facade::IdVerificationSystem => id_verification_system::routes(config),
            Facade::UncoinKyc => uncoin_kyc::routes(config),
            Facade::EnrollAuthenticate => enroll_authenticate::routes(config),
            // They have a path in common.
            Facade::FaceRecognitionApi | Facade::Facemetric => {}
        }
    }
    compare::configure(config, facades);
    face_recognition_api::configure(config, facades);
}

/// An answer in another system's shape.
fn reply(status: StatusCode, body: impl Serialize) -> HttpResponse {
    shaped(HttpResponse::build(status).json(body))
}

/// Lets an answer in another shape say what a problem says beside its body: what is allowed, when to try again, how to
/// be let in.
fn with_headers_of(problem: &Problem, mut response: HttpResponse) -> HttpResponse {
    let told = problem.error_response();
    for name in [ALLOW, RETRY_AFTER, WWW_AUTHENTICATE] {
        if let Some(value) = told.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// Marks an answer as being in another system's shape.
fn shaped(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(OldShape);
    response
}
