//! `/v1/verifications/{id}/review/notes`: what reviewers write.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use idv_common::Context;
use idv_common::db::reviews::{self, Note};
use idv_common::db::verifications::Verification;
use idv_common::db::{self, Conn, verifications};
use idv_common::domain::{NoteId, NoteText, Reviewer, Timestamp, VerificationId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::decide::SealedNote;
use super::view::NoteView;
use crate::answer::Id;
use crate::auth::Caller;
use crate::idempotency::once;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;
use crate::verifications::redacted;

/// What a reviewer writes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    /// Who writes, 1 to 100 characters, as the caller knows them.
    author: Reviewer,
    /// The text, at most 4000 characters. Erased by redaction, and with the reports by retention.
    text: NoteText,
}

/// Which notes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
}

/// Add a note
///
/// To a verification in any status; no claim is needed.
#[utoipa::path(
    tag = "reviews",
    params(("id" = String, Path, description = "the verification's id")),
    request_body = NewNote,
    responses((status = 201, description = "added", body = NoteView)),
)]
#[post("/v1/verifications/{id}/review/notes")]
pub(crate) async fn add(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let (ctx, by) = (state.ctx.clone(), caller.clone());
    let effect = move |conn: &mut Conn, asked: &NewNote, now: Timestamp| {
        let row = verifications::lock(conn, &by.tenant, &id.0)?;
        readable(row)?;
        let note = SealedNote::seal(&ctx, conn, &by, &asked.text)?;
        reviews::add_note(conn, &note.to_row(&by, &id.0, &asked.author), now)?;
        by.log(conn, "review.note", id.0.as_str(), now)?;
        Ok(note.id.into())
    };
    let note = once(&state, &caller, &req, payload, StatusCode::CREATED, effect).await?;
    let note: NoteId = note.parse().map_err(Problem::internal)?;
    let (ctx, tenant) = (state.ctx.clone(), caller.tenant);
    let read = move |conn: &mut Conn| {
        // A note that was added before may have been erased since.
        let note = reviews::note(conn, &tenant, &note)?.ok_or_else(redacted)?;
        open(&ctx, conn, &tenant, note)
    };
    Ok(HttpResponse::Created().json(state.ctx.db.read(read).await?))
}

/// List notes
///
/// Oldest first.
#[utoipa::path(
    tag = "reviews",
    params(("id" = String, Path, description = "the verification's id"), Listing),
    responses((status = 200, description = "one page", body = Page<NoteView>)),
)]
#[get("/v1/verifications/{id}/review/notes")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let after = page::cursor(listing.starting_after.as_deref())?;
    let ctx = state.ctx.clone();
    let read = move |conn: &mut Conn| {
        readable(verifications::get(conn, &caller.tenant, &id.0)?)?;
        let rows = reviews::notes(conn, &id.0, after.as_ref(), limit.to_read())?;
        let page = limit.page(rows, |note| note.id.clone(), |note| open(&ctx, conn, &caller.tenant, note))?;
        if !page.data.is_empty() {
            let now = db::now(conn)?;
            caller.log(conn, "review.notes.read", id.0.as_str(), now)?;
        }
        Ok::<_, Problem>(page)
    };
    Ok(HttpResponse::Ok().json(state.ctx.db.transaction(read).await?))
}

fn readable(row: Option<Verification>) -> Result<(), Problem> {
    let row = row.ok_or_else(Problem::not_found)?;
    if row.redacted_at.is_some() { Err(redacted()) } else { Ok(()) }
}

fn open(
    ctx: &Context,
    conn: &mut Conn,
    tenant: &idv_common::domain::TenantId,
    note: Note,
) -> Result<NoteView, Problem> {
    let key = ctx.keyring.tenant(conn, tenant)?;
    let text = note.sealed().open(&key, &reviews::seal_context(&note.id))?;
    Ok(NoteView {
        object: "review_note",
        text: String::from_utf8(text).map_err(Problem::internal)?,
        id: note.id,
        verification_id: note.verification_id,
        author: note.author,
        created_at: note.created_at,
    })
}
