//! `DELETE /v1/images/{id}`: the image and its verdict are gone.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use idv_common::db::{self, Conn, images};
use idv_common::domain::{ImageId, QueueName};

use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Delete an image
///
/// From the answer on, neither the image nor its verdict can be read; the object is erased right after.
#[utoipa::path(
    tag = "images",
    params(("id" = String, Path, description = "the image's id")),
    responses((status = 204, description = "deleted")),
)]
#[delete("/v1/images/{id}")]
pub(crate) async fn delete(
    state: Data<State>,
    caller: Caller,
    id: Id<ImageId>,
) -> Result<HttpResponse, Problem> {
    match erase(&state, &caller, &id.0).await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(Problem::not_found()),
    }
}

/// Erases an image; `false` if there is none.
pub(crate) async fn erase(state: &State, caller: &Caller, id: &ImageId) -> Result<bool, Problem> {
    let (caller, id) = (caller.clone(), id.clone());
    let erase = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let is_erased = images::erase(conn, &caller.tenant, &id, now)?;
        if is_erased {
            caller.log(conn, "image.delete", id.as_str(), now)?;
        }
        Ok::<_, Problem>(is_erased)
    };
    let is_erased = state.ctx.db.transaction(erase).await?;
    if is_erased {
        state.ctx.publish_soon(QueueName::Batch);
        state.ctx.changed.notify_waiters();
    }
    Ok(is_erased)
}
