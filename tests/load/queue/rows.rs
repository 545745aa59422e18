//! Submitted verifications, as the API writes them, but without captures: the pipeline would not look at them.

use std::time::Duration;

use idv_common::db::access_log::{self, Access};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::runs;
use idv_common::db::verifications::{self, Change, NewVerification};
use idv_common::db::{self, Conn, events};
use idv_common::domain::{
    EventType, JobKind, QueueName, RunId, RunReason, TenantId, Timestamp, VerificationId, VerificationStatus,
};
use tokio::task::JoinSet;

use crate::site::Site;

/// Verifications that are submitted by one transaction where nobody looks at the time.
const BATCH: usize = 200;

/// Transactions at once: the default of `database.pool_size`.
const CONNECTIONS: usize = 4;

/// Creates and submits one verification in the caller's transaction.
pub(crate) fn submit(
    conn: &mut Conn,
    tenant: &TenantId,
    queue: QueueName,
    now: Timestamp,
) -> Result<(), db::Error> {
    let (id, run) = (VerificationId::generate(), RunId::generate());
    let new = NewVerification {
        id: &id,
        tenant_id: tenant,
        client_reference: None,
        metadata: None,
        claims: None,
        capture_token_sha256: &[0; 32],
        expires_at: now.plus(Duration::from_secs(24 * 3600)),
    };
    verifications::insert(conn, &new, now)?;
    events::append(conn, tenant, &id, EventType::Created, 1, now)?;
    log(conn, tenant, "verification.create", &id, now)?;
    runs::insert(conn, &run, tenant, &id, RunReason::Submit, &[], now)?;
    let job = NewJob {
        tenant,
        kind: JobKind::Verify,
        queue,
        subject: run.as_str(),
        verification: Some(&id),
        traceparent: None,
    };
    jobs::enqueue(conn, &job, now)?;
    let change = Change { current_run_id: Some(&run), counts_as_attempt: true, ..Change::default() };
    let (from, next) = (VerificationStatus::RequiresInput, VerificationStatus::Processing);
    let version = verifications::transition(conn, &id, from, next, &change, now)?.ok_or(db::Error::Fenced)?;
    events::append(conn, tenant, &id, EventType::from(next), version, now)?;
    log(conn, tenant, "verification.submit", &id, now)
}

fn log(
    conn: &mut Conn,
    tenant: &TenantId,
    action: &str,
    id: &VerificationId,
    now: Timestamp,
) -> Result<(), db::Error> {
    let access = Access { tenant, actor: "cli", action, resource: id.as_str(), request_id: None };
    access_log::append(conn, &access, now)
}

/// Makes a backlog of submitted verifications, telling nobody.
pub(crate) async fn fill(
    site: &Site,
    tenant: &TenantId,
    queue: QueueName,
    count: usize,
) -> anyhow::Result<()> {
    let mut left = count;
    let mut batches = JoinSet::new();
    while left > 0 || !batches.is_empty() {
        // No more than there are connections, because a wait for one of them has an end.
        if left > 0 && batches.len() < CONNECTIONS {
            let size = left.min(BATCH);
            left -= size;
            let (db, tenant) = (site.ctx.db.clone(), tenant.clone());
            batches.spawn(async move {
                db.transaction(move |conn| {
                    let now = db::now(conn)?;
                    (0..size).try_for_each(|_| submit(conn, &tenant, queue, now))
                })
                .await
            });
        } else if let Some(batch) = batches.join_next().await {
            batch??;
        }
    }
    Ok(())
}
