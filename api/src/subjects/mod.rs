//! `/v1/subjects`: people who are known by a template of their face, one file per verb.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod delete_all;
pub(crate) mod get;
pub(crate) mod list;
mod start;
pub(crate) mod view;

use idv_common::domain::SubjectId;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
pub(crate) use start::Enrolment;
use view::SubjectView;

/// Reads a subject as its owner sees it.
pub(crate) async fn load(state: &State, caller: &Caller, id: &SubjectId) -> Result<SubjectView, Problem> {
    let (ctx, tenant, id) = (state.ctx.clone(), caller.tenant.clone(), id.clone());
    let view = state.ctx.db.read(move |conn| SubjectView::load(&ctx, conn, &tenant, &id)).await?;
    view.ok_or_else(Problem::not_found)
}
