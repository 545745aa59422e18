//! Reports: every verification once, whatever the pages, with its times.

use diesel::prelude::*;

use super::reviews::doubtful;
use super::*;
use crate::db::jobs;
use crate::db::report::{Collector, Range, health, page, summarize};
use crate::db::reviews::{self, NewReview};
use crate::db::{decisions, now, schema};

#[tokio::test]
async fn pages_hold_each_verification_of_the_range_once() {
    for scratch in databases().await {
        let (tenant, range) = scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                verification(conn, &tenant, now.minus(DAY))?;
                // All at one time, and more of them than a page holds.
                for _ in 0..501 {
                    verification(conn, &tenant, now)?;
                }
                verification(conn, &tenant, now.plus(DAY))?;
                let other = super::tenant(conn, "other", now)?;
                verification(conn, &other, now)?;
                let range = Range { from: now, before: now.plus(DAY) };
                let first = page(conn, &tenant, range, None)?;
                let second = page(conn, &tenant, range, first.last().map(|entry| &entry.verification))?;
                assert_eq!((first.len(), second.len()), (500, 1));
                let last = page(conn, &tenant, range, second.last().map(|entry| &entry.verification))?;
                assert!(last.is_empty());
                Ok((tenant, range))
            })
            .await;
        let summary = summarize(&scratch.db, &[tenant], range).await.unwrap();
        assert_eq!(summary.by_status, [(VerificationStatus::RequiresInput, 501)].into());
        assert_eq!((summary.by_day.len(), summary.by_day[0].created), (1, 501));
    }
}

#[tokio::test]
async fn a_review_and_a_wait_are_measured() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = doubtful(conn, &tenant, now)?;
                let new = NewJob {
                    tenant: &tenant,
                    kind: JobKind::Verify,
                    queue: QueueName::Interactive,
                    subject: "run",
                    verification: Some(&id),
                    traceparent: None,
                };
                let job = jobs::enqueue(conn, &new, now)?;
                let taken = now.plus(Duration::from_secs(3));
                jobs::claim_many(conn, &[job], &WorkerId::generate(), &JobLimits::default(), taken)?;
                let (ann, later): (Reviewer, _) = ("Ann".parse().unwrap(), now.plus(DAY));
                reviews::claim(conn, &tenant, &id, &ann, later.plus(DAY), later).unwrap();
                let review = NewReview {
                    tenant: &tenant,
                    verification: &id,
                    reviewer: &ann,
                    verdict: Verdict::Rejected,
                    reasons: &[ReasonCode::FaceMismatch],
                    note: None,
                    two_reviewers: false,
                };
                reviews::decide(conn, &review, later).unwrap();
                let range = Range { from: now, before: later };
                let [entry] = page(conn, &tenant, range, None)?.try_into().unwrap();
                assert_eq!(entry.waits, [Duration::from_secs(3)]);
                assert_eq!(entry.reviews, [DAY]);
                let mut collector = Collector::default();
                collector.add(&entry)?;
                let summary = collector.finish(range, health(conn, &[tenant])?);
                assert_eq!(summary.by_source, [(DecisionSource::Reviewer, 1)].into());
                assert_eq!(summary.by_reason, [(ReasonCode::FaceMismatch, 1)].into());
                assert_eq!(summary.review_turnaround.p50_ms, Some(86_400_000.0));
                assert_eq!(summary.health.reviews_waiting, 0);
                assert_eq!(decisions::list(conn, &id)?.len(), 2);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_was_looked_at_anew_has_the_new_policy_and_the_first_ones_time() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = doubtful(conn, &tenant, now)?;
                let mut again = Vec::new();
                for shadow in [false, true] {
                    let new = runs::NewRun {
                        id: &RunId::generate(),
                        tenant: &tenant,
                        verification: &id,
                        reason: RunReason::Reprocess,
                        captures: &[],
                        item: None,
                        shadow,
                    };
                    runs::insert_for(conn, &new, now.plus(DAY))?;
                    again.push(new.id.clone());
                }
                verifications::set_current_run(conn, &id, &again[0], now)?;
                diesel::update(schema::runs::table)
                    .set(schema::runs::finished_at.eq(now.plus(DAY * 2).as_micros()))
                    .execute(conn)?;
                let range = Range { from: now, before: now.plus(DAY) };
                let [entry] = page(conn, &tenant, range, None)?.try_into().unwrap();
                assert_eq!(entry.run().map(|run| &run.id), again.first());
                assert_eq!((entry.runs.len(), entry.latency()), (2, Some(DAY * 2)));
                let mut collector = Collector::default();
                collector.add(&entry)?;
                assert_eq!(collector.finish(range, health(conn, &[tenant])?).latency.count, 1);
                Ok(())
            })
            .await;
    }
}
