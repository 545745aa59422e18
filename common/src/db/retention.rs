//! Taking personal data away when its time is up.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::captures::Owner;
use super::erasures::NewErasure;
use super::jobs::NewJob;
use super::schema::{captures, runs, step_evidence, verifications};
use super::{Conn, Error, erasures, jobs};
use crate::domain::{
    CaptureId, ComparisonId, ErasureId, ErasureReason, JobKind, Retention, TenantId, Timestamp,
    VerificationId,
};

/// Verifications looked at by one call.
const BATCH: i64 = 50;

/// Purges what a tenant's retention no longer allows. Returns how many verifications and comparisons it
/// touched; more may be left if it is not 0.
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
        order(conn, tenant, Some(&verification), ErasureReason::Retention, &objects, now)?;
        // The captures are part of the view.
        super::verifications::touch(conn, &verification, now)?;
        touched += 1;
    }
    touched += purge_evidence(conn, tenant, cutoff(retention.evidence_days))?;
    touched += purge_reports(conn, tenant, cutoff(retention.reports_days), now)?;
    touched += super::comparisons::erase_results(conn, tenant, cutoff(retention.comparisons_days))?;
    Ok(touched)
}

/// Deletes a comparison's images, whose keys go with their rows at once and whose objects follow.
pub fn purge_comparison(
    conn: &mut Conn,
    tenant: &TenantId,
    comparison: &ComparisonId,
    now: Timestamp,
) -> Result<(), Error> {
    let objects = super::captures::delete_all(conn, Owner::Comparison(comparison))?;
    order(conn, tenant, None, ErasureReason::Comparison, &objects, now)
}

/// Orders the objects of deleted rows to be deleted.
fn order(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: Option<&VerificationId>,
    reason: ErasureReason,
    objects: &[CaptureId],
    now: Timestamp,
) -> Result<(), Error> {
    let id = ErasureId::generate();
    let row_counts = BTreeMap::from([("captures", objects.len())]);
    let erasure = NewErasure {
        id: &id,
        tenant_id: tenant,
        verification_id: verification,
        reason,
        objects,
        row_counts: &row_counts,
    };
    erasures::insert(conn, &erasure, now)?;
    let job = NewJob {
        tenant,
        kind: JobKind::Erase,
        queue: JobKind::Erase.queue(),
        subject: id.as_str(),
        verification: None,
        traceparent: None,
    };
    jobs::enqueue(conn, &job, now)?;
    Ok(())
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
        diesel::update(verifications::table.find(verification.as_str()))
            .set((
                verifications::purged_at.eq(now.as_micros()),
                verifications::client_reference.eq(None::<String>),
                verifications::metadata.eq(None::<String>),
                verifications::version.eq(verifications::version + 1),
            ))
            .execute(conn)?;
    }
    Ok(due.len())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::db::verifications::{Change, NewVerification};
    use crate::db::{Db, captures as uploads, dialect, tenants, verifications as sessions};
    use crate::domain::{CaptureKind, ImageFormat, VerificationStatus};

    const DAY: Duration = Duration::from_secs(86_400);

    /// A verification with one capture, decided on `now`.
    fn decided(conn: &mut Conn, tenant: &TenantId, now: Timestamp) -> Result<VerificationId, Error> {
        let id = VerificationId::generate();
        let new = NewVerification {
            id: &id,
            tenant_id: tenant,
            client_reference: None,
            metadata: None,
            capture_token_sha256: &[0; 32],
            expires_at: now.plus(DAY),
        };
        sessions::insert(conn, &new, now)?;
        let capture = uploads::Capture {
            id: CaptureId::generate(),
            tenant_id: tenant.clone(),
            kind: CaptureKind::Selfie,
            content_type: ImageFormat::Jpeg,
            bytes: 1,
            width: 1,
            height: 1,
            sha256: String::new(),
            wrapped_key: vec![0; 72],
            created_at: now,
        };
        uploads::insert(conn, &capture, Owner::Verification(&id))?;
        for (from, to) in [
            (VerificationStatus::RequiresInput, VerificationStatus::Processing),
            (VerificationStatus::Processing, VerificationStatus::Verified),
        ] {
            sessions::transition(conn, &id, from, to, &Change::default(), now)?;
        }
        Ok(id)
    }

    #[tokio::test]
    async fn captures_go_when_their_days_are_over_and_the_view_changes() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&dialect::scratch(folder.path()), 1).unwrap();
        db.migrate().await.unwrap();
        let purged = db.transaction(|conn| {
            let (tenant, now) = (TenantId::generate(), Timestamp::from_micros(1_000_000));
            tenants::insert(conn, &tenant, "t", &[0; 72], now)?;
            let id = decided(conn, &tenant, now)?;
            let kept = Retention::default();
            let last_day = now.plus(DAY * (kept.captures_days - 1));
            let over = now.plus(DAY * kept.captures_days);
            let early = purge(conn, &tenant, &kept, last_day)?;
            let before = sessions::get(conn, &tenant, &id)?.map(|row| row.version);
            let late = purge(conn, &tenant, &kept, over)?;
            let after = sessions::get(conn, &tenant, &id)?.map(|row| row.version);
            let left = uploads::current(conn, &id)?.len();
            let jobs = jobs::backlog(conn, crate::domain::QueueName::Batch)?;
            Ok::<_, Error>((early, late, before, after, left, jobs))
        });
        let (early, late, before, after, left, jobs) = purged.await.unwrap();
        assert_eq!((early, late), (0, 1), "one day too early, and on the day");
        assert_eq!(after, before.map(|version| version + 1));
        assert_eq!((left, jobs), (0, 1), "the row is gone, and its object is to be erased");
    }
}
