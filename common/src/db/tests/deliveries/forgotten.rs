//! What is forgotten: deliveries that have ended, and endpoints of `webhook_url`s that nothing is left to tell.

use super::super::run_of;
use super::*;
use crate::db::schema::runs;
use crate::db::verifications::transition;

#[tokio::test]
async fn what_has_ended_is_forgotten_and_unused_endpoints_go_with_it() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                let unused = endpoint(conn, &one, false, at)?;
                let kept = endpoint(conn, &one, true, at)?;
                let id = verification(conn, &one, at)?;
                diesel::update(verifications::table.find(id.as_str()))
                    .set(verifications::webhook_endpoint_id.eq(unused.as_str()))
                    .execute(conn)?;
                events::append(conn, &one, &id, EventType::Created, 1, at)?;
                let claimed = deliveries::claim(conn, &limits(), 9, at)?;
                assert_eq!(claimed.iter().filter(|one| one.listed).count(), 1);
                assert_eq!(claimed.len(), 2, "the verification's own endpoint is told too");
                for one in &claimed {
                    finish(conn, one, 200, at)?;
                }
                let count = |conn: &mut Conn| -> Result<i64, Error> {
                    Ok(webhook_deliveries::table.count().get_result(conn)?)
                };
                assert_eq!(deliveries::forget_finished(conn, at.minus(SECOND), 100)?, 0);
                assert_eq!((deliveries::forget_finished(conn, at, 100)?, count(conn)?), (2, 0));
                use VerificationStatus::{NeedsReview, Processing, Rejected, RequiresInput};
                // Each endpoint is looked at once a day.
                let kept_on = |conn: &mut Conn, day: u32| -> Result<bool, Error> {
                    assert_eq!(unlisted::forget_unused(conn, DAY * 7, 100, at.plus(DAY * day))?, 1);
                    assert_eq!(unlisted::forget_unused(conn, DAY * 7, 100, at.plus(DAY * day))?, 0);
                    Ok(endpoints::get(conn, &one, &unused)?.is_some())
                };
                assert!(kept_on(conn, 9)?, "the verification is unfinished");
                let run = run_of(conn, &one, &id, at)?;
                for (from, to) in [(RequiresInput, Processing), (Processing, NeedsReview)] {
                    transition(conn, &id, from, to, &Default::default(), at)?.unwrap();
                }
                assert!(kept_on(conn, 10)?, "it waits for a reviewer");
                transition(conn, &id, NeedsReview, Rejected, &Default::default(), at.plus(DAY * 9))?.unwrap();
                let report = |report: Option<&'static [u8]>| {
                    diesel::update(runs::table.find(run.as_str())).set(runs::report.eq(report))
                };
                report(Some(b"sealed")).execute(conn)?;
                assert!(kept_on(conn, 20)?, "it has a report");
                report(None).execute(conn)?;
                diesel::update(verifications::table.find(id.as_str()))
                    .set(verifications::settled_at.eq(at.plus(DAY * 15).as_micros()))
                    .execute(conn)?;
                assert!(kept_on(conn, 21)?, "it was settled lately");
                assert!(!kept_on(conn, 23)?);
                tell(conn, &one, "b", at)?;
                endpoints::delete(conn, &kept)?;
                assert_eq!((endpoints::get(conn, &one, &kept)?.is_none(), count(conn)?), (true, 0));
                Ok(())
            })
            .await;
    }
}
