//! `/healthz` and `/readyz`: whether the process lives, and whether it can do its work.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::db::{self, workers};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};
use crate::state::State;

/// How long something behind the API may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(3);
/// Seconds after which to ask again.
const RETRY_S: u64 = 2;
/// The worker role that decides verifications.
const VERIFY: &str = "verify";
/// The models without which nothing can be decided; the others only leave their check out.
const NEEDED: [&str; 4] = ["face_detector", "face_embedder", "text_detector", "text_recognizer"];

/// The process lives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alive {
    /// `ok`.
    status: &'static str,
}

/// The service can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`, or `degraded` if a model is missing whose check is then `not_run`.
    status: &'static str,
    /// Live workers that decide verifications.
    workers: usize,
    /// Jobs that they run at once.
    slots: i32,
    /// The roles whose model some worker misses.
    missing_models: BTreeSet<String>,
}

/// Whether the process lives
#[utoipa::path(tag = "operation", security(()), responses((status = 200, description = "it does", body = Alive)))]
#[get("/healthz")]
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Alive { status: "ok" })
}

/// Whether verifications can be taken and decided
///
/// 503 names each thing that is not there: `database_unreachable`, `store_unreachable`, `queue_unreachable`,
/// `no_worker`, `model_missing`, or says that the process is `stopping`.
#[utoipa::path(
    tag = "operation",
    security(()),
    responses(
        (status = 200, description = "they can", body = Ready),
        (status = 503, description = "they cannot", body = crate::problem::Body),
    ),
)]
#[get("/readyz")]
pub(crate) async fn readyz(state: Data<State>) -> Result<HttpResponse, Problem> {
    let mut missing = Missing(Vec::new());
    let ctx = &state.ctx;
    if state.stopping.load(Ordering::Relaxed) {
        missing.add("stopping", "this process was told to stop");
    }
    missing.unless(in_time(ctx.blobs.ping()).await, "store_unreachable", "the object store does not answer");
    missing.unless(in_time(ctx.queue.ping()).await, "queue_unreachable", "the queue does not answer");
    let alive = in_time(ctx.db.read(|conn| {
        let now = db::now(conn)?;
        workers::alive(conn, now)
    }))
    .await;
    let workers = alive.unwrap_or_else(|| {
        missing.add("database_unreachable", "the database does not answer");
        Vec::new()
    });
    let workers: Vec<_> =
        workers.into_iter().filter(|worker| worker.roles.iter().any(|role| role == VERIFY)).collect();
    if workers.is_empty() {
        missing.add("no_worker", "no live worker decides verifications");
    }
    let missing_models: BTreeSet<_> =
        workers.iter().flat_map(|worker| worker.missing.iter().cloned()).collect();
    for role in NEEDED.into_iter().filter(|role| missing_models.contains(*role)) {
        missing.add("model_missing", &format!("the model `{role}` is missing: run `idv models fetch`"));
    }
    missing.into_result()?;
    Ok(HttpResponse::Ok().json(Ready {
        status: if missing_models.is_empty() { "ready" } else { "degraded" },
        slots: workers.iter().map(|worker| worker.slots).sum(),
        workers: workers.len(),
        missing_models,
    }))
}

async fn in_time<T, E: std::fmt::Display>(work: impl Future<Output = Result<T, E>>) -> Option<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(value)) => Some(value),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            None
        }
        Err(_) => None,
    }
}

/// What is not there.
struct Missing(Vec<(&'static str, String)>);

impl Missing {
    fn add(&mut self, code: &'static str, detail: &str) {
        self.0.push((code, detail.to_owned()));
    }

    fn unless(&mut self, present: Option<()>, code: &'static str, detail: &str) {
        if present.is_none() {
            self.add(code, detail);
        }
    }

    fn into_result(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = self.0.iter().map(|(code, _)| *code).collect();
        let problem = Problem::new(Code::NotReady, names.join(", ")).retry_after(RETRY_S);
        Err(self
            .0
            .into_iter()
            .fold(problem, |problem, (code, detail)| problem.with_error(None, code, detail)))
    }
}
