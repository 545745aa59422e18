//! What a report says, collected one verification after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Entry, Health, Range};
use crate::db::Error;
use crate::domain::{DecisionSource, ReasonCode, Timestamp, VerificationStatus};

/// How verifications, and all that serves them, fare.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema), schema(as = Report))]
pub struct Summary {
    /// `report`.
    pub object: &'static str,
    /// It is about verifications that were made at this time or later,
    pub from: Timestamp,
    /// and before this time.
    pub before: Timestamp,
    /// How many there are.
    pub verifications: i64,
    /// How many are in each status now.
    pub by_status: BTreeMap<VerificationStatus, i64>,
    /// How many decisions that stand have each reason.
    pub by_reason: BTreeMap<ReasonCode, i64>,
    /// How many decisions stand, by who made them.
    pub by_source: BTreeMap<DecisionSource, i64>,
    /// The same by the day on which they were made, UTC, oldest first; days without any are left out.
    pub by_day: Vec<Day>,
    /// From submission to the pipeline's decision.
    pub latency: Percentiles,
    /// From submission until a worker last took the job; jobs are kept for `jobs.kept_days` after their end.
    pub queue_wait: Percentiles,
    /// From the decision that asked for a reviewer to a reviewer's.
    pub review_turnaround: Percentiles,
    /// What is waiting or has failed at the moment.
    pub health: Health,
}

/// The verifications that were made on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema), schema(as = ReportDay))]
pub struct Day {
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// How many were made.
    pub created: i64,
    /// How many of them are in each status now.
    pub by_status: BTreeMap<VerificationStatus, i64>,
}

/// A distribution of times, by nearest rank.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Percentiles {
    /// How many times there are.
    pub count: usize,
    /// Milliseconds that half of them do not exceed.
    pub p50_ms: Option<f64>,
    /// The same for 95 %.
    pub p95_ms: Option<f64>,
    /// The same for 99 %.
    pub p99_ms: Option<f64>,
}

impl Percentiles {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let rank = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).map(|time| time.as_secs_f64() * 1000.0)
        };
        Self { count: times.len(), p50_ms: rank(50), p95_ms: rank(95), p99_ms: rank(99) }
    }
}

/// Collects what a report says.
#[derive(Debug, Default)]
pub struct Collector {
    by_status: BTreeMap<VerificationStatus, i64>,
    by_reason: BTreeMap<ReasonCode, i64>,
    by_source: BTreeMap<DecisionSource, i64>,
    by_day: BTreeMap<String, BTreeMap<VerificationStatus, i64>>,
    latencies: Vec<Duration>,
    waits: Vec<Duration>,
    reviews: Vec<Duration>,
}

impl Collector {
    /// Adds a verification.
    pub fn add(&mut self, entry: &Entry) -> Result<(), Error> {
        let row = &entry.verification;
        let day = self.by_day.entry(row.created_at.day()).or_default();
        *day.entry(row.status).or_default() += 1;
        *self.by_status.entry(row.status).or_default() += 1;
        if let Some(decision) = &entry.decision {
            *self.by_source.entry(decision.source).or_default() += 1;
            for reason in decision.reasons()? {
                *self.by_reason.entry(reason).or_default() += 1;
            }
        }
        self.latencies.extend(entry.runs.iter().filter_map(super::RunTime::latency));
        self.waits.extend(&entry.waits);
        self.reviews.extend(&entry.reviews);
        Ok(())
    }

    /// What the report says.
    pub fn finish(self, range: Range, health: Health) -> Summary {
        let day = |(day, by_status): (String, BTreeMap<_, i64>)| Day {
            day,
            created: by_status.values().sum(),
            by_status,
        };
        Summary {
            object: "report",
            from: range.from,
            before: range.before,
            verifications: self.by_status.values().sum(),
            by_status: self.by_status,
            by_reason: self.by_reason,
            by_source: self.by_source,
            by_day: self.by_day.into_iter().map(day).collect(),
            latency: Percentiles::of(self.latencies),
            queue_wait: Percentiles::of(self.waits),
            review_turnaround: Percentiles::of(self.reviews),
            health,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_nearest_rank() {
        let times = |n: u64| (1..=n).rev().map(Duration::from_millis).collect();
        let of = |n| {
            let Percentiles { count, p50_ms, p95_ms, p99_ms } = Percentiles::of(times(n));
            (count, p50_ms, p95_ms, p99_ms)
        };
        assert_eq!(of(0), (0, None, None, None));
        assert_eq!(of(1), (1, Some(1.0), Some(1.0), Some(1.0)));
        assert_eq!(of(200), (200, Some(100.0), Some(190.0), Some(198.0)));
    }
}
