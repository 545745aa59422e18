//! Batches: what is selected, what is begun and how fast, and that no item has two results.

mod ending;

use std::slice::from_ref;

use super::rows::{capture, report};
use super::*;
use crate::crypto::{SealedRow, SecretKey};
use crate::db::batches::{self, Batch, End, NewBatch, NewItem};
use crate::db::captures::{self, Owner};
use crate::db::runs::RunCapture;
use crate::db::schema::{batch_items, jobs as jobs_table};
use crate::db::verifications::Change;
use crate::db::{decisions, erasures, events, jobs, now, retention};
use diesel::prelude::*;

/// A verification with two captures and a finished run that came to `verdict`.
fn decided(
    conn: &mut Conn,
    tenant: &TenantId,
    verdict: Verdict,
    reasons: &[ReasonCode],
    now: Timestamp,
) -> Result<(VerificationId, RunId), Error> {
    let id = verification(conn, tenant, now)?;
    let mut inputs = Vec::new();
    for kind in [CaptureKind::DocumentFront, CaptureKind::Selfie] {
        let capture = capture(tenant, kind, now);
        captures::insert(conn, &capture, Owner::Verification(&id))?;
        inputs.push(RunCapture::of(&capture));
    }
    let run = RunId::generate();
    runs::insert(conn, &run, tenant, &id, RunReason::Submit, &inputs, now)?;
    let row = runs::get(conn, &run)?.unwrap();
    let sealed = SealedRow::seal(&SecretKey::generate(), b"report", "context");
    let report = Report { verdict, reasons: reasons.to_vec(), ..report() };
    runs::finish(conn, &row, &report, &sealed, now)?;
    let (waiting, working) = (VerificationStatus::RequiresInput, VerificationStatus::Processing);
    let change = Change { current_run_id: Some(&run), counts_as_attempt: true, ..Change::default() };
    verifications::transition(conn, &id, waiting, working, &change, now)?;
    verifications::transition(conn, &id, working, verdict.into(), &Change::default(), now)?;
    Ok((id, run))
}

fn batch(
    conn: &mut Conn,
    tenant: &TenantId,
    per_minute: Option<i32>,
    now: Timestamp,
) -> Result<Batch, Error> {
    let id = BatchId::generate();
    let new = NewBatch {
        id: &id,
        tenant,
        kind: BatchKind::Reprocess,
        description: None,
        selection: "{}",
        policy: None,
        shadow: false,
        overrides_reviews: false,
        per_minute,
    };
    batches::insert(conn, &new, now)?;
    batches::lock(conn, &id).map(Option::unwrap)
}

/// An import that is `preparing`.
fn import(conn: &mut Conn, tenant: &TenantId, source: &str, now: Timestamp) -> Result<Batch, Error> {
    let id = BatchId::generate();
    let selection = format!(r#"{{"source":"{source}"}}"#);
    let new = NewBatch {
        id: &id,
        tenant,
        kind: BatchKind::Import,
        description: None,
        selection: &selection,
        policy: None,
        shadow: false,
        overrides_reviews: false,
        per_minute: None,
    };
    batches::insert(conn, &new, now)?;
    batches::lock(conn, &id).map(Option::unwrap)
}

/// A running batch over these verifications.
fn running(
    conn: &mut Conn,
    tenant: &TenantId,
    of: &[VerificationId],
    per_minute: Option<i32>,
    now: Timestamp,
) -> Result<Batch, Error> {
    let made = batch(conn, tenant, per_minute, now)?;
    let item = |id: &VerificationId| NewItem { source: None, verification: Some(id.clone()), old: None };
    let items: Vec<NewItem> = of.iter().map(item).collect();
    batches::add_items(conn, tenant, &made.id, 0, &items, None)?;
    batches::set_status(conn, &made, BatchStatus::Running, None, now)?;
    batches::lock(conn, &made.id).map(Option::unwrap)
}

fn states(conn: &mut Conn, batch: &Batch) -> Result<Vec<ItemState>, Error> {
    Ok(batches::items(conn, &batch.id, None, 0, 1000)?.iter().map(|item| item.state).collect())
}

fn told(conn: &mut Conn, batch: &Batch) -> Result<Vec<EventType>, Error> {
    Ok(events::list(conn, batch.id.as_str())?.iter().map(|event| event.event_type).collect())
}

fn open_jobs(conn: &mut Conn) -> Result<Vec<(JobKind, QueueName)>, Error> {
    Ok(jobs_table::table
        .filter(jobs_table::state.eq("queued"))
        .order(jobs_table::id)
        .select((jobs_table::kind, jobs_table::queue))
        .load(conn)?)
}

#[tokio::test]
async fn a_selection_finds_what_meets_all_of_it_page_by_page() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let blurry = [ReasonCode::ImageBlurry, ReasonCode::DocumentUnreadable];
                let (a, _) = decided(conn, &tenant, Verdict::Verified, &[], now)?;
                let (b, _) = decided(conn, &tenant, Verdict::Rejected, &blurry, now)?;
                let (c, _) = decided(conn, &tenant, Verdict::NeedsReview, &[ReasonCode::MrzNotFound], now)?;
                verification(conn, &tenant, now)?;
                decided(conn, &other, Verdict::Verified, &[], now)?;
                let later = now.plus(DAY);
                let found = |conn: &mut Conn, selection: &ReprocessSelection| {
                    let found = batches::select(conn, &tenant, selection, later, None, 10)?;
                    assert_eq!(
                        batches::count(conn, &tenant, selection, later)?,
                        i64::try_from(found.len()).unwrap()
                    );
                    Ok::<_, Error>(found.into_iter().map(|selected| selected.id).collect::<Vec<_>>())
                };
                let all = ReprocessSelection::default();
                assert_eq!(found(conn, &all)?, [a.clone(), b.clone(), c.clone()]);
                let with = |change: fn(&mut ReprocessSelection)| {
                    let mut selection = ReprocessSelection::default();
                    change(&mut selection);
                    selection
                };
                let rejected = with(|s| s.statuses = vec![VerificationStatus::Rejected]);
                assert_eq!(found(conn, &rejected)?, from_ref(&b));
                let reasons = with(|s| s.reasons = vec![ReasonCode::MrzNotFound, ReasonCode::ImageBlurry]);
                assert_eq!(found(conn, &reasons)?, [b.clone(), c.clone()]);
                let version = Policy::default().version;
                let below = ReprocessSelection { policy_version_below: Some(version), ..all.clone() };
                assert!(found(conn, &below)?.is_empty());
                let of_it = ReprocessSelection { policy_versions: vec![version], ..all.clone() };
                assert_eq!(found(conn, &of_it)?.len(), 3);
                let model = ReprocessSelection { model_digests: vec!["a".repeat(64)], ..all.clone() };
                assert!(found(conn, &model)?.is_empty());
                let ids = ReprocessSelection { ids: Some(vec![c.clone()]), ..all.clone() };
                assert_eq!(found(conn, &ids)?, from_ref(&c));
                let before = ReprocessSelection { created_before: Some(now), ..all.clone() };
                assert!(found(conn, &before)?.is_empty());
                let page = batches::select(conn, &tenant, &all, later, Some(&a), 1)?;
                assert_eq!(page[0].decided, Some((Verdict::Rejected, blurry.to_vec())));
                assert!(batches::select(conn, &tenant, &all, now, None, 1)?.is_empty(), "made later");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_batch_has_no_more_under_way_than_it_may_and_ends_with_its_last_item() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let mut of = Vec::new();
                for _ in 0..3 {
                    of.push(decided(conn, &tenant, Verdict::Verified, &[], now)?.0);
                }
                let batch = running(conn, &tenant, &of, None, now)?;
                assert_eq!(batches::running(conn)?, from_ref(&batch.id));
                assert_eq!(batches::feed(conn, &batch.id, 2, true, now)?, 2);
                assert_eq!(batches::feed(conn, &batch.id, 2, true, now)?, 0, "two are under way");
                assert_eq!(open_jobs(conn)?, [(JobKind::Verify, QueueName::Batch); 2]);
                use ItemState::{Done, Running, Waiting};
                assert_eq!(states(conn, &batch)?, [Running, Running, Waiting]);
                let items = batches::items(conn, &batch.id, None, 0, 10)?;
                let run = runs::get(conn, items[0].run_id.as_ref().unwrap())?.unwrap();
                assert_eq!(run.batch_item_id.as_ref(), Some(&items[0].id));
                assert_eq!((run.reason, run.captures()?.len()), (RunReason::Reprocess, 2));
                assert_eq!(items[0].old_verdict, Some(Verdict::Verified));
                let end = End { state: Done, new: Some((Verdict::Verified, &[])), error: None };
                assert!(batches::end_item(conn, &items[0].id, &end, now)?);
                assert!(!batches::end_item(conn, &items[0].id, &end, now)?, "it has its one result");
                assert_eq!(batches::feed(conn, &batch.id, 2, true, now)?, 1);
                for item in &items[1..] {
                    assert!(batches::end_item(conn, &item.id, &end, now)?);
                }
                assert_eq!(batches::feed(conn, &batch.id, 2, true, now)?, 0);
                use EventType::{BatchCompleted, BatchProgress, BatchStarted};
                assert_eq!(told(conn, &batch)?, [BatchStarted, BatchProgress, BatchCompleted]);
                assert!(batches::running(conn)?.is_empty());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_rate_is_kept_and_a_pause_is_not_made_up_for() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let mut of = Vec::new();
                for _ in 0..12 {
                    of.push(decided(conn, &tenant, Verdict::Verified, &[], now)?.0);
                }
                let batch = running(conn, &tenant, &of, Some(120), now)?;
                let feed = |conn: &mut Conn, millis: u64| {
                    batches::feed(conn, &batch.id, 100, false, now.plus(Duration::from_millis(millis)))
                };
                assert_eq!(feed(conn, 0)?, 0);
                assert_eq!(feed(conn, 500)?, 1, "two a second");
                assert_eq!(feed(conn, 700)?, 0);
                assert_eq!(feed(conn, 1000)?, 1);
                assert_eq!(feed(conn, 2000)?, 2);
                assert_eq!(feed(conn, 600_000)?, 2, "no more at once after ten minutes of nothing");
                let paused = batches::lock(conn, &batch.id)?.unwrap();
                batches::set_status(conn, &paused, BatchStatus::Paused, None, now)?;
                assert_eq!(feed(conn, 700_000)?, 0, "it is paused");
                let paused = batches::lock(conn, &batch.id)?.unwrap();
                batches::set_status(conn, &paused, BatchStatus::Running, None, now)?;
                assert_eq!(feed(conn, 800_000)?, 2);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_cannot_be_looked_at_again_ends_at_once_and_says_why() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let (purged, _) = decided(conn, &tenant, Verdict::Verified, &[], now)?;
                let (redacted, _) = decided(conn, &tenant, Verdict::Verified, &[], now)?;
                let (restarted, _) = decided(conn, &tenant, Verdict::Rejected, &[], now)?;
                let batch = running(
                    conn,
                    &tenant,
                    &[purged.clone(), redacted.clone(), restarted.clone()],
                    None,
                    now,
                )?;
                captures::delete_all(conn, Owner::Verification(&purged))?;
                let row = verifications::lock(conn, &tenant, &redacted)?.unwrap();
                erasures::redact(conn, &row, now)?;
                let (from, to) = (VerificationStatus::Rejected, VerificationStatus::RequiresInput);
                verifications::transition(conn, &restarted, from, to, &Change::default(), now)?;
                batches::feed(conn, &batch.id, 8, false, now)?;
                use ItemState::{Canceled, NotReprocessable, SkippedRedacted};
                assert_eq!(states(conn, &batch)?, [NotReprocessable, SkippedRedacted, Canceled]);
                let items = batches::items(conn, &batch.id, None, 0, 10)?;
                let errors: Vec<_> = items.iter().map(|item| item.error.as_deref()).collect();
                assert_eq!(errors, [Some(batches::IMAGES_GONE), None, Some(batches::MOVED_ON)]);
                assert_eq!(told(conn, &batch)?.last(), Some(&EventType::BatchCompleted));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_diff_counts_what_changes_and_why() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let blurry = vec![ReasonCode::ImageBlurry];
                let expired = vec![ReasonCode::DocumentExpired];
                let old = [
                    (Verdict::Verified, vec![]),
                    (Verdict::Verified, vec![]),
                    (Verdict::Rejected, blurry.clone()),
                    (Verdict::Verified, vec![]),
                    (Verdict::Rejected, vec![ReasonCode::ImageBlurry, ReasonCode::DocumentExpired]),
                ];
                let made = batch(conn, &tenant, None, now)?;
                let items: Vec<NewItem> = old
                    .into_iter()
                    .map(|old| NewItem { source: None, verification: None, old: Some(old) })
                    .collect();
                batches::add_items(conn, &tenant, &made.id, 0, &items, None)?;
                let items = batches::items(conn, &made.id, None, 0, 10)?;
                let reordered = [ReasonCode::DocumentExpired, ReasonCode::ImageBlurry];
                let new: [(ItemState, Verdict, &[ReasonCode]); 5] = [
                    (ItemState::Done, Verdict::Verified, &[]),
                    (ItemState::Done, Verdict::Rejected, &expired),
                    (ItemState::Done, Verdict::Rejected, &expired),
                    (ItemState::KeptReview, Verdict::Rejected, &expired),
                    (ItemState::Done, Verdict::Rejected, &reordered),
                ];
                for (item, (state, verdict, reasons)) in items.iter().zip(new) {
                    let end = End { state, new: Some((verdict, reasons)), error: None };
                    batches::end_item(conn, &item.id, &end, now)?;
                }
                let diff = batches::diff(conn, &made.id)?;
                assert_eq!((diff.compared, diff.changed, diff.items[&ItemState::KeptReview]), (4, 2, 1));
                let (verified, rejected) = (Verdict::Verified, Verdict::Rejected);
                let verdicts: Vec<_> =
                    diff.verdicts.iter().map(|c| (c.from.unwrap(), c.to, c.items)).collect();
                assert_eq!(
                    verdicts,
                    [(verified, verified, 1), (verified, rejected, 1), (rejected, rejected, 2)]
                );
                let of =
                    |reason| diff.reasons.iter().find(|change| change.reason == reason).copied().unwrap();
                let (come, gone) = (of(ReasonCode::DocumentExpired), of(ReasonCode::ImageBlurry));
                assert_eq!((come.appears, come.disappears, gone.appears, gone.disappears), (2, 0, 0, 1));
                let changed = batches::changed_items(conn, &made.id, 2, 10)?;
                assert_eq!(changed.iter().map(|item| item.position).collect::<Vec<_>>(), [2]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn another_look_is_taken_as_of_the_day_of_the_first_decision_on_the_same_captures() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let (id, first) = decided(conn, &tenant, Verdict::Verified, &[], now)?;
                let later = now.plus(DAY * 400);
                let mut inputs = runs::get(conn, &first)?.unwrap().inputs()?.unwrap();
                inputs.reverse();
                let mut look = |captures: &[RunCapture]| {
                    let run = RunId::generate();
                    runs::insert(conn, &run, &tenant, &id, RunReason::Reprocess, captures, later)?;
                    let run = runs::get(conn, &run)?.unwrap();
                    runs::first_decided(conn, &run)
                };
                assert_eq!(look(&inputs)?, Some(now));
                assert_eq!(look(&inputs[..1])?, None, "nobody has decided on this alone");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_a_reviewer_decided_is_what_an_item_is_held_against() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let reasons = [ReasonCode::MrzNotFound];
                let (id, run) = decided(conn, &tenant, Verdict::NeedsReview, &reasons, now)?;
                let (from, to) = (VerificationStatus::NeedsReview, VerificationStatus::Verified);
                verifications::transition(conn, &id, from, to, &Change::default(), now)?;
                let decision = decisions::NewDecision {
                    tenant: &tenant,
                    verification: &id,
                    source: DecisionSource::Reviewer,
                    run: Some(&run),
                    reviewer: Some("reviewer"),
                    standing: Standing::Final,
                    verdict: Verdict::Verified,
                    reasons: &[],
                    version: 4,
                };
                decisions::append(conn, &decision, now)?;
                let batch = running(conn, &tenant, from_ref(&id), None, now)?;
                batches::feed(conn, &batch.id, 8, false, now)?;
                let item = batches::items(conn, &batch.id, None, 0, 1)?.remove(0);
                assert_eq!(item.old_verdict, Some(Verdict::Verified));
                assert!(batches::change_of(&item)?.0.is_empty());
                assert_eq!(jobs::cancel_of_run(conn, item.run_id.as_ref().unwrap(), now)?, 1);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_run_that_was_stored_with_ids_alone_is_still_read() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let (_, run) = decided(conn, &tenant, Verdict::Verified, &[], now)?;
                let whole = runs::get(conn, &run)?.unwrap();
                let ids = whole.captures()?;
                assert_eq!(whole.inputs()?.unwrap().len(), 2);
                diesel::update(crate::db::schema::runs::table)
                    .set(crate::db::schema::runs::captures.eq(serde_json::to_string(&ids)?))
                    .execute(conn)?;
                let old = runs::get(conn, &run)?.unwrap();
                assert_eq!((old.captures()?, old.inputs()?), (ids, None));
                Ok(())
            })
            .await;
    }
}
