//! `facemetric`: `POST /compare` takes two image files as a form.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use idv_common::domain::{CaptureKind, Facade, MediaFormat};
use serde_json::json;

use super::compare::{self, Parts};
use super::{reply, with_headers_of};
use crate::form;
use crate::json::in_time;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;

/// The system.
const FACADE: Facade = Facade::Facemetric;

/// The parts of a form.
const PARTS: Parts = [("reference_image", CaptureKind::ImageA), ("live_image", CaptureKind::ImageB)];

/// The formats that are taken.
const FORMATS: &[MediaFormat] = &[MediaFormat::Jpeg, MediaFormat::Png, MediaFormat::Bmp, MediaFormat::Gif];

/// Answers `POST /compare`.
pub(super) async fn compare(state: &Data<State>, req: &HttpRequest, payload: Payload) -> HttpResponse {
    match are_identical(state, req, payload).await {
        Ok(identical) => reply(StatusCode::OK, json!({"identical": identical})),
        Err(problem) => refused(&problem),
    }
}

/// An error in this system's shape.
pub(super) fn refused(problem: &Problem) -> HttpResponse {
    let refusal = compare::refusal(problem);
    with_headers_of(problem, reply(refusal.status, json!({"error": refusal.message})))
}

/// Whether both images show the same person; not if that cannot be told.
async fn are_identical(state: &Data<State>, req: &HttpRequest, payload: Payload) -> Result<bool, Problem> {
    let limits = &state.ctx.config.limits;
    let limit = limits.json_bytes + 2 * limits.capture_bytes;
    let caller = compare::admit(state, req, FACADE, limit).await?;
    if !form::is_multipart(req) {
        let detail = "send `reference_image` and `live_image` as multipart/form-data";
        return Err(Problem::new(Code::NotMultipart, detail));
    }
    let mut uploads = Uploads::of(state, &caller.tenant).await?.only(FORMATS);
    let received = form::receive_exactly(req, payload, &PARTS, &mut uploads);
    in_time(state.upload_time(), received).await?;
    let same = compare::same_person(state, caller, req, uploads, &PARTS).await?;
    Ok(same == Some(true))
}
