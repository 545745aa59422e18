//! Imports: the files of an item become captures, and the item a verification that a worker decides.

use anyhow::anyhow;
use idv_common::blob::{self, BlobKey, Source, SourceError};
use idv_common::crypto::SecretKey;
use idv_common::db::batches::{self, Item};
use idv_common::db::captures::{self, Capture, Owner, key_context};
use idv_common::db::jobs::{self, NewJob};
use idv_common::db::runs::{self, NewRun, RunCapture};
use idv_common::db::verifications::{self, Change, NewVerification};
use idv_common::db::{self, Conn, events, tenants, webhooks};
use idv_common::domain::{
    BatchItemId, CaptureId, CaptureKind, EventType, ImportLine, JobKind, QueueName, ReceiverUrl, Receivers,
    RefusedReceiver, RunId, RunReason, TenantId, Timestamp, VerificationId, VerificationStatus,
};
use idv_common::media::{Inspected, Inspection, Refusal};
use idv_common::{Context, auth, fault};

/// What came of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ingested {
    /// It is a verification now, and a worker will decide.
    Made(VerificationId),
    /// Its files, or what it says of them, are not taken: it has failed, and this is why.
    Refused(String),
    /// It had become a verification before, or has ended.
    Settled,
}

/// Makes a verification of an item: its files first and all rows in one transaction, so that whoever is killed meanwhile
/// leaves at worst objects without rows, and an item becomes no more than one verification. Fails if database, object
/// store or source are away; the item then waits to be tried again.
pub async fn ingest(ctx: &Context, source: &Source, item: &BatchItemId) -> anyhow::Result<Ingested> {
    let Some((item, key, receivers)) = read_item(ctx, item).await? else {
        return Ok(Ingested::Settled);
    };
    let line = match line_of(&item, &receivers) {
        Ok(line) => line,
        Err(why) => return refuse(ctx, item.id, why).await,
    };
    let mut stored = Stored { ctx, captures: Vec::new() };
    for (kind, name) in line.files() {
        match store(ctx, source, &item.tenant_id, &key, kind, name).await {
            Ok(capture) => stored.captures.push(capture),
            Err(Failure::Refused(why)) => {
                stored.delete().await;
                return refuse(ctx, item.id, format!("failed to take the {kind}: {why}")).await;
            }
            Err(Failure::Away(error)) => {
                stored.delete().await;
                return Err(error);
            }
        }
    }
    fault::point("import.stored");
    let making = Making::of(ctx, item, line, stored.captures.clone());
    let made = ctx.db.transaction(move |conn| making.commit(conn)).await;
    match made {
        Ok(Some(id)) => {
            fault::point("import.committed");
            Ok(Ingested::Made(id))
        }
        Ok(None) => {
            stored.delete().await;
            Ok(Ingested::Settled)
        }
        // Whether the rows are there is not known; the sweep knows, and takes what has none.
        Err(error) => Err(error.into()),
    }
}

/// The item, its tenant's key and where that tenant's webhooks may go, unless it needs nothing any more.
async fn read_item(ctx: &Context, id: &BatchItemId) -> anyhow::Result<Option<(Item, SecretKey, Receivers)>> {
    let (id, keyring) = (id.clone(), ctx.keyring.clone());
    let read = ctx.db.read(move |conn| {
        let item = batches::item(conn, &id)?.ok_or_else(|| anyhow!("failed to find the item `{id}`"))?;
        let is_open = item.verification_id.is_none() && !item.state.is_finished();
        if !is_open
            || batches::get_unscoped(conn, &item.batch_id)?.is_none_or(|batch| batch.status.is_finished())
        {
            return Ok::<_, anyhow::Error>(None);
        }
        let key = keyring.tenant(conn, &item.tenant_id)?;
        let receivers = tenants::receivers(conn, &item.tenant_id)?;
        Ok(Some((item, key, receivers)))
    });
    read.await
}

/// What an item says, its URL in the normal form; the error says what keeps it from becoming a verification.
fn line_of(item: &Item, receivers: &Receivers) -> Result<ImportLine, String> {
    let source = item.source.as_deref().ok_or("failed to read the item: it names no files")?;
    let mut line: ImportLine =
        serde_json::from_str(source).map_err(|_| "failed to read the item: it is not of an import's form")?;
    line.check().map_err(|cause| cause.to_string())?;
    if let Some(url) = &line.webhook_url {
        let url: ReceiverUrl = url.parse().map_err(|refused: RefusedReceiver| refused.to_string())?;
        receivers.check(&url).map_err(|refused| refused.to_string())?;
        line.webhook_url = Some(url.into());
    }
    Ok(line)
}

async fn refuse(ctx: &Context, item: BatchItemId, why: String) -> anyhow::Result<Ingested> {
    let error = why.clone();
    let fail = ctx.db.transaction(move |conn| {
        let now = db::now(conn)?;
        batches::fail_item(conn, &item, &error, now)
    });
    Ok(if fail.await? { Ingested::Refused(why) } else { Ingested::Settled })
}

/// Objects that have no rows yet.
struct Stored<'a> {
    ctx: &'a Context,
    captures: Vec<Capture>,
}

impl Stored<'_> {
    /// Deletes the objects. What cannot be deleted now is left to the sweep.
    async fn delete(self) {
        for capture in self.captures {
            if let Err(error) = self.ctx.blobs.delete(&BlobKey::Capture(capture.tenant_id, capture.id)).await
            {
                tracing::warn!(%error, "left an object without a row to the sweep");
            }
        }
    }
}

/// Why a file was not stored.
enum Failure {
    /// It is not taken.
    Refused(String),
    /// It can be neither taken nor refused at the moment.
    Away(anyhow::Error),
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Refused(_) => Self::Refused(error.to_string()),
            SourceError::Away(_) => {
                Self::Away(anyhow::Error::new(error).context("failed to read from the source of the import"))
            }
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<blob::Error> for Failure {
    fn from(error: blob::Error) -> Self {
        Self::Away(error.into())
    }
}

/// Copies a file into the object store.
async fn store(
    ctx: &Context,
    source: &Source,
    tenant: &TenantId,
    tenant_key: &SecretKey,
    kind: CaptureKind,
    name: &str,
) -> Result<Capture, Failure> {
    let (id, key) = (CaptureId::generate(), SecretKey::generate());
    let object = BlobKey::Capture(tenant.clone(), id.clone());
    let mut writer = ctx.blobs.writer(&object, &key);
    let copied = match copy(ctx, source, kind, name, &mut writer).await {
        Ok(copied) => copied,
        Err(failure) => {
            writer.abort().await;
            return Err(failure);
        }
    };
    writer.finish().await?;
    Ok(Capture {
        wrapped_key: tenant_key.wrap(&key, &key_context(&id)),
        id,
        tenant_id: tenant.clone(),
        kind,
        content_type: copied.format,
        bytes: copied.bytes,
        width: copied.width,
        height: copied.height,
        sha256: copied.sha256,
        // The transaction that stores the row sets it, by the database's clock.
        created_at: Timestamp::from_micros(0),
    })
}

async fn copy(
    ctx: &Context,
    source: &Source,
    kind: CaptureKind,
    name: &str,
    writer: &mut blob::BlobWriter,
) -> Result<Inspected, Failure> {
    let mut file = source.read(name).await?;
    let mut inspection = Inspection::new(kind, kind.formats(), &ctx.config.limits);
    while let Some(chunk) = file.next().await? {
        inspection.push(&chunk)?;
        writer.write(chunk).await?;
    }
    Ok(inspection.finish()?)
}

/// A verification that is about to be made.
struct Making {
    item: Item,
    line: ImportLine,
    captures: Vec<Capture>,
    patience: std::time::Duration,
}

impl Making {
    fn of(ctx: &Context, item: Item, line: ImportLine, captures: Vec<Capture>) -> Self {
        let hours = u64::from(ctx.policy.session.expires_after_hours);
        Self { item, line, captures, patience: std::time::Duration::from_secs(hours * 3600) }
    }

    /// Makes and submits it, unless the item has become one or has ended in the meantime.
    fn commit(&self, conn: &mut Conn) -> Result<Option<VerificationId>, db::Error> {
        let now = db::now(conn)?;
        // Before the item, as whoever calls the batch off does it.
        if !batches::keep_open(conn, &self.item.batch_id)? {
            return Ok(None);
        }
        let open = batches::lock_item(conn, &self.item.id)?
            .filter(|item| item.verification_id.is_none() && !item.state.is_finished());
        if open.is_none() {
            return Ok(None);
        }
        let (tenant, id) = (&self.item.tenant_id, VerificationId::generate());
        self.insert(conn, &id, now)?;
        for capture in &self.captures {
            let capture = Capture { created_at: now, ..capture.clone() };
            captures::insert(conn, &capture, Owner::Verification(&id))?;
        }
        let run = RunId::generate();
        let inputs: Vec<RunCapture> = self.captures.iter().map(RunCapture::of).collect();
        let new = NewRun {
            id: &run,
            tenant,
            verification: &id,
            reason: RunReason::Submit,
            captures: &inputs,
            item: Some(&self.item.id),
            shadow: false,
        };
        runs::insert_for(conn, &new, now)?;
        self.submit(conn, &id, &run, now)?;
        batches::made_verification(conn, &self.item.id, &id, &run, now)?;
        Ok(Some(id))
    }

    fn insert(&self, conn: &mut Conn, id: &VerificationId, now: Timestamp) -> Result<(), db::Error> {
        let tenant = &self.item.tenant_id;
        let row = NewVerification {
            id,
            tenant_id: tenant,
            client_reference: self.line.client_reference.as_deref(),
            metadata: self.line.metadata_json(),
            claims: None,
            // Nobody is shown this token: the captures are there already.
            capture_token_sha256: &auth::Secret::generate().digest(),
            expires_at: now.plus(self.patience),
        };
        verifications::insert(conn, &row, now)?;
        if let Some(url) = &self.line.webhook_url {
            let endpoint = webhooks::endpoints::own_endpoint(conn, tenant, url, now)?;
            verifications::set_webhook(conn, id, &endpoint)?;
        }
        events::append(conn, tenant, id, EventType::Created, 1, now)
    }

    fn submit(
        &self,
        conn: &mut Conn,
        id: &VerificationId,
        run: &RunId,
        now: Timestamp,
    ) -> Result<(), db::Error> {
        let tenant = &self.item.tenant_id;
        let job = NewJob {
            tenant,
            kind: JobKind::Verify,
            queue: QueueName::Batch,
            subject: run.as_str(),
            verification: Some(id),
            traceparent: None,
        };
        jobs::enqueue(conn, &job, now)?;
        let (from, to) = (VerificationStatus::RequiresInput, VerificationStatus::Processing);
        let change = Change { current_run_id: Some(run), counts_as_attempt: true, ..Change::default() };
        let version = verifications::transition(conn, id, from, to, &change, now)?;
        let version = version.ok_or(db::Error::Fenced)?;
        events::append(conn, tenant, id, EventType::Processing, version, now)
    }
}
