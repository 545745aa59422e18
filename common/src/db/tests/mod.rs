//! What every database must do: one suite, run on SQLite and, when `IDV_TEST_DATABASE_URL` names a server, on
//! PostgreSQL, each test in a database of its own.

mod batches;
mod dead;
mod deliveries;
mod endpoints;
mod jobs;
mod report;
mod reviews;
mod rows;
mod server;
mod subjects;
mod webhooks;

use std::time::Duration;

use super::jobs::NewJob;
use super::verifications::NewVerification;
use super::{Conn, Db, Error, dialect, runs, tenants, verifications};
use crate::domain::*;

const DAY: Duration = Duration::from_secs(86_400);

/// A database of a test, with its schema.
struct Scratch {
    db: Db,
    _folder: tempfile::TempDir,
}

impl Scratch {
    async fn run<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.db.transaction(body).await.unwrap()
    }
}

/// An empty database on every backend.
async fn databases() -> Vec<Scratch> {
    let mut all = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let targets = [Some(dialect::scratch(folder.path())), dialect::scratch_on_server()];
    for target in targets.into_iter().flatten() {
        let db = Db::open(&target, 2).unwrap();
        db.migrate().await.unwrap();
        all.push(Scratch { db, _folder: tempfile::tempdir().unwrap() });
    }
    // The first one's files live as long as the first one.
    all[0]._folder = folder;
    all
}

fn tenant(conn: &mut Conn, name: &str, now: Timestamp) -> Result<TenantId, Error> {
    let id = TenantId::generate();
    tenants::insert(conn, &id, name, &[0; 72], now)?;
    Ok(id)
}

fn verification(conn: &mut Conn, tenant: &TenantId, now: Timestamp) -> Result<VerificationId, Error> {
    let id = VerificationId::generate();
    let new = NewVerification {
        id: &id,
        tenant_id: tenant,
        client_reference: Some("reference"),
        metadata: None,
        claims: None,
        capture_token_sha256: &[0; 32],
        expires_at: now.plus(DAY),
    };
    verifications::insert(conn, &new, now)?;
    Ok(id)
}

fn run_of(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: &VerificationId,
    now: Timestamp,
) -> Result<RunId, Error> {
    let run = RunId::generate();
    runs::insert(conn, &run, tenant, verification, RunReason::Submit, &[], now)?;
    Ok(run)
}

/// Puts `count` interactive jobs of a tenant on the list.
fn enqueue(conn: &mut Conn, tenant: &TenantId, count: usize, now: Timestamp) -> Result<Vec<JobId>, Error> {
    let new = NewJob {
        tenant,
        kind: JobKind::Verify,
        queue: QueueName::Interactive,
        subject: "run",
        verification: None,
        traceparent: None,
    };
    (0..count).map(|_| super::jobs::enqueue(conn, &new, now)).collect()
}
