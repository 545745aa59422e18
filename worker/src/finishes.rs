//! Finishes: one transaction, fenced by the lease, ends a claim and writes what came of it.

use std::sync::Arc;
use std::time::Duration;

use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Db};
use idv_common::domain::JobLimits;
use idv_common::fault;
use tokio::time::Instant;

use crate::group::Group;
use crate::jobs::{self as handlers, Outcome};

/// How long the end of a job is tried while the database is away: less than a lease.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it waits before it tries again.
const PAUSE: Duration = Duration::from_secs(1);

/// The end of a claim.
struct Finish {
    job: Claimed,
    outcome: Outcome,
}

/// Ends claims, those of a moment in one transaction.
#[derive(Clone)]
pub(crate) struct Finishes {
    group: Group<Arc<Finish>, Result<(), db::Error>>,
}

impl Finishes {
    /// The finishes of a process.
    pub(crate) fn start(db: &Db, limits: JobLimits) -> Self {
        let db = db.clone();
        let work = move |finishes| {
            let db = db.clone();
            async move { commit_all(&db, limits, finishes).await }
        };
        Self { group: Group::start(work) }
    }

    /// Ends a claim. `false` if it was not ours to end any more, or the database stays away; the sweep then finds
    /// the job.
    pub(crate) async fn finish(&self, job: Claimed, outcome: Outcome) -> bool {
        let (id, deadline) = (job.lease.job.clone(), Instant::now() + PATIENCE);
        let finish = Arc::new(Finish { job, outcome });
        loop {
            match self.group.submit(finish.clone()).await {
                Some(Ok(())) => return true,
                // Also what a repetition comes to when the first commit took effect and its answer got lost.
                Some(Err(db::Error::Fenced)) => {
                    tracing::info!(job.id = %id, "dropped a result: the lease is no longer held");
                    return false;
                }
                Some(Err(error)) => tracing::error!(%error, job.id = %id, "failed to end a job"),
                None => return false,
            }
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Ends all claims at once, or else one after another, so that one that fails harms no other.
async fn commit_all(db: &Db, limits: JobLimits, finishes: Vec<Arc<Finish>>) -> Vec<Result<(), db::Error>> {
    let mut failure = match commit(db, limits, finishes.clone()).await {
        Ok(()) => return finishes.iter().map(|_| Ok(())).collect(),
        Err(error) => error,
    };
    if finishes.len() == 1 {
        return vec![Err(failure)];
    }
    let mut outcomes = Vec::with_capacity(finishes.len());
    for finish in finishes {
        if failure.is_unavailable() {
            outcomes.push(Err(db::Error::Unavailable(failure.to_string())));
            continue;
        }
        let outcome = commit(db, limits, vec![finish]).await;
        if let Err(error) = &outcome
            && error.is_unavailable()
        {
            failure = db::Error::Unavailable(error.to_string());
        }
        outcomes.push(outcome);
    }
    outcomes
}

async fn commit(db: &Db, limits: JobLimits, finishes: Vec<Arc<Finish>>) -> Result<(), db::Error> {
    db.urgent(move |conn| {
        let now = db::now(conn)?;
        for finish in &finishes {
            handlers::end(conn, &finish.job, &finish.outcome, &limits, now)?;
        }
        fault::point("finish.before_commit");
        Ok(())
    })
    .await
}
