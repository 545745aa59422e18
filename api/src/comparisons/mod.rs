//! `/v1/comparisons`: two images, one question.

mod compare;
pub(crate) mod create;
pub(crate) mod get;
mod start;
pub(crate) mod view;

use idv_common::domain::ComparisonId;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
pub(crate) use compare::compare;
pub(crate) use start::Start;
use view::ComparisonView;

/// Reads a comparison as its owner sees it.
async fn load(state: &State, caller: &Caller, id: &ComparisonId) -> Result<ComparisonView, Problem> {
    let (ctx, tenant, id) = (state.ctx.clone(), caller.tenant.clone(), id.clone());
    let view = state.ctx.db.read(move |conn| ComparisonView::load(&ctx, conn, &tenant, &id)).await?;
    view.ok_or_else(Problem::not_found)
}
