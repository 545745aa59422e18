//! What waits for others, and what never comes to its turn.

use super::*;
use crate::db::webhooks::endpoints::{self, Change};

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
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                endpoint(conn, &one, true, at)?;
                for _ in 0..5000 {
                    tell(conn, &one, "a", at)?;
                }
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
