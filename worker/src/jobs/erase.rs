//! Erasure: deletes objects and completes the receipt. The database has let go of them already.

use std::time::Duration;

use idv_common::blob::BlobKey;
use idv_common::db::jobs::Claimed;
use idv_common::db::{erasures, verifications};
use idv_common::domain::{ErasureId, ErasureReason};
use idv_common::{Context, fault};

use super::Outcome;
use crate::retry;

/// How long a store that refuses is left alone. Erasing is never given up.
const STORE_AWAY: Duration = Duration::from_secs(30);

/// How long readers of deleted rows are left to finish.
const ROWS_IN_USE: Duration = Duration::from_secs(1);

/// Deletes the objects of one erasure, and takes the rows that a redaction emptied off the disk.
pub(super) async fn run(ctx: &Context, job: &Claimed) -> anyhow::Result<Outcome> {
    let id: ErasureId = job.subject.parse()?;
    let Some(erasure) = ctx
        .db
        .read({
            let id = id.clone();
            move |conn| erasures::get(conn, &id)
        })
        .await?
    else {
        return Ok(Outcome::Discard);
    };
    for capture in erasure.objects()? {
        let name = BlobKey::Capture(job.tenant.clone(), capture);
        if let Err(error) = ctx.blobs.delete(&name).await {
            tracing::warn!(%error, "failed to erase an object; trying again later");
            return Ok(Outcome::Snooze(retry::with_jitter(STORE_AWAY)));
        }
        fault::point("erase.object_deleted");
    }
    // The sweep scrubs for retention, many rows at a time, and a comparison's rows held wrapped keys alone.
    if erasure.reason == ErasureReason::Redact && !ctx.db.scrub().await? {
        return Ok(Outcome::Snooze(ROWS_IN_USE));
    }
    let verification = job.verification.clone();
    Ok(Outcome::done(move |conn, now| {
        erasures::complete(conn, &id, now)?;
        if let Some(verification) = &verification {
            // The receipt is part of the view.
            verifications::touch(conn, verification, now)?;
        }
        Ok(())
    }))
}
