//! `GET /v1/verifications/{id}/evidence.png`: what was found, drawn onto the captures.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use bytes::Bytes;
use idv_common::blob::BlobKey;
use idv_common::crypto::SecretKey;
use idv_common::db::captures::{self, Evidence, key_context};
use idv_common::db::verifications::{self, Verification};
use idv_common::db::{self, Conn};
use idv_common::domain::VerificationId;

use crate::answer::Id;
use crate::auth::Caller;
use crate::file;
use crate::problem::{Code, Problem};
use crate::state::State;

/// Show the evidence
///
/// One picture: the verdict of the run that the verification rests on, the captures with every region and field that was
/// found on them, the checks, and the fields with their source, confidence, raw text and normalisation. A reviewer's
/// decision is not in it. The worker draws it with the result; it is kept as long as the captures. The `ETag` is the
/// SHA-256 of its bytes.
#[utoipa::path(
    tag = "verifications",
    params(("id" = String, Path, description = "the verification's id", example = "ver_019aa5b0c1f07a3e9d42b86f10c5d7e8")),
    responses(
        (status = 200, description = "the picture", body = [u8], content_type = "image/png"),
        (status = 304, description = "the caller has this picture"),
        (status = 404, description = "`not_found`: there is no such verification, it is not decided yet, or its picture is \
                                      no longer kept; `detail` says which", body = crate::problem::Body,
            content_type = "application/problem+json",
            example = json!({
                "type": "urn:idv:problem:not_found",
                "title": "There is no such resource",
                "status": 404,
                "detail": "there is no picture before the verification is decided",
                "instance": "/v1/verifications/ver_019aa5b0c1f07a3e9d42b86f10c5d7e8/evidence.png",
                "code": "not_found",
                "request_id": "req_019aa5b0c9be7c51a0b4e2a7d1f3c6b9",
            })),
    ),
)]
#[get("/v1/verifications/{id}/evidence.png")]
pub(crate) async fn download(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (evidence, key) = locate(&state, &caller, &id.0).await?;
    if let Some(unchanged) = file::unchanged(&req, &evidence.sha256) {
        return Ok(unchanged);
    }
    let bytes = read(&state, &id.0, &evidence, &key).await?;
    let log = {
        let (caller, id) = (caller.clone(), id.0.clone());
        move |conn: &mut Conn| {
            let now = db::now(conn)?;
            caller.log(conn, "verification.evidence.read", id.as_str(), now)
        }
    };
    state.ctx.db.transaction(log).await?;
    let name = DispositionParam::Filename(format!("{}.png", id.0));
    let disposition = ContentDisposition { disposition: DispositionType::Inline, parameters: vec![name] };
    Ok(file::sending(&evidence.sha256)
        .content_type(evidence.content_type.as_str())
        .insert_header(disposition)
        .body(bytes))
}

/// Finds the picture of a tenant's verification, and the key of its object.
async fn locate(
    state: &State,
    caller: &Caller,
    id: &VerificationId,
) -> Result<(Evidence, SecretKey), Problem> {
    let (keyring, tenant, id) = (state.ctx.keyring.clone(), caller.tenant.clone(), id.clone());
    let locate = move |conn: &mut Conn| {
        let row = verifications::get(conn, &tenant, &id)?.ok_or_else(Problem::not_found)?;
        // After a restart the run is the last attempt's, and says nothing of this one.
        let evidence = match row.status.is_settled() {
            true => captures::evidence_of(conn, &id)?,
            false => None,
        };
        let evidence = evidence.ok_or_else(|| missing(&row))?;
        let context = key_context(&evidence.id);
        let key = keyring.tenant(conn, &tenant)?.unwrap(&evidence.wrapped_key, &context)?;
        Ok::<_, Problem>((evidence, key))
    };
    state.ctx.db.read(locate).await
}

async fn read(
    state: &State,
    id: &VerificationId,
    evidence: &Evidence,
    key: &SecretKey,
) -> Result<Bytes, Problem> {
    let object = BlobKey::Capture(evidence.tenant_id.clone(), evidence.id.clone());
    match state.ctx.blobs.get(&object, key).await {
        Ok(bytes) => Ok(bytes),
        // Rows go before objects, so it has been erased since the row was read; or else the store lost it.
        Err(error) if error.is_missing() => {
            tracing::warn!(%error, verification = %id, "found no object of a picture");
            Err(no_picture(NOT_KEPT))
        }
        Err(error) => Err(error.into()),
    }
}

const NOT_KEPT: &str =
    "no picture is kept of this verification: its captures are erased, or nothing was drawn";

/// Why there is no picture.
fn missing(row: &Verification) -> Problem {
    no_picture(match row {
        Verification { redacted_at: Some(_), .. } => {
            "the verification's personal data has been erased, and its picture with it"
        }
        Verification { status, .. } if !status.is_settled() => {
            "there is no picture before the verification is decided"
        }
        _ => NOT_KEPT,
    })
}

fn no_picture(why: &str) -> Problem {
    Problem::new(Code::NotFound, why)
}
