//! `face-recognition-api`: `GET /` says that it works, `POST /compare` takes two images in base64.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{Accept, CONTENT_SECURITY_POLICY, Header, VARY};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::StreamExt;
use idv_common::domain::{CaptureKind, Facade, MediaFormat};
use serde::Serialize;
use serde_json::{Map, Value};

use super::compare::{self, Parts};
use super::{access, reply, shaped, with_headers_of};
use crate::data_url::{self, encoded_len};
use crate::json::{broken, collect, in_time};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;

/// The system.
const FACADE: Facade = Facade::FaceRecognitionApi;

/// The fields of a request.
const PARTS: Parts = [("passport", CaptureKind::ImageA), ("face", CaptureKind::ImageB)];

/// The formats that are taken.
const FORMATS: &[MediaFormat] = &[MediaFormat::Jpeg, MediaFormat::Png];

/// What `GET /` says.
const WORKING: &str = "Server is working";

/// What `GET /` shows in a browser.
const PAGE: &str = include_str!("face_recognition_api.html");

/// An answer that tells something, in the order of the README.
#[derive(Serialize)]
struct Told<'a> {
    success: bool,
    message: &'a str,
}

/// The answer of `POST /compare`.
#[derive(Serialize)]
struct Compared {
    success: bool,
    r#match: bool,
    message: &'static str,
    /// Seconds from the whole body to the two stored images.
    image_save_time: f64,
    /// Seconds from there to the result.
    comparison_time: f64,
}

/// Registers `/`; `compare.rs` sees to the rest.
pub(super) fn configure(config: &mut ServiceConfig, facades: &[Facade]) {
    if facades.contains(&FACADE) {
        config.service(web::resource("/").route(web::get().to(home)).route(web::head().to(home)));
    }
}

async fn home(state: Data<State>, req: HttpRequest) -> HttpResponse {
    if let Err(problem) = access::caller(&state, &req, FACADE).await {
        return refused(&problem);
    }
    if !prefers_html(&req) {
        return reply(StatusCode::OK, Told { success: true, message: WORKING });
    }
    let mut page = HttpResponse::Ok();
    page.insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"));
    page.insert_header((VARY, "accept"));
    shaped(page.content_type("text/html; charset=utf-8").body(PAGE))
}

/// Whether HTML is what the caller likes most, as browsers say and programs do not.
fn prefers_html(req: &HttpRequest) -> bool {
    Accept::parse(req).is_ok_and(|accept| accept.preference().essence_str() == "text/html")
}

/// Answers `POST /compare`.
pub(super) async fn compare(state: &Data<State>, req: &HttpRequest, payload: Payload) -> HttpResponse {
    match compared(state, req, payload).await {
        Ok(answer) => reply(StatusCode::OK, answer),
        Err(problem) => refused(&problem),
    }
}

/// An error in this system's shape.
pub(super) fn refused(problem: &Problem) -> HttpResponse {
    let refusal = compare::refusal(problem);
    with_headers_of(problem, reply(refusal.status, Told { success: false, message: &refusal.message }))
}

async fn compared(state: &Data<State>, req: &HttpRequest, payload: Payload) -> Result<Compared, Problem> {
    let limits = &state.ctx.config.limits;
    let limit = limits.json_bytes + 2 * encoded_len(limits.capture_bytes);
    let caller = compare::admit(state, req, FACADE, limit).await?;
    let body = collect(payload.map(|chunk| chunk.map_err(broken)), limit);
    let body = in_time(state.upload_time(), body).await?;
    let arrived = Instant::now();
    let uploads = save(&body, Uploads::of(state, &caller.tenant).await?.only(FORMATS)).await?;
    let saved = Instant::now();
    let same = compare::same_person(state, caller, req, uploads, &PARTS).await?;
    Ok(Compared {
        success: true,
        r#match: same == Some(true),
        message: message(same),
        image_save_time: seconds(saved - arrived),
        comparison_time: seconds(saved.elapsed()),
    })
}

/// Stores the images of a body.
async fn save(body: &[u8], mut uploads: Uploads) -> Result<Uploads, Problem> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body).map_err(|_| {
        Problem::new(Code::NotJson, "the body must be a JSON object with `passport` and `face`")
    })?;
    for (name, kind) in PARTS {
        let pointer = format!("/{name}");
        let image = match fields.remove(name) {
            None => Err("the field is missing"),
            Some(Value::String(text)) => {
                data_url::decode(&text).ok_or("must be base64 or a base64 `data:` URL")
            }
            Some(_) => Err("must be a string"),
        };
        let image = Bytes::from(image.map_err(|detail| Problem::field(&pointer, detail))?);
        let stored = uploads.receive(kind, futures_util::stream::iter([Ok(image)])).await;
        stored.map_err(|problem| problem.in_part(name))?;
    }
    Ok(uploads)
}

fn message(same: Option<bool>) -> &'static str {
    match same {
        Some(true) => "It's the same person",
        Some(false) => "It's not the same person",
        None => "It's not certain that it's the same person",
    }
}

/// Seconds with five decimals, as the system has always told them.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 1e5
}
