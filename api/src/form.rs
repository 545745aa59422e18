//! Multipart bodies: images stream into the object store, short texts into memory.

use std::collections::BTreeMap;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, error::PayloadError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use idv_common::domain::CaptureKind;
use idv_common::hex;
use idv_common::media::most_bytes;
use sha2::{Digest, Sha256};

use crate::json::{broken, collect, in_time, media_type, too_large};
use crate::limits::FRAMES;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;

/// The parts that a route takes.
pub(crate) struct Parts {
    /// Parts that hold an image.
    pub images: &'static [CaptureKind],
    /// Parts that hold a short text.
    pub texts: &'static [&'static str],
}

/// What came in a multipart body.
pub(crate) struct Form {
    /// The texts, by the part's name.
    pub texts: BTreeMap<String, String>,
    /// The parts' names and the SHA-256 of each, for the fingerprint.
    pub digests: Vec<(String, String)>,
}

/// Whether a request's body is multipart.
pub(crate) fn is_multipart(req: &HttpRequest) -> bool {
    media_type(req) == "multipart/form-data"
}

/// Receives a multipart body. Without `uploads` the images are only digested, for a request made before.
pub(crate) async fn receive(
    state: &web::Data<State>,
    req: &HttpRequest,
    payload: Payload,
    parts: &Parts,
    uploads: Option<&mut Uploads>,
) -> Result<Form, Problem> {
    let fields = Multipart::new(req.headers(), payload);
    in_time(state.upload_time(), read_fields(state, fields, parts, uploads)).await
}

async fn read_fields(
    state: &State,
    mut fields: Multipart,
    parts: &Parts,
    mut uploads: Option<&mut Uploads>,
) -> Result<Form, Problem> {
    let limits = &state.ctx.config.limits;
    let mut form = Form { texts: BTreeMap::new(), digests: Vec::new() };
    while let Some(field) = fields.try_next().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let image = parts.images.iter().find(|kind| kind.as_str() == name);
        check_count(&name, form.digests.iter().filter(|(known, _)| *known == name).count(), image)?;
        let sha256 = if let Some(kind) = image {
            match uploads.as_deref_mut() {
                Some(uploads) => uploads.receive(*kind, chunks(field)).await?,
                None => digest(field, most_bytes(limits, *kind)).await?,
            }
        } else if parts.texts.contains(&name.as_str()) {
            let text = text(&name, field, limits.json_bytes).await?;
            let sha256 = hex(&Sha256::digest(&text));
            form.texts.insert(name.clone(), text);
            sha256
        } else {
            return Err(unknown(&name, parts));
        };
        form.digests.push((name, sha256));
    }
    Ok(form)
}

/// Stores the images of a multipart body that holds exactly these parts, each once.
pub(crate) async fn receive_exactly(
    req: &HttpRequest,
    payload: Payload,
    parts: &[(&str, CaptureKind)],
    uploads: &mut Uploads,
) -> Result<(), Problem> {
    let mut fields = Multipart::new(req.headers(), payload);
    let mut missing = parts.to_vec();
    while let Some(field) = fields.try_next().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(at) = missing.iter().position(|(wanted, _)| *wanted == name) else {
            let known: Vec<_> = parts.iter().map(|(name, _)| *name).collect();
            return Err(surplus(&name, &known));
        };
        let (_, kind) = missing.remove(at);
        uploads.receive(kind, chunks(field)).await.map_err(|problem| problem.in_part(&name))?;
    }
    match missing.first() {
        None => Ok(()),
        Some((name, _)) => Err(Problem::field(&format!("/{name}"), "the part is missing")),
    }
}

/// Refuses a part that has been there as often as it may.
fn check_count(name: &str, count: usize, image: Option<&CaptureKind>) -> Result<(), Problem> {
    let detail = match image {
        Some(CaptureKind::SelfieFrame) if count < FRAMES => return Ok(()),
        Some(CaptureKind::SelfieFrame) => format!("at most {FRAMES} of these parts are taken"),
        _ if count == 0 => return Ok(()),
        _ => "the part is there twice".to_owned(),
    };
    Err(Problem::field(&format!("/{name}"), detail))
}

/// Stores the one image of a multipart body, whatever its part is called.
pub(crate) async fn receive_single(
    req: &HttpRequest,
    payload: Payload,
    kind: CaptureKind,
    uploads: &mut Uploads,
) -> Result<(), Problem> {
    let mut fields = Multipart::new(req.headers(), payload);
    let mut count = 0;
    while let Some(field) = fields.try_next().await.map_err(malformed)? {
        count += 1;
        if count > 1 {
            break;
        }
        uploads.receive(kind, chunks(field)).await?;
    }
    if count == 1 {
        Ok(())
    } else {
        Err(Problem::new(Code::InvalidField, "the body has to hold exactly one part, the image"))
    }
}

/// The bytes of a part as they arrive.
pub(crate) fn chunks(field: Field) -> impl Stream<Item = Result<Bytes, Problem>> {
    field.map(|chunk| chunk.map_err(malformed))
}

async fn digest(field: Field, limit: usize) -> Result<String, Problem> {
    let (mut digest, mut len) = (Sha256::new(), 0);
    let chunks = chunks(field);
    futures_util::pin_mut!(chunks);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        len += chunk.len();
        if len > limit {
            return Err(too_large(limit));
        }
        digest.update(&chunk);
    }
    Ok(hex(&digest.finalize()))
}

async fn text(name: &str, field: Field, limit: usize) -> Result<String, Problem> {
    let bytes = collect(chunks(field), limit).await?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::field(&format!("/{name}"), "the text is not UTF-8"))
}

fn surplus(name: &str, known: &[&str]) -> Problem {
    let shown: String = name.chars().take(40).collect();
    let detail = match known.contains(&name) {
        true => "the part is there twice".to_owned(),
        false => format!("the part is none of: {}", known.join(", ")),
    };
    Problem::field(&format!("/{shown}"), detail)
}

fn unknown(name: &str, parts: &Parts) -> Problem {
    let images = parts.images.iter().map(|kind| kind.as_str());
    let known: Vec<_> = images.chain(parts.texts.iter().copied()).collect();
    surplus(name, &known)
}

/// The problem of a body that is no well-formed multipart.
pub(crate) fn malformed(error: MultipartError) -> Problem {
    match error {
        MultipartError::Payload(error) => broken(error),
        MultipartError::Incomplete => broken(PayloadError::Incomplete(None)),
        error => Problem::new(Code::NotMultipart, error.to_string()),
    }
}
