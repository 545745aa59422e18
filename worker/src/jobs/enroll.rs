//! Enrolment: makes a subject's template and lets the image go.

use anyhow::{Context as _, anyhow};
use idv_common::Context;
use idv_common::crypto::SealedRow;
use idv_common::db::captures::{self, Owner};
use idv_common::db::jobs::Claimed;
use idv_common::db::{self, Conn, erasures, subjects};
use idv_common::domain::{Outcome as Judged, SubjectId, SubjectStatus, TenantId, Timestamp};

use super::{Environment, Outcome, let_go};
use crate::load;

/// Executes one enrolment.
pub(super) async fn run(ctx: &Context, environment: &Environment, job: &Claimed) -> anyhow::Result<Outcome> {
    let id: SubjectId = job.subject.parse()?;
    let input = ctx.db.read({
        let (id, tenant, keyring) = (id.clone(), job.tenant.clone(), ctx.keyring.clone());
        move |conn| match subjects::get(conn, &tenant, &id)? {
            Some(subject) if subject.status == SubjectStatus::Processing => Ok::<_, anyhow::Error>(Some((
                keyring.tenant(conn, &tenant)?,
                captures::of(conn, Owner::Subject(&id))?,
            ))),
            // Deleted meanwhile, or done before.
            _ => Ok(None),
        }
    });
    let Some((key, rows)) = input.await? else { return Ok(Outcome::Discard) };
    let mut images = load::captures(ctx, &job.tenant, &key, &rows).await?;
    let image = images.pop().ok_or_else(|| anyhow!("the subject `{id}` has no image"))?;
    let (engine, policy) = (environment.engine.clone(), ctx.policy.clone());
    let made = environment.threads.run(move || engine.enroll(&image, &policy)).await?;
    let (result, template) = made.context("the pipeline failed")?;
    let status = match (&template, result.outcome) {
        (Some(_), Judged::Pass) => SubjectStatus::Enrolled,
        _ => SubjectStatus::Rejected,
    };
    let sealed = SealedRow::seal(&key, &serde_json::to_vec(&result)?, &subjects::seal_context(&id));
    let template = match template {
        Some(template) => Some(subjects::Template {
            sealed: SealedRow::seal(&key, &serde_json::to_vec(&template)?, &subjects::template_context(&id)),
            model_digest: template.model_digest,
        }),
        None => None,
    };
    let tenant = job.tenant.clone();
    Ok(Outcome::done(move |conn, now| {
        subjects::finish(conn, &id, status, Some(&sealed), now)?;
        if let Some(template) = &template {
            subjects::insert_template(conn, &tenant, &id, template, now)?;
        }
        erasures::purge_used(conn, &tenant, Owner::Subject(&id), now)
    }))
}

/// The enrolment's job is dead: it has failed, and its image goes all the same.
pub(super) fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    subject: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    let id: SubjectId = subject.parse().map_err(|_| db::Error::Corrupt(subject.to_owned()))?;
    let ended = subjects::finish(conn, &id, SubjectStatus::Failed, None, now);
    let_go(conn, tenant, Owner::Subject(&id), ended, now)
}
