//! Receiving the one file that this system is interested in.

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};
use bytes::BytesMut;
use futures_util::{StreamExt, TryStreamExt, stream};
use idv_common::config::LimitsConfig;
use idv_common::db::captures::Capture;
use idv_common::domain::CaptureKind;

use super::Refusal;
use crate::auth::Caller;
use crate::form::{self, chunks, malformed};
use crate::json::{announced_len, in_time, too_large};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;

/// How many bytes a file's kind is told by.
const HEAD: usize = 12;

/// The file that a route takes.
pub(super) struct Wanted {
    /// The part's name.
    pub part: &'static str,
    /// What a file that begins like this is.
    pub kind: fn(&[u8]) -> CaptureKind,
}

/// Receives a file and stores its object. Other parts are passed over.
pub(super) async fn receive(
    state: &Data<State>,
    caller: &Caller,
    req: &HttpRequest,
    payload: Payload,
    wanted: &Wanted,
) -> Result<Vec<Capture>, Refusal> {
    let missing = || Refusal::Decided(format!("MISSING_{}", wanted.part.to_uppercase()));
    if !form::is_multipart(req) {
        return Err(missing());
    }
    let limits = &state.ctx.config.limits;
    let most = most_bytes(limits);
    if announced_len(req).is_some_and(|announced| announced > most) {
        return Err(too_large(most).into());
    }
    state.backlog.admit(&state.ctx).await?;
    let mut uploads = Uploads::of(state, &caller.tenant).await?;
    let fields = Multipart::new(req.headers(), payload);
    match in_time(state.upload_time(), read(fields, wanted, &mut uploads, limits.capture_bytes)).await {
        Ok(true) => Ok(uploads.into_rows()),
        Ok(false) => Err(missing()),
        Err(problem) if problem.code() == Code::FileEmpty => {
            Err(Refusal::Decided(format!("EMPTY_{}", wanted.part.to_uppercase())))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// How long a whole body may be: the file, what is passed over, and what keeps them apart.
fn most_bytes(limits: &LimitsConfig) -> usize {
    limits.clip_bytes + limits.capture_bytes + limits.json_bytes
}

/// Stores the first part of that name; `false` if there is none. Of the others, at most `passed_over` bytes are read.
async fn read(
    mut fields: Multipart,
    wanted: &Wanted,
    uploads: &mut Uploads,
    passed_over: usize,
) -> Result<bool, Problem> {
    let (mut found, mut passed) = (false, 0);
    while let Some(field) = fields.try_next().await.map_err(malformed)? {
        if !found && field.name() == Some(wanted.part) {
            found = true;
            store(field, wanted, uploads).await?;
            continue;
        }
        let mut rest = std::pin::pin!(chunks(field));
        while let Some(chunk) = rest.try_next().await? {
            passed += chunk.len();
            if passed > passed_over {
                return Err(too_large(passed_over));
            }
        }
    }
    Ok(found)
}

async fn store(field: Field, wanted: &Wanted, uploads: &mut Uploads) -> Result<(), Problem> {
    let mut rest = Box::pin(chunks(field).fuse());
    let mut head = BytesMut::new();
    while head.len() < HEAD {
        match rest.try_next().await? {
            Some(chunk) => head.extend_from_slice(&chunk),
            None => break,
        }
    }
    let kind = (wanted.kind)(&head);
    uploads.receive(kind, stream::iter([Ok(head.freeze())]).chain(rest)).await?;
    Ok(())
}

/// Reads the rest of a small enough body whose request is refused already, so that the client reads the answer instead
/// of a broken connection.
pub(super) async fn pass_over(state: &State, req: &HttpRequest, payload: &mut Payload) {
    let limits = &state.ctx.config.limits;
    let most = most_bytes(limits);
    if announced_len(req).is_some_and(|announced| announced > most) {
        return;
    }
    let mut read = 0;
    let reading = async {
        while let Some(Ok(chunk)) = payload.next().await {
            read += chunk.len();
            if read > most {
                break;
            }
        }
    };
    // The answer is the same whether it came in time or not.
    let _ = tokio::time::timeout(state.upload_time(), reading).await;
}
