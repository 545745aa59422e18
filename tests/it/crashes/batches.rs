//! The same for batches: whatever is killed, each item comes to one result.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use idv_common::db::batches::{self, Batch, Item, NewBatch, NewItem};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::verifications::{self, Filter};
use idv_common::db::{self, Conn, decisions, tenants};
use idv_common::domain::{
    BatchId, BatchKind, BatchStatus, ImportLine, ItemState, JobKind, TenantId, Timestamp,
};

use super::SIGABRT;
use crate::harness::data::Data;
use crate::harness::images::broken_png;
use crate::harness::{Server, ServerOptions, eventually};

/// The items of an import.
const COUNT: u32 = 3;

/// A server that finds everything in order, and a folder with the files of an import.
struct Crash {
    server: Server,
    point: &'static str,
    _files: tempfile::TempDir,
}

impl Crash {
    fn at(point: &'static str) -> Option<Self> {
        let files = tempfile::tempdir().unwrap();
        let own = files.path().join("default");
        std::fs::create_dir(&own).unwrap();
        for n in 0..COUNT {
            std::fs::write(own.join(format!("{n}-front.png")), broken_png(n)).unwrap();
            std::fs::write(own.join(format!("{n}-selfie.png")), broken_png(n + 100)).unwrap();
        }
        let options = ServerOptions::default().noop();
        let options = options.set("IDV_BATCH__SOURCE", format!("file://{}", files.path().display()));
        // A lease that runs out soon, since each of these tests waits for one.
        let options = options.set("IDV_JOBS__LEASE_S", 6).set("IDV_JOBS__HEARTBEAT_S", 1);
        Some(Self { server: Server::with(options.set("IDV_JOBS__SWEEP_S", 1))?, point, _files: files })
    }

    fn arm(&mut self) {
        let point = self.point;
        self.server.restart_with(&[("FAILPOINTS", format!("{point}=return"))]);
    }

    /// Makes a batch that leads to the crash, and starts the server again.
    fn provoke(
        &mut self,
        begin: fn(&mut Conn, &TenantId, Timestamp) -> Result<BatchId, db::Error>,
    ) -> BatchId {
        let batch = begin_batch(&self.server.data(), begin);
        let status = self.server.wait_for_end();
        assert_eq!(status.signal(), Some(SIGABRT), "{}: {status}", self.point);
        self.server.restart();
        batch
    }
}

/// Makes a batch behind the server's back.
pub(crate) fn begin_batch(
    data: &Data,
    begin: fn(&mut Conn, &TenantId, Timestamp) -> Result<BatchId, db::Error>,
) -> BatchId {
    data.transaction(move |conn| {
        let now = db::now(conn)?;
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        begin(conn, &tenant, now)
    })
}

fn new<'a>(id: &'a BatchId, tenant: &'a TenantId, kind: BatchKind, selection: &'a str) -> NewBatch<'a> {
    NewBatch {
        id,
        tenant,
        kind,
        description: None,
        selection,
        policy: None,
        shadow: false,
        overrides_reviews: false,
        per_minute: None,
    }
}

fn import(conn: &mut Conn, tenant: &TenantId, now: Timestamp) -> Result<BatchId, db::Error> {
    let id = BatchId::generate();
    let selection = r#"{"source":"configured"}"#;
    batches::insert(conn, &new(&id, tenant, BatchKind::Import, selection), now)?;
    let item = |n: u32| {
        let line = ImportLine {
            document_front: format!("{n}-front.png"),
            selfie: Some(format!("{n}-selfie.png")),
            ..ImportLine::default()
        };
        NewItem { source: Some(serde_json::to_string(&line).unwrap()), verification: None, old: None }
    };
    let items: Vec<NewItem> = (0..COUNT).map(item).collect();
    batches::add_items(conn, tenant, &id, 0, &items, None)?;
    let batch = batches::lock(conn, &id)?.unwrap();
    batches::set_status(conn, &batch, BatchStatus::Running, None, now)?;
    Ok(id)
}

/// A reprocessing of everything.
pub(crate) fn reprocess(conn: &mut Conn, tenant: &TenantId, now: Timestamp) -> Result<BatchId, db::Error> {
    let id = BatchId::generate();
    batches::insert(conn, &new(&id, tenant, BatchKind::Reprocess, "{}"), now)?;
    let job = NewJob {
        tenant,
        kind: JobKind::Prepare,
        queue: JobKind::Prepare.queue(),
        subject: id.as_str(),
        verification: None,
        traceparent: None,
    };
    jobs::enqueue(conn, &job, now)?;
    Ok(id)
}

/// Waits for a batch to end, and checks that it has each of `COUNT` verifications once, with one result.
fn assert_one_result_each(server: &Server, batch: &BatchId) -> Vec<Item> {
    let data = server.data();
    eventually("the batch has ended", || state(&data, batch).0.status.is_finished());
    eventually("the last job has ended", || !data.has_unfinished_jobs());
    let (batch, items) = state(&data, batch);
    assert_eq!(batch.status, BatchStatus::Completed);
    assert!(items.iter().all(|item| item.state == ItemState::Done), "{items:?}");
    let ids: BTreeSet<_> = items.iter().filter_map(|item| item.verification_id.clone()).collect();
    assert_eq!((items.len(), ids.len()), (COUNT as usize, COUNT as usize));
    for id in &ids {
        data.assert_one_result(id.as_str());
    }
    let made = data.transaction(move |conn| {
        verifications::list(conn, &batch.tenant_id, &Filter::default(), i64::from(COUNT) * 2)
    });
    assert_eq!(made.len(), COUNT as usize, "no verification but those of the items");
    data.assert_no_job_is_left();
    items
}

/// A batch and its items.
pub(crate) fn state(data: &Data, batch: &BatchId) -> (Batch, Vec<Item>) {
    let id = batch.clone();
    data.transaction(move |conn| {
        let batch = batches::get_unscoped(conn, &id)?.unwrap();
        Ok((batch, batches::items(conn, &id, None, 0, 100)?))
    })
}

/// Whatever an import was doing, it goes on.
pub(super) fn an_import_comes_to_one_result_per_item(point: &'static str) -> Option<()> {
    let mut crash = Crash::at(point)?;
    crash.arm();
    let batch = crash.provoke(import);
    assert_one_result_each(&crash.server, &batch);
    let orphans = crash.server.data().orphans().len();
    match point {
        // Those of each item that was being imported; the sweep takes them away after a day.
        "import.stored" => assert!((1..=2 * COUNT as usize).contains(&orphans), "{orphans}"),
        _ => assert_eq!(orphans, 0, "{point}"),
    }
    Some(())
}

/// Whatever a reprocessing was doing, it goes on, and decides on each verification once.
pub(super) fn a_reprocessing_decides_each_once(point: &'static str) -> Option<()> {
    let mut crash = Crash::at(point)?;
    let imported = begin_batch(&crash.server.data(), import);
    assert_one_result_each(&crash.server, &imported);
    crash.arm();
    let batch = crash.provoke(reprocess);
    for item in assert_one_result_each(&crash.server, &batch) {
        let id = item.verification_id.unwrap();
        let decided = crash.server.data().transaction(move |conn| decisions::list(conn, &id));
        assert_eq!(decided.len(), 2, "the import's, and this one");
    }
    Some(())
}
