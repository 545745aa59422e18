//! What waits for others, and what never comes to its turn.

use super::super::Scratch;
use super::*;
use crate::db::webhooks::endpoints::Change;

/// A tenant whose endpoint is told of so many events, of things by their number.
async fn flooded(
    scratch: &Scratch,
    count: usize,
    thing: fn(usize) -> String,
) -> (TenantId, Timestamp, EndpointId) {
    let begin = |conn: &mut Conn| {
        let at = now(conn)?;
        let one = tenant(conn, "one", at)?;
        let id = endpoint(conn, &one, true, at)?;
        Ok((one, at, id))
    };
    let (one, at, id) = scratch.run(begin).await;
    for part in 0..count / 500 {
        let one = one.clone();
        let told = move |conn: &mut Conn| {
            (0..500).try_for_each(|number| tell(conn, &one, &thing(part * 500 + number), at).map(drop))
        };
        scratch.run(told).await;
    }
    (one, at, id)
}

#[tokio::test]
async fn what_waits_for_its_next_attempt_goes_at_once_to_an_endpoint_that_is_mended() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                let id = endpoint(conn, &one, true, at)?;
                for resource in ["a", "b"] {
                    tell(conn, &one, resource, at)?;
                }
                let claimed = deliveries::claim(conn, &limits(), 9, at)?;
                finish(conn, &claimed[0], 500, at)?;
                set_enabled(conn, &id, false)?;
                let row = endpoints::get(conn, &one, &id)?.expect("it is there");
                endpoints::enable(conn, &row, at)?;
                let again = deliveries::claim(conn, &limits(), 9, at)?;
                assert_eq!(places(&again), places(&claimed[..1]), "what is under way is left alone");
                finish(conn, &again[0], 500, at)?;
                assert!(deliveries::claim(conn, &limits(), 9, at)?.is_empty());
                let change = Change { url: Some("https://b.example/".into()), ..Change::default() };
                endpoints::update(conn, &id, &change, at)?;
                assert_eq!(deliveries::claim(conn, &limits(), 9, at)?.len(), 1);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_waits_behind_others_keeps_nobody_waiting() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let (one, other) = (tenant(conn, "one", at)?, tenant(conn, "other", at)?);
                for _ in 0..300 {
                    endpoint(conn, &one, true, at)?;
                }
                tell(conn, &one, "a", at)?;
                for claimed in deliveries::claim(conn, &limits(), 300, at)? {
                    finish(conn, &claimed, 500, at)?;
                }
                // Each of the 300 has one that is due and has to wait, and all of those were there first.
                tell(conn, &one, "a", at)?;
                endpoint(conn, &other, true, at)?;
                let later = at.plus(SECOND);
                tell(conn, &other, "b", later)?;
                assert_eq!(places(&deliveries::claim(conn, &limits(), 8, later)?), ["b 1"]);
                assert!(!deliveries::any_due(conn, later)?, "what waits is not looked at again");
                assert_eq!(deliveries::claim(conn, &limits(), 300, at.plus(SECOND * 6))?.len(), 300);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn thousands_that_wait_for_one_are_put_aside_and_come_in_their_order() {
    for scratch in databases().await {
        let (one, at, _) = flooded(&scratch, 5000, |_| "a".to_owned()).await;
        scratch
            .run(move |conn| {
                let later = at.plus(SECOND);
                tell(conn, &one, "b", later)?;
                let first = deliveries::claim(conn, &limits(), 1, later)?.remove(0);
                assert_eq!(first.event.sequence, 1);
                finish(conn, &first, 500, later)?;
                let mut claims = 0;
                let found = loop {
                    claims += 1;
                    let claimed = deliveries::claim(conn, &limits(), 1, later)?;
                    if !claimed.is_empty() {
                        break claimed;
                    }
                };
                assert_eq!((places(&found), claims < 5), (vec!["b 1".to_owned()], true), "{claims}");
                finish(conn, &found[0], 200, later)?;
                assert!(!deliveries::any_due(conn, later)?);
                let mut at = later.plus(SECOND * 6);
                for sequence in 1..=4 {
                    let claimed = deliveries::claim(conn, &limits(), 9, at)?;
                    assert_eq!(places(&claimed), [format!("a {sequence}")]);
                    assert!(!deliveries::any_due(conn, at)?);
                    finish(conn, &claimed[0], if sequence == 2 { 500 } else { 200 }, at)?;
                    if sequence == 2 {
                        assert!(deliveries::claim(conn, &limits(), 9, at)?.is_empty());
                        at = at.plus(SECOND * 6);
                        let again = deliveries::claim(conn, &limits(), 9, at)?.remove(0);
                        assert_eq!(again.event.sequence, 2);
                        finish(conn, &again, 200, at)?;
                    }
                }
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn attempts_that_end_together_are_each_written_down() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                for _ in 0..3 {
                    endpoint(conn, &one, true, at)?;
                }
                tell(conn, &one, "a", at)?;
                tell(conn, &one, "a", at)?;
                let lost = deliveries::claim(conn, &limits(), 1, at)?;
                let at = at.plus(SECOND * 31);
                let claimed = deliveries::claim(conn, &limits(), 9, at)?;
                let answers = [answered(200, at), answered(500, at), answered(200, at)];
                let mut ended: Vec<_> = claimed.iter().zip(&answers).collect();
                ended.push((&lost[0], &answers[0]));
                let finished = deliveries::finish(conn, &ended, &limits(), at)?;
                let states: Vec<_> = finished.iter().map(|one| one.map(|one| one.state)).collect();
                let [delivered, pending] = [DeliveryState::Delivered, DeliveryState::Pending].map(Some);
                assert_eq!(states, [delivered, pending, delivered, None]);
                for one in &claimed {
                    assert_eq!(deliveries::attempts(conn, &one.id)?.len(), 1);
                }
                assert_eq!(places(&deliveries::claim(conn, &limits(), 9, at)?), ["a 2", "a 2"]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_deleted_endpoint_is_gone_at_once_and_what_is_left_goes_part_by_part() {
    for scratch in databases().await {
        let (one, at, id) = flooded(&scratch, 2500, |number| format!("r{number}")).await;
        scratch
            .run(move |conn| {
                let claimed = deliveries::claim(conn, &limits(), 1, at)?.remove(0);
                endpoints::delete(conn, &id)?;
                let count = |conn: &mut Conn| -> Result<i64, Error> {
                    Ok(webhook_deliveries::table.count().get_result(conn)?)
                };
                assert!(count(conn)? > 0, "the rest is left to the sweep");
                assert!(endpoints::get(conn, &one, &id)?.is_none());
                assert!(endpoints::list(conn, &one, None, 10)?.is_empty());
                assert!(deliveries::list(conn, &one, &Filter::default(), 10)?.is_empty());
                assert!(deliveries::get(conn, &one, &claimed.id)?.is_none());
                assert!(!deliveries::any_due(conn, at)?, "nothing is sent any more");
                while endpoints::clear_deleted(conn)? > 0 {}
                let endpoints: i64 = webhook_endpoints::table.count().get_result(conn)?;
                assert_eq!((count(conn)?, endpoints), (0, 0));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_waits_for_a_disabled_endpoint_is_given_up_in_the_end() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                let id = endpoint(conn, &one, true, at)?;
                for at in [at, at, at.plus(DAY)] {
                    tell(conn, &one, "a", at)?;
                }
                deliveries::claim(conn, &limits(), 9, at)?;
                let later = at.plus(DAY);
                assert_eq!(deliveries::give_up_stranded(conn, at, 100, later)?, 0, "it is enabled");
                set_enabled(conn, &id, false)?;
                assert_eq!(deliveries::give_up_stranded(conn, at, 100, later)?, 2);
                assert_eq!(deliveries::give_up_stranded(conn, at, 100, later)?, 0);
                set_enabled(conn, &id, true)?;
                assert_eq!(places(&deliveries::claim(conn, &limits(), 9, later)?), ["a 3"]);
                Ok(())
            })
            .await;
    }
}
