//! Files become verifications.

use super::*;

#[tokio::test]
async fn an_import_makes_a_verification_of_each_item_and_fails_those_without_usable_files() {
    let bench = Bench::new().await;
    bench.put("text/front.png", b"this is no image");
    bench.put("text/selfie.png", &png(1));
    for name in ["a", "b"] {
        bench.put(&format!("{name}/front.png"), &png(1));
        bench.put(&format!("{name}/selfie.png"), &png(2));
    }
    let lines = vec![line("a"), line("missing"), line("text"), line("b")];
    let batch = bench.import_lines(lines).await;
    let worker = bench.work();
    let items = bench.ended(&batch).await;
    worker.stop().await;
    use ItemState::{Done, Failed};
    assert_eq!(states(&items), [Done, Failed, Failed, Done]);
    let missing = items[1].error.as_deref().unwrap();
    assert_eq!(missing, "failed to take the document_front: it is not there");
    assert!(items[2].error.as_deref().unwrap().contains("the first bytes are none of these"));
    for item in [&items[0], &items[3]] {
        assert_eq!((item.old_verdict, item.new_verdict), (None, Some(Verdict::Verified)));
        let id = item.verification_id.as_ref().unwrap();
        let row = bench.verification(id).await;
        assert_eq!((row.status, row.attempts), (VERIFIED, 1));
        assert!(row.client_reference.is_some());
        let history = bench.history(id).await;
        assert_eq!(history, ["verification.created", "verification.processing", "verification.verified"]);
    }
    assert_eq!(bench.batch(&batch).await.status, BatchStatus::Completed);
}

#[tokio::test]
async fn an_item_becomes_one_verification_however_often_its_files_are_handed_in() {
    let bench = Bench::new().await;
    let batch = bench.import(&["somebody"]).await;
    let item: BatchItemId = bench.items(&batch).await.remove(0).id;
    let source = bench.source();
    let ingested = tokio::join!(ingest(&bench.ctx, &source, &item), ingest(&bench.ctx, &source, &item));
    let made = [ingested.0.unwrap(), ingested.1.unwrap()];
    assert_eq!(made.iter().filter(|made| matches!(made, Ingested::Made(_))).count(), 1, "{made:?}");
    assert_eq!(ingest(&bench.ctx, &source, &item).await.unwrap(), Ingested::Settled);
    let cutoff = Timestamp::from_micros(i64::MAX);
    assert_eq!(bench.ctx.blobs.captures_before(cutoff).await.unwrap().len(), 2, "the loser's are gone");
}

#[tokio::test]
async fn an_import_that_is_called_off_takes_its_undecided_verifications_along() {
    let bench = Bench::new().await;
    let batch = bench.import(&["a", "b"]).await;
    let items = bench.items(&batch).await;
    let source = bench.source();
    let Ingested::Made(id) = ingest(&bench.ctx, &source, &items[0].id).await.unwrap() else {
        panic!("its files are there")
    };
    bench
        .run({
            let batch = batch.clone();
            move |conn, now| {
                let batch = batches::lock(conn, &batch)?.unwrap();
                batches::cancel(conn, &batch, now)
            }
        })
        .await;
    assert_eq!(ingest(&bench.ctx, &source, &items[1].id).await.unwrap(), Ingested::Settled);
    assert_eq!(states(&bench.items(&batch).await), [ItemState::Canceled; 2]);
    assert_eq!(bench.verification(&id).await.status, VerificationStatus::Canceled);
    assert_eq!(bench.history(&id).await.last(), Some(&"verification.canceled"));
}

#[tokio::test]
async fn a_dead_job_of_an_import_fails_its_verification_which_may_be_driven_again() {
    let bench = Bench::new().await;
    let batch = bench.import(&["somebody"]).await;
    let source = bench.source();
    let item = bench.items(&batch).await.remove(0);
    let Ingested::Made(id) = ingest(&bench.ctx, &source, &item.id).await.unwrap() else {
        panic!("its files are there")
    };
    let item = bench.items(&batch).await.remove(0);
    bench.give_up(&item, &id).await;
    assert_eq!(bench.verification(&id).await.status, VerificationStatus::Failed);
    let worker = bench.work();
    let started = Instant::now();
    while bench.verification(&id).await.status != VERIFIED {
        assert!(started.elapsed() < Duration::from_secs(120), "it was not driven again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(states(&bench.ended(&batch).await), [ItemState::Failed], "an item has one result");
    worker.stop().await;
}
