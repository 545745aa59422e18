//! `idv batch pause`, `resume` and `cancel`.

use std::process::ExitCode;

use anyhow::bail;
use idv_common::db::batches::{self, Wish};
use idv_common::db::{self, Conn};
use idv_common::domain::BatchId;

use super::{Desk, log, not_found};
use crate::cli::output;

/// Ends some items that waited in a batch that was called off.
async fn end_waiting(desk: &Desk, id: &BatchId) -> Result<usize, db::Error> {
    let id = id.clone();
    let end = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        batches::end_waiting(conn, &id, now)
    };
    desk.ctx.db.transaction(end).await
}

/// Does what is wanted of a batch, and says how it stands then.
pub(super) async fn run(desk: &Desk, id: BatchId, wish: Wish) -> anyhow::Result<ExitCode> {
    let (tenant, wanted) = (desk.tenant.clone(), id.clone());
    let change = move |conn: &mut Conn| {
        let batch = batches::lock(conn, &wanted)?.filter(|batch| batch.tenant_id == tenant);
        let Some(batch) = batch else { return Err(not_found(&wanted)) };
        let now = db::now(conn)?;
        if !batches::change(conn, &batch, wish, now)? {
            bail!("failed to {} `{wanted}`: it is {}", wish.as_str(), batch.status);
        }
        Ok(log(conn, &tenant, &format!("batch.{}", wish.as_str()), &wanted)?)
    };
    desk.ctx.db.transaction(change).await?;
    while wish == Wish::Cancel && end_waiting(desk, &id).await? > 0 {}
    let batch = desk.find(&id).await?;
    output::line(format_args!("{id} is {}.", batch.status));
    Ok(ExitCode::SUCCESS)
}
