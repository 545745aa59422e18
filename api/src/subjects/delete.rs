//! `DELETE /v1/subjects/{id}`: erases a subject.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use idv_common::db::{self, Conn, subjects};
use idv_common::domain::{QueueName, SubjectId};

use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Delete a subject
///
/// The subject, its template, its authentications and whatever is under way for them are erased at once, for good;
/// its reference is free again.
#[utoipa::path(
    tag = "subjects",
    params(("id" = String, Path, description = "the subject's id")),
    responses((status = 204, description = "erased")),
)]
#[delete("/v1/subjects/{id}")]
pub(crate) async fn delete(
    state: Data<State>,
    caller: Caller,
    id: Id<SubjectId>,
) -> Result<HttpResponse, Problem> {
    let erase = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        if !subjects::erase(conn, &caller.tenant, &id.0, now)? {
            return Err(Problem::not_found());
        }
        caller.log(conn, "subject.erase", id.0.as_str(), now)
    };
    state.ctx.db.transaction(erase).await?;
    state.ctx.publish_soon(QueueName::Batch);
    Ok(HttpResponse::NoContent().finish())
}
