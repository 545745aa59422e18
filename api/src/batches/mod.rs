//! `/v1/batches`: many verifications at once, imported from files or looked at again.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod diff;
pub(crate) mod get;
pub(crate) mod items;
pub(crate) mod list;
mod manifest;
mod options;
mod start;
mod view;

use idv_common::db::batches::{self, Batch};
use idv_common::db::{self, Conn};
use idv_common::domain::{BatchId, BatchStatus};

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;
use view::BatchView;

/// Reads one of the caller's batches as it is shown.
async fn load(state: &State, caller: &Caller, id: &BatchId) -> Result<BatchView, Problem> {
    let (tenant, id) = (caller.tenant.clone(), id.clone());
    let read = move |conn: &mut Conn| {
        let batch = batches::get(conn, &tenant, &id)?.ok_or_else(Problem::not_found)?;
        let now = db::now(conn)?;
        let progress = batches::progress(conn, &batch, now)?;
        BatchView::new(batch, progress)
    };
    state.ctx.db.read(read).await
}

/// Reads one of the caller's batches.
async fn find(state: &State, caller: &Caller, id: &BatchId) -> Result<Batch, Problem> {
    let (tenant, id) = (caller.tenant.clone(), id.clone());
    let read = move |conn: &mut Conn| batches::get(conn, &tenant, &id);
    state.ctx.db.read(read).await?.ok_or_else(Problem::not_found)
}

/// Shows what an earlier request with the same key has made or changed.
async fn replayed(state: &State, caller: &Caller, id: &str) -> Result<BatchView, Problem> {
    load(state, caller, &id.parse().map_err(Problem::internal)?).await
}

/// Notes that results were read.
async fn log_read(state: &State, caller: &Caller, action: &'static str, id: &BatchId) -> Result<(), Problem> {
    let (caller, id) = (caller.clone(), id.clone());
    let log = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        caller.log(conn, action, id.as_str(), now)
    };
    state.ctx.db.transaction(log).await
}

fn wrong_state(status: BatchStatus) -> Problem {
    Problem::new(Code::WrongState, format!("the batch is `{status}`"))
}
