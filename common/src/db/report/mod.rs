//! Reports: a tenant's verifications by the time at which they were made, page by page, with what came of each.

mod health;
mod summary;

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;

pub use health::{Health, health};
pub use summary::{Collector, Day, Percentiles, Summary};

use super::decisions::{self, Decision};
use super::schema::{jobs, runs, verifications};
use super::verifications::Verification;
use super::{Conn, Db, Error};
use crate::domain::{
    DecisionSource, JobKind, QueueName, RunId, RunReason, Standing, TenantId, Timestamp, VerificationId,
};

/// Verifications that are looked at by one call.
const PAGE: i64 = 500;

/// The verifications that were made at `from` or later, and before `before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The beginning, inclusive.
    pub from: Timestamp,
    /// The end, exclusive.
    pub before: Timestamp,
}

/// One execution of the pipeline that may decide.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = runs)]
pub struct RunTime {
    /// Its id.
    pub id: RunId,
    /// The verification that it belongs to.
    pub verification_id: VerificationId,
    /// Why it was made.
    pub reason: RunReason,
    /// The policy that decided.
    pub policy_name: Option<String>,
    /// The policy's version.
    pub policy_version: Option<i32>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it had its result.
    pub finished_at: Option<Timestamp>,
}

impl RunTime {
    /// From the submission to the result; `None` before there is one, and if nobody waited for it.
    pub fn latency(&self) -> Option<Duration> {
        let finished_at = self.finished_at.filter(|_| self.reason != RunReason::Reprocess)?;
        Some(finished_at.since(self.created_at))
    }
}

/// A verification with what came of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The verification.
    pub verification: Verification,
    /// The decision that its status rests on.
    pub decision: Option<Decision>,
    /// How long each reviewer's final decision took, from the decision that asked for it on.
    pub reviews: Vec<Duration>,
    /// Its runs that may decide, oldest first.
    pub runs: Vec<RunTime>,
    /// How long each of its jobs, as far as they are kept, waited until a worker last took it.
    pub waits: Vec<Duration>,
}

impl Entry {
    /// The run that its status rests on.
    pub fn run(&self) -> Option<&RunTime> {
        let current = self.verification.current_run_id.as_ref()?;
        self.runs.iter().find(|run| run.id == *current)
    }

    /// How long somebody waited for the result of the last attempt, whatever has been looked at anew since.
    pub fn latency(&self) -> Option<Duration> {
        self.runs.iter().rfind(|run| run.reason != RunReason::Reprocess)?.latency()
    }
}

/// A tenant's verifications of a range, oldest first, those behind `after` alone; the last page is the first one that
/// is empty.
pub fn page(
    conn: &mut Conn,
    tenant: &TenantId,
    range: Range,
    after: Option<&Verification>,
) -> Result<Vec<Entry>, Error> {
    let from = after.map_or(range.from, |last| last.created_at).as_micros();
    let mut query = verifications::table
        .filter(verifications::tenant_id.eq(tenant.as_str().to_owned()))
        .filter(verifications::created_at.ge(from))
        .filter(verifications::created_at.lt(range.before.as_micros()))
        .order((verifications::created_at, verifications::id))
        .limit(PAGE)
        .select(Verification::as_select())
        .into_boxed();
    if let Some(last) = after {
        let id = last.id.as_str().to_owned();
        query = query.filter(verifications::created_at.gt(from).or(verifications::id.gt(id)));
    }
    let rows: Vec<Verification> = query.load(conn)?;
    with_results(conn, rows)
}

fn with_results(conn: &mut Conn, rows: Vec<Verification>) -> Result<Vec<Entry>, Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let decisions = decisions::of_many(conn, &ids)?.into_iter();
    let mut decisions = grouped(decisions.map(|one| (one.verification_id.clone(), one)));
    let runs = run_times(conn, &ids)?.into_iter();
    let mut runs = grouped(runs.map(|run| (run.verification_id.clone(), run)));
    let mut waits = grouped(job_waits(conn, &ids)?.into_iter());
    let entry = |verification: Verification| {
        let history = decisions.remove(&verification.id).unwrap_or_default();
        Entry {
            reviews: turnarounds(&history),
            decision: standing(&verification, history),
            runs: runs.remove(&verification.id).unwrap_or_default(),
            waits: waits.remove(&verification.id).unwrap_or_default(),
            verification,
        }
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// What belongs to each verification, in the order in which it comes.
fn grouped<T>(rows: impl Iterator<Item = (VerificationId, T)>) -> HashMap<VerificationId, Vec<T>> {
    let mut groups: HashMap<VerificationId, Vec<T>> = HashMap::new();
    for (id, row) in rows {
        groups.entry(id).or_default().push(row);
    }
    groups
}

fn standing(verification: &Verification, history: Vec<Decision>) -> Option<Decision> {
    let last = history.into_iter().rfind(|one| one.standing == Standing::Final);
    last.filter(|last| last.is_of(verification))
}

fn turnarounds(history: &[Decision]) -> Vec<Duration> {
    let last: Vec<&Decision> = history.iter().filter(|one| one.standing == Standing::Final).collect();
    last.windows(2)
        .filter(|pair| pair[1].source == DecisionSource::Reviewer)
        .map(|pair| pair[1].created_at.since(pair[0].created_at))
        .collect()
}

fn run_times(conn: &mut Conn, ids: &[&str]) -> Result<Vec<RunTime>, Error> {
    Ok(runs::table
        .filter(runs::verification_id.eq_any(ids))
        .filter(diesel::dsl::not(runs::shadow))
        .order((runs::verification_id, runs::created_at, runs::id))
        .select(RunTime::as_select())
        .load(conn)?)
}

fn job_waits(conn: &mut Conn, ids: &[&str]) -> Result<Vec<(VerificationId, Duration)>, Error> {
    let rows: Vec<(Option<VerificationId>, Timestamp, Option<Timestamp>)> = jobs::table
        .filter(jobs::verification_id.eq_any(ids))
        .filter(jobs::kind.eq(JobKind::Verify.as_str()))
        .filter(jobs::queue.eq(QueueName::Interactive.as_str()))
        .order((jobs::verification_id, jobs::id))
        .select((jobs::verification_id, jobs::created_at, jobs::claimed_at))
        .load(conn)?;
    let wait = |(id, created, claimed): (Option<_>, Timestamp, Option<Timestamp>)| {
        Some((id?, claimed?.since(created)))
    };
    Ok(rows.into_iter().filter_map(wait).collect())
}

/// Goes through the verifications of these tenants, and says how they and all that serves them fare.
pub async fn summarize(db: &Db, tenants: &[TenantId], range: Range) -> Result<Summary, Error> {
    let mut collector = Collector::default();
    for tenant in tenants {
        let mut after: Option<Verification> = None;
        loop {
            let (tenant, from) = (tenant.clone(), after.take());
            let entries = db.read(move |conn| page(conn, &tenant, range, from.as_ref())).await?;
            let Some(last) = entries.last() else { break };
            after = Some(last.verification.clone());
            for entry in &entries {
                collector.add(entry)?;
            }
        }
    }
    let tenants = tenants.to_vec();
    let health = db.read(move |conn| health(conn, &tenants)).await?;
    Ok(collector.finish(range, health))
}
