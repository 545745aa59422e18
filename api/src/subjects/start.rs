//! Puts an enrolment to work: the subject, its image and its job in one transaction.

use actix_web::http::StatusCode;
use idv_common::db::captures::{self, Capture, Owner};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::{self, Conn, subjects};
use idv_common::domain::{JobKind, QueueName, SubjectId};

use crate::auth::Caller;
use crate::idempotency::Ticket;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::{discard, stamped};

/// A subject that is about to be enrolled.
pub(crate) struct Enrolment {
    /// Whose it will be.
    pub caller: Caller,
    /// The caller's own name for the person.
    pub reference: Option<String>,
    /// The image, whose object is stored.
    pub rows: Vec<Capture>,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
    /// What completes the request's `Idempotency-Key`.
    pub ticket: Ticket,
}

impl Enrolment {
    /// Makes the subject. Refused if another one has its reference; the image's object goes again if it is refused.
    pub(crate) async fn commit(self, state: &State) -> Result<SubjectId, Problem> {
        let uploaded = self.rows.clone();
        let made = state.ctx.db.transaction(move |conn| self.insert(conn)).await;
        match &made {
            Ok(_) => state.ctx.publish_soon(QueueName::Interactive),
            Err(problem) => discard(state, &uploaded, problem),
        }
        made
    }

    fn insert(&self, conn: &mut Conn) -> Result<SubjectId, Problem> {
        let (id, caller) = (SubjectId::generate(), &self.caller);
        let now = db::now(conn)?;
        if !subjects::insert(conn, &id, &caller.tenant, self.reference.as_deref(), now)? {
            let detail = "delete that subject first, or choose another `client_reference`";
            return Err(Problem::new(Code::SubjectExists, detail));
        }
        for capture in stamped(&self.rows, now) {
            captures::insert(conn, &capture, Owner::Subject(&id))?;
        }
        let job = NewJob {
            tenant: &caller.tenant,
            kind: JobKind::Enroll,
            queue: JobKind::Enroll.queue(),
            subject: id.as_str(),
            verification: None,
            traceparent: self.traceparent.as_deref(),
        };
        jobs::enqueue(conn, &job, now)?;
        caller.log(conn, "subject.create", id.as_str(), now)?;
        self.ticket.complete(conn, StatusCode::ACCEPTED.as_u16(), id.as_str())?;
        Ok(id)
    }
}
