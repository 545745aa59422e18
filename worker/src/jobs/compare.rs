//! Comparison: loads two images, compares their faces, stores the result and lets the images go.

use anyhow::{Context as _, anyhow};
use idv_common::Context;
use idv_common::crypto::SealedRow;
use idv_common::db::captures::Owner;
use idv_common::db::events::NewEvent;
use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Conn, captures, comparisons, erasures, events};
use idv_common::domain::{ComparisonId, EventType, TaskStatus, TenantId, Timestamp};

use super::{Environment, Outcome, let_go};
use crate::load;

/// Executes one comparison.
pub(super) async fn run(ctx: &Context, environment: &Environment, job: &Claimed) -> anyhow::Result<Outcome> {
    let id: ComparisonId = job.subject.parse()?;
    let input = ctx.db.read({
        let (id, tenant, keyring) = (id.clone(), job.tenant.clone(), ctx.keyring.clone());
        move |conn| {
            let comparison = comparisons::get(conn, &tenant, &id)?
                .ok_or_else(|| anyhow!("failed to find the comparison `{id}`"))?;
            if comparison.status != TaskStatus::Processing {
                return Ok::<_, anyhow::Error>(None);
            }
            Ok(Some((keyring.tenant(conn, &tenant)?, captures::of(conn, Owner::Comparison(&id))?)))
        }
    });
    let Some((key, rows)) = input.await? else {
        return Ok(Outcome::Discard);
    };
    let images = load::captures(ctx, &job.tenant, &key, &rows).await?;
    let images = images.try_into().map_err(|_| anyhow!("the comparison `{id}` has not two images"))?;
    let (engine, policy) = (environment.engine.clone(), ctx.policy.clone());
    let result = environment.threads.run(move || engine.compare(&images, &policy)).await?;
    let json = serde_json::to_vec(&result.context("the pipeline failed")?)?;
    let sealed = SealedRow::seal(&key, &json, &comparisons::seal_context(&id));
    let tenant = job.tenant.clone();
    Ok(Outcome::done(move |conn, now| {
        comparisons::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)?;
        erasures::purge_used(conn, &tenant, Owner::Comparison(&id), now)?;
        tell(conn, &tenant, &id, now)
    }))
}

/// Tells that a comparison has its result. The caller's transaction has changed its row.
fn tell(conn: &mut Conn, tenant: &TenantId, id: &ComparisonId, now: Timestamp) -> Result<(), db::Error> {
    let Some(row) = comparisons::get(conn, tenant, id)? else { return Ok(()) };
    let (resource, event_type) = (id.as_str(), EventType::ComparisonCompleted);
    let new = NewEvent { tenant, resource, event_type, version: row.version, details: None };
    events::tell(conn, &new, now)?;
    Ok(())
}

/// The comparison's job is dead: it has failed, and its images go all the same.
pub(super) fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    subject: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    let id: ComparisonId = subject.parse().map_err(|_| db::Error::Corrupt(subject.to_owned()))?;
    let ended = comparisons::finish(conn, &id, TaskStatus::Failed, None, now);
    let_go(conn, tenant, Owner::Comparison(&id), ended, now)
}
