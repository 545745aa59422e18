//! The checker checked: each kind of damage is done to the database, must be noticed, and is undone.

use anyhow::{Context, anyhow, ensure};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use super::rules::{RULES, broken};

/// Which rule must notice what.
const DAMAGES: &[(&str, &str)] = &[
    ("nothing accepted is lost", "INSERT INTO accepted VALUES ('ver_lost', 'lost', 'verify')"),
    ("nothing exists that was not accepted", "DELETE FROM accepted WHERE id = (SELECT min(id) FROM accepted)"),
    (
        "one request makes one resource",
        "UPDATE verifications SET client_reference = (SELECT max(client_reference) FROM verifications)
         WHERE id = (SELECT min(id) FROM verifications WHERE client_reference IS NOT NULL)",
    ),
    (
        "every verification is decided, or canceled by its caller",
        "UPDATE verifications SET status = 'failed' WHERE id = (SELECT min(id) FROM verifications)",
    ),
    (
        "every comparison is completed with a result",
        "INSERT INTO comparisons (id, tenant_id, status, version, created_at)
         SELECT 'cmp_left', id, 'processing', 1, 0 FROM tenants LIMIT 1",
    ),
    (
        "every verification has one result",
        "INSERT INTO events SELECT 'evt_twice', tenant_id, resource_id, sequence + 100, 'verification.rejected',
           version + 1, NULL, 0 FROM events WHERE type = 'verification.verified' ORDER BY id LIMIT 1",
    ),
    (
        "one event per transition",
        "INSERT INTO events SELECT 'evt_twice', tenant_id, resource_id, sequence + 100, type, version + 1, NULL, 0
         FROM events WHERE type = 'verification.verified' ORDER BY id LIMIT 1",
    ),
    (
        "the events agree with the status",
        "UPDATE verifications SET status = 'needs_review' WHERE id = (SELECT min(id) FROM verifications)",
    ),
    (
        "the sequence of events has no gap",
        "UPDATE events SET sequence = sequence + 7
         WHERE id = (SELECT min(id) FROM events WHERE type = 'verification.verified')",
    ),
    (
        "versions rise from event to event",
        "UPDATE events SET version = 1 WHERE id = (SELECT min(id) FROM events WHERE type = 'verification.verified')",
    ),
    (
        "a decided verification has one finished run that says the same",
        "UPDATE runs SET finished_at = NULL WHERE id = (SELECT min(id) FROM runs WHERE finished_at IS NOT NULL)",
    ),
    (
        "every run has one job and every comparison too",
        "UPDATE jobs SET subject_id = 'run_other' WHERE id = (SELECT min(id) FROM jobs)",
    ),
    (
        "every job is done, or canceled with its verification",
        "UPDATE jobs SET state = 'dead' WHERE id = (SELECT min(id) FROM jobs WHERE state = 'done')",
    ),
    (
        "every erasure is complete",
        "INSERT INTO erasures SELECT 'ers_left', id, NULL, 'redact', '[]', '{}', 0, NULL FROM tenants LIMIT 1",
    ),
    (
        "erased and compared captures are gone",
        "UPDATE verifications SET redacted_at = 1
         WHERE id = (SELECT min(verification_id) FROM captures)",
    ),
    (
        "every other verification has its two captures",
        "DELETE FROM captures WHERE id = (SELECT min(id) FROM captures)",
    ),
];

/// Does every damage in a transaction of its own and rolls it back. An error if one goes unnoticed.
pub(super) fn prove_checker(conn: &mut PgConnection) -> anyhow::Result<()> {
    let before = broken(conn)?.len();
    for (rule, _) in RULES {
        let damage = DAMAGES.iter().find(|(name, _)| name == rule);
        let (_, statement) =
            damage.ok_or_else(|| anyhow!("nothing shows that the checker notices: {rule}"))?;
        let mut noticed = Ok(false);
        let undone = conn.transaction(|conn| {
            noticed = conn.batch_execute(statement).map_err(anyhow::Error::from).and_then(|()| {
                let found = broken(conn)?;
                Ok(found.len() > before && found.iter().any(|violation| violation.rule == *rule))
            });
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        });
        ensure!(undone.is_err(), "a damage was not undone");
        ensure!(
            noticed.with_context(|| format!("failed to break the rule: {rule}"))?,
            "the checker does not notice when this is broken: {rule}"
        );
    }
    Ok(())
}
