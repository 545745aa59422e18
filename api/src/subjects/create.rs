//! `POST /v1/subjects`: enrols a person from a document or a photo, as multipart or as base64 in JSON.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use bytes::Bytes;
use idv_common::domain::{CaptureKind, Private, SubjectId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::SubjectView;
use super::{Enrolment, load};
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::form::{self, Parts};
use crate::idempotency::Once;
use crate::limits::check_reference;
use crate::problem::Problem;
use crate::state::State;
use crate::upload::Uploads;
use crate::{answer, data_url, json, trace};

/// The images, of which there is one.
const IMAGES: [CaptureKind; 2] = [CaptureKind::DocumentFront, CaptureKind::Selfie];

/// The parts of a multipart body.
const PARTS: Parts = Parts { images: &IMAGES, texts: &["client_reference"] };

/// A person's document or photo, as base64 or as a `data:` URL: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubject {
    /// The side of an identity document with the portrait.
    #[schema(value_type = Option<String>)]
    document_front: Option<Private<String>>,
    /// A photo of the person.
    #[schema(value_type = Option<String>)]
    selfie: Option<Private<String>>,
    /// The caller's own name for the person, 1 to 200 characters; no two enrolled subjects have the same.
    client_reference: Option<String>,
}

/// The form of a multipart body.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub(crate) struct SubjectForm {
    /// The side of an identity document with the portrait; this or `selfie`.
    #[schema(value_type = Option<String>, format = Binary)]
    document_front: Option<Vec<u8>>,
    /// A photo of the person; this or `document_front`.
    #[schema(value_type = Option<String>, format = Binary)]
    selfie: Option<Vec<u8>>,
    /// The caller's own name for the person, 1 to 200 characters; no two enrolled subjects have the same.
    client_reference: Option<String>,
}

/// Enrol a subject
///
/// The answer is 202 at once, or with `Prefer: wait` 200 as soon as the template is there or the image was refused.
/// The template is kept until the subject is deleted; the image is erased as soon as it was looked at.
#[utoipa::path(
    tag = "subjects",
    request_body(content((NewSubject = "application/json"), (SubjectForm = "multipart/form-data"))),
    responses(
        (status = 202, description = "a worker will make the template", body = SubjectView),
        (status = 200, description = "enrolled or rejected", body = SubjectView),
    ),
)]
#[post("/v1/subjects")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let once = Once::begin(&state, &caller, &req).await?;
    let created = create_once(&state, &caller, &req, payload, &once).await;
    let id = once.settle(&state, created).await?;
    answer::accepted(&state, &caller, &req, async || load(&state, &caller, &id).await).await
}

async fn create_once(
    state: &Data<State>,
    caller: &Caller,
    req: &HttpRequest,
    payload: Payload,
    once: &Once,
) -> Result<SubjectId, Problem> {
    let mut uploads = Uploads::of_first(state, caller, once).await?;
    let (reference, fingerprint) = match form::is_multipart(req) {
        true => receive_form(state, req, payload, uploads.as_mut()).await?,
        false => receive_json(state, req, payload, uploads.as_mut()).await?,
    };
    if let Some(id) = once.replay(&fingerprint)? {
        return id.parse().map_err(Problem::internal);
    }
    let enrolment = Enrolment {
        caller: caller.clone(),
        reference,
        rows: uploads.map(Uploads::into_rows).unwrap_or_default(),
        traceparent: trace::parent(req),
        ticket: once.ticket(fingerprint),
    };
    enrolment.commit(state).await
}

type Received = (Option<String>, String);

async fn receive_form(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let mut form = form::receive(state, req, payload, &PARTS, uploads).await?;
    let is_image = |name: &str| IMAGES.iter().any(|kind| kind.as_str() == name);
    if form.digests.iter().filter(|(name, _)| is_image(name)).count() != 1 {
        return Err(one_image());
    }
    let reference = form.texts.remove("client_reference");
    reference.as_deref().map(check_reference).transpose()?;
    Ok((reference, Fingerprint::of(req).parts(&form.digests).finish()))
}

async fn receive_json(
    state: &State,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let limits = &state.ctx.config.limits;
    let limit = limits.json_bytes + data_url::encoded_len(limits.capture_bytes);
    let (new, body) = json::read::<NewSubject>(req, payload, limit, state.upload_time()).await?;
    new.client_reference.as_deref().map(check_reference).transpose()?;
    let (kind, text) = match (&new.document_front, &new.selfie) {
        (Some(text), None) => (CaptureKind::DocumentFront, text),
        (None, Some(text)) => (CaptureKind::Selfie, text),
        _ => return Err(one_image()),
    };
    if let Some(uploads) = uploads {
        let image = Bytes::from(data_url::decode_field(kind, text)?);
        let image = futures_util::stream::iter([Ok(image)]);
        uploads.receive(kind, image).await.map_err(|problem| problem.in_part(kind.as_str()))?;
    }
    Ok((new.client_reference, Fingerprint::of(req).json(&body).finish()))
}

fn one_image() -> Problem {
    Problem::field("", "send exactly one of `document_front` and `selfie`")
}
