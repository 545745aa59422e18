//! The checker: what has to hold once everything has come to rest.

mod damage;
mod objects;
mod queues;
mod rules;

use std::time::{Duration, Instant};

use diesel::sql_types::{Array, BigInt, Double, Nullable, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use serde_json::json;

use crate::load::{Accepted, Seen, Wish};
use crate::output::say;
use crate::system::System;

/// Something that must not be.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Violation {
    /// The rule that is broken.
    #[diesel(sql_type = Text)]
    pub(crate) rule: String,
    /// The row, object or request that breaks it.
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
    #[diesel(sql_type = Text)]
    pub(crate) detail: String,
}

impl Violation {
    fn new(rule: &str, id: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { rule: rule.to_owned(), id: id.into(), detail: detail.into() }
    }
}

/// What the check found.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<Violation>,
    /// How long it took until nothing was left to do.
    pub(crate) drained: Duration,
    /// Accepted requests with exactly one result.
    pub(crate) settled: i64,
    /// Seconds from acceptance to result: the median, the 99th percentile and the longest.
    pub(crate) waits_s: [f64; 3],
}

/// Waits until everything has come to rest, stops the processes and checks what they leave behind.
pub(crate) fn check(system: &mut System, seen: &Seen, patience: Duration) -> anyhow::Result<Verdict> {
    let begin = Instant::now();
    let mut conn = system.servers.database()?;
    let mut violations = seen_by_clients(seen);
    violations.extend(wait_until_idle(&mut conn, patience)?);
    let drained = begin.elapsed();
    violations.extend(queues::wait_until_empty(system, Duration::from_secs(90))?);
    system.add("orphans-1")?;
    violations.extend(objects::wait_until_even(system, &mut conn, Duration::from_secs(60))?);
    let unwilling = system.stop();
    violations
        .extend(unwilling.iter().map(|error| Violation::new("stops when told to", "", error.to_string())));
    // What was with a consumer is in its queue again.
    violations.extend(queues::wait_until_empty(system, Duration::ZERO)?);
    remember(&mut conn, &seen.accepted)?;
    violations.extend(rules::broken(&mut conn)?);
    damage::prove_checker(&mut conn)?;
    for violation in &violations {
        let Violation { rule, id, detail } = violation;
        system.history.note("violation", json!({ "rule": rule, "id": id, "detail": detail }));
    }
    let waits_s = waits(&mut conn)?;
    Ok(Verdict { violations, drained, settled: settled(&mut conn)?, waits_s })
}

fn seen_by_clients(seen: &Seen) -> Vec<Violation> {
    let unexpected =
        seen.unexpected.iter().map(|(key, what)| Violation::new("answers as documented", key, what));
    let unresolved = seen.unresolved.iter().map(|key| Violation::new("answers in the end", key, ""));
    unexpected.chain(unresolved).collect()
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Waits until no job waits or runs. What is left when the patience ends breaks a rule later.
fn wait_until_idle(conn: &mut PgConnection, patience: Duration) -> anyhow::Result<Option<Violation>> {
    let begin = Instant::now();
    loop {
        let left = unfinished(conn)?;
        if left == 0 {
            return Ok(None);
        }
        if begin.elapsed() > patience {
            let detail = format!("{left} jobs are left after {} s", patience.as_secs());
            return Ok(Some(Violation::new("comes to rest", "", detail)));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// How many jobs wait or run.
pub(crate) fn unfinished(conn: &mut PgConnection) -> anyhow::Result<i64> {
    let query = sql_query("SELECT count(*) AS count FROM jobs WHERE state IN ('queued', 'running')");
    Ok(query.get_result::<Count>(conn)?.count)
}

/// How many jobs a worker holds.
pub(crate) fn running(conn: &mut PgConnection) -> anyhow::Result<i64> {
    let query = sql_query("SELECT count(*) AS count FROM jobs WHERE state = 'running'");
    Ok(query.get_result::<Count>(conn)?.count)
}

/// Makes what was accepted a table, for the rules to compare with.
fn remember(conn: &mut PgConnection, accepted: &[Accepted]) -> anyhow::Result<()> {
    sql_query("CREATE TEMPORARY TABLE accepted (id TEXT, key TEXT, wish TEXT)").execute(conn)?;
    let wish = |accepted: &Accepted| match accepted.wish {
        Wish::Verify => "verify",
        Wish::VerifyThenCancel => "cancel",
        Wish::VerifyThenRedact => "redact",
        Wish::Compare => "compare",
    };
    sql_query("INSERT INTO accepted SELECT * FROM unnest($1, $2, $3)")
        .bind::<Array<Text>, _>(accepted.iter().map(|one| one.id.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(accepted.iter().map(|one| one.key.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(accepted.iter().map(wish).collect::<Vec<_>>())
        .execute(conn)?;
    Ok(())
}

fn settled(conn: &mut PgConnection) -> anyhow::Result<i64> {
    let query = sql_query(
        "SELECT count(*) AS count FROM accepted a
         LEFT JOIN verifications v ON v.id = a.id LEFT JOIN comparisons c ON c.id = a.id
         WHERE v.settled_at IS NOT NULL OR c.completed_at IS NOT NULL",
    );
    Ok(query.get_result::<Count>(conn)?.count)
}

fn waits(conn: &mut PgConnection) -> anyhow::Result<[f64; 3]> {
    #[derive(QueryableByName)]
    struct Waits {
        #[diesel(sql_type = Nullable<Array<Double>>)]
        waits: Option<Vec<f64>>,
    }
    let query = sql_query(
        "SELECT percentile_disc(ARRAY[0.5, 0.99, 1.0]) WITHIN GROUP (ORDER BY wait) AS waits FROM (
           SELECT (settled_at - created_at) / 1e6::double precision AS wait FROM verifications WHERE status <> 'canceled'
           UNION ALL
           SELECT (completed_at - created_at) / 1e6::double precision FROM comparisons) AS waits",
    );
    let waits = query.get_result::<Waits>(conn)?.waits.unwrap_or_default();
    Ok(waits.try_into().unwrap_or_default())
}

/// Prints violations, at most so many of each rule.
pub(crate) fn print(violations: &[Violation]) {
    const SHOWN: usize = 10;
    let mut rules: Vec<&str> = violations.iter().map(|violation| violation.rule.as_str()).collect();
    rules.dedup();
    for rule in rules {
        let of_rule: Vec<_> = violations.iter().filter(|violation| violation.rule == rule).collect();
        say(format_args!("VIOLATION: {rule}: {} times", of_rule.len()));
        for violation in of_rule.iter().take(SHOWN) {
            say(format_args!("  {} {}", violation.id, violation.detail));
        }
    }
}
