//! Verification: loads a run's captures, runs the pipeline and stores its report.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use idv_common::crypto::{SealedRow, SecretKey};
use idv_common::db::captures::{self, Capture};
use idv_common::db::decisions::{self, NewDecision};
use idv_common::db::jobs::Claimed;
use idv_common::db::runs::{self, Run};
use idv_common::db::step_evidence;
use idv_common::db::verifications::{self, Change};
use idv_common::db::{self, Conn, events};
use idv_common::domain::{
    DecisionSource, EventType, Report, RunId, RunReason, Standing, StepKey, TenantId, Timestamp,
    VerificationId, VerificationStatus,
};
use idv_common::{Context, fault};

use super::{Environment, Outcome};
use crate::load;
use crate::pipeline::Memo;

/// What the run works with.
struct Input {
    run: Run,
    key: SecretKey,
    captures: Vec<Capture>,
    evidence: Vec<(StepKey, SealedRow)>,
}

/// Executes one run.
pub(super) async fn run(
    ctx: &Context,
    environment: &Environment,
    job: &Claimed,
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    let Some(input) = read_input(ctx, job).await? else {
        return Ok(Outcome::Discard);
    };
    let images = load::captures(ctx, &job.tenant, &input.key, &input.captures).await?;
    let mut memo = open_memo(&input)?;
    let (engine, policy) = (environment.engine.clone(), ctx.policy.clone());
    let today = load::day_of(now)?;
    let (report, memo) = environment
        .threads
        .run(move || {
            let report = engine.verify(&images, &policy, &mut memo, today);
            (report, memo)
        })
        .await?;
    let report = report.context("the pipeline failed")?;
    fault::point("verify.finished");
    Ok(commit(input, report, memo))
}

async fn read_input(ctx: &Context, job: &Claimed) -> anyhow::Result<Option<Input>> {
    let id: RunId = job.subject.parse()?;
    let (tenant, keyring) = (job.tenant.clone(), ctx.keyring.clone());
    let input = ctx.db.read(move |conn| {
        let run = runs::get(conn, &id)?.ok_or_else(|| anyhow!("failed to find the run `{id}`"))?;
        if run.finished_at.is_some() {
            return Ok::<_, anyhow::Error>(None);
        }
        let captures = captures_of(conn, &run)?;
        // What the first run of a verification finds is the first thing that is found.
        let evidence = match run.reason {
            RunReason::Submit => Vec::new(),
            RunReason::Restart | RunReason::Reprocess => step_evidence::load(conn, &run.verification_id)?,
        };
        Ok(Some(Input { key: keyring.tenant(conn, &tenant)?, run, captures, evidence }))
    });
    input.await
}

fn captures_of(conn: &mut Conn, run: &Run) -> anyhow::Result<Vec<Capture>> {
    let wanted = run.captures()?;
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let captures = captures::by_ids(conn, &wanted)?;
    ensure!(captures.len() == wanted.len(), "failed to find all captures of the run `{}`", run.id);
    Ok(captures)
}

/// What earlier runs found on the same images.
fn open_memo(input: &Input) -> anyhow::Result<Memo> {
    let mut memo = Memo::default();
    for (key, sealed) in &input.evidence {
        let context = evidence_context(&input.run.verification_id, key);
        memo.remember(key.clone(), sealed.open(&input.key, &context)?);
    }
    Ok(memo)
}

fn commit(input: Input, report: Report, memo: Memo) -> Outcome {
    let Input { run, key, .. } = input;
    let sealed_report =
        serde_json::to_vec(&report).map(|json| SealedRow::seal(&key, &json, &Run::seal_context(&run.id)));
    let sealed_report = match sealed_report {
        Ok(sealed) => sealed,
        Err(cause) => return Outcome::Retry(format!("failed to serialise the report: {cause}")),
    };
    let found: Vec<(StepKey, SealedRow)> = memo
        .into_new()
        .map(|(step, payload)| {
            let context = evidence_context(&run.verification_id, &step);
            (step, SealedRow::seal(&key, &payload, &context))
        })
        .collect();
    let found = Arc::new(found);
    Outcome::done(move |conn, now| {
        runs::finish(conn, &run, &report, &sealed_report, now)?;
        for (step, sealed) in found.iter() {
            step_evidence::insert(conn, &run.tenant_id, &run.verification_id, step, sealed, now)?;
        }
        let version = settle(conn, &run.tenant_id, &run.verification_id, report.verdict.into(), now)?;
        decisions::append(conn, &decision(&run, &report, version), now)?;
        Ok(())
    })
}

/// What the run has decided, which the verification shows from `version` on.
fn decision<'a>(run: &'a Run, report: &'a Report, version: i64) -> NewDecision<'a> {
    NewDecision {
        tenant: &run.tenant_id,
        verification: &run.verification_id,
        source: DecisionSource::Run,
        run: Some(&run.id),
        reviewer: None,
        standing: Standing::Final,
        verdict: report.verdict,
        reasons: &report.reasons,
        version,
    }
}

fn settle(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: &VerificationId,
    status: VerificationStatus,
    now: Timestamp,
) -> Result<i64, db::Error> {
    let from = VerificationStatus::Processing;
    let version = verifications::transition(conn, verification, from, status, &Change::default(), now)?;
    // Whoever ended `processing` took the lease away as well, so a missing row is a lost fence.
    let version = version.ok_or(db::Error::Fenced)?;
    events::append(conn, tenant, verification, EventType::from(status), version, now)?;
    Ok(version)
}

/// The run's job is dead: the verification has failed, which says nothing about the person.
pub(super) fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: &VerificationId,
    now: Timestamp,
) -> Result<(), db::Error> {
    match settle(conn, tenant, verification, VerificationStatus::Failed, now) {
        // It was canceled or redacted in the meantime.
        Ok(_) | Err(db::Error::Fenced) => Ok(()),
        Err(error) => Err(error),
    }
}

fn evidence_context(verification: &VerificationId, key: &StepKey) -> String {
    format!(
        "evidence|{verification}|{}|{}|{}|{}",
        key.step, key.input_sha256, key.model_digest, key.step_version
    )
}
