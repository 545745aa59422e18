//! Puts an authentication to work: it, its images and its job in one transaction.

use actix_web::http::StatusCode;
use idv_common::db::captures::{self, Capture, Owner};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::{self, Conn, authentications, subjects};
use idv_common::domain::{AuthenticationId, JobKind, LivenessUse, QueueName, SubjectId, SubjectStatus};

use crate::auth::Caller;
use crate::idempotency::Ticket;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::{discard, stamped};

/// Somebody who claims to be a subject.
pub(crate) struct Claim {
    /// Who asks.
    pub caller: Caller,
    /// Who it is said to be.
    pub subject: SubjectId,
    /// What to make of liveness.
    pub liveness: LivenessUse,
    /// The images, whose objects are stored.
    pub rows: Vec<Capture>,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
    /// What completes the request's `Idempotency-Key`.
    pub ticket: Ticket,
}

impl Claim {
    /// Makes the authentication. Refused unless the subject is enrolled; the images' objects go again if it is refused.
    pub(crate) async fn commit(self, state: &State) -> Result<AuthenticationId, Problem> {
        let uploaded = self.rows.clone();
        let made = state.ctx.db.transaction(move |conn| self.insert(conn)).await;
        match &made {
            Ok(_) => state.ctx.publish_soon(QueueName::Interactive),
            Err(problem) => discard(state, &uploaded, problem),
        }
        made
    }

    fn insert(&self, conn: &mut Conn) -> Result<AuthenticationId, Problem> {
        let (id, caller) = (AuthenticationId::generate(), &self.caller);
        let now = db::now(conn)?;
        check(subjects::hold(conn, &caller.tenant, &self.subject)?)?;
        authentications::insert(conn, &id, &caller.tenant, &self.subject, self.liveness, now)?;
        for capture in stamped(&self.rows, now) {
            captures::insert(conn, &capture, Owner::Authentication(&id))?;
        }
        let job = NewJob {
            tenant: &caller.tenant,
            kind: JobKind::Authenticate,
            queue: JobKind::Authenticate.queue(),
            subject: id.as_str(),
            verification: None,
            traceparent: self.traceparent.as_deref(),
        };
        jobs::enqueue(conn, &job, now)?;
        caller.log(conn, "authentication.create", id.as_str(), now)?;
        self.ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str())?;
        Ok(id)
    }
}

/// Refuses unless there is a template to be held against.
pub(super) fn check(status: Option<SubjectStatus>) -> Result<(), Problem> {
    match status {
        None => Err(Problem::not_found()),
        Some(SubjectStatus::Enrolled) => Ok(()),
        Some(status) => Err(Problem::new(Code::WrongState, format!("the subject is `{status}`"))),
    }
}
