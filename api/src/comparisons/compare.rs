//! A comparison that one request starts and waits for, and of which nothing is left if it does not get the result.

use actix_web::web::Data;
use idv_common::db::{self, Conn, comparisons};
use idv_common::domain::ComparisonResult;

use super::{Start, load};
use crate::begun::Begun;
use crate::problem::{Code, Problem};
use crate::state::State;

/// Makes a comparison and waits for its result, for `limits.wait_s` at most.
pub(crate) async fn compare(state: &Data<State>, start: Start) -> Result<ComparisonResult, Problem> {
    let (caller, data) = (start.caller.clone(), state.clone());
    let abandon = {
        let caller = caller.clone();
        move |conn: &mut Conn, id: &_| {
            let now = db::now(conn)?;
            if comparisons::abandon(conn, &caller.tenant, id, now)? {
                caller.log(conn, "comparison.abandon", id.as_str(), now)?;
            }
            Ok(())
        }
    };
    let begun = Begun::begin(state, async move { start.commit(&data).await }, abandon).await?;
    let view = begun.result(&caller, async |id| load(state, &caller, id).await).await?;
    let view = view.ok_or_else(|| {
        let limit = state.ctx.config.limits.wait_s;
        Problem::new(Code::Unavailable, format!("the result was not there after {limit} s; nothing was kept"))
    })?;
    view.result.ok_or_else(Problem::bland)
}
