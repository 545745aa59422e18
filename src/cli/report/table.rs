//! A report for people, at most 100 columns wide.

use std::collections::BTreeMap;
use std::fmt::Display;

use idv_common::db::report::{Percentiles, Summary};
use idv_common::domain::VerificationStatus;

use crate::cli::output::line;

/// The statuses that have a column of their own.
const COLUMNS: [VerificationStatus; 4] = [
    VerificationStatus::Verified,
    VerificationStatus::Rejected,
    VerificationStatus::NeedsReview,
    VerificationStatus::Failed,
];

/// Prints a report.
pub(super) fn print(summary: &Summary) {
    let Summary { from, before, verifications, .. } = summary;
    line(format_args!("{verifications} verifications, made from {from} until {before}"));
    shares("status", &summary.by_status, *verifications);
    let decided: i64 = summary.by_source.values().sum();
    shares("decided by", &summary.by_source, decided);
    shares("reason", &summary.by_reason, decided);
    days(summary);
    times(summary);
    health(summary);
}

fn shares(title: &str, counts: &BTreeMap<impl Display, i64>, all: i64) {
    if counts.is_empty() {
        return;
    }
    line(format_args!("\n{title:<28} {:>9} {:>8}", "count", "share"));
    for (name, count) in counts {
        let share = *count as f64 * 100.0 / all.max(1) as f64;
        line(format_args!("{name:<28} {count:>9} {share:>6.1} %"));
    }
}

fn days(summary: &Summary) {
    if summary.by_day.is_empty() {
        return;
    }
    let mut head = format!("\n{:<12} {:>9}", "made on", "count");
    for status in COLUMNS {
        head += &format!(" {status:>13}");
    }
    line(format_args!("{head} {:>9}", "other"));
    for day in &summary.by_day {
        let counts = COLUMNS.map(|status| day.by_status.get(&status).copied().unwrap_or_default());
        let mut text = format!("{:<12} {:>9}", day.day, day.created);
        for count in counts {
            text += &format!(" {count:>13}");
        }
        line(format_args!("{text} {:>9}", day.created - counts.iter().sum::<i64>()));
    }
}

fn times(summary: &Summary) {
    line(format_args!("\n{:<28} {:>9} {:>11} {:>11} {:>11}", "time", "count", "p50", "p95", "p99"));
    for (name, times) in [
        ("submission to result", &summary.latency),
        ("submission to worker", &summary.queue_wait),
        ("result to reviewer", &summary.review_turnaround),
    ] {
        let Percentiles { count, p50_ms, p95_ms, p99_ms } = times;
        let [p50, p95, p99] = [p50_ms, p95_ms, p99_ms].map(|ms| ms.map_or("-".to_owned(), readable));
        line(format_args!("{name:<28} {count:>9} {p50:>11} {p95:>11} {p99:>11}"));
    }
}

/// A time in the unit that reads best.
fn readable(ms: f64) -> String {
    match ms {
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms if ms < 120_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms if ms < 7_200_000.0 => format!("{:.0} min", ms / 60_000.0),
        ms => format!("{:.1} h", ms / 3_600_000.0),
    }
}

fn health(summary: &Summary) {
    let health = &summary.health;
    line(format_args!("\n{:<28} {:>9}", "at the moment", "count"));
    let mut rows = vec![
        ("wait for a reviewer".to_owned(), health.reviews_waiting),
        ("dead jobs".to_owned(), health.dead_jobs),
    ];
    rows.extend(health.batches.iter().map(|(status, count)| (format!("batches {status}"), *count)));
    if health.failed_batch_items > 0 {
        rows.push(("batch items failed".to_owned(), health.failed_batch_items));
    }
    rows.extend(
        health.endpoints.iter().map(|(status, count)| (format!("webhook endpoints {status}"), *count)),
    );
    rows.extend(
        health.deliveries.iter().map(|(state, count)| (format!("webhook deliveries {state}"), *count)),
    );
    for (name, count) in rows {
        line(format_args!("{name:<28} {count:>9}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_the_unit_that_reads_best() {
        let shown = [12.4, 2_345.0, 600_000.0, 9_000_000.0].map(readable);
        assert_eq!(shown, ["12 ms", "2.3 s", "10 min", "2.5 h"]);
    }
}
