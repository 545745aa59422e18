//! `PUT /v1/verifications/{id}/captures/{kind}`: streams one image or clip into the object store.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get, put};
use futures_util::StreamExt;
use idv_common::db::captures::{self, Capture, Owner};
use idv_common::db::verifications::Verification;
use idv_common::db::{self, Conn, verifications};
use idv_common::domain::{CaptureKind, VerificationId};
use idv_common::media::most_bytes;

use super::view::{CaptureStatusView, CaptureView};
use super::{lock, redacted, takes_input};
use crate::answer::Id;
use crate::auth::{Caller, capturer};
use crate::json::{broken, in_time, too_large};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::{Uploads, discard, stamped};
use crate::{form, json};

/// The kinds that are taken here.
const KINDS: [CaptureKind; 4] =
    [CaptureKind::DocumentFront, CaptureKind::DocumentBack, CaptureKind::Selfie, CaptureKind::SelfieClip];

/// Upload a capture
///
/// The body is the image itself, whatever its `Content-Type`, or a `multipart/form-data` body with one part.
/// JPEG, PNG, WebP, BMP and GIF are told by their first bytes, and for a `selfie_clip` MP4, WebM and QuickTime,
/// whose first six seconds count. A capture of the same kind is replaced. An API key or the verification's
/// capture token opens this.
#[utoipa::path(
    tag = "verifications",
    params(
        ("id" = String, Path, description = "the verification's id"),
        ("kind" = String, Path, description = "`document_front`, `document_back`, `selfie` or `selfie_clip`"),
    ),
    request_body(content((Vec<u8> = "application/octet-stream"))),
    responses((status = 200, description = "stored", body = CaptureView)),
)]
#[put("/v1/verifications/{id}/captures/{kind}")]
pub(crate) async fn upload(
    state: Data<State>,
    id: Id<VerificationId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let id = id.0;
    let caller = capturer(&req, &id).await?;
    let kind = kind_of(req.match_info().query("kind"))?;
    refuse_length(&state, kind, &req)?;
    refuse_early(&state, &caller, &id).await?;
    let mut uploads = Uploads::of(&state, &caller.tenant).await?;
    let received = async {
        if form::is_multipart(&req) {
            form::receive_single(&req, payload, kind, &mut uploads).await
        } else {
            uploads.receive(kind, payload.map(|chunk| chunk.map_err(broken))).await.map(drop)
        }
    };
    in_time(state.upload_time(), received).await?;
    let stored = store(&state, caller, id, uploads, |_, _| Ok(())).await?;
    let capture = stored.into_iter().next_back().ok_or_else(Problem::bland)?;
    Ok(HttpResponse::Ok().json(CaptureView::from(capture)))
}

/// Show what is still to be uploaded
///
/// For the page that takes the pictures: an API key or the capture token opens this. What came of the
/// verification stays hidden.
#[utoipa::path(
    tag = "verifications",
    params(("id" = String, Path, description = "the verification's id")),
    responses((status = 200, description = "what is there and what is missing", body = CaptureStatusView)),
)]
#[get("/v1/verifications/{id}/captures")]
pub(crate) async fn status(
    state: Data<State>,
    id: Id<VerificationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let tenant = capturer(&req, &id.0).await?.tenant;
    let read = move |conn: &mut Conn| {
        let row = verifications::get(conn, &tenant, &id.0)?.ok_or_else(Problem::not_found)?;
        let captures = captures::current(conn, &id.0)?;
        Ok::<_, Problem>(CaptureStatusView::new(row, &captures))
    };
    Ok(HttpResponse::Ok().json(state.ctx.db.read(read).await?))
}

fn kind_of(text: &str) -> Result<CaptureKind, Problem> {
    KINDS.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.as_str()).collect();
        Problem::new(Code::NotFound, format!("captures are of these kinds: {}", known.join(", ")))
    })
}

/// Refuses a body that announces more than may be. Multipart adds its boundaries; the image itself is measured while it
/// streams.
fn refuse_length(state: &State, kind: CaptureKind, req: &HttpRequest) -> Result<(), Problem> {
    let limit = most_bytes(&state.ctx.config.limits, kind);
    match form::is_multipart(req) || json::announced_len(req).is_none_or(|len| len <= limit) {
        true => Ok(()),
        false => Err(too_large(limit)),
    }
}

/// Spares the caller an upload that would be refused at its end.
pub(crate) async fn refuse_early(state: &State, caller: &Caller, id: &VerificationId) -> Result<(), Problem> {
    let (tenant, id) = (caller.tenant.clone(), id.clone());
    let check = move |conn: &mut Conn| {
        let row: Verification = verifications::get(conn, &tenant, &id)?.ok_or_else(Problem::not_found)?;
        if row.redacted_at.is_some() {
            return Err(redacted());
        }
        takes_input(&row, db::now(conn)?)
    };
    state.ctx.db.read(check).await
}

/// Stores the rows, only while the verification takes captures; else the objects go again. `name` may say what
/// they show, knowing what is there already.
pub(crate) async fn store(
    state: &State,
    caller: Caller,
    id: VerificationId,
    uploads: Uploads,
    name: impl FnOnce(&[Capture], &mut [Capture]) -> Result<(), Problem> + Send + 'static,
) -> Result<Vec<Capture>, Problem> {
    let mut rows = uploads.into_rows();
    let uploaded = rows.clone();
    let insert = move |conn: &mut Conn| {
        let row = lock(conn, &caller, &id)?;
        let now = db::now(conn)?;
        takes_input(&row, now)?;
        name(&captures::current(conn, &id)?, &mut rows)?;
        let stored: Vec<_> = stamped(&rows, now).collect();
        for capture in &stored {
            captures::insert(conn, capture, Owner::Verification(&id))?;
        }
        verifications::touch(conn, &id, now)?;
        caller.log(conn, "capture.upload", id.as_str(), now)?;
        Ok(stored)
    };
    let stored = state.ctx.db.transaction(insert).await;
    if let Err(problem) = &stored {
        discard(state, &uploaded, problem);
    } else {
        state.ctx.changed.notify_waiters();
    }
    stored
}
