//! `/compare`, which two earlier systems have in common: `face-recognition-api` takes JSON there and `facemetric` a
//! form. Where both are answered the content type tells whose a request is.

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use idv_common::domain::{CaptureKind, ComparisonResult, Facade, ReasonCode};

use super::{access, face_recognition_api, facemetric};
use crate::auth::Caller;
use crate::comparisons::{self, Start};
use crate::idempotency::Ticket;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;
use crate::{form, json, trace};

/// The two parts of a request and the images that they hold.
pub(super) type Parts = [(&'static str, CaptureKind); 2];

/// What an error is answered with.
pub(super) struct Refusal {
    /// What the caller did wrong is 400, what went wrong on this side 500; access and rates have their own.
    pub status: StatusCode,
    /// What is wrong, for people.
    pub message: String,
}

/// Registers `/compare` for those of its systems that are answered.
pub(super) fn configure(config: &mut ServiceConfig, facades: &[Facade]) {
    let is_answered = |facade| facades.contains(&facade);
    let (json, form) = (is_answered(Facade::FaceRecognitionApi), is_answered(Facade::Facemetric));
    if json || form {
        // All methods come here, so that a wrong one is refused in the system's shape.
        let answer = move |state, req: HttpRequest, payload| {
            let takes_form = form && (!json || form::is_multipart(&req));
            compare(state, req, payload, takes_form)
        };
        config.service(web::resource("/compare").to(answer));
    }
}

async fn compare(state: Data<State>, req: HttpRequest, payload: Payload, takes_form: bool) -> HttpResponse {
    match (takes_form, req.method() == Method::POST) {
        (true, true) => facemetric::compare(&state, &req, payload).await,
        (false, true) => face_recognition_api::compare(&state, &req, payload).await,
        (true, false) => facemetric::refused(&wrong_method()),
        (false, false) => face_recognition_api::refused(&wrong_method()),
    }
}

fn wrong_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this path answers to POST").allow("POST".to_owned())
}

/// The caller of a system, whose request is not refused beforehand: there is room for its job, and its body is not
/// announced to be longer than `limit` bytes.
pub(super) async fn admit(
    state: &State,
    req: &HttpRequest,
    facade: Facade,
    limit: usize,
) -> Result<Caller, Problem> {
    let caller = access::caller(state, req, facade).await?;
    if json::announced_len(req).is_some_and(|len| len > limit) {
        return Err(json::too_large(limit));
    }
    state.backlog.admit(&state.ctx).await?;
    Ok(caller)
}

/// Compares the two images that were uploaded. Whether they show the same person; `None` if that cannot be told.
/// Refused if an image shows no face.
pub(super) async fn same_person(
    state: &Data<State>,
    caller: Caller,
    req: &HttpRequest,
    uploads: Uploads,
    parts: &Parts,
) -> Result<Option<bool>, Problem> {
    let start = Start {
        caller,
        reference: None,
        rows: uploads.into_rows(),
        traceparent: trace::parent(req),
        ticket: Ticket::none(),
    };
    let result = comparisons::compare(state, start).await?;
    match result.same {
        Some(same) => Ok(Some(same)),
        None => faceless(&result, parts).map_or(Ok(None), Err),
    }
}

/// The problem of images without a face; `None` if both show one.
fn faceless(result: &ComparisonResult, parts: &Parts) -> Option<Problem> {
    let counts: BTreeMap<CaptureKind, usize> =
        result.faces.iter().map(|faces| (faces.image, faces.count)).collect();
    let without: Vec<&str> = parts
        .iter()
        .filter(|(_, kind)| counts.get(kind).is_none_or(|count| *count == 0))
        .map(|(name, _)| *name)
        .collect();
    let unreadable = [ReasonCode::FileCorrupt, ReasonCode::FileTypeUnsupported, ReasonCode::ImageTooLarge];
    let detail = match result.reasons.iter().any(|reason| unreadable.contains(reason)) {
        true => "no face was found, or the image cannot be decoded",
        false => "no face was found",
    };
    (!without.is_empty()).then(|| Problem::field(&format!("/{}", without.join(" and ")), detail))
}

/// How both systems tell an error, whose cause the operator's log gets.
pub(super) fn refusal(problem: &Problem) -> Refusal {
    problem.log();
    let status = match (problem.code(), problem.code().status()) {
        (Code::Unauthorized | Code::Forbidden | Code::RateLimited | Code::MethodNotAllowed, own) => own,
        (_, status) if status.is_server_error() => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    Refusal { status, message: problem.line() }
}

#[cfg(test)]
mod tests {
    use idv_common::domain::{ComparedFaces, Outcome, Policy};

    use super::*;

    const PARTS: Parts = [("passport", CaptureKind::ImageA), ("face", CaptureKind::ImageB)];

    fn undecided(counts: [usize; 2], reasons: &[ReasonCode]) -> Option<String> {
        let faces = PARTS.iter().zip(counts);
        let result = ComparisonResult {
            same: None,
            outcome: Outcome::Inconclusive,
            score: None,
            metric: None,
            threshold: None,
            estimated_fmr: None,
            faces: faces
                .map(|((_, image), count)| ComparedFaces { image: *image, count, boxes: Vec::new() })
                .collect(),
            reasons: reasons.to_vec(),
            policy: Policy::default().stamp(),
            models: [].into(),
        };
        faceless(&result, &PARTS).map(|problem| problem.line())
    }

    #[test]
    fn the_image_without_a_face_is_named() {
        let told = |counts, reasons: &[ReasonCode]| undecided(counts, reasons).unwrap_or_default();
        assert_eq!(told([0, 1], &[ReasonCode::DocumentNoFace]), "passport: no face was found");
        assert_eq!(told([0, 0], &[ReasonCode::DocumentNoFace]), "passport and face: no face was found");
        let corrupt = told([1, 0], &[ReasonCode::FileCorrupt]);
        assert_eq!(corrupt, "face: no face was found, or the image cannot be decoded");
        assert_eq!(told([1, 1], &[ReasonCode::FaceMatchInconclusive]), "");
    }

    #[test]
    fn callers_are_told_400_and_faults_are_500() {
        let status = |problem| refusal(&problem).status.as_u16();
        assert_eq!(status(Problem::new(Code::BodyTooLarge, "")), 400);
        assert_eq!(status(Problem::new(Code::FileTypeUnsupported, "")), 400);
        assert_eq!(status(Problem::new(Code::RateLimited, "")), 429);
        assert_eq!(status(Problem::new(Code::Forbidden, "")), 403);
        assert_eq!(status(Problem::bland()), 500);
        assert_eq!(status(Problem::new(Code::BacklogFull, "")), 500);
    }
}
