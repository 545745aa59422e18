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

/// How many transactions are under way: while one waits for the disk another computes.
const AT_ONCE: usize = 2;

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
        Self { group: Group::start(AT_ONCE, work) }
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

#[cfg(test)]
mod tests {
    use idv_common::db::jobs;
    use idv_common::domain::WorkerId;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::claims::Claims;
    use crate::testing;

    #[tokio::test]
    async fn a_finish_that_is_fenced_harms_none_of_its_group() {
        let (_folder, ctx) = testing::embedded().await;
        let claims = Claims::start(&ctx, &WorkerId::generate(), &CancellationToken::new());
        let mut group = Vec::new();
        for job in testing::enqueue(&ctx, 3).await {
            let claim = claims.claim(job).await.unwrap().unwrap();
            group.push(Arc::new(Finish { job: claim.job, outcome: Outcome::Discard }));
        }
        // As if the answer to an earlier commit had got lost.
        assert!(commit(&ctx.db, ctx.limits, vec![group[1].clone()]).await.is_ok());
        let outcomes = commit_all(&ctx.db, ctx.limits, group).await;
        assert!(matches!(outcomes.as_slice(), [Ok(()), Err(db::Error::Fenced), Ok(())]), "{outcomes:?}");
    }

    #[tokio::test]
    async fn a_suspect_job_that_is_handed_back_stays_suspect() {
        let (_folder, ctx) = testing::embedded().await;
        let job = testing::enqueue(&ctx, 1).await.remove(0);
        let (id, brief) = (job.clone(), JobLimits { lease: Duration::ZERO, ..ctx.limits });
        let lose = ctx.db.transaction(move |conn| {
            let now = db::now(conn)?;
            jobs::claim_many(conn, &[id], &WorkerId::generate(), &brief, now)?;
            jobs::rescue_expired(conn, &brief, 1, now)
        });
        assert_eq!(lose.await.unwrap().len(), 1);
        let claims = Claims::start(&ctx, &WorkerId::generate(), &CancellationToken::new());
        let finishes = Finishes::start(&ctx.db, ctx.limits);
        for _ in 0..2 {
            let claim = claims.claim(job.clone()).await.unwrap().unwrap();
            assert!(claim.job.suspect);
            assert!(finishes.finish(claim.job, Outcome::Snooze(Duration::ZERO)).await);
        }
    }
}
