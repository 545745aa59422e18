//! `uncoin-kyc`: images are uploaded under names, looked at for a face, compared, downloaded and deleted.
//!
//! Image 1 is the photo of the document, image 2 that of the person. The system's README says no more than the paths
//! and what each is for; methods, fields and answers are our choice.

mod received;
mod sides;

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use idv_common::db::{self, Conn};
use idv_common::domain::{Facade, ImageId, ImageResult};
use serde_json::json;

use self::received::Received;
use super::{access, reply, shaped, with_headers_of};
use crate::answer::{Resource, log_read};
use crate::auth::Caller;
use crate::comparisons::{self, Start};
use crate::idempotency::Ticket;
use crate::images::{self, check_name, content, create, is_name};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::trace;
use crate::upload::Uploads;
use crate::wait::Until;

/// The system.
const FACADE: Facade = Facade::UncoinKyc;

/// Registers the routes. All methods come to a handler, so that a wrong one is refused in the system's shape.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource(["/upload_image1", "/upload_image2"]).to(upload))
        .service(web::resource("/compare_images").to(compare))
        .service(web::resource(["/get-image", "/get-image/{name:.*}"]).to(get))
        .service(web::resource(["/delete-image", "/delete-image/{name:.*}"]).to(delete));
}

async fn upload(state: Data<State>, req: HttpRequest, payload: Payload) -> HttpResponse {
    shape(try_upload(&state, &req, payload).await)
}

async fn compare(state: Data<State>, req: HttpRequest, payload: Payload) -> HttpResponse {
    shape(try_compare(&state, &req, payload).await)
}

async fn get(state: Data<State>, req: HttpRequest, payload: Payload) -> HttpResponse {
    shape(try_get(&state, &req, payload).await)
}

async fn delete(state: Data<State>, req: HttpRequest, payload: Payload) -> HttpResponse {
    shape(try_delete(&state, &req, payload).await)
}

/// Keeps an image and tells whether it shows a face. It is kept also when the verdict is late.
async fn try_upload(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = admit(state, req, &[Method::POST, Method::PUT]).await?;
    state.backlog.admit(&state.ctx).await?;
    let mut uploads = Uploads::of(state, &caller.tenant).await?;
    let received = received::read(state, req, payload, Some(&mut uploads)).await?;
    receive_text(&received, &mut uploads).await?;
    let (name, id) = (name_of_upload(&received)?, ImageId::generate());
    let creation = create::Creation {
        id: id.clone(),
        caller: caller.clone(),
        // Without a name the id is one, so that it can be asked for.
        name: Some(name.unwrap_or_else(|| id.to_string())),
        rows: uploads.into_rows(),
        traceparent: trace::parent(req),
        ticket: Ticket::none(),
    };
    let name = creation.name.clone();
    creation.commit(state).await?;
    let found = verdict(state, &caller, &id).await?;
    let answer = json!({
        "face_detected": found.face_found,
        "faces": found.faces.count,
        "reasons": found.reasons,
        "name": name,
    });
    Ok(reply(StatusCode::OK, answer))
}

/// Stores the one image of an upload that came as a text, if none came as a file.
async fn receive_text(received: &Received, uploads: &mut Uploads) -> Result<(), Problem> {
    match received.files.len() {
        0 => {}
        1 => return Ok(()),
        _ => return Err(Problem::new(Code::BadRequest, "one image is taken at a time")),
    }
    let text = received.texts.iter().find(|text| text.is_for_an_image()).ok_or_else(|| {
        Problem::new(Code::BadRequest, "there is no image: send it as the file `image` of a form")
    })?;
    let image = text.image().ok_or_else(|| {
        Problem::new(Code::FileTypeUnsupported, "the image is no file, and no image in base64")
    })?;
    sides::store(uploads, image.into()).await
}

/// The name that an upload asks for, or else that of the file, of which only the last part counts.
fn name_of_upload(received: &Received) -> Result<Option<String>, Problem> {
    match received.texts.iter().find(|text| text.is_for_a_name()) {
        Some(text) => check_name(&text.value).map(|()| Some(text.value.0.clone())),
        None => Ok(received.files.iter().find_map(|file| file.label.clone()).filter(|label| is_name(label))),
    }
}

/// Waits for the verdict on an image, for `limits.wait_s` at most.
async fn verdict(state: &State, caller: &Caller, id: &ImageId) -> Result<ImageResult, Problem> {
    let patience = Duration::from_secs(state.ctx.config.limits.wait_s);
    let late = || {
        let detail = "the image is kept, but nobody has looked for a face in it yet; upload it again later";
        Problem::new(Code::Unavailable, detail)
    };
    if !state.waiters.wait(id.as_str(), Until::Done, patience).await {
        return Err(late());
    }
    let replaced = || Problem::new(Code::WrongState, "another image has taken the name, or it was deleted");
    let view = images::find(state, caller, id).await?.ok_or_else(replaced)?;
    if view.is_processing() {
        return Err(late());
    }
    log_read(state, caller, &view).await?;
    view.result.ok_or_else(Problem::bland)
}

/// Tells whether two images show the same person. What is sent or read for it is erased as soon as that is known.
async fn try_compare(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = admit(state, req, &[Method::POST, Method::PUT, Method::GET]).await?;
    state.backlog.admit(&state.ctx).await?;
    let mut uploads = Uploads::of(state, &caller.tenant).await?;
    let received = received::read(state, req, payload, Some(&mut uploads)).await?;
    let rows = sides::rows(state, &caller, received, uploads).await?;
    let (reference, traceparent) = (None, trace::parent(req));
    let start = Start { caller, reference, rows, traceparent, ticket: Ticket::none() };
    let result = comparisons::compare(state, start).await?;
    let answer = json!({
        "same_person": result.same == Some(true),
        // Otherwise it cannot be told: a face is missing, or the score is between the limits.
        "conclusive": result.same.is_some(),
        "score": result.score,
        "threshold": result.threshold,
        "reasons": result.reasons,
    });
    Ok(reply(StatusCode::OK, answer))
}

/// Answers with an image's bytes, as they were uploaded.
async fn try_get(state: &Data<State>, req: &HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let caller = admit(state, req, &[Method::GET, Method::POST]).await?;
    let name = asked_for(state, req, payload).await?;
    let id = named(state, &caller, &name).await?.ok_or_else(no_image)?;
    Ok(shaped(content::send(state, &caller, &id, req).await?.ok_or_else(no_image)?))
}

/// Erases an image.
async fn try_delete(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = admit(state, req, &[Method::DELETE, Method::POST, Method::GET]).await?;
    let name = asked_for(state, req, payload).await?;
    let id = named(state, &caller, &name).await?.ok_or_else(no_image)?;
    match images::delete::erase(state, &caller, &id).await? {
        true => Ok(reply(StatusCode::OK, json!({"deleted": true, "name": name}))),
        false => Err(no_image()),
    }
}

/// The name that a request without an image asks for: in the path, or in a field or parameter.
async fn asked_for(state: &Data<State>, req: &HttpRequest, payload: Payload) -> Result<String, Problem> {
    let received = received::read(state, req, payload, None).await?;
    let in_path = web::Path::<String>::extract(req).await.ok().map(web::Path::into_inner);
    let texts = &received.texts;
    let text = texts.iter().find(|text| text.is_for_a_name());
    let text =
        text.or_else(|| texts.iter().find(|text| text.is_for_an_image())).map(|text| text.value.0.clone());
    let name = in_path.filter(|name| !name.is_empty()).or(text);
    let name = name.ok_or_else(|| Problem::new(Code::BadRequest, "say which image: send its `name`"))?;
    check_name(&name)?;
    Ok(name)
}

/// The image of a name among those that this interface has made.
async fn named(state: &State, caller: &Caller, name: &str) -> Result<Option<ImageId>, Problem> {
    let (tenant, name) = (caller.tenant.clone(), name.to_owned());
    let find = move |conn: &mut Conn| db::images::by_name(conn, &tenant, &name);
    Ok(state.ctx.db.read(find).await?.map(|image| image.id))
}

async fn admit(state: &State, req: &HttpRequest, methods: &[Method]) -> Result<Caller, Problem> {
    if !methods.contains(req.method()) {
        let allowed: Vec<_> = methods.iter().map(Method::as_str).collect();
        let detail = format!("this path answers to {}", allowed.join(", "));
        return Err(Problem::new(Code::MethodNotAllowed, detail).allow(allowed.join(", ")));
    }
    access::caller(state, req, FACADE).await
}

fn no_image() -> Problem {
    Problem::new(Code::NotFound, "there is no image of this name")
}

/// An error in this system's shape. A field that is wrong is a bad request here.
fn shape(result: Result<HttpResponse, Problem>) -> HttpResponse {
    let problem = match result {
        Ok(answer) => return answer,
        Err(problem) => problem,
    };
    problem.log();
    let status = match problem.status_code() {
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        status => status,
    };
    with_headers_of(&problem, reply(status, json!({"error": problem.line()})))
}
