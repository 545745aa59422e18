//! `/v1/verifications`: one file per verb.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod evidence;
pub(crate) mod fields;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod redact;
pub(crate) mod restart;
pub(crate) mod submit;
pub(crate) mod upload;
pub(crate) mod view;

use idv_common::db::verifications::Verification;
use idv_common::db::{Conn, verifications};
use idv_common::domain::{Timestamp, VerificationId, VerificationStatus};

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;
use view::VerificationView;

/// Reads a verification as its owner sees it.
async fn load(state: &State, caller: &Caller, id: &VerificationId) -> Result<VerificationView, Problem> {
    let (ctx, tenant, id) = (state.ctx.clone(), caller.tenant.clone(), id.clone());
    let view = state.ctx.db.read(move |conn| VerificationView::load(&ctx, conn, &tenant, &id)).await?;
    view.ok_or_else(Problem::not_found)
}

/// Reads a verification for a request that was made before; its data may have been erased since.
async fn replayed(state: &State, caller: &Caller, id: &str) -> Result<VerificationView, Problem> {
    let id = id.parse().map_err(Problem::internal)?;
    let view = load(state, caller, &id).await?;
    if view.redaction.is_some() { Err(redacted()) } else { Ok(view) }
}

/// Locks a tenant's verification for a change of its status.
fn lock(conn: &mut Conn, caller: &Caller, id: &VerificationId) -> Result<Verification, Problem> {
    let row = verifications::lock(conn, &caller.tenant, id)?.ok_or_else(Problem::not_found)?;
    if row.redacted_at.is_some() { Err(redacted()) } else { Ok(row) }
}

/// Refuses unless captures may be added and submitted now.
fn takes_input(row: &Verification, now: Timestamp) -> Result<(), Problem> {
    let overdue = row.status == VerificationStatus::RequiresInput && row.expires_at <= now;
    if overdue || row.status == VerificationStatus::Expired {
        return Err(Problem::new(Code::SessionExpired, "restart the verification to go on"));
    }
    if row.status.takes_captures() { Ok(()) } else { Err(wrong_state(row.status)) }
}

fn wrong_state(status: VerificationStatus) -> Problem {
    Problem::new(Code::WrongState, format!("the verification is `{status}`"))
}

pub(crate) fn redacted() -> Problem {
    Problem::new(Code::Redacted, "the verification's personal data has been erased")
}
