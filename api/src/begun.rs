//! Something that one request begins and waits for. If that request ends without a result, because the caller hung up
//! or the wait ran out, it is taken back.

use std::fmt::Display;
use std::time::Duration;

use actix_web::web::Data;
use idv_common::db::Conn;
use idv_common::domain::QueueName;

use crate::answer::{Resource, log_read};
use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::wait::Until;

/// What takes it back, in a transaction.
type Undo = Box<dyn FnOnce(&mut Conn) -> Result<(), Problem> + Send>;

/// What was begun; unless it is kept, it is taken back.
pub(crate) struct Begun<I> {
    state: Data<State>,
    id: I,
    undo: Option<Undo>,
}

impl<I: Display + Clone + Send + 'static> Begun<I> {
    /// Begins something in a task of its own, which goes on if this request is dropped meanwhile, and then takes back
    /// what it has begun.
    pub(crate) async fn begin(
        state: &Data<State>,
        begin: impl Future<Output = Result<I, Problem>> + Send + 'static,
        undo: impl FnOnce(&mut Conn, &I) -> Result<(), Problem> + Send + 'static,
    ) -> Result<Self, Problem> {
        let state = state.clone();
        let task = tokio::spawn(async move {
            let id = begin.await?;
            let begun = id.clone();
            let undo: Undo = Box::new(move |conn| undo(conn, &begun));
            Ok(Self { state, id, undo: Some(undo) })
        });
        task.await.map_err(Problem::internal)?
    }

    /// Waits for the result, for `limits.wait_s` at most, and reads it. `None` if it was not there in time: then nothing
    /// is left of what was begun.
    pub(crate) async fn result<V: Resource>(
        mut self,
        caller: &Caller,
        load: impl AsyncFn(&I) -> Result<V, Problem>,
    ) -> Result<Option<V>, Problem> {
        let patience = Duration::from_secs(self.state.ctx.config.limits.wait_s);
        let may_wait = self.state.waiters.wait(&self.id.to_string(), Until::Done, patience).await;
        let view = load(&self.id).await?;
        if view.is_processing() {
            self.take_back().await?;
            return match may_wait {
                true => Ok(None),
                false => Err(Problem::new(Code::BacklogFull, "too many requests wait; try again later")),
            };
        }
        self.undo = None;
        log_read(&self.state, caller, &view).await?;
        Ok(Some(view))
    }

    async fn take_back(mut self) -> Result<(), Problem> {
        let Some(undo) = self.undo.take() else { return Ok(()) };
        self.state.ctx.db.transaction(undo).await?;
        publish_erasures(&self.state);
        Ok(())
    }
}

impl<I> Drop for Begun<I> {
    fn drop(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        let state = self.state.clone();
        tokio::spawn(async move {
            match state.ctx.db.transaction(undo).await {
                Ok(()) => publish_erasures(&state),
                Err(error) => tracing::warn!(%error, "left what nobody waits for to a worker"),
            }
        });
    }
}

/// What is taken back leaves orders to erase its images.
fn publish_erasures(state: &State) {
    for queue in [QueueName::Interactive, QueueName::Batch] {
        state.ctx.publish_soon(queue);
    }
}
