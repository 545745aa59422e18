//! What an authentication is asked with: a photo, a clip or several frames, as multipart or as base64 in JSON.

use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};
use bytes::Bytes;
use idv_common::domain::{CaptureKind, LivenessUse, Private};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::fingerprint::Fingerprint;
use crate::form::{self, Parts};
use crate::limits::FRAMES;
use crate::problem::Problem;
use crate::state::State;
use crate::upload::Uploads;
use crate::{data_url, json};

/// The images, of which there is one, or several frames.
const IMAGES: [CaptureKind; 3] = [CaptureKind::Selfie, CaptureKind::SelfieClip, CaptureKind::SelfieFrame];

/// The parts of a multipart body.
const PARTS: Parts = Parts { images: &IMAGES, texts: &["liveness"] };

/// What somebody who claims to be a subject shows of themselves, as base64 or as `data:` URLs: one of the three.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAuthentication {
    /// A photo of the person.
    #[schema(value_type = Option<String>)]
    selfie: Option<Private<String>>,
    /// A short clip of the person.
    #[schema(value_type = Option<String>)]
    selfie_clip: Option<Private<String>>,
    /// Up to 8 photos of the person, taken one after another.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    selfie_frame: Vec<Private<String>>,
    /// What to make of liveness; `require` if left out.
    liveness: Option<LivenessUse>,
}

/// The form of a multipart body.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub(crate) struct AuthenticationForm {
    /// A photo of the person; this, `selfie_clip` or `selfie_frame`.
    #[schema(value_type = Option<String>, format = Binary)]
    selfie: Option<Vec<u8>>,
    /// A short clip of the person.
    #[schema(value_type = Option<String>, format = Binary)]
    selfie_clip: Option<Vec<u8>>,
    /// A photo of the person, one of up to 8 taken one after another.
    #[schema(value_type = Vec<String>, format = Binary)]
    selfie_frame: Vec<Vec<u8>>,
    /// What to make of liveness; `require` if left out.
    liveness: Option<LivenessUse>,
}

/// What was received.
pub(super) struct Received {
    /// What to make of liveness.
    pub liveness: LivenessUse,
    /// The digest of the whole request.
    pub fingerprint: String,
}

/// Receives a body. Without `uploads` the images are only digested, for a request made before.
pub(super) async fn receive(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    match form::is_multipart(req) {
        true => receive_form(state, req, payload, uploads).await,
        false => receive_json(state, req, payload, uploads).await,
    }
}

async fn receive_form(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let form = form::receive(state, req, payload, &PARTS, uploads).await?;
    let count = |kind: CaptureKind| form.digests.iter().filter(|(name, _)| name == kind.as_str()).count();
    check_counts(IMAGES.map(count))?;
    let liveness = form.texts.get("liveness").map(|text| LivenessUse::from_str(text)).transpose();
    Ok(Received {
        liveness: or_required(liveness.map_err(|error| Problem::field("/liveness", error.to_string()))?),
        fingerprint: Fingerprint::of(req).parts(&form.digests).finish(),
    })
}

async fn receive_json(
    state: &State,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let limits = &state.ctx.config.limits;
    // JSON is held in memory, so all frames together may be as large as two images; multipart takes more.
    let limit = limits.json_bytes + 2 * data_url::encoded_len(limits.capture_bytes);
    let (new, body) = json::read::<NewAuthentication>(req, payload, limit, state.upload_time()).await?;
    let NewAuthentication { selfie, selfie_clip, selfie_frame, liveness } = new;
    check_counts([usize::from(selfie.is_some()), usize::from(selfie_clip.is_some()), selfie_frame.len()])?;
    if let Some(uploads) = uploads {
        let one = [(CaptureKind::Selfie, selfie), (CaptureKind::SelfieClip, selfie_clip)];
        let one = one.into_iter().filter_map(|(kind, text)| Some((kind, text?)));
        let frames = selfie_frame.into_iter().map(|text| (CaptureKind::SelfieFrame, text));
        for (kind, text) in one.chain(frames) {
            let image = Bytes::from(data_url::decode_field(kind, &text)?);
            let image = futures_util::stream::iter([Ok(image)]);
            uploads.receive(kind, image).await.map_err(|problem| problem.in_part(kind.as_str()))?;
        }
    }
    Ok(Received { liveness: or_required(liveness), fingerprint: Fingerprint::of(req).json(&body).finish() })
}

/// Whoever says nothing is not let in by a photo of a photo.
fn or_required(liveness: Option<LivenessUse>) -> LivenessUse {
    liveness.unwrap_or(LivenessUse::Require)
}

fn check_counts([selfies, clips, frames]: [usize; 3]) -> Result<(), Problem> {
    match (selfies, clips, frames) {
        (1, 0, 0) | (0, 1, 0) => Ok(()),
        (0, 0, 1..=FRAMES) => Ok(()),
        (0, 0, 1..) => Err(Problem::field("/selfie_frame", format!("at most {FRAMES} frames are taken"))),
        _ => Err(Problem::field("", "send one of `selfie`, `selfie_clip` and `selfie_frame`")),
    }
}
