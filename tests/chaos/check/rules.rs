//! What has to hold in the database, one statement each: it selects what breaks the rule, as id and detail.

use anyhow::Context;
use diesel::{PgConnection, RunQueryDsl, sql_query};

use super::Violation;

/// The rules by name.
pub(super) const RULES: &[(&str, &str)] = &[
    (
        "nothing accepted is lost",
        "SELECT id, key AS detail FROM accepted a
         WHERE NOT EXISTS (SELECT FROM verifications v WHERE v.id = a.id)
           AND NOT EXISTS (SELECT FROM comparisons c WHERE c.id = a.id)",
    ),
    (
        "nothing exists that was not accepted",
        "SELECT id, coalesce(client_reference, '') AS detail FROM
           (SELECT id, client_reference FROM verifications
            UNION ALL SELECT id, client_reference FROM comparisons) AS made
         WHERE id NOT IN (SELECT id FROM accepted)",
    ),
    (
        "one request makes one resource",
        "SELECT min(id) AS id, key || ' made ' || count(DISTINCT id) AS detail FROM
           (SELECT id, key FROM accepted
            UNION ALL SELECT id, client_reference FROM verifications WHERE client_reference IS NOT NULL
            UNION ALL SELECT id, client_reference FROM comparisons WHERE client_reference IS NOT NULL) AS made
         GROUP BY key HAVING count(DISTINCT id) > 1",
    ),
    (
        "every verification is decided, or canceled by its caller",
        "SELECT v.id, v.status AS detail FROM verifications v LEFT JOIN accepted a ON a.id = v.id
         WHERE v.status <> 'verified'
           AND NOT (v.status = 'canceled' AND a.wish IN ('cancel', 'redact'))",
    ),
    (
        "every comparison is completed with a result",
        "SELECT id, status AS detail FROM comparisons WHERE status <> 'completed' OR result IS NULL OR version <> 2",
    ),
    (
        "every verification has one result",
        "SELECT resource_id AS id, string_agg(type, ', ' ORDER BY sequence) AS detail FROM events
         WHERE type LIKE 'verification.%' GROUP BY resource_id
         HAVING count(*) FILTER (WHERE type NOT IN
           ('verification.created', 'verification.processing', 'verification.redacted')) <> 1",
    ),
    (
        "one event per transition",
        "SELECT resource_id AS id, string_agg(type, ', ' ORDER BY sequence) AS detail FROM events
         WHERE type LIKE 'verification.%' GROUP BY resource_id
         HAVING count(*) <> count(DISTINCT type)
           OR (array_agg(type ORDER BY sequence))[1:2]
              <> ARRAY['verification.created', 'verification.processing']",
    ),
    (
        "the events agree with the status",
        "SELECT v.id, v.status AS detail FROM verifications v
         WHERE NOT EXISTS (SELECT FROM events e
                           WHERE e.resource_id = v.id AND e.type = 'verification.' || v.status)
           OR (v.redacted_at IS NOT NULL) <> EXISTS (SELECT FROM events e
                           WHERE e.resource_id = v.id AND e.type = 'verification.redacted')",
    ),
    (
        "the sequence of events has no gap",
        "SELECT resource_id AS id, string_agg(sequence::text, ', ' ORDER BY sequence) AS detail FROM events
         GROUP BY resource_id HAVING min(sequence) <> 1 OR max(sequence) <> count(*)",
    ),
    (
        "versions rise from event to event",
        "SELECT resource_id AS id, format('%s after %s', version, before) AS detail FROM
           (SELECT resource_id, version,
                   lag(version) OVER (PARTITION BY resource_id ORDER BY sequence) AS before FROM events) AS steps
         WHERE version <= before",
    ),
    (
        "a decided verification has one finished run that says the same",
        "SELECT v.id, format('%s runs', count(r.id)) AS detail FROM verifications v
         LEFT JOIN runs r ON r.verification_id = v.id
         GROUP BY v.id HAVING count(r.id) <> 1 OR v.attempts <> 1 OR min(r.id) <> v.current_run_id
           OR (v.status <> 'canceled' AND (min(r.finished_at) IS NULL OR min(r.verdict) <> v.status))
           OR (v.status = 'canceled' AND min(r.finished_at) IS NOT NULL)",
    ),
    (
        "every run has one job and every comparison too",
        "SELECT subject AS id, format('%s jobs', count(j.id)) AS detail FROM
           (SELECT id AS subject FROM runs UNION ALL SELECT id FROM comparisons UNION ALL SELECT id FROM erasures) AS s
         LEFT JOIN jobs j ON j.subject_id = subject GROUP BY subject HAVING count(j.id) <> 1",
    ),
    (
        "every job is done, or canceled with its verification",
        "SELECT j.id, format('%s %s: %s', j.kind, j.state, coalesce(j.last_error, '')) AS detail FROM jobs j
         LEFT JOIN verifications v ON v.id = j.verification_id
         WHERE j.state <> 'done' AND NOT (j.state = 'canceled' AND v.status = 'canceled')",
    ),
    (
        "every erasure is complete",
        "SELECT id, reason AS detail FROM erasures WHERE completed_at IS NULL",
    ),
    (
        "erased and compared captures are gone",
        "SELECT c.id, c.kind AS detail FROM captures c LEFT JOIN verifications v ON v.id = c.verification_id
         WHERE c.comparison_id IS NOT NULL OR v.redacted_at IS NOT NULL",
    ),
    (
        "every other verification has its two captures",
        "SELECT v.id, format('%s captures', count(c.id)) AS detail FROM verifications v
         LEFT JOIN captures c ON c.verification_id = v.id AND c.kind <> 'evidence'
         WHERE v.redacted_at IS NULL GROUP BY v.id HAVING count(c.id) <> 2",
    ),
];

/// What breaks a rule.
pub(super) fn broken(conn: &mut PgConnection) -> anyhow::Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for (rule, select) in RULES {
        let query =
            sql_query(format!("SELECT '{rule}' AS rule, id, detail FROM ({select}) AS broken ORDER BY id"));
        let found: Vec<Violation> =
            query.load(conn).with_context(|| format!("failed to check that {rule}"))?;
        violations.extend(found);
    }
    Ok(violations)
}
