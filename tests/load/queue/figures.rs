//! What came of the jobs: their times by the database's clock, percentiles, and the goals.

use std::time::Duration;

use diesel::prelude::*;
use idv_common::db::schema::jobs;
use idv_common::db::{self, Db};
use idv_common::domain::{QueueName, TenantId, Timestamp};

/// A job that is done.
#[derive(Debug, Clone, Queryable)]
pub(crate) struct Job {
    /// The queue it went through.
    pub(crate) queue: QueueName,
    created_at: Timestamp,
    /// When a worker claimed it.
    pub(crate) claimed_at: Timestamp,
    /// When its result was committed.
    pub(crate) finished_at: Timestamp,
}

impl Job {
    /// From submit to claim.
    pub(crate) fn wait(&self) -> Duration {
        self.claimed_at.since(self.created_at)
    }
}

/// A tenant's jobs that are done, in the order of their claims.
pub(crate) async fn done(db: &Db, tenant: &TenantId) -> Result<Vec<Job>, db::Error> {
    type Row = (QueueName, Timestamp, Option<Timestamp>, Option<Timestamp>);
    let tenant = tenant.clone();
    let rows: Vec<Row> = db
        .read(move |conn| {
            let rows = jobs::table
                .filter(jobs::tenant_id.eq(tenant.as_str()))
                .filter(jobs::state.eq("done"))
                .order(jobs::claimed_at)
                .select((jobs::queue, jobs::created_at, jobs::claimed_at, jobs::finished_at))
                .load(conn)?;
            Ok::<_, db::Error>(rows)
        })
        .await?;
    let complete = |(queue, created_at, claimed_at, finished_at): Row| {
        Some(Job { queue, created_at, claimed_at: claimed_at?, finished_at: finished_at? })
    };
    Ok(rows.into_iter().filter_map(complete).collect())
}

/// Whether a job of a tenant waits or runs.
pub(crate) async fn has_unfinished(db: &Db, tenant: &TenantId) -> Result<bool, db::Error> {
    let tenant = tenant.clone();
    db.read(move |conn| {
        let unfinished = jobs::table
            .filter(jobs::tenant_id.eq(tenant.as_str()))
            .filter(jobs::finished_at.is_null())
            .select(jobs::id)
            .first::<String>(conn)
            .optional()?;
        Ok(unfinished.is_some())
    })
    .await
}

/// Durations, of which percentiles are asked.
pub(crate) struct Durations(Vec<Duration>);

impl Durations {
    /// The waits from submit to claim.
    pub(crate) fn waits(jobs: &[Job]) -> Self {
        jobs.iter().map(Job::wait).collect()
    }

    /// The duration that `percent` of them do not exceed, in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1000.0)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Duration> for Durations {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        let mut sorted: Vec<Duration> = durations.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

/// What has to hold, and what of it does not.
#[derive(Debug, Default)]
pub(crate) struct Goals {
    missed: Vec<String>,
}

impl Goals {
    /// Notes that something was to hold.
    pub(crate) fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.missed.push(what());
        }
    }

    /// What does not hold.
    pub(crate) fn missed(&self) -> &[String] {
        &self.missed
    }
}
