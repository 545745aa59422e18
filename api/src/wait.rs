//! Waiting for a result: `Prefer: wait=N` (RFC 7240).
//!
//! One task per process asks for everything that is waited for in one statement per table, every 50 ms and
//! whenever this process has changed something, and only while somebody waits. Who waits holds neither a
//! thread nor a connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use idv_common::Context;
use idv_common::db::{self, authentications, comparisons, images, subjects, verifications};
use idv_common::domain::{
    AuthenticationId, ComparisonId, ImageId, SubjectId, SubjectStatus, TaskStatus, VerificationId,
    VerificationStatus,
};
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

/// How often the database is asked.
const PERIOD: Duration = Duration::from_millis(50);
/// How long the database is left alone after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The header by which a caller says that it would rather wait.
pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The header by which the answer says that it has waited.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// A status other than `processing`.
    Done,
    /// A version other than this one.
    Changed(i64),
}

/// Where a resource stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    processing: bool,
    version: i64,
}

impl Until {
    fn is_met(self, standing: Standing) -> bool {
        match self {
            Self::Done => !standing.processing,
            Self::Changed(version) => standing.version != version,
        }
    }
}

/// How long the caller of a request would rather wait, at most `limit_s`; `None` if it would not.
pub(crate) fn preference(req: &HttpRequest, limit_s: u64) -> Option<Duration> {
    let preferences = req.headers().get_all(PREFER).filter_map(|value| value.to_str().ok());
    preferences
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|preference| preference.trim().strip_prefix("wait="))
        .find_map(|seconds| seconds.trim_matches('"').parse::<u64>().ok())
        .filter(|seconds| *seconds > 0)
        .map(|seconds| Duration::from_secs(seconds.min(limit_s)))
}

/// Everybody who waits in this process.
pub(crate) struct Waiters {
    shared: Arc<Shared>,
    watcher: AbortHandle,
}

struct Shared {
    waiting: Mutex<HashMap<u64, Waiter>>,
    next: AtomicU64,
    somebody: Notify,
    most: usize,
}

struct Waiter {
    id: String,
    until: Until,
    wake: oneshot::Sender<()>,
}

impl Waiters {
    /// Starts the task that watches.
    pub(crate) fn start(ctx: &Context) -> Self {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            next: AtomicU64::new(0),
            somebody: Notify::new(),
            most: ctx.config.limits.waiters,
        });
        let watcher = tokio::spawn(watch(ctx.clone(), shared.clone())).abort_handle();
        Self { shared, watcher }
    }

    /// How many requests wait.
    pub(crate) fn count(&self) -> usize {
        self.shared.lock().len()
    }

    /// Waits for a resource, at most `patience`. `false`, at once, if too many wait already.
    pub(crate) async fn wait(&self, id: &str, until: Until, patience: Duration) -> bool {
        let (wake, woken) = oneshot::channel();
        let ticket = self.shared.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut waiting = self.shared.lock();
            if waiting.len() >= self.shared.most {
                return false;
            }
            waiting.insert(ticket, Waiter { id: id.to_owned(), until, wake });
        }
        let _leave = Leave { shared: &self.shared, ticket };
        self.shared.somebody.notify_one();
        // Timeout and wake-up end the same way: the caller looks again.
        let _ = tokio::time::timeout(patience, woken).await;
        true
    }
}

impl Drop for Waiters {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

/// Takes a waiter off the list when its request ends, however it ends.
struct Leave<'a> {
    shared: &'a Shared,
    ticket: u64,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.shared.lock().remove(&self.ticket);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Waiter>> {
        // The map is whole after every single operation, so a panic elsewhere does not spoil it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ids that are waited for, in order.
    fn awaited(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.lock().values().map(|waiter| waiter.id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Wakes those who have what they wait for, or for whom it is gone: it was asked for and not found.
    fn wake(&self, asked: &[String], standings: &HashMap<String, Standing>) {
        let met = |waiter: &mut Waiter| match standings.get(&waiter.id) {
            Some(standing) => waiter.until.is_met(*standing),
            None => asked.binary_search(&waiter.id).is_ok(),
        };
        for (_, waiter) in self.lock().extract_if(|_, waiter| met(waiter)) {
            let _ = waiter.wake.send(());
        }
    }
}

async fn watch(ctx: Context, shared: Arc<Shared>) {
    loop {
        let ids = shared.awaited();
        if ids.is_empty() {
            shared.somebody.notified().await;
            continue;
        }
        // Listening begins before the database is asked, so that no change falls between the two.
        let changed = ctx.changed.notified();
        match standings(&ctx, ids.clone()).await {
            Ok(standings) => shared.wake(&ids, &standings),
            Err(error) => {
                tracing::warn!(%error, "failed to look for those who wait");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
        let _ = tokio::time::timeout(PERIOD, changed).await;
    }
}

async fn standings(ctx: &Context, ids: Vec<String>) -> Result<HashMap<String, Standing>, db::Error> {
    ctx.db
        .read(move |conn| {
            // Only the tables that somebody waits for something of.
            let of = |prefix: &str| -> Option<Vec<String>> {
                let ids: Vec<_> = ids.iter().filter(|id| id.starts_with(prefix)).cloned().collect();
                (!ids.is_empty()).then_some(ids)
            };
            let mut found = Standings::default();
            if let Some(ids) = of(VerificationId::PREFIX) {
                found.add(verifications::versions(conn, &ids)?, VerificationStatus::Processing);
            }
            if let Some(ids) = of(ComparisonId::PREFIX) {
                found.add(comparisons::versions(conn, &ids)?, TaskStatus::Processing);
            }
            if let Some(ids) = of(SubjectId::PREFIX) {
                found.add(subjects::versions(conn, &ids)?, SubjectStatus::Processing);
            }
            if let Some(ids) = of(AuthenticationId::PREFIX) {
                found.add(authentications::versions(conn, &ids)?, TaskStatus::Processing);
            }
            if let Some(ids) = of(ImageId::PREFIX) {
                found.add(images::versions(conn, &ids)?, TaskStatus::Processing);
            }
            Ok(found.0)
        })
        .await
}

#[derive(Default)]
struct Standings(HashMap<String, Standing>);

impl Standings {
    fn add<I: Into<String>, S: PartialEq>(&mut self, rows: Vec<(I, S, i64)>, processing: S) {
        let standing = |(id, status, version): (I, S, i64)| {
            (id.into(), Standing { processing: status == processing, version })
        };
        self.0.extend(rows.into_iter().map(standing));
    }
}
