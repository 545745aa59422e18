//! `DELETE /v1/subjects`: erases all subjects of a tenant, once it is clear that this is meant.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete};
use idv_common::db::{self, Conn, subjects, tenants};
use idv_common::domain::{QueueName, SubjectId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::page;
use crate::problem::{Code, Problem};
use crate::state::State;

/// How many are erased in one transaction.
const BATCH: i64 = 100;

/// The confirmation.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Confirmation {
    /// The tenant's name.
    confirm: Option<String>,
}

/// How many subjects were erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deleted {
    /// How many.
    deleted: usize,
}

/// Delete all subjects
///
/// Erases every subject of the key's tenant as `DELETE /v1/subjects/{id}` does. Nothing is erased unless the query
/// confirms it with the tenant's name.
#[utoipa::path(
    tag = "subjects",
    params(Confirmation),
    responses((status = 200, description = "erased", body = Deleted)),
)]
#[delete("/v1/subjects")]
pub(crate) async fn delete_all(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let confirmation: Confirmation = page::query(&req)?;
    let tenant = caller.tenant.clone();
    let tenant = state.ctx.db.read(move |conn| tenants::get(conn, &tenant)).await?;
    let name = tenant.ok_or_else(Problem::not_found)?.name;
    if confirmation.confirm.as_deref() != Some(name.as_str()) {
        let detail = format!("to erase every subject of the tenant, send `confirm={name}` in the query");
        return Err(Problem::new(Code::InvalidField, detail));
    }
    let deleted = erase_all(&state, &caller).await?;
    Ok(HttpResponse::Ok().json(Deleted { deleted }))
}

/// Erases all subjects that the caller's tenant has by now, so many at a time. Returns how many there were.
pub(crate) async fn erase_all(state: &State, caller: &Caller) -> Result<usize, Problem> {
    let (mut deleted, mut before) = (0, None);
    loop {
        let caller = caller.clone();
        let erase = move |conn: &mut Conn| erase_some(conn, &caller, before.as_ref());
        let (erased, next) = state.ctx.db.transaction(erase).await?;
        state.ctx.publish_soon(QueueName::Batch);
        deleted += erased;
        // The cursor goes back in time, so that whoever is enrolled meanwhile does not prolong this.
        match next {
            Some(next) => before = Some(next),
            None => return Ok(deleted),
        }
    }
}

/// Erases the newest subjects before a cursor. Returns how many, and the next cursor unless that was the end.
fn erase_some(
    conn: &mut Conn,
    caller: &Caller,
    before: Option<&SubjectId>,
) -> Result<(usize, Option<SubjectId>), Problem> {
    let now = db::now(conn)?;
    let listed = subjects::list(conn, &caller.tenant, None, before, BATCH)?;
    let next = listed.last().map(|subject| subject.id.clone());
    let mut erased = 0;
    for subject in listed {
        // Another request may be erasing it at this moment.
        if subjects::erase(conn, &caller.tenant, &subject.id, now)? {
            caller.log(conn, "subject.erase", subject.id.as_str(), now)?;
            erased += 1;
        }
    }
    Ok((erased, next))
}
