//! Uploads: a stream of bytes becomes a sealed object, and later a row.
//!
//! The object comes first and the row second, so that no row is ever without its object. Whatever fails in
//! between leaves at worst an object without a row, which the sweep removes. No byte touches a temporary
//! file.

use actix_web::web;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use idv_common::blob::{BlobKey, BlobWriter};
use idv_common::crypto::SecretKey;
use idv_common::db::captures::{Capture, key_context};
use idv_common::domain::{CaptureId, CaptureKind, MediaFormat, TenantId, Timestamp};
use idv_common::fault;
use idv_common::media::{Inspected, Inspection};

use crate::auth::Caller;
use crate::idempotency::Once;
use crate::problem::Problem;
use crate::state::State;

/// The uploads of one request. Objects that do not get their rows are deleted when this is dropped.
pub(crate) struct Uploads {
    state: web::Data<State>,
    tenant: TenantId,
    tenant_key: SecretKey,
    stored: Vec<Capture>,
    formats: Option<&'static [MediaFormat]>,
}

impl Uploads {
    /// No uploads yet.
    pub(crate) async fn of(state: &web::Data<State>, tenant: &TenantId) -> Result<Self, Problem> {
        let (keyring, wanted) = (state.ctx.keyring.clone(), tenant.clone());
        let tenant_key =
            state.ctx.db.read(move |conn| keyring.tenant(conn, &wanted).map_err(Problem::from)).await?;
        Ok(Self {
            state: state.clone(),
            tenant: tenant.clone(),
            tenant_key,
            stored: Vec::new(),
            formats: None,
        })
    }

    /// The uploads of a request that makes a job, if there is room for one; `None` for a request that was made before
    /// and will have no effect.
    pub(crate) async fn of_first(
        state: &web::Data<State>,
        caller: &Caller,
        once: &Once,
    ) -> Result<Option<Self>, Problem> {
        if once.was_used() {
            return Ok(None);
        }
        state.backlog.admit(&state.ctx).await?;
        Self::of(state, &caller.tenant).await.map(Some)
    }

    /// Takes these formats alone.
    pub(crate) fn only(mut self, formats: &'static [MediaFormat]) -> Self {
        self.formats = Some(formats);
        self
    }

    /// Stores an image, or a clip. Returns the SHA-256 of its bytes, in hex.
    pub(crate) async fn receive(
        &mut self,
        kind: CaptureKind,
        body: impl Stream<Item = Result<Bytes, Problem>>,
    ) -> Result<String, Problem> {
        let id = CaptureId::generate();
        let key = SecretKey::generate();
        let name = BlobKey::Capture(self.tenant.clone(), id.clone());
        let mut object = Unfinished(Some(self.state.ctx.blobs.writer(&name, &key)));
        let formats = self.formats.unwrap_or(kind.formats());
        let limits = &self.state.ctx.config.limits;
        let image = write(Inspection::new(kind, formats, limits), &mut object, body).await?;
        object.finish().await?;
        fault::point("upload.object_written");
        let sha256 = image.sha256.clone();
        self.stored.push(Capture {
            wrapped_key: self.tenant_key.wrap(&key, &key_context(&id)),
            id,
            tenant_id: self.tenant.clone(),
            kind,
            content_type: image.format,
            bytes: image.bytes,
            width: image.width,
            height: image.height,
            sha256: image.sha256,
            // The transaction that stores the row sets it, by the database's clock.
            created_at: Timestamp::from_micros(0),
        });
        Ok(sha256)
    }

    /// The rows to store. From now on the objects are the transaction's; [`discard`] them if it refuses.
    pub(crate) fn into_rows(mut self) -> Vec<Capture> {
        std::mem::take(&mut self.stored)
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        let captures = std::mem::take(&mut self.stored);
        if !captures.is_empty() {
            delete(&self.state, &captures);
        }
    }
}

/// Gives captures the time of the transaction that stores them.
pub(crate) fn stamped(captures: &[Capture], now: Timestamp) -> impl Iterator<Item = Capture> {
    captures.iter().map(move |capture| Capture { created_at: now, ..capture.clone() })
}

/// Deletes objects whose transaction has refused their rows. If it is not known whether the rows are there,
/// because the database went away meanwhile, the objects are left to the sweep, which does know.
pub(crate) fn discard(state: &State, captures: &[Capture], problem: &Problem) {
    if !problem.is_fault() {
        delete(state, captures);
    }
}

/// Deletes objects without making the caller wait. What cannot be deleted now is left to the sweep.
fn delete(state: &State, captures: &[Capture]) {
    let blobs = state.ctx.blobs.clone();
    let names: Vec<_> = captures
        .iter()
        .map(|capture| BlobKey::Capture(capture.tenant_id.clone(), capture.id.clone()))
        .collect();
    tokio::spawn(async move {
        for name in names {
            if let Err(error) = blobs.delete(&name).await {
                tracing::warn!(%error, "left an object without a row to the sweep");
            }
        }
    });
}

async fn write(
    mut inspection: Inspection<'_>,
    object: &mut Unfinished,
    body: impl Stream<Item = Result<Bytes, Problem>>,
) -> Result<Inspected, Problem> {
    futures_util::pin_mut!(body);
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        inspection.push(&chunk)?;
        object.write(chunk).await?;
    }
    Ok(inspection.finish()?)
}

/// An object that is given up unless it is finished.
struct Unfinished(Option<BlobWriter>);

impl Unfinished {
    async fn write(&mut self, chunk: Bytes) -> Result<(), Problem> {
        match &mut self.0 {
            Some(writer) => Ok(writer.write(chunk).await?),
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<(), Problem> {
        match self.0.take() {
            Some(writer) => Ok(writer.finish().await?),
            None => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(writer) = self.0.take() {
            tokio::spawn(writer.abort());
        }
    }
}
