//! A comparison that one request starts and waits for. If that request ends without its result, because the caller
//! hung up or the wait ran out, nothing of it is left.

use std::time::Duration;

use actix_web::web::Data;
use idv_common::db::{self, Conn, comparisons};
use idv_common::domain::{ComparisonId, ComparisonResult, QueueName};
use tracing::Instrument;

use super::load;
use super::start::Start;
use crate::answer::{Resource, log_read};
use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::wait::Until;

/// Makes a comparison and waits for its result, for `limits.wait_s` at most.
pub(crate) async fn compare(state: &Data<State>, start: Start) -> Result<ComparisonResult, Problem> {
    let begin = Awaited::begin(state.clone(), start).in_current_span();
    // A task of its own, which goes on if this request is dropped meanwhile, and then drops what it has begun.
    let mut awaited = tokio::spawn(begin).await.map_err(Problem::internal)??;
    let (caller, id) = (awaited.caller.clone(), awaited.id.clone());
    let patience = Duration::from_secs(state.ctx.config.limits.wait_s);
    if !state.waiters.wait(id.as_str(), Until::Done, patience).await {
        return Err(Problem::new(Code::BacklogFull, "too many requests wait for a result; try again later"));
    }
    let view = load(state, &caller, &id).await?;
    if view.is_processing() {
        let detail = format!("the result was not there after {} s; nothing was kept", patience.as_secs());
        return Err(Problem::new(Code::Unavailable, detail));
    }
    awaited.has_ended = true;
    log_read(state, &caller, &view).await?;
    view.result.ok_or_else(Problem::bland)
}

/// A comparison that is abandoned if it is dropped before it has ended.
struct Awaited {
    state: Data<State>,
    caller: Caller,
    id: ComparisonId,
    has_ended: bool,
}

impl Awaited {
    async fn begin(state: Data<State>, start: Start) -> Result<Self, Problem> {
        let caller = start.caller.clone();
        let id = start.commit(&state).await?;
        Ok(Self { state, caller, id, has_ended: false })
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let (state, caller, id) = (self.state.clone(), self.caller.clone(), self.id.clone());
        tokio::spawn(async move {
            let abandon = move |conn: &mut Conn| {
                let now = db::now(conn)?;
                if comparisons::abandon(conn, &caller.tenant, &id, now)? {
                    caller.log(conn, "comparison.abandon", id.as_str(), now)?;
                }
                Ok::<_, Problem>(())
            };
            match state.ctx.db.transaction(abandon).await {
                Ok(()) => state.ctx.publish_soon(QueueName::Interactive),
                // Its images go when it ends.
                Err(error) => tracing::warn!(%error, "left a comparison that nobody waits for to a worker"),
            }
        });
    }
}
