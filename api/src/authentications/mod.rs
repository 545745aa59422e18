//! `/v1/subjects/{id}/authentications`: somebody claims to be a subject.

pub(crate) mod create;
pub(crate) mod get;
mod receive;
mod start;
pub(crate) mod view;

use idv_common::domain::AuthenticationId;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
pub(crate) use start::Claim;
use view::AuthenticationView;

/// Reads an authentication as its owner sees it.
pub(crate) async fn load(
    state: &State,
    caller: &Caller,
    id: &AuthenticationId,
) -> Result<AuthenticationView, Problem> {
    let (ctx, tenant, id) = (state.ctx.clone(), caller.tenant.clone(), id.clone());
    let view = state.ctx.db.read(move |conn| AuthenticationView::load(&ctx, conn, &tenant, &id)).await?;
    view.ok_or_else(Problem::not_found)
}
