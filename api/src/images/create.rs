//! `POST /v1/images`: one image, as multipart or as base64 in JSON.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use bytes::Bytes;
use idv_common::db::captures::{self, Capture, Owner};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::{self, Conn, images};
use idv_common::domain::{CaptureKind, ImageId, JobKind, Private, QueueName};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ImageView;
use super::{check_name, find};
use crate::auth::Caller;
use crate::data_url::encoded_len;
use crate::fingerprint::Fingerprint;
use crate::form::{self, Parts};
use crate::idempotency::{Once, Ticket};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::{Uploads, discard, stamped};
use crate::{answer, data_url, json, trace};

/// The parts of a multipart body.
const PARTS: Parts = Parts { images: &[CaptureKind::Image], texts: &["name"] };

/// An image to keep, as base64 or as a `data:` URL.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImage {
    /// The image.
    #[schema(value_type = String)]
    image: Private<String>,
    /// The caller's own name for it, 1 to 200 printable characters. An earlier image of that name is erased.
    name: Option<String>,
}

/// The form of a multipart body.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub(crate) struct ImageForm {
    /// The image.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
    /// The caller's own name for it, 1 to 200 printable characters. An earlier image of that name is erased.
    name: Option<String>,
}

/// Keep an image
///
/// A worker looks for a face in it: the answer is 202 at once, or with `Prefer: wait` 200 as soon as the verdict is
/// there. The image is kept until it is deleted, another one takes its name, or the tenant's retention ends it.
#[utoipa::path(
    tag = "images",
    request_body(content((NewImage = "application/json"), (ImageForm = "multipart/form-data"))),
    responses(
        (status = 202, description = "kept; a worker will look for a face", body = ImageView),
        (status = 200, description = "kept, with the verdict", body = ImageView),
    ),
)]
#[post("/v1/images")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let once = Once::begin(&state, &caller, &req).await?;
    let created = create_once(&state, &caller, &req, payload, &once).await;
    let id = once.settle(&state, created).await?;
    let deleted = || Problem::new(Code::Redacted, "the image has been deleted since");
    let load = async || find(&state, &caller, &id).await?.ok_or_else(deleted);
    answer::accepted(&state, &caller, &req, load).await
}

async fn create_once(
    state: &Data<State>,
    caller: &Caller,
    req: &HttpRequest,
    payload: Payload,
    once: &Once,
) -> Result<ImageId, Problem> {
    let mut uploads = Uploads::of_first(state, caller, once).await?;
    let (name, fingerprint) = match form::is_multipart(req) {
        true => receive_form(state, req, payload, uploads.as_mut()).await?,
        false => receive_json(state, req, payload, uploads.as_mut()).await?,
    };
    if let Some(id) = once.replay(&fingerprint)? {
        return id.parse().map_err(Problem::internal);
    }
    let rows = uploads.map(Uploads::into_rows).unwrap_or_default();
    let creation = Creation {
        id: ImageId::generate(),
        caller: caller.clone(),
        name,
        rows,
        traceparent: trace::parent(req),
        ticket: once.ticket(fingerprint),
    };
    creation.commit(state).await
}

/// Name and fingerprint.
type Received = (Option<String>, String);

async fn receive_form(
    state: &Data<State>,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let mut form = form::receive(state, req, payload, &PARTS, uploads).await?;
    if !form.digests.iter().any(|(name, _)| name == CaptureKind::Image.as_str()) {
        return Err(Problem::field("/image", "the part is missing"));
    }
    let name = form.texts.remove("name");
    name.as_deref().map(check_name).transpose()?;
    Ok((name, Fingerprint::of(req).parts(&form.digests).finish()))
}

async fn receive_json(
    state: &State,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let limits = &state.ctx.config.limits;
    let limit = limits.json_bytes + encoded_len(limits.capture_bytes);
    let (new, body) = json::read::<NewImage>(req, payload, limit, state.upload_time()).await?;
    new.name.as_deref().map(check_name).transpose()?;
    if let Some(uploads) = uploads {
        let image = data_url::decode(&new.image)
            .ok_or_else(|| Problem::field("/image", "must be base64 or a base64 `data:` URL"))?;
        uploads.receive(CaptureKind::Image, futures_util::stream::iter([Ok(Bytes::from(image))])).await?;
    }
    Ok((new.name, Fingerprint::of(req).json(&body).finish()))
}

/// An image that is about to be kept.
#[derive(Clone)]
pub(crate) struct Creation {
    /// Its id.
    pub id: ImageId,
    /// Whose it will be.
    pub caller: Caller,
    /// Its name, which has been checked.
    pub name: Option<String>,
    /// Its one capture, whose object is stored.
    pub rows: Vec<Capture>,
    /// The trace that its inspection belongs to.
    pub traceparent: Option<String>,
    /// What completes the request's `Idempotency-Key`.
    pub ticket: Ticket,
}

impl Creation {
    /// Keeps the image, in place of an earlier one of its name, and orders its inspection. If that is refused, its
    /// object goes again.
    pub(crate) async fn commit(self, state: &State) -> Result<ImageId, Problem> {
        let (id, uploaded) = (self.id.clone(), self.rows.clone());
        let again = self.clone();
        let mut kept = state.ctx.db.transaction(move |conn| self.insert(conn)).await;
        if kept.as_ref().is_err_and(|problem| problem.code() == Code::RequestInFlight) {
            // Another one took the name at the same moment: now it is the earlier one.
            kept = state.ctx.db.transaction(move |conn| again.insert(conn)).await;
        }
        if let Err(problem) = kept {
            discard(state, &uploaded, &problem);
            return Err(problem);
        }
        state.ctx.publish_soon(QueueName::Interactive);
        // The earlier one of its name, if there was one, is to be erased.
        state.ctx.publish_soon(QueueName::Batch);
        Ok(id)
    }

    fn insert(&self, conn: &mut Conn) -> Result<(), Problem> {
        let Self { id, caller, .. } = self;
        let now = db::now(conn)?;
        if !images::insert(conn, id, &caller.tenant, self.name.as_deref(), now)? {
            let detail = "another image of this name is being stored; try again";
            return Err(Problem::new(Code::RequestInFlight, detail));
        }
        for capture in stamped(&self.rows, now) {
            captures::insert(conn, &capture, Owner::Image(id))?;
        }
        let job = NewJob {
            tenant: &caller.tenant,
            kind: JobKind::Inspect,
            queue: JobKind::Inspect.queue(),
            subject: id.as_str(),
            verification: None,
            traceparent: self.traceparent.as_deref(),
        };
        jobs::enqueue(conn, &job, now)?;
        caller.log(conn, "image.create", id.as_str(), now)?;
        self.ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str())
    }
}
