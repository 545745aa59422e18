//! Authentication: holds somebody against a subject's template, stores the result and lets the images go.

use anyhow::{Context as _, anyhow};
use idv_common::Context;
use idv_common::crypto::{SealedRow, SecretKey};
use idv_common::db::authentications::{self, Authentication};
use idv_common::db::captures::{self, Capture, Owner};
use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Conn, erasures, subjects};
use idv_common::domain::{AuthenticationId, TaskStatus, TenantId, Timestamp};

use super::{Environment, Outcome, let_go};
use crate::load;
use crate::pipeline::Template;

/// What the authentication works with.
struct Input {
    claim: Authentication,
    key: SecretKey,
    template: Template,
    captures: Vec<Capture>,
}

/// Executes one authentication.
pub(super) async fn run(ctx: &Context, environment: &Environment, job: &Claimed) -> anyhow::Result<Outcome> {
    let Some(input) = read_input(ctx, job).await? else { return Ok(Outcome::Discard) };
    let Input { claim, key, template, captures } = input;
    let images = load::captures(ctx, &job.tenant, &key, &captures).await?;
    let (engine, policy, liveness) = (environment.engine.clone(), ctx.policy.clone(), claim.liveness);
    let result =
        environment.threads.run(move || engine.authenticate(&images, &template, liveness, &policy)).await?;
    let json = serde_json::to_vec(&result.context("the pipeline failed")?)?;
    let sealed = SealedRow::seal(&key, &json, &authentications::seal_context(&claim.id));
    let (id, tenant) = (claim.id, job.tenant.clone());
    Ok(Outcome::done(move |conn, now| {
        authentications::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)?;
        erasures::purge_used(conn, &tenant, Owner::Authentication(&id), now)
    }))
}

/// `None` if there is nothing to do any more.
async fn read_input(ctx: &Context, job: &Claimed) -> anyhow::Result<Option<Input>> {
    let id: AuthenticationId = job.subject.parse()?;
    let (tenant, keyring) = (job.tenant.clone(), ctx.keyring.clone());
    let input = ctx.db.read(move |conn| {
        let Some(claim) = authentications::get(conn, &tenant, &id)? else {
            return Ok::<_, anyhow::Error>(None);
        };
        if claim.status != TaskStatus::Processing {
            return Ok(None);
        }
        let key = keyring.tenant(conn, &tenant)?;
        let subject = &claim.subject_id;
        let stored = subjects::template(conn, subject)?
            .ok_or_else(|| anyhow!("failed to find the template of the subject `{subject}`"))?;
        let opened = stored.sealed.open(&key, &subjects::template_context(subject))?;
        let mut template: Template = serde_json::from_slice(&opened)?;
        template.model_digest = stored.model_digest;
        Ok(Some(Input { captures: captures::of(conn, Owner::Authentication(&id))?, claim, key, template }))
    });
    input.await
}

/// The authentication's job is dead: it has failed, and its images go all the same.
pub(super) fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    subject: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    let id: AuthenticationId = subject.parse().map_err(|_| db::Error::Corrupt(subject.to_owned()))?;
    let ended = authentications::finish(conn, &id, TaskStatus::Failed, None, now);
    let_go(conn, tenant, Owner::Authentication(&id), ended, now)
}
