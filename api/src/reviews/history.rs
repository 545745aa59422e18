//! `GET /v1/verifications/{id}/decisions`: who decided what, and when.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::db::{self, Conn, decisions, verifications};
use idv_common::domain::VerificationId;

use super::view::{DecisionList, DecisionRecord};
use crate::answer::Id;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;

/// List decisions
///
/// All of them, by runs and by reviewers, oldest first. The last final one stands, unless the verification is being
/// verified anew.
#[utoipa::path(
    tag = "reviews",
    params(("id" = String, Path, description = "the verification's id")),
    responses((status = 200, description = "all of them", body = DecisionList)),
)]
#[get("/v1/verifications/{id}/decisions")]
pub(crate) async fn history(
    state: Data<State>,
    caller: Caller,
    id: Id<VerificationId>,
) -> Result<HttpResponse, Problem> {
    let read = move |conn: &mut Conn| {
        verifications::get(conn, &caller.tenant, &id.0)?.ok_or_else(Problem::not_found)?;
        let now = db::now(conn)?;
        caller.log(conn, "verification.decisions.read", id.0.as_str(), now)?;
        Ok::<_, Problem>(decisions::list(conn, &id.0)?)
    };
    let rows = state.ctx.db.transaction(read).await?;
    let data = rows.into_iter().map(DecisionRecord::try_from).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(DecisionList { object: "list", data }))
}
