//! Objects without a row: what an upload left behind that came to no end.

use std::time::Duration;

use idv_common::Context;
use idv_common::blob::BlobKey;
use idv_common::db::captures;
use idv_common::domain::Timestamp;

/// Objects that are looked up at a time.
const BATCH: usize = 100;

/// Removes objects that no row names and that are too old to belong to an upload under way.
pub(super) async fn remove(ctx: &Context) -> anyhow::Result<()> {
    let age = Duration::from_secs(ctx.config.limits.orphan_age_s);
    // Objects carry the store's own time, so this compares with the machine's clock.
    let cutoff = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()).minus(age);
    let old = ctx.blobs.captures_before(cutoff).await?;
    for chunk in old.chunks(BATCH) {
        let ids: Vec<_> = chunk.iter().map(|(_, capture)| capture.clone()).collect();
        let orphans = ctx.db.read(move |conn| captures::without_row(conn, &ids)).await?;
        for (tenant, capture) in chunk.iter().filter(|(_, capture)| orphans.contains(capture)) {
            ctx.blobs.delete(&BlobKey::Capture(tenant.clone(), capture.clone())).await?;
            tracing::info!(capture.id = %capture, "removed an object without a row");
        }
    }
    Ok(())
}
