//! Batches, from their files or their selection to their results, with a worker that finds everything in order.

mod imports;
mod reprocessing;

use std::path::Path;
use std::time::{Duration, Instant};

use idv_common::blob::Source;
use idv_common::db::batches::{self, Batch, Item, NewBatch, NewItem};
use idv_common::db::decisions::{self, NewDecision};
use idv_common::db::jobs::NewJob;
use idv_common::db::verifications::{self, Change, NewVerification, Verification};
use idv_common::db::{self, Conn, events};
use idv_common::domain::{
    BatchId, BatchItemId, BatchKind, BatchStatus, DecisionSource, ImportLine, ItemState, JobKind, Policy,
    Standing, TenantId, Timestamp, Verdict, VerificationId, VerificationStatus,
};
use idv_common::{Context, context};
use tokio_util::sync::CancellationToken;

use super::{GivenUp, give_up};
use crate::import::{Ingested, ingest};
use crate::{Engine, Role, feed, testing};

const VERIFIED: VerificationStatus = VerificationStatus::Verified;
const REJECTED: VerificationStatus = VerificationStatus::Rejected;

/// A context with one tenant, and a folder with images.
struct Bench {
    ctx: Context,
    tenant: TenantId,
    files: tempfile::TempDir,
    _data: tempfile::TempDir,
}

/// A worker process of the bench, until it is stopped.
struct Worker {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Worker {
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// An image of one pixel of that brightness.
fn png(brightness: u8) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(1, 1, image::Luma([brightness]))
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    png.into_inner()
}

fn line(name: &str) -> ImportLine {
    ImportLine {
        client_reference: Some(name.to_owned()),
        document_front: format!("{name}/front.png"),
        selfie: Some(format!("{name}/selfie.png")),
        ..ImportLine::default()
    }
}

impl Bench {
    async fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let (data, mut ctx) = testing::embedded().await;
        ctx.imports = Some(Source::folder(files.path()));
        let keyring = ctx.keyring.clone();
        let tenant = ctx.db.transaction(move |conn| {
            let now = db::now(conn)?;
            context::default_tenant(conn, &keyring, now)
        });
        Self { tenant: tenant.await.unwrap(), ctx, files, _data: data }
    }

    fn work(&self) -> Worker {
        let stop = CancellationToken::new();
        let load = |_: &idv_common::Config| Ok(Engine::noop(Duration::ZERO));
        let (ctx, token) = (self.ctx.clone(), stop.clone());
        let task = tokio::spawn(async move { crate::run(ctx, &Role::ALL, None, load, token).await });
        Worker { stop, task }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.files.path().join(context::DEFAULT_TENANT).join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The files of the tenant.
    fn source(&self) -> Source {
        self.ctx.imports.as_ref().unwrap().below(context::DEFAULT_TENANT).unwrap()
    }

    async fn run<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn, Timestamp) -> Result<T, db::Error> + Send + 'static,
    ) -> T {
        let run = self.ctx.db.transaction(move |conn| {
            let now = db::now(conn)?;
            body(conn, now)
        });
        run.await.unwrap()
    }

    /// Starts an import of these, whose files are there.
    async fn import(&self, names: &[&str]) -> BatchId {
        for (name, n) in names.iter().zip(0..) {
            self.put(&format!("{name}/front.png"), &png(n));
            self.put(&format!("{name}/selfie.png"), &png(n + 100));
        }
        let lines: Vec<ImportLine> = names.iter().map(|name| line(name)).collect();
        self.import_lines(lines).await
    }

    async fn import_lines(&self, lines: Vec<ImportLine>) -> BatchId {
        let tenant = self.tenant.clone();
        self.run(move |conn, now| {
            let id = BatchId::generate();
            let selection = r#"{"source":"configured"}"#;
            insert(conn, &NewBatch { kind: BatchKind::Import, selection, ..new(&id, &tenant) }, now)?;
            let items: Vec<NewItem> = lines
                .iter()
                .map(|line| NewItem {
                    source: Some(serde_json::to_string(line).unwrap()),
                    verification: None,
                    old: None,
                })
                .collect();
            batches::add_items(conn, &tenant, &id, 0, &items, None)?;
            let batch = batches::lock(conn, &id)?.unwrap();
            batches::set_status(conn, &batch, BatchStatus::Running, None, now)?;
            Ok(id)
        })
        .await
    }

    /// Starts a reprocessing of everything.
    async fn reprocess(&self, change: fn(&mut NewBatch<'_>)) -> BatchId {
        let tenant = self.tenant.clone();
        self.run(move |conn, now| {
            let id = BatchId::generate();
            let mut batch = new(&id, &tenant);
            change(&mut batch);
            insert(conn, &batch, now)?;
            let job = NewJob {
                tenant: &tenant,
                kind: JobKind::Prepare,
                queue: JobKind::Prepare.queue(),
                subject: id.as_str(),
                verification: None,
                traceparent: None,
            };
            db::jobs::enqueue(conn, &job, now)?;
            Ok(id)
        })
        .await
    }

    async fn batch(&self, id: &BatchId) -> Batch {
        let id = id.clone();
        self.run(move |conn, _| batches::get_unscoped(conn, &id)).await.unwrap()
    }

    async fn items(&self, id: &BatchId) -> Vec<Item> {
        let id = id.clone();
        self.run(move |conn, _| batches::items(conn, &id, None, 0, 1000)).await
    }

    async fn verification(&self, id: &VerificationId) -> Verification {
        let id = id.clone();
        self.run(move |conn, _| verifications::get_unscoped(conn, &id)).await.unwrap()
    }

    async fn history(&self, id: &VerificationId) -> Vec<&'static str> {
        let id = id.to_string();
        let events = self.run(move |conn, _| events::list(conn, &id)).await;
        events.iter().map(|event| event.event_type.as_str()).collect()
    }

    /// Waits until a batch has ended, and gives its items.
    async fn ended(&self, id: &BatchId) -> Vec<Item> {
        let started = Instant::now();
        while !self.batch(id).await.status.is_finished() {
            assert!(started.elapsed() < Duration::from_secs(120), "the batch has not ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.items(id).await
    }

    /// A verification that an import has made and a worker verified.
    async fn verified(&self) -> VerificationId {
        let worker = self.work();
        let batch = self.import(&["somebody"]).await;
        let items = self.ended(&batch).await;
        worker.stop().await;
        items[0].verification_id.clone().unwrap()
    }
}

fn new<'a>(id: &'a BatchId, tenant: &'a TenantId) -> NewBatch<'a> {
    NewBatch {
        id,
        tenant,
        kind: BatchKind::Reprocess,
        description: None,
        selection: "{}",
        policy: None,
        shadow: false,
        overrides_reviews: false,
        per_minute: None,
    }
}

fn insert(conn: &mut Conn, new: &NewBatch<'_>, now: Timestamp) -> Result<(), db::Error> {
    batches::insert(conn, new, now)
}

fn states(items: &[Item]) -> Vec<ItemState> {
    items.iter().map(|item| item.state).collect()
}

impl Bench {
    /// A reprocessing whose only item has begun, with no worker to go on with it.
    async fn begun(&self, id: &VerificationId) -> BatchId {
        let (tenant, verification) = (self.tenant.clone(), id.clone());
        let batch = self.run(move |conn, now| {
            let id = BatchId::generate();
            insert(conn, &new(&id, &tenant), now)?;
            let item = NewItem { source: None, verification: Some(verification), old: None };
            batches::add_items(conn, &tenant, &id, 0, &[item], None)?;
            let batch = batches::lock(conn, &id)?.unwrap();
            batches::set_status(conn, &batch, BatchStatus::Running, None, now)?;
            Ok(id)
        });
        let batch = batch.await;
        assert_eq!(feed::round(&self.ctx, false).await.unwrap().items, 1);
        assert_eq!(states(&self.items(&batch).await), [ItemState::Running]);
        batch
    }

    /// What happens when the job of an item's run is dead.
    async fn give_up(&self, item: &Item, verification: &VerificationId) {
        let (tenant, verification) = (self.tenant.clone(), verification.clone());
        let subject = item.run_id.as_ref().unwrap().to_string();
        self.run(move |conn, now| {
            let dead = GivenUp {
                kind: JobKind::Verify,
                tenant: &tenant,
                subject: &subject,
                verification: Some(&verification),
                cause: "the model is broken",
            };
            give_up(conn, &dead, now)
        })
        .await;
    }
}
