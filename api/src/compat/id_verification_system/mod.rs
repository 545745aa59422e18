//! `id-verification-system`: an ID card and a face are scanned, confirmed, and the decision is polled for.
//!
//! A session is a verification of the system's tenant. Its README names paths and methods and not one field, so every
//! form of request is taken that its clients may use, and all answers have one shape: [`Session`] or [`Refusal`].

mod pages;
mod receive;
mod session;
mod side;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError, Route};
use idv_common::auth::Secret;
use idv_common::domain::{Facade, VerificationId};
use serde::Serialize;

use super::{access, reply, with_headers_of};
use crate::auth::Caller;
use crate::idempotency::Ticket;
use crate::json::in_time;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;
use crate::verifications::fields::NewVerification;
use crate::verifications::{cancel, create, restart, submit, upload};
use session::Session;

/// Registers the system's routes and its pages.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(only("POST", "/api/verification/start", web::post().to(start)))
        .service(only("DELETE", "/api/verification/cancel/{session_id}", web::delete().to(cancel)))
        .service(only("GET", "/api/verification/check_status/{session_id}", web::get().to(check_status)))
        .service(only("POST", "/api/scan/add/{session_id}", web::post().to(add)))
        .service(only("POST", "/api/scan/restart/{session_id}", web::post().to(restart)))
        .service(only("POST", "/api/scan/confirm/{session_id}", web::post().to(confirm)));
    pages::routes(config);
}

/// A path that answers to one method, and says so to others.
fn only(method: &'static str, path: &str, route: Route) -> Resource {
    let other = move || async move {
        let detail = format!("this path answers to {method}");
        refused(&Problem::new(Code::MethodNotAllowed, detail).allow(method.to_owned()))
    };
    web::resource(path).route(route).default_service(web::to(other))
}

async fn start(state: Data<State>, req: HttpRequest) -> HttpResponse {
    let started = async {
        let caller = caller(&state, &req).await?;
        let id = begin(&state, &caller).await?;
        Session::load(&state, &caller, &req, &id).await
    };
    answered(started.await)
}

/// Makes a session that waits for its scans.
async fn begin(state: &State, caller: &Caller) -> Result<VerificationId, Problem> {
    // The session's id opens everything here; nobody is shown this token.
    create::open(state, caller, NewVerification::default(), &Secret::generate(), Ticket::none()).await
}

async fn cancel(state: Data<State>, req: HttpRequest) -> HttpResponse {
    let canceled = async {
        let (caller, id) = asked(&state, &req).await?;
        cancel::call_off(&state, &caller, &id, Ticket::none()).await?;
        Session::load(&state, &caller, &req, &id).await
    };
    answered(canceled.await)
}

async fn check_status(state: Data<State>, req: HttpRequest) -> HttpResponse {
    let checked = async {
        let (caller, id) = asked(&state, &req).await?;
        Session::load(&state, &caller, &req, &id).await
    };
    answered(checked.await)
}

async fn add(state: Data<State>, req: HttpRequest, payload: Payload) -> HttpResponse {
    let added = async {
        let (caller, id) = asked(&state, &req).await?;
        upload::refuse_early(&state, &caller, &id).await?;
        let mut uploads = Uploads::of(&state, &caller.tenant).await?;
        let receiving = receive::receive(&state, &req, payload, &mut uploads);
        let sides = in_time(state.upload_time(), receiving).await?;
        let name = move |current: &[_], rows: &mut [_]| side::assign(&sides, current, rows);
        upload::store(&state, caller.clone(), id.clone(), uploads, name).await?;
        Session::load(&state, &caller, &req, &id).await
    };
    answered(added.await)
}

async fn restart(state: Data<State>, req: HttpRequest) -> HttpResponse {
    let restarted = async {
        let (caller, id) = asked(&state, &req).await?;
        restart::start_over(&state, &caller, &id).await?;
        Session::load(&state, &caller, &req, &id).await
    };
    answered(restarted.await)
}

async fn confirm(state: Data<State>, req: HttpRequest) -> HttpResponse {
    let confirmed = async {
        let (caller, id) = asked(&state, &req).await?;
        submit::hand_over(&state, &caller, &id, &req, Ticket::none()).await?;
        Session::load(&state, &caller, &req, &id).await
    };
    answered(confirmed.await)
}

async fn caller(state: &State, req: &HttpRequest) -> Result<Caller, Problem> {
    access::caller(state, req, Facade::IdVerificationSystem).await
}

/// The caller, and the session that it asks for.
async fn asked(state: &State, req: &HttpRequest) -> Result<(Caller, VerificationId), Problem> {
    Ok((caller(state, req).await?, session_id(req)?))
}

fn session_id(req: &HttpRequest) -> Result<VerificationId, Problem> {
    req.match_info().get("session_id").and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)
}

/// Why a request was refused, in this system's shape.
#[derive(Debug, Serialize)]
struct Refusal<'a> {
    /// A stable code.
    error: &'a str,
    /// What is wrong, for people.
    message: &'a str,
}

fn answered(session: Result<Session, Problem>) -> HttpResponse {
    match session {
        Ok(session) => private(reply(StatusCode::OK, session)),
        Err(problem) => refused(&problem),
    }
}

fn refused(problem: &Problem) -> HttpResponse {
    problem.log();
    let (status, error, message) = match problem.code() {
        Code::NotFound => (problem.status_code(), "not_found", "there is no session of this id"),
        // Nothing is wrong with the request: the session is not as far.
        Code::CaptureMissing => {
            let message =
                "the front of the ID card and the face have to be scanned before they are confirmed";
            (StatusCode::CONFLICT, "scan_missing", message)
        }
        code => (problem.status_code(), code.as_str(), problem.detail()),
    };
    private(with_headers_of(problem, reply(status, Refusal { error, message })))
}

/// Keeps an answer out of caches.
fn private(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
