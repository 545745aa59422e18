//! Verification: loads a run's captures, runs the pipeline and stores its report and the picture of its evidence.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use idv_common::crypto::{SealedRow, SecretKey};
use idv_common::db::batches::{self, End, IMAGES_GONE};
use idv_common::db::captures::{self, Capture, Evidence};
use idv_common::db::decisions::{self, NewDecision};
use idv_common::db::jobs::Claimed;
use idv_common::db::runs::{self, Run, RunCapture};
use idv_common::db::verifications::{self, Change, Verification};
use idv_common::db::{self, Conn, events};
use idv_common::db::{erasures, step_evidence};
use idv_common::domain::{
    BatchItemId, Claims, DecisionSource, ErasureReason, EventType, ItemState, Policy, Report, RunId,
    RunReason, Standing, StepKey, TenantId, Timestamp, VerificationId, VerificationStatus,
};
use idv_common::{Context, fault};
use jiff::civil::Date;

use super::reprocess::{self, Part};
use super::{Environment, Outcome, is_away};
use crate::evidence::{self, Drawing};
use crate::inference::Fault;
use crate::load;
use crate::pipeline::{CaptureImage, Memo};

/// What the run works with.
struct Input {
    run: Run,
    key: SecretKey,
    /// What the caller expects the document to say.
    claims: Arc<Claims>,
    /// `None`: they are purged.
    captures: Option<Vec<Capture>>,
    evidence: Vec<(StepKey, SealedRow)>,
    part: Option<Part>,
    /// When the captures of a run that takes another look were first decided on.
    decided_at: Option<Timestamp>,
}

/// What the run has come to.
struct Found {
    report: Report,
    memo: Memo,
    /// `None`: nothing was drawn, because the images are gone or the run is a shadow.
    drawing: Option<Drawing>,
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
    let own = input.part.as_ref().and_then(|part| part.policy.clone());
    let policy = own.map_or_else(|| ctx.policy.clone(), Arc::new);
    // A document that has expired since is no reason to decide otherwise: a reprocessing shows what models and policy
    // change.
    let today = load::day_of(input.decided_at.unwrap_or(now))?;
    let found = match recall(environment, &input, &policy, today).await? {
        Some((report, memo)) => {
            let drawing = redraw(ctx, environment, &input, &report).await?;
            Some(Found { report, memo, drawing })
        }
        None => look(ctx, environment, &input, &policy, today).await?,
    };
    fault::point("verify.finished");
    match (found, &input.part) {
        (Some(found), _) => {
            let Found { report, memo, drawing } = found;
            let evidence = store(ctx, &input, drawing).await?;
            fault::point("verify.evidence_stored");
            Ok(commit(input, report, memo, evidence))
        }
        (None, Some(part)) => Ok(end_without_images(part.item.clone())),
        (None, None) => Err(anyhow!("failed to find all captures of the run `{}`", input.run.id)),
    }
}

async fn read_input(ctx: &Context, job: &Claimed) -> anyhow::Result<Option<Input>> {
    let id: RunId = job.subject.parse()?;
    let (tenant, keyring) = (job.tenant.clone(), ctx.keyring.clone());
    let input = ctx.db.read(move |conn| {
        let run = runs::get(conn, &id)?.ok_or_else(|| anyhow!("failed to find the run `{id}`"))?;
        if run.finished_at.is_some() {
            return Ok::<_, anyhow::Error>(None);
        }
        let part = match reprocess::part_of(conn, &run)? {
            // Its result is there: it was given up, or called off.
            Some((_, state)) if run.reason == RunReason::Reprocess && state.is_finished() => return Ok(None),
            part => part.map(|(part, _)| part),
        };
        let captures = captures_of(conn, &run)?;
        // What the first run of a verification finds is the first thing that is found.
        let evidence = match run.reason {
            RunReason::Submit => Vec::new(),
            RunReason::Restart | RunReason::Reprocess => step_evidence::load(conn, &run.verification_id)?,
        };
        let decided_at = match run.reason {
            RunReason::Reprocess => runs::first_decided(conn, &run)?,
            RunReason::Submit | RunReason::Restart => None,
        };
        let key = keyring.tenant(conn, &tenant)?;
        let claims = Arc::new(claims_of(conn, &run, &key)?);
        Ok(Some(Input { key, claims, run, captures, evidence, part, decided_at }))
    });
    input.await
}

/// What the caller of a run's verification expects the document to say.
fn claims_of(conn: &mut Conn, run: &Run, key: &SecretKey) -> anyhow::Result<Claims> {
    let row = verifications::get_unscoped(conn, &run.verification_id)?;
    let Some(sealed) = row.and_then(|row| row.sealed_claims()) else {
        return Ok(Claims::default());
    };
    let json = sealed.open(key, &Verification::claims_context(&run.verification_id))?;
    Ok(serde_json::from_slice(&json)?)
}

/// The captures of a run; `None` if they are not all there, which only one of old captures may have to bear.
fn captures_of(conn: &mut Conn, run: &Run) -> anyhow::Result<Option<Vec<Capture>>> {
    let wanted = run.captures()?;
    let captures = if wanted.is_empty() { Vec::new() } else { captures::by_ids(conn, &wanted)? };
    let complete = captures.len() == wanted.len();
    ensure!(
        complete || run.reason == RunReason::Reprocess,
        "failed to find all captures of the run `{}`",
        run.id
    );
    Ok(complete.then_some(captures))
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

/// Decides another time with what was found before. `None` if that is not all that it takes: a model or a step has
/// changed since, or the run is one over new images.
async fn recall(
    environment: &Environment,
    input: &Input,
    policy: &Arc<Policy>,
    today: Date,
) -> anyhow::Result<Option<(Report, Memo)>> {
    let stored = match (&input.run.reason, &input.captures) {
        (RunReason::Reprocess, Some(rows)) => Some(rows.iter().map(RunCapture::of).collect()),
        (RunReason::Reprocess, None) => input.run.inputs()?,
        _ => None,
    };
    let Some(stored) = stored else {
        return Ok(None);
    };
    let images =
        stored.into_iter().map(|capture| CaptureImage::unseen(capture.kind, capture.sha256)).collect();
    let memo = open_memo(input)?.recall_only();
    match decide(environment, images, input, memo, false, policy, today).await? {
        Err(Fault::Unseen { .. }) => Ok(None),
        found => {
            let Found { report, memo, .. } = found.context("the pipeline failed")?;
            Ok(Some((report, memo)))
        }
    }
}

/// Stores the drawing, unless the verification was redacted while the run was under way: then nothing of it may be
/// left, and the run's end will find that it has lost its lease.
async fn store(ctx: &Context, input: &Input, drawing: Option<Drawing>) -> anyhow::Result<Option<Evidence>> {
    let Some(drawing) = drawing else {
        return Ok(None);
    };
    let verification = input.run.verification_id.clone();
    let row = ctx.db.read(move |conn| verifications::get_unscoped(conn, &verification)).await?;
    if row.is_none_or(|row| row.redacted_at.is_some()) {
        return Ok(None);
    }
    Ok(Some(evidence::store(ctx, &input.run.tenant_id, &input.key, drawing).await?))
}

/// Draws what was recalled onto the images, if they are still there. A reprocessing needs none of them to decide, so one
/// that cannot be read any more leaves no picture and fails nothing.
async fn redraw(
    ctx: &Context,
    environment: &Environment,
    input: &Input,
    report: &Report,
) -> anyhow::Result<Option<Drawing>> {
    let Some(captures) = input.captures.as_ref().filter(|_| !input.run.shadow) else {
        return Ok(None);
    };
    let images = match load::captures(ctx, &input.run.tenant_id, &input.key, captures).await {
        Ok(images) => images,
        Err(error) if is_away(&error) => return Err(error),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), run.id = %input.run.id, "drew no picture of a run");
            return Ok(None);
        }
    };
    let (engine, report) = (environment.engine.clone(), report.clone());
    Ok(environment.threads.run(move || engine.draw(&images, &report)).await?)
}

/// Decides with the images at hand, and draws what it finds. `None` if they are purged.
async fn look(
    ctx: &Context,
    environment: &Environment,
    input: &Input,
    policy: &Arc<Policy>,
    today: Date,
) -> anyhow::Result<Option<Found>> {
    let Some(captures) = &input.captures else {
        return Ok(None);
    };
    let images = load::captures(ctx, &input.run.tenant_id, &input.key, captures).await?;
    // A shadow leaves its report and nothing else.
    let draws = !input.run.shadow;
    let found = decide(environment, images, input, open_memo(input)?, draws, policy, today).await?;
    Ok(Some(found.context("the pipeline failed")?))
}

async fn decide(
    environment: &Environment,
    images: Vec<CaptureImage>,
    input: &Input,
    mut memo: Memo,
    draws: bool,
    policy: &Arc<Policy>,
    today: Date,
) -> anyhow::Result<Result<Found, Fault>> {
    let (engine, policy, claims) = (environment.engine.clone(), policy.clone(), input.claims.clone());
    let work = move || {
        let (report, drawing) = match draws {
            true => engine.verify_and_draw(&images, &claims, &policy, &mut memo, today)?,
            false => (engine.verify(&images, &claims, &policy, &mut memo, today)?, None),
        };
        Ok(Found { report, memo, drawing })
    };
    Ok(environment.threads.run(work).await?)
}

fn commit(input: Input, report: Report, memo: Memo, evidence: Option<Evidence>) -> Outcome {
    let Input { run, key, part, .. } = input;
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
    Outcome::done(move |conn, now| {
        // Before its run, its items and its jobs, in the order in which the API locks them.
        let verification = lock(conn, &run.tenant_id, &run.verification_id)?;
        runs::finish(conn, &run, &report, &sealed_report, now)?;
        // A shadow leaves its report and nothing else.
        for (step, sealed) in found.iter().filter(|_| !run.shadow) {
            step_evidence::insert(conn, &run.tenant_id, &run.verification_id, step, sealed, now)?;
        }
        let stands = match &part {
            Some(part) if run.reason == RunReason::Reprocess => {
                reprocess::apply(conn, &verification, &run, &report, part, now)?
            }
            part => {
                let version = settle(conn, &verification, &run.id, report.verdict.into(), now)?;
                decisions::append(conn, &decision(&run, &report, version), now)?;
                let end =
                    End { state: ItemState::Done, new: Some((report.verdict, &report.reasons)), error: None };
                // If the item was given up before, that is its result.
                if let Some(part) = part {
                    batches::end_item(conn, &part.item, &end, now)?;
                }
                true
            }
        };
        keep_evidence(conn, &run, evidence.as_ref(), stands, now)
    })
}

/// Lets the picture of a run be its verification's, if the verification rests on the run from now on. An earlier run's
/// would show what no longer stands, so it goes even if there is no other.
fn keep_evidence(
    conn: &mut Conn,
    run: &Run,
    evidence: Option<&Evidence>,
    stands: bool,
    now: Timestamp,
) -> Result<(), db::Error> {
    match (stands, evidence) {
        (true, Some(evidence)) => captures::insert_evidence(conn, evidence, &run.verification_id, now),
        (true, None) => captures::supersede_evidence(conn, &run.verification_id, now),
        (false, Some(evidence)) => {
            let objects = std::slice::from_ref(&evidence.id);
            erasures::order(conn, &run.tenant_id, ErasureReason::Used, objects, now)
        }
        (false, None) => Ok(()),
    }
}

/// The images that the run needs are purged.
fn end_without_images(item: BatchItemId) -> Outcome {
    Outcome::done(move |conn, now| {
        let end = End { state: ItemState::NotReprocessable, new: None, error: Some(IMAGES_GONE) };
        batches::end_item(conn, &item, &end, now).map(drop)
    })
}

/// What the run has decided, which the verification shows from `version` on.
pub(super) fn decision<'a>(run: &'a Run, report: &'a Report, version: i64) -> NewDecision<'a> {
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

/// The verification, locked. Whoever redacted it took the lease away as well, so that is a lost fence.
fn lock(conn: &mut Conn, tenant: &TenantId, id: &VerificationId) -> Result<Verification, db::Error> {
    let row = verifications::lock(conn, tenant, id)?;
    row.filter(|row| row.redacted_at.is_none()).ok_or(db::Error::Fenced)
}

/// Ends `processing`, or what a run had failed at that was driven again.
fn settle(
    conn: &mut Conn,
    verification: &Verification,
    run: &RunId,
    status: VerificationStatus,
    now: Timestamp,
) -> Result<i64, db::Error> {
    let from = match verification.status {
        VerificationStatus::Failed if verification.current_run_id.as_ref() == Some(run) => {
            VerificationStatus::Failed
        }
        _ => VerificationStatus::Processing,
    };
    let id = &verification.id;
    let version = verifications::transition(conn, id, from, status, &Change::default(), now)?;
    // Whoever ended `processing` took the lease away as well, so a missing row is a lost fence.
    let version = version.ok_or(db::Error::Fenced)?;
    events::append(conn, &verification.tenant_id, id, EventType::from(status), version, now)?;
    Ok(version)
}

/// The run's job is dead: the verification has failed, which says nothing about the person. One that is only looked at
/// again stays as it is.
pub(super) fn give_up(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: &VerificationId,
    run: &str,
    cause: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    let id: RunId = run.parse().map_err(|_| db::Error::Corrupt(run.to_owned()))?;
    let run = runs::get(conn, &id)?.ok_or_else(|| db::Error::Corrupt(format!("the run `{id}`")))?;
    let settled = match (run.reason, lock(conn, tenant, verification)) {
        (RunReason::Submit | RunReason::Restart, Ok(row)) => {
            settle(conn, &row, &id, VerificationStatus::Failed, now).map(drop)
        }
        (_, row) => row.map(drop),
    };
    match settled {
        Ok(()) => {}
        // It was canceled or redacted in the meantime.
        Err(db::Error::Fenced) => {}
        Err(error) => return Err(error),
    }
    match &run.batch_item_id {
        Some(item) => batches::fail_item(conn, item, cause, now).map(drop),
        None => Ok(()),
    }
}

fn evidence_context(verification: &VerificationId, key: &StepKey) -> String {
    format!(
        "evidence|{verification}|{}|{}|{}|{}",
        key.step, key.input_sha256, key.model_digest, key.step_version
    )
}
