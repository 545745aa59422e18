//! Verifications are looked at again.

use std::sync::LazyLock;

use super::*;

#[tokio::test]
async fn a_shadow_changes_nothing_and_what_is_applied_is_a_new_version_and_decision() {
    let bench = Bench::new().await;
    let id = bench.verified().await;
    let (before, history) = (bench.verification(&id).await, bench.history(&id).await);
    let worker = bench.work();
    let shadow = bench.reprocess(|batch| batch.shadow = true).await;
    let items = bench.ended(&shadow).await;
    assert_eq!(states(&items), [ItemState::Done]);
    assert_eq!(
        (items[0].old_verdict, items[0].new_verdict),
        (Some(Verdict::Verified), Some(Verdict::Verified))
    );
    let after = bench.verification(&id).await;
    assert_eq!((after.version, &after.current_run_id), (before.version, &before.current_run_id));

    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let policy = Policy { version: 77, ..Policy::default() };
        serde_json::to_string(&policy).unwrap()
    });
    let applied = bench.reprocess(|batch| batch.policy = Some(&POLICY)).await;
    assert_eq!(states(&bench.ended(&applied).await), [ItemState::Done]);
    worker.stop().await;
    let after = bench.verification(&id).await;
    assert_eq!((after.status, after.version), (VERIFIED, before.version + 1));
    assert_ne!(after.current_run_id, before.current_run_id);
    assert_eq!(after.settled_at, before.settled_at, "its personal data is kept no longer for it");
    assert_eq!(bench.history(&id).await, history, "it stays what it was");
    let decisions = bench.run(move |conn, _| decisions::list(conn, &id)).await;
    assert_eq!(decisions.len(), 2);
    assert_eq!((decisions[1].version, &decisions[1].run_id), (after.version, &after.current_run_id));
    let worker = bench.work();
    let none = bench.reprocess(|batch| batch.selection = r#"{"policy_version_below":77}"#).await;
    assert!(bench.ended(&none).await.is_empty(), "the run says which policy decided");
    worker.stop().await;
}

#[tokio::test]
async fn a_reviewers_decision_stays_unless_it_is_overridden_on_purpose() {
    let bench = Bench::new().await;
    let id = bench.verified().await;
    let (reviewed, tenant) = (id.clone(), bench.tenant.clone());
    let run = bench.verification(&id).await.current_run_id;
    bench
        .run(move |conn, now| {
            let change = Change::default();
            let version =
                verifications::transition(conn, &reviewed, VERIFIED, REJECTED, &change, now)?.unwrap();
            let decision = NewDecision {
                tenant: &tenant,
                verification: &reviewed,
                source: DecisionSource::Reviewer,
                run: run.as_ref(),
                reviewer: Some("reviewer"),
                standing: Standing::Final,
                verdict: Verdict::Rejected,
                reasons: &[],
                version,
            };
            decisions::append(conn, &decision, now)
        })
        .await;
    let worker = bench.work();
    let polite = bench.reprocess(|_| ()).await;
    let items = bench.ended(&polite).await;
    assert_eq!((items[0].state, items[0].new_verdict), (ItemState::KeptReview, Some(Verdict::Verified)));
    assert_eq!(bench.verification(&id).await.status, REJECTED);
    let firm = bench.reprocess(|batch| batch.overrides_reviews = true).await;
    let items = bench.ended(&firm).await;
    worker.stop().await;
    assert_eq!((items[0].state, items[0].old_verdict), (ItemState::Done, Some(Verdict::Rejected)));
    assert_eq!(bench.verification(&id).await.status, VERIFIED);
    assert_eq!(bench.history(&id).await.last(), Some(&"verification.verified"));
}

#[tokio::test]
async fn what_has_been_restarted_meanwhile_stays_restarted() {
    let bench = Bench::new().await;
    let id = bench.verified().await;
    let rejected = id.clone();
    bench
        .run(move |conn, now| {
            verifications::transition(conn, &rejected, VERIFIED, REJECTED, &Change::default(), now)
        })
        .await;
    let batch = bench.begun(&id).await;
    let restarted = id.clone();
    bench
        .run(move |conn, now| {
            let next = VerificationStatus::RequiresInput;
            verifications::transition(conn, &restarted, REJECTED, next, &Change::default(), now)
        })
        .await;
    let worker = bench.work();
    let items = bench.ended(&batch).await;
    worker.stop().await;
    assert_eq!((items[0].state, items[0].new_verdict), (ItemState::Canceled, None));
    assert_eq!(bench.verification(&id).await.status, VerificationStatus::RequiresInput);
}

#[tokio::test]
async fn a_dead_job_fails_its_item_and_leaves_a_verification_that_was_decided_as_it_is() {
    let bench = Bench::new().await;
    let id = bench.verified().await;
    let before = bench.verification(&id).await;
    let batch = bench.begun(&id).await;
    let item = bench.items(&batch).await.remove(0);
    bench.give_up(&item, &id).await;
    let item = bench.items(&batch).await.remove(0);
    assert_eq!((item.state, item.error.as_deref()), (ItemState::Failed, Some("the model is broken")));
    // Its job is driven again, and finds that the item has its result.
    let worker = bench.work();
    assert_eq!(states(&bench.ended(&batch).await), [ItemState::Failed]);
    worker.stop().await;
    let after = bench.verification(&id).await;
    assert_eq!((after.version, after.current_run_id), (before.version, before.current_run_id));
}

#[tokio::test]
async fn a_large_selection_is_prepared_in_parts_and_an_empty_one_ends_at_once() {
    const COUNT: usize = 501;
    let bench = Bench::new().await;
    let worker = bench.work();
    let empty = bench.reprocess(|_| ()).await;
    assert!(bench.ended(&empty).await.is_empty());
    let tenant = bench.tenant.clone();
    bench
        .run(move |conn, now| {
            for _ in 0..COUNT {
                failed_before_it_ran(conn, &tenant, now)?;
            }
            Ok(())
        })
        .await;
    let batch = bench.reprocess(|_| ()).await;
    let items = bench.ended(&batch).await;
    worker.stop().await;
    assert_eq!(items.len(), COUNT);
    assert!(items.iter().all(|item| item.state == ItemState::NotReprocessable));
    let mut ids: Vec<_> = items.iter().map(|item| item.verification_id.clone()).collect();
    ids.dedup();
    assert_eq!((ids.len(), bench.batch(&batch).await.total), (COUNT, 501));
}

fn failed_before_it_ran(conn: &mut Conn, tenant: &TenantId, now: Timestamp) -> Result<(), db::Error> {
    let id = VerificationId::generate();
    let new = NewVerification {
        id: &id,
        tenant_id: tenant,
        client_reference: None,
        metadata: None,
        claims: None,
        capture_token_sha256: &[0; 32],
        expires_at: now,
    };
    verifications::insert(conn, &new, now)?;
    let (waiting, working) = (VerificationStatus::RequiresInput, VerificationStatus::Processing);
    verifications::transition(conn, &id, waiting, working, &Change::default(), now)?;
    verifications::transition(conn, &id, working, VerificationStatus::Failed, &Change::default(), now)?;
    Ok(())
}
