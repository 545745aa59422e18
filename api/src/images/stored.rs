//! The bytes of a stored image.

use bytes::Bytes;
use idv_common::blob::BlobKey;
use idv_common::db::captures::{self, Capture, Owner, key_context};
use idv_common::db::{Conn, images};
use idv_common::domain::{ImageId, MediaFormat, Private, TenantId};

use super::view::without_object;
use crate::problem::Problem;
use crate::state::State;

/// An image with its bytes, as they were uploaded.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The caller's own name for it.
    pub name: Option<String>,
    /// The format that its first bytes announce.
    pub format: MediaFormat,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// The bytes.
    pub bytes: Private<Bytes>,
}

impl Stored {
    /// Reads a tenant's image out of the object store; `None` if there is none.
    pub(crate) async fn read(
        state: &State,
        tenant: &TenantId,
        id: &ImageId,
    ) -> Result<Option<Self>, Problem> {
        let (keyring, owner, wanted) = (state.ctx.keyring.clone(), tenant.clone(), id.clone());
        let locate = move |conn: &mut Conn| {
            let Some(row) = images::get(conn, &owner, &wanted)? else { return Ok(None) };
            let capture: Capture =
                captures::of(conn, Owner::Image(&wanted))?.pop().ok_or_else(|| without_object(&wanted))?;
            let key =
                keyring.tenant(conn, &owner)?.unwrap(&capture.wrapped_key, &key_context(&capture.id))?;
            Ok::<_, Problem>(Some((row.name, capture, key)))
        };
        let Some((name, capture, key)) = state.ctx.db.read(locate).await? else { return Ok(None) };
        let object = BlobKey::Capture(capture.tenant_id, capture.id);
        match state.ctx.blobs.get(&object, &key).await {
            Ok(bytes) => {
                let (format, sha256) = (capture.content_type, capture.sha256);
                Ok(Some(Self { name, format, sha256, bytes: bytes.into() }))
            }
            // Rows go before objects, so it has been deleted since the row was read; or else the store lost it.
            Err(error) if error.is_missing() => {
                tracing::warn!(%error, image = %id, "found no object of an image");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
