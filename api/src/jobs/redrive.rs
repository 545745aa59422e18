//! `POST /v1/jobs/{id}/redrive` and `POST /v1/jobs/redrive`: dead jobs run again.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::jobs::{self, Filter, Refused};
use idv_common::db::{self, Conn};
use idv_common::domain::{JobId, JobKind, JobState, QueueName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::JobView;
use super::{Nothing, load};
use crate::answer::Id;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::idempotency::{Once, once};
use crate::json;
use crate::problem::Problem;
use crate::state::State;

/// How many jobs are driven again in one transaction.
const BATCH: i64 = 100;

/// Redrive a dead job
///
/// With a clean slate, once the cause of its failures is mended. 409 `job_stuck` if it cannot come to anything: the
/// images of a comparison, an enrolment or an authentication went when it was given up, and a verification may have
/// been restarted or redacted since.
#[utoipa::path(
    tag = "jobs",
    params(("id" = String, Path, description = "the job's id")),
    responses((status = 200, description = "it will run again", body = JobView)),
)]
#[post("/v1/jobs/{id}/redrive")]
pub(crate) async fn redrive(
    state: Data<State>,
    caller: Caller,
    id: Id<JobId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (caller.clone(), id.0.clone());
    let effect = {
        let id = id.clone();
        move |conn: &mut Conn, _: &Nothing, now: Timestamp| {
            redrive_in(conn, &by, &id, now)?;
            Ok(id.into())
        }
    };
    once(&state, &caller, &req, payload, StatusCode::OK, effect).await?;
    hurry(&state);
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id).await?))
}

/// Which dead jobs to drive again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redriving {
    /// Only those of this kind.
    kind: Option<JobKind>,
}

/// What came of driving dead jobs again.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub(crate) struct Redriven {
    /// How many will run again.
    redriven: usize,
    /// How many cannot come to anything and stay dead.
    stuck: usize,
}

/// Redrive all dead jobs
///
/// Or those of one kind. Jobs that cannot come to anything stay dead and are counted.
#[utoipa::path(
    tag = "jobs",
    request_body = Redriving,
    responses((status = 200, description = "they will run again", body = Redriven)),
)]
#[post("/v1/jobs/redrive")]
pub(crate) async fn redrive_all(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let limit = state.ctx.config.limits.json_bytes;
    let (asked, body) = json::read::<Redriving>(&req, payload, limit, state.upload_time()).await?;
    let fingerprint = Fingerprint::of(&req).json(&body).finish();
    let once = Once::begin(&state, &caller, &req).await?;
    if let Some(counts) = once.replay(&fingerprint)? {
        let counts: Redriven = serde_json::from_str(counts).map_err(Problem::internal)?;
        return Ok(HttpResponse::Ok().json(counts));
    }
    let ticket = once.ticket(fingerprint);
    let driven = async {
        let counts = drive(&state, &caller, asked.kind).await?;
        // What a crash before this leaves is done by the repeated request.
        let noted = serde_json::to_string(&counts).map_err(Problem::internal)?;
        let complete = move |conn: &mut Conn| ticket.complete(conn, StatusCode::OK.as_u16(), &noted);
        state.ctx.db.transaction(complete).await?;
        Ok(counts)
    };
    let driven = driven.await;
    let counts = once.settle(&state, driven).await?;
    Ok(HttpResponse::Ok().json(counts))
}

/// Drives all dead jobs of a tenant again, so many at a time.
async fn drive(state: &State, caller: &Caller, kind: Option<JobKind>) -> Result<Redriven, Problem> {
    let mut total = Redriven::default();
    let mut after = None;
    loop {
        let filter = Filter {
            tenant: Some(caller.tenant.clone()),
            state: Some(JobState::Dead),
            kind,
            starting_after: after.take(),
        };
        let by = caller.clone();
        let some = move |conn: &mut Conn| drive_some(conn, &by, &filter);
        let (counts, last) = state.ctx.db.transaction(some).await?;
        total.redriven += counts.redriven;
        total.stuck += counts.stuck;
        hurry(state);
        match last {
            Some(last) => after = Some(last),
            None => return Ok(total),
        }
    }
}

fn drive_some(
    conn: &mut Conn,
    caller: &Caller,
    filter: &Filter,
) -> Result<(Redriven, Option<JobId>), Problem> {
    let now = db::now(conn)?;
    let mut counts = Redriven::default();
    let mut last = None;
    for job in jobs::list(conn, filter, BATCH)? {
        match redrive_in(conn, caller, &job.id, now) {
            Ok(()) => counts.redriven += 1,
            Err(Refused::Database(error)) => return Err(error.into()),
            Err(_) => counts.stuck += 1,
        }
        last = Some(job.id);
    }
    Ok((counts, last))
}

fn redrive_in(conn: &mut Conn, caller: &Caller, id: &JobId, now: Timestamp) -> Result<(), Refused> {
    jobs::drive_again(conn, Some(&caller.tenant), id, now)?;
    Ok(caller.note(conn, "job.redrive", id.as_str(), now)?)
}

fn hurry(state: &State) {
    state.ctx.publish_soon(QueueName::Interactive);
    state.ctx.publish_soon(QueueName::Batch);
}
