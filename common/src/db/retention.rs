//! Taking personal data away when its time is up.

use diesel::prelude::*;

use super::captures::Owner;
use super::schema::{captures, runs, step_evidence, verifications};
use super::{Conn, Error, erasures};
use crate::domain::{ErasureReason, Retention, TenantId, Timestamp, VerificationId};

/// Verifications looked at by one call.
const BATCH: i64 = 50;

/// Purges what a tenant's retention no longer allows. Returns how many rows it touched; more may be left if it is
/// not 0. Enrolled subjects stay until they are deleted.
pub fn purge(
    conn: &mut Conn,
    tenant: &TenantId,
    retention: &Retention,
    now: Timestamp,
) -> Result<usize, Error> {
    let cutoff = |days: u32| now.minus(std::time::Duration::from_secs(u64::from(days) * 86_400));
    let mut touched = 0;
    for verification in with_captures(conn, tenant, cutoff(retention.captures_days))? {
        let objects = super::captures::delete_all(conn, Owner::Verification(&verification))?;
        erasures::order_for(conn, tenant, Some(&verification), ErasureReason::Retention, &objects, now)?;
        // The captures are part of the view.
        super::verifications::touch(conn, &verification, now)?;
        touched += 1;
    }
    touched += purge_evidence(conn, tenant, cutoff(retention.evidence_days))?;
    touched += purge_reports(conn, tenant, cutoff(retention.reports_days), now)?;
    touched += super::batches::cancel_abandoned(conn, tenant, cutoff(retention.reports_days), now)?;
    touched += super::batches::erase_old_sources(conn, tenant, cutoff(retention.reports_days))?;
    touched += super::reviews::purge_notes(conn, tenant, cutoff(retention.reports_days))?;
    let results = cutoff(retention.comparisons_days);
    touched += super::comparisons::erase_results(conn, tenant, results)?;
    touched += super::authentications::erase_results(conn, tenant, results)?;
    touched += super::subjects::erase_refused(conn, tenant, results, BATCH, now)?;
    touched += super::images::erase_old(conn, tenant, cutoff(retention.captures_days), BATCH, now)?;
    Ok(touched)
}

fn with_captures(
    conn: &mut Conn,
    tenant: &TenantId,
    cutoff: Timestamp,
) -> Result<Vec<VerificationId>, Error> {
    Ok(captures::table
        .inner_join(verifications::table.on(captures::verification_id.eq(verifications::id.nullable())))
        .filter(captures::tenant_id.eq(tenant.as_str()))
        .filter(verifications::settled_at.le(cutoff.as_micros()))
        .select(verifications::id)
        .distinct()
        .limit(BATCH)
        .load(conn)?)
}

fn purge_evidence(conn: &mut Conn, tenant: &TenantId, cutoff: Timestamp) -> Result<usize, Error> {
    let settled = verifications::table
        .filter(verifications::settled_at.le(cutoff.as_micros()))
        .select(verifications::id);
    Ok(diesel::delete(
        step_evidence::table
            .filter(step_evidence::tenant_id.eq(tenant.as_str()))
            .filter(step_evidence::verification_id.eq_any(settled)),
    )
    .execute(conn)?)
}

fn purge_reports(
    conn: &mut Conn,
    tenant: &TenantId,
    cutoff: Timestamp,
    now: Timestamp,
) -> Result<usize, Error> {
    let due: Vec<VerificationId> = runs::table
        .inner_join(verifications::table.on(runs::verification_id.eq(verifications::id)))
        .filter(runs::tenant_id.eq(tenant.as_str()))
        .filter(runs::report.is_not_null())
        .filter(verifications::settled_at.le(cutoff.as_micros()))
        .select(verifications::id)
        .distinct()
        .limit(BATCH)
        .load(conn)?;
    for verification in &due {
        super::runs::erase_reports(conn, verification)?;
        super::batches::erase_sources(conn, verification)?;
        diesel::update(verifications::table.find(verification.as_str()))
            .set((
                verifications::purged_at.eq(now.as_micros()),
                verifications::client_reference.eq(None::<String>),
                verifications::metadata.eq(None::<String>),
                verifications::claims.eq(None::<Vec<u8>>),
                verifications::claims_key.eq(None::<Vec<u8>>),
                verifications::version.eq(verifications::version + 1),
            ))
            .execute(conn)?;
    }
    Ok(due.len())
}
