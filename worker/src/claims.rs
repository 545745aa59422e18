//! Claims: a message's job becomes this process's, unless it is somebody's or nobody's already.

use std::collections::HashMap;
use std::time::Duration;

use idv_common::Context;
use idv_common::db;
use idv_common::db::jobs::{self, Claimed};
use idv_common::domain::{JobId, Timestamp, WorkerId};
use tokio_util::sync::CancellationToken;

use crate::group::Group;

/// The first pause after a failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause: how late the return of the database may be noticed.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often a claim is tried that fails although the database is there.
const TRIES: u32 = 3;

/// A job that this process may run.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// The job.
    pub(crate) job: Claimed,
    /// When it was claimed, by the database's clock.
    pub(crate) at: Timestamp,
}

/// The process is stopping and did not learn whether the job is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopping;

/// What came of a claim. `None`: the job is not there to be claimed, so that its message was a duplicate.
type Answer = Result<Option<Claim>, Stopping>;

/// Claims jobs, those of a moment in one transaction.
#[derive(Clone)]
pub(crate) struct Claims {
    group: Group<JobId, Answer>,
}

impl Claims {
    /// The claims of a process. They are tried until the database answers or `stop`.
    pub(crate) fn start(ctx: &Context, worker: &WorkerId, stop: &CancellationToken) -> Self {
        let claimer = Claimer { ctx: ctx.clone(), worker: worker.clone(), stop: stop.clone() };
        let work = move |jobs| {
            let claimer = claimer.clone();
            async move { claimer.claim(jobs).await }
        };
        Self { group: Group::start(1, work) }
    }

    /// Claims a job.
    pub(crate) async fn claim(&self, job: JobId) -> Answer {
        self.group.submit(job).await.unwrap_or(Err(Stopping))
    }
}

#[derive(Clone)]
struct Claimer {
    ctx: Context,
    worker: WorkerId,
    stop: CancellationToken,
}

impl Claimer {
    async fn claim(&self, jobs: Vec<JobId>) -> Vec<Answer> {
        match self.persist(&jobs).await {
            Ok(claims) => claims.into_iter().map(Ok).collect(),
            Err(Some(Stopping)) => vec![Err(Stopping); jobs.len()],
            // Not the database but one of the jobs is at fault: it must not keep the others.
            Err(None) if jobs.len() > 1 => {
                let mut answers = Vec::with_capacity(jobs.len());
                for job in jobs {
                    answers.extend(Box::pin(self.claim(vec![job])).await);
                }
                answers
            }
            // Its message is given up, and published again while the job waits.
            Err(None) => vec![Ok(None)],
        }
    }

    /// Claims the jobs as soon as the database is there. `Err(None)`: it is there, and fails all the same.
    async fn persist(&self, jobs: &[JobId]) -> Result<Vec<Option<Claim>>, Option<Stopping>> {
        let (mut pause, mut failures) = (FIRST_PAUSE, 0);
        loop {
            match self.attempt(jobs.to_vec()).await {
                Ok(claims) => return Ok(claims),
                Err(error) => {
                    tracing::warn!(%error, jobs = jobs.len(), "failed to claim jobs");
                    failures += u32::from(!error.is_unavailable());
                }
            }
            if failures == TRIES {
                return Err(None);
            }
            self.stop.run_until_cancelled(tokio::time::sleep(pause)).await.ok_or(Some(Stopping))?;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, ids: Vec<JobId>) -> Result<Vec<Option<Claim>>, db::Error> {
        let (worker, limits) = (self.worker.clone(), self.ctx.limits);
        self.ctx
            .db
            .transaction(move |conn| {
                let at = db::now(conn)?;
                let claimed = jobs::claim_many(conn, &ids, &worker, &limits, at)?;
                let mut claimed: HashMap<JobId, Claimed> =
                    claimed.into_iter().map(|job| (job.lease.job.clone(), job)).collect();
                Ok(ids.iter().map(|id| claimed.remove(id).map(|job| Claim { job, at })).collect())
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn a_job_is_claimed_once_though_its_message_came_twice() {
        let (_folder, ctx) = testing::embedded().await;
        let jobs = testing::enqueue(&ctx, 2).await;
        let claims = Claims::start(&ctx, &WorkerId::generate(), &CancellationToken::new());
        let (first, other, again) = tokio::join!(
            claims.claim(jobs[0].clone()),
            claims.claim(jobs[1].clone()),
            claims.claim(jobs[0].clone()),
        );
        for (answer, job) in [(first, &jobs[0]), (other, &jobs[1])] {
            assert_eq!(answer.unwrap().unwrap().job.lease.job, *job);
        }
        assert!(again.unwrap().is_none());
        assert!(claims.claim(jobs[1].clone()).await.unwrap().is_none());
    }
}
