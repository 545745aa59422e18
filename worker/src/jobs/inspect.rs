//! Inspection: looks for a face in an image and stores the verdict. The image stays.

use anyhow::{Context as _, anyhow};
use idv_common::Context;
use idv_common::crypto::SealedRow;
use idv_common::db::captures::{self, Owner};
use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Conn, images};
use idv_common::domain::{ImageId, TaskStatus, Timestamp};

use super::{Environment, Outcome};
use crate::load;

/// Executes one inspection.
pub(super) async fn run(ctx: &Context, environment: &Environment, job: &Claimed) -> anyhow::Result<Outcome> {
    let id: ImageId = job.subject.parse()?;
    let input = ctx.db.read({
        let (id, tenant, keyring) = (id.clone(), job.tenant.clone(), ctx.keyring.clone());
        move |conn| match images::get(conn, &tenant, &id)? {
            Some(image) if image.status == TaskStatus::Processing => Ok::<_, anyhow::Error>(Some((
                keyring.tenant(conn, &tenant)?,
                captures::of(conn, Owner::Image(&id))?,
            ))),
            // Deleted meanwhile, or done before.
            _ => Ok(None),
        }
    });
    let Some((key, rows)) = input.await? else { return Ok(Outcome::Discard) };
    let mut images = load::captures(ctx, &job.tenant, &key, &rows).await?;
    let image = images.pop().ok_or_else(|| anyhow!("the image `{id}` has no object"))?;
    let (engine, policy) = (environment.engine.clone(), ctx.policy.clone());
    let result = environment.threads.run(move || engine.inspect(&image, &policy)).await?;
    let json = serde_json::to_vec(&result.context("the pipeline failed")?)?;
    let sealed = SealedRow::seal(&key, &json, &images::seal_context(&id));
    Ok(Outcome::done(move |conn, now| images::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)))
}

/// The inspection's job is dead: it has failed, and the image stays.
pub(super) fn give_up(conn: &mut Conn, subject: &str, now: Timestamp) -> Result<(), db::Error> {
    let id: ImageId = subject.parse().map_err(|_| db::Error::Corrupt(subject.to_owned()))?;
    match images::finish(conn, &id, TaskStatus::Failed, None, now) {
        Err(db::Error::Fenced) => Ok(()),
        result => result,
    }
}
