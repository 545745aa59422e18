//! `/v1/webhook-endpoints`: one file per verb.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod recover;
pub(crate) mod rotate;
pub(crate) mod switch;
pub(crate) mod test;
pub(crate) mod update;
pub(crate) mod view;

use idv_common::db::Conn;
use idv_common::db::webhooks::endpoints::{self, Endpoint};
use idv_common::domain::{EndpointId, EndpointStatus};

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;
use view::EndpointView;

/// Reads an endpoint as its owner sees it.
async fn load(state: &State, caller: &Caller, id: &EndpointId) -> Result<EndpointView, Problem> {
    let (tenant, id) = (caller.tenant.clone(), id.clone());
    let row = state.ctx.db.read(move |conn| endpoints::get(conn, &tenant, &id)).await?;
    row.ok_or_else(Problem::not_found)?.try_into()
}

/// Holds a tenant's endpoint that something is to be sent to. Refused if it is disabled.
pub(super) fn hold_enabled(conn: &mut Conn, caller: &Caller, id: &EndpointId) -> Result<Endpoint, Problem> {
    let endpoint = hold(conn, caller, id)?;
    match endpoint.status {
        EndpointStatus::Enabled => Ok(endpoint),
        EndpointStatus::Disabled => {
            Err(Problem::new(Code::WrongState, "the endpoint is disabled: enable it first"))
        }
    }
}

/// Holds a tenant's endpoint for a change.
fn hold(conn: &mut Conn, caller: &Caller, id: &EndpointId) -> Result<Endpoint, Problem> {
    endpoints::hold(conn, &caller.tenant, id)?.ok_or_else(Problem::not_found)
}

/// Reads a tenant's endpoint for a change that the one of a `webhook_url` does not take.
fn listed(conn: &mut Conn, caller: &Caller, id: &EndpointId) -> Result<Endpoint, Problem> {
    let row = endpoints::get(conn, &caller.tenant, id)?.ok_or_else(Problem::not_found)?;
    if row.listed { Ok(row) } else { Err(belongs_to_verifications()) }
}

fn belongs_to_verifications() -> Problem {
    let detail =
        "the endpoint belongs to the `webhook_url` of verifications: disable it to have them told of nothing";
    Problem::new(Code::WrongState, detail)
}
