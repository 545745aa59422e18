//! `POST /v1/comparisons`: two images, as multipart or as base64 in JSON.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use bytes::Bytes;
use idv_common::domain::{CaptureKind, ComparisonId, Private};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ComparisonView;
use super::{Start, load};
use crate::auth::Caller;
use crate::data_url::encoded_len;
use crate::fingerprint::Fingerprint;
use crate::form::{self, Parts};
use crate::idempotency::Once;
use crate::images::Stored;
use crate::limits::check_reference;
use crate::problem::Problem;
use crate::state::State;
use crate::upload::Uploads;
use crate::{answer, data_url, json, trace};

/// The images.
const IMAGES: [CaptureKind; 2] = [CaptureKind::ImageA, CaptureKind::ImageB];

/// The parts of a multipart body.
const PARTS: Parts = Parts { images: &IMAGES, texts: &["client_reference"] };

/// Two images to compare, as base64, as `data:` URLs or as the ids of kept images.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComparison {
    /// The first image.
    #[schema(value_type = String)]
    image_a: Private<String>,
    /// The second image.
    #[schema(value_type = String)]
    image_b: Private<String>,
    /// The caller's own name for it, 1 to 200 characters.
    client_reference: Option<String>,
}

/// The form of a multipart body.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub(crate) struct ComparisonForm {
    /// The first image.
    #[schema(value_type = String, format = Binary)]
    image_a: Vec<u8>,
    /// The second image.
    #[schema(value_type = String, format = Binary)]
    image_b: Vec<u8>,
    /// The caller's own name for it, 1 to 200 characters.
    client_reference: Option<String>,
}

/// Compare two faces
///
/// The answer is 202 at once, or with `Prefer: wait` 200 as soon as the result is there. The images are erased
/// as soon as they are compared.
#[utoipa::path(
    tag = "comparisons",
    request_body(content((NewComparison = "application/json"), (ComparisonForm = "multipart/form-data"))),
    responses(
        (status = 202, description = "a worker will compare", body = ComparisonView),
        (status = 200, description = "compared", body = ComparisonView),
    ),
)]
#[post("/v1/comparisons")]
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
) -> Result<ComparisonId, Problem> {
    let mut uploads = Uploads::of_first(state, caller, once).await?;
    let (reference, fingerprint) = match form::is_multipart(req) {
        true => receive_form(state, req, payload, uploads.as_mut()).await?,
        false => receive_json(state, caller, req, payload, uploads.as_mut()).await?,
    };
    if let Some(id) = once.replay(&fingerprint)? {
        return id.parse().map_err(Problem::internal);
    }
    let rows = uploads.map(Uploads::into_rows).unwrap_or_default();
    let start = Start {
        caller: caller.clone(),
        reference,
        rows,
        traceparent: trace::parent(req),
        ticket: once.ticket(fingerprint),
    };
    start.commit(state).await
}

type Received = (Option<String>, String);

async fn receive_form(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let mut form = form::receive(state, req, payload, &PARTS, uploads).await?;
    for kind in IMAGES {
        if !form.digests.iter().any(|(name, _)| name == kind.as_str()) {
            return Err(Problem::field(&format!("/{kind}"), "the part is missing"));
        }
    }
    let reference = form.texts.remove("client_reference");
    reference.as_deref().map(check_reference).transpose()?;
    Ok((reference, Fingerprint::of(req).parts(&form.digests).finish()))
}

async fn receive_json(
    state: &State,
    caller: &Caller,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let limits = &state.ctx.config.limits;
    let limit = limits.json_bytes + 2 * encoded_len(limits.capture_bytes);
    let (new, body) = json::read::<NewComparison>(req, payload, limit, state.upload_time()).await?;
    new.client_reference.as_deref().map(check_reference).transpose()?;
    if let Some(uploads) = uploads {
        for (kind, text) in [(CaptureKind::ImageA, &new.image_a), (CaptureKind::ImageB, &new.image_b)] {
            let image = image(state, caller, kind, text).await?;
            uploads.receive(kind, futures_util::stream::iter([Ok(image)])).await?;
        }
    }
    Ok((new.client_reference, Fingerprint::of(req).json(&body).finish()))
}

/// The bytes that a text stands for: those of a kept image if it is an id, which no base64 looks like.
async fn image(state: &State, caller: &Caller, kind: CaptureKind, text: &str) -> Result<Bytes, Problem> {
    let Ok(id) = text.parse() else { return decode(kind, text).map(Bytes::from) };
    let kept = Stored::read(state, &caller.tenant, &id).await?;
    kept.map(|image| image.bytes.0)
        .ok_or_else(|| Problem::field(&format!("/{kind}"), "there is no such image"))
}

fn decode(kind: CaptureKind, text: &str) -> Result<Vec<u8>, Problem> {
    data_url::decode(text).ok_or_else(|| {
        Problem::field(&format!("/{kind}"), "must be base64, a base64 `data:` URL or an image's id")
    })
}
