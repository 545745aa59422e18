//! `DELETE /v1/webhook-endpoints/{id}`: nothing is sent there any more.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use idv_common::db::webhooks::endpoints;
use idv_common::db::{self, Conn};
use idv_common::domain::EndpointId;

use super::listed;
use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// Delete a webhook endpoint
///
/// What is on its way to it is called off, and its secrets and the record of its deliveries are deleted.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    responses((status = 204, description = "deleted")),
)]
#[delete("/v1/webhook-endpoints/{id}")]
pub(crate) async fn delete(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
) -> Result<HttpResponse, Problem> {
    let delete = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let endpoint = listed(conn, &caller, &id.0)?;
        endpoints::delete(conn, &endpoint.id)?;
        caller.log(conn, "webhook_endpoint.delete", id.0.as_str(), now)
    };
    state.ctx.db.transaction(delete).await?;
    Ok(HttpResponse::NoContent().finish())
}
