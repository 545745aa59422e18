//! Puts two images to work: the comparison, its images and its job in one transaction.

use actix_web::http::StatusCode;
use idv_common::db::captures::{self, Capture, Owner};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::{self, Conn, comparisons};
use idv_common::domain::{ComparisonId, JobKind, QueueName};

use crate::auth::Caller;
use crate::idempotency::Ticket;
use crate::problem::Problem;
use crate::state::State;
use crate::upload::{discard, stamped};

/// A comparison that is about to be made.
pub(crate) struct Start {
    /// Whose it will be.
    pub caller: Caller,
    /// The caller's own name for it.
    pub reference: Option<String>,
    /// The two images, whose objects are stored.
    pub rows: Vec<Capture>,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
    /// What completes the request's `Idempotency-Key`.
    pub ticket: Ticket,
}

impl Start {
    /// Makes the comparison. The objects of the images go again if that is refused.
    pub(crate) async fn commit(self, state: &State) -> Result<ComparisonId, Problem> {
        let uploaded = self.rows.clone();
        let started = state.ctx.db.transaction(move |conn| self.insert(conn)).await;
        match &started {
            Ok(_) => state.ctx.publish_soon(QueueName::Interactive),
            Err(problem) => discard(state, &uploaded, problem),
        }
        started
    }

    fn insert(&self, conn: &mut Conn) -> Result<ComparisonId, Problem> {
        let (id, caller) = (ComparisonId::generate(), &self.caller);
        let now = db::now(conn)?;
        comparisons::insert(conn, &id, &caller.tenant, self.reference.as_deref(), now)?;
        for capture in stamped(&self.rows, now) {
            captures::insert(conn, &capture, Owner::Comparison(&id))?;
        }
        let job = NewJob {
            tenant: &caller.tenant,
            kind: JobKind::Compare,
            queue: JobKind::Compare.queue(),
            subject: id.as_str(),
            verification: None,
            traceparent: self.traceparent.as_deref(),
        };
        jobs::enqueue(conn, &job, now)?;
        caller.log(conn, "comparison.create", id.as_str(), now)?;
        self.ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str())?;
        Ok(id)
    }
}
