//! Reading captures out of the object store, with their integrity checked.

use anyhow::{Context as _, ensure};
use idv_common::blob::BlobKey;
use idv_common::crypto::SecretKey;
use idv_common::db::captures::Capture;
use idv_common::domain::{TenantId, Timestamp};
use idv_common::{Context, db, hex};
use sha2::{Digest, Sha256};

use crate::pipeline::CaptureImage;

/// Reads and decrypts images and clips.
pub(crate) async fn captures(
    ctx: &Context,
    tenant: &TenantId,
    key: &SecretKey,
    captures: &[Capture],
) -> anyhow::Result<Vec<CaptureImage>> {
    let mut images = Vec::new();
    for capture in captures {
        let context = db::captures::key_context(&capture.id);
        let object_key = key.unwrap(&capture.wrapped_key, &context)?;
        let name = BlobKey::Capture(tenant.clone(), capture.id.clone());
        let bytes = ctx.blobs.get(&name, &object_key).await?;
        ensure!(
            hex(&Sha256::digest(&bytes)) == capture.sha256,
            "failed to read the capture `{}`: its SHA-256 is not the one it was stored with",
            capture.id
        );
        images.push(CaptureImage { kind: capture.kind, sha256: capture.sha256.clone(), bytes });
    }
    Ok(images)
}

/// The day of a time, UTC.
pub(crate) fn day_of(now: Timestamp) -> anyhow::Result<jiff::civil::Date> {
    let time = jiff::Timestamp::from_microsecond(now.as_micros()).context("the database's clock is off")?;
    Ok(time.to_zoned(jiff::tz::TimeZone::UTC).date())
}
