//! How batches and their items end before their time, and what goes with them.

use super::*;

#[tokio::test]
async fn a_redaction_ends_the_items_and_takes_what_they_were_made_of() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let (id, run) = decided(conn, &tenant, Verdict::Verified, &[], now)?;
                let batch = running(conn, &tenant, from_ref(&id), None, now)?;
                diesel::update(batch_items::table).set(batch_items::source.eq("{}")).execute(conn)?;
                batches::feed(conn, &batch.id, 8, false, now)?;
                let row = verifications::lock(conn, &tenant, &id)?.unwrap();
                erasures::redact(conn, &row, now)?;
                let item = batches::items(conn, &batch.id, None, 0, 1)?.remove(0);
                assert_eq!((item.state, item.source), (ItemState::SkippedRedacted, None));
                assert!(runs::get(conn, &run)?.unwrap().captures()?.is_empty());
                assert_eq!(open_jobs(conn)?.len(), 1, "the erasure alone");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_an_import_was_made_of_goes_with_retention_and_so_does_one_that_nobody_goes_on_with() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let made = import(conn, &tenant, "client", now)?;
                let item = NewItem { source: Some("{}".to_owned()), verification: None, old: None };
                batches::add_items(conn, &tenant, &made.id, 0, &[item.clone(), item], None)?;
                let items = batches::items(conn, &made.id, None, 0, 2)?;
                assert!(batches::fail_item(conn, &items[0].id, "it is not there", now)?);
                let (done, _) = decided(conn, &tenant, Verdict::Verified, &[], now)?;
                diesel::update(batch_items::table.find(items[0].id.as_str()))
                    .set(batch_items::verification_id.eq(done.as_str()))
                    .execute(conn)?;
                let mut sources_at = |days: u32| {
                    let later = now.plus(DAY * days);
                    while retention::purge(conn, &tenant, &Retention::default(), later)? > 0 {}
                    while batches::end_waiting(conn, &made.id, later)? > 0 {}
                    let items = batches::items(conn, &made.id, None, 0, 2)?;
                    Ok::<_, Error>(items.iter().map(|item| item.source.is_some()).collect::<Vec<_>>())
                };
                assert_eq!(sources_at(1)?, [true, true]);
                assert_eq!(sources_at(4000)?, [false, true], "called off today");
                assert_eq!(sources_at(8000)?, [false, false]);
                let status = batches::get(conn, &tenant, &made.id)?.unwrap().status;
                assert_eq!(status, BatchStatus::Canceled);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_batch_that_is_called_off_ends_everything_that_has_no_result() {
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
                batches::feed(conn, &batch.id, 2, false, now)?;
                let first = batches::items(conn, &batch.id, None, 0, 1)?.remove(0);
                let end = End { state: ItemState::Done, new: Some((Verdict::Verified, &[])), error: None };
                batches::end_item(conn, &first.id, &end, now)?;
                let locked = batches::lock(conn, &batch.id)?.unwrap();
                batches::cancel(conn, &locked, now)?;
                use ItemState::{Canceled, Done};
                assert_eq!(states(conn, &batch)?, [Done, Canceled, Canceled]);
                // The first one's is about to be completed by whoever ended the item.
                assert_eq!(open_jobs(conn)?.len(), 1);
                let status = batches::get(conn, &tenant, &batch.id)?.unwrap().status;
                assert_eq!(status, BatchStatus::Canceled);
                assert_eq!(told(conn, &batch)?.last(), Some(&EventType::BatchFailed));
                assert_eq!(batches::feed(conn, &batch.id, 8, true, now)?, 0);
                let row = verifications::get(conn, &tenant, &of[1])?.unwrap();
                assert_eq!(row.status, VerificationStatus::Verified, "it stays what it was");
                // The one that waited is only shown as canceled so far.
                assert_eq!(batches::counts(conn, &batch.id)?, [(Done, 1), (Canceled, 2)].into());
                let of_state = |conn: &mut Conn, state| batches::items(conn, &batch.id, Some(state), 0, 9);
                assert_eq!(of_state(conn, Canceled)?.len(), 2);
                assert!(of_state(conn, ItemState::Waiting)?.is_empty());
                assert_eq!(batches::with_waiting(conn)?, from_ref(&batch.id));
                assert_eq!(batches::end_waiting(conn, &batch.id, now)?, 1);
                assert!(batches::with_waiting(conn)?.is_empty());
                assert_eq!(states(conn, &batch)?, [Done, Canceled, Canceled]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn an_import_whose_lines_nobody_stores_any_more_is_called_off() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let stored = import(conn, &tenant, "configured", now.minus(DAY))?;
                let item = NewItem { source: Some("{}".to_owned()), verification: None, old: None };
                batches::add_items(conn, &tenant, &stored.id, 0, &vec![item; 1200], None)?;
                let lost = import(conn, &tenant, "configured", now.minus(DAY))?;
                let clients = import(conn, &tenant, "client", now.minus(DAY))?;
                assert_eq!(batches::cancel_unstored(conn, now.minus(DAY), now)?, 1);
                let mut status =
                    |batch: &Batch| batches::get(conn, &tenant, &batch.id).map(|batch| batch.unwrap().status);
                assert_eq!(status(&lost)?, BatchStatus::Canceled);
                assert_eq!(status(&stored)?, BatchStatus::Preparing, "it has moved since");
                assert_eq!(status(&clients)?, BatchStatus::Preparing, "its client may go on");
                assert_eq!(batches::items(conn, &stored.id, None, 1199, 9)?.len(), 1);
                Ok(())
            })
            .await;
    }
}
