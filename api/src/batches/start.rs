//! Puts a batch to work.

use actix_web::http::StatusCode;
use idv_common::db::batches::{self, NewBatch};
use idv_common::db::{self, Conn};
use idv_common::domain::{
    BatchId, BatchKind, BatchStatus, ImportLine, ImportSelection, ImportSource, QueueName,
};

use super::options::Options;
use super::wrong_state;
use crate::auth::Caller;
use crate::idempotency::Ticket;
use crate::problem::Problem;
use crate::state::State;

/// How many lines one transaction stores: a transaction has to end within seconds.
const CHUNK: usize = 500;

/// A batch that is about to be made.
pub(super) struct Order {
    /// Whose it will be.
    pub caller: Caller,
    /// What it is told.
    pub options: Options,
    /// An import's items.
    pub lines: Vec<ImportLine>,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
    /// What completes the request's `Idempotency-Key`.
    pub ticket: Ticket,
}

impl Order {
    /// Makes the batch. A reprocessing finds its items later; an import begins when the last line is stored, and is
    /// given up if one cannot be.
    pub(super) async fn commit(mut self, state: &State) -> Result<BatchId, Problem> {
        let id = BatchId::generate();
        let mut lines = std::mem::take(&mut self.lines).into_iter();
        let ticket = self.ticket.clone();
        let is_import = self.options.kind == BatchKind::Import;
        let (made, first) = (id.clone(), chunk(&mut lines));
        let is_all = lines.len() == 0;
        let insert = move |conn: &mut Conn| {
            self.insert(conn, &made)?;
            if is_import {
                add(conn, &made, &first)?;
            }
            if is_all { self.end(conn, &made) } else { Ok(()) }
        };
        state.ctx.db.transaction(insert).await?;
        while lines.len() > 0 {
            let (chunk, ticket) = (chunk(&mut lines), ticket.clone());
            let (made, is_last) = (id.clone(), lines.len() == 0);
            let store = move |conn: &mut Conn| {
                add(conn, &made, &chunk)?;
                if is_last { start(conn, &made, &ticket) } else { Ok(()) }
            };
            if let Err(problem) = state.ctx.db.transaction(store).await {
                give_up(state, &id).await;
                return Err(problem);
            }
        }
        state.ctx.publish_soon(QueueName::Batch);
        Ok(id)
    }

    fn insert(&self, conn: &mut Conn, id: &BatchId) -> Result<(), Problem> {
        let now = db::now(conn)?;
        let Options { kind, description, filter, policy, shadow, overrides_reviews, per_minute, .. } =
            &self.options;
        let selection = match kind {
            BatchKind::Reprocess => serde_json::to_string(filter),
            BatchKind::Import => serde_json::to_string(&ImportSelection { source: ImportSource::Configured }),
        };
        let selection = selection.map_err(Problem::internal)?;
        let policy = policy.as_ref().map(serde_json::to_string).transpose().map_err(Problem::internal)?;
        let new = NewBatch {
            id,
            tenant: &self.caller.tenant,
            kind: *kind,
            description: description.as_deref(),
            selection: &selection,
            policy: policy.as_deref(),
            shadow: *shadow,
            overrides_reviews: *overrides_reviews,
            per_minute: *per_minute,
        };
        match kind {
            BatchKind::Reprocess => {
                batches::insert_reprocess(conn, &new, self.traceparent.as_deref(), now)?;
            }
            BatchKind::Import => batches::insert(conn, &new, now)?,
        }
        self.caller.log(conn, "batch.create", id.as_str(), now)
    }

    fn end(&self, conn: &mut Conn, id: &BatchId) -> Result<(), Problem> {
        match self.options.kind {
            BatchKind::Import => start(conn, id, &self.ticket),
            BatchKind::Reprocess => self.ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str()),
        }
    }
}

fn chunk(lines: &mut std::vec::IntoIter<ImportLine>) -> Vec<ImportLine> {
    lines.by_ref().take(CHUNK).collect()
}

fn add(conn: &mut Conn, id: &BatchId, lines: &[ImportLine]) -> Result<(), Problem> {
    batches::add_lines(conn, id, lines)?.ok_or_else(canceled)
}

fn start(conn: &mut Conn, id: &BatchId, ticket: &Ticket) -> Result<(), Problem> {
    let now = db::now(conn)?;
    batches::start_import(conn, id, now)?.ok_or_else(canceled)?;
    ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str())
}

/// Somebody has called it off while its lines were stored.
fn canceled() -> Problem {
    wrong_state(BatchStatus::Canceled)
}

/// Gives up an import whose lines could not all be stored, so that it does not look as if it were still to come.
async fn give_up(state: &State, id: &BatchId) {
    let broken = id.clone();
    let give_up = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        batches::give_up_import(conn, &broken, now)
    };
    if let Err(error) = state.ctx.db.transaction(give_up).await {
        tracing::warn!(%error, batch = %id, "left a batch without all of its lines");
    }
}
