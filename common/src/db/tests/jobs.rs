//! Jobs: reserved once, claimed once, ended once.

use super::*;
use crate::db::jobs::{self, Lease};
use crate::db::{erasures, now};
use diesel::prelude::*;

const INTERACTIVE: QueueName = QueueName::Interactive;

fn limits() -> JobLimits {
    JobLimits::default()
}

fn claim_all(conn: &mut Conn, ids: &[JobId], now: Timestamp) -> Result<Vec<Lease>, Error> {
    let claimed = jobs::claim_many(conn, ids, &WorkerId::generate(), &limits(), now)?;
    Ok(claimed.into_iter().map(|claimed| claimed.lease).collect())
}

#[tokio::test]
async fn two_relays_never_reserve_the_same_job() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                enqueue(conn, &tenant, 60, now)
            })
            .await;
        let reserve = || {
            scratch.db.transaction(|conn| {
                let now = now(conn)?;
                jobs::reserve_due(conn, INTERACTIVE, 40, now)
            })
        };
        let (one, other) = tokio::join!(reserve(), reserve());
        let (one, other) = (one.unwrap(), other.unwrap());
        assert!(one.iter().all(|job| !other.contains(job)));
        let rest = reserve().await.unwrap();
        assert_eq!(one.len() + other.len() + rest.len(), 60);
        assert_eq!(scratch.run(|conn| jobs::window(conn, INTERACTIVE)).await, 60);
    }
}

#[tokio::test]
async fn of_many_claims_of_a_job_one_succeeds() {
    for scratch in databases().await {
        let ids = scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                enqueue(conn, &tenant, 3, now)
            })
            .await;
        let claim = |ids: Vec<JobId>| {
            scratch.db.transaction(move |conn| {
                let now = now(conn)?;
                claim_all(conn, &ids, now)
            })
        };
        let (one, other) = tokio::join!(claim(ids.clone()), claim(ids.clone()));
        let mut claimed: Vec<JobId> =
            one.unwrap().into_iter().chain(other.unwrap()).map(|lease| lease.job).collect();
        claimed.sort();
        let mut expected = ids;
        expected.sort();
        assert_eq!(claimed, expected);
    }
}

#[tokio::test]
async fn a_job_that_is_not_due_is_neither_reserved_nor_claimed() {
    for scratch in databases().await {
        let (reserved, claimed) = scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let ids = enqueue(conn, &tenant, 1, now.plus(DAY))?;
                let reserved = jobs::reserve_due(conn, INTERACTIVE, 10, now)?;
                Ok((reserved.len(), claim_all(conn, &ids, now)?.len()))
            })
            .await;
        assert_eq!((reserved, claimed), (0, 0));
    }
}

#[tokio::test]
async fn a_lost_lease_ends_nothing() {
    for scratch in databases().await {
        let (first, second) = scratch
            .run(|conn| {
                let start = now(conn)?;
                let tenant = tenant(conn, "t", start)?;
                let ids = enqueue(conn, &tenant, 2, start)?;
                let first = claim_all(conn, &ids, start)?;
                let later = start.plus(limits().lease * 2);
                assert_eq!(jobs::rescue_expired(conn, &limits(), 10, later)?.len(), 2);
                Ok((first, claim_all(conn, &ids, later)?))
            })
            .await;
        let late = first[0].clone();
        let fenced = scratch
            .db
            .transaction(move |conn| {
                let now = now(conn)?;
                jobs::complete(conn, &late, now)
            })
            .await;
        assert!(matches!(fenced, Err(Error::Fenced)));
        let (lost, held) = (first, second.clone());
        let extended = scratch
            .run(move |conn| {
                let now = now(conn)?;
                let lost = jobs::extend(conn, &lost, &limits(), now)?;
                Ok((lost, jobs::extend(conn, &held, &limits(), now)?))
            })
            .await;
        assert_eq!(extended, (0, 2));
        scratch
            .run(move |conn| {
                let now = now(conn)?;
                second.iter().try_for_each(|lease| jobs::complete(conn, lease, now))
            })
            .await;
    }
}

#[tokio::test]
async fn an_expired_lease_makes_suspect_and_three_crashes_alone_kill() {
    for scratch in databases().await {
        let ends = scratch
            .run(|conn| {
                let mut now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let ids = enqueue(conn, &tenant, 1, now)?;
                let mut ends = Vec::new();
                for round in 0..4 {
                    let claimed = jobs::claim_many(conn, &ids, &WorkerId::generate(), &limits(), now)?;
                    assert_eq!(claimed[0].suspect, round > 0);
                    if claimed[0].suspect {
                        jobs::mark_alone(conn, &claimed[0].lease)?;
                    }
                    now = now.plus(limits().lease * 2);
                    ends.extend(jobs::rescue_expired(conn, &limits(), 10, now)?.iter().map(|job| job.dead));
                }
                assert_eq!(jobs::failures(conn, &ids[0])?.len(), 4);
                assert!(jobs::redrive(conn, &ids[0], now)?);
                Ok(ends)
            })
            .await;
        assert_eq!(ends, [false, false, false, true]);
    }
}

#[tokio::test]
async fn a_failed_job_waits_and_a_job_given_back_is_not_charged() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let ids = enqueue(conn, &tenant, 1, now)?;
                let lease = claim_all(conn, &ids, now)?.remove(0);
                jobs::fail(conn, &lease, "a reason", Some(now.plus(DAY)), now)?;
                assert_eq!(claim_all(conn, &ids, now)?.len(), 0);
                let claimed =
                    jobs::claim_many(conn, &ids, &WorkerId::generate(), &limits(), now.plus(DAY))?.remove(0);
                assert_eq!(claimed.attempts, 1);
                jobs::give_back(conn, &claimed.lease, now)?;
                let again = jobs::claim_many(conn, &ids, &WorkerId::generate(), &limits(), now)?.remove(0);
                assert_eq!(again.attempts, 1);
                jobs::fail(conn, &again.lease, "the last one", None, now)?;
                assert_eq!(jobs::dead(conn, 10)?[0].last_error.as_deref(), Some("the last one"));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_message_that_was_lost_is_published_again_after_its_time() {
    for scratch in databases().await {
        let counts = scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                enqueue(conn, &tenant, 2, now)?;
                jobs::reserve_due(conn, INTERACTIVE, 10, now)?;
                let early = jobs::republish_unclaimed(conn, INTERACTIVE, 2, &limits(), now)?;
                let later = now.plus(limits().republish);
                enqueue(conn, &tenant, 2, later)?;
                jobs::reserve_due(conn, INTERACTIVE, 10, later)?;
                let busy = jobs::republish_unclaimed(conn, INTERACTIVE, 2, &limits(), later)?;
                // A window that is full of lost messages alone is no reason to wait.
                let lost = jobs::republish_unclaimed(conn, INTERACTIVE, 3, &limits(), later)?;
                Ok((early, busy, lost, jobs::reserve_due(conn, INTERACTIVE, 10, later)?.len()))
            })
            .await;
        assert_eq!(counts, (0, 0, 2, 2));
    }
}

#[tokio::test]
async fn a_few_jobs_pass_the_backlog_of_another_tenant() {
    for scratch in databases().await {
        let (first, next) = scratch
            .run(|conn| {
                let now = now(conn)?;
                let (large, small) = (tenant(conn, "large", now)?, tenant(conn, "small", now)?);
                enqueue(conn, &large, 300, now)?;
                jobs::reserve_due(conn, INTERACTIVE, 100, now)?;
                let few = enqueue(conn, &small, 20, now)?;
                let first = jobs::reserve_due(conn, INTERACTIVE, 20, now)?;
                let passed = first.iter().filter(|job| few.contains(&job.id)).count();
                enqueue(conn, &small, 300, now)?;
                Ok((passed, jobs::reserve_due(conn, INTERACTIVE, 200, now)?.len()))
            })
            .await;
        assert_eq!(first, 20, "the few go before the rest of the backlog");
        assert_eq!(next, 200);
    }
}

#[tokio::test]
async fn a_cancelled_job_ends_into_nothing() {
    for scratch in databases().await {
        let late = scratch
            .db
            .transaction(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let ids = enqueue(conn, &tenant, 2, now)?;
                let leases = claim_all(conn, &ids[..1], now)?;
                assert_eq!(jobs::cancel_of_subject(conn, "run", now)?, 2, "the running and the waiting one");
                assert_eq!(jobs::cancel_of_subject(conn, "run", now)?, 0, "they have ended");
                assert!(claim_all(conn, &ids, now)?.is_empty());
                jobs::complete(conn, &leases[0], now)
            })
            .await;
        assert!(matches!(late, Err(Error::Fenced)));
    }
}

#[tokio::test]
async fn ended_jobs_are_forgotten_with_the_orders_that_they_carried_out() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let start = now(conn)?;
                let tenant = tenant(conn, "t", start)?;
                let verification = verification(conn, &tenant, start)?;
                erasures::order(conn, &tenant, ErasureReason::Used, &[CaptureId::generate()], start)?;
                let row = verifications::lock(conn, &tenant, &verification)?.unwrap();
                let receipt = erasures::redact(conn, &row, start)?;
                let mut ids = Vec::new();
                for queue in [INTERACTIVE, QueueName::Batch] {
                    ids.extend(jobs::reserve_due(conn, queue, 10, start)?.into_iter().map(|order| order.id));
                }
                let of_comparison = erasure_of(conn, ErasureReason::Used)?;
                for order in [&receipt, &of_comparison] {
                    erasures::complete(conn, order, start)?;
                }
                ids.extend(enqueue(conn, &tenant, 2, start)?);
                let waiting = ids.pop().unwrap();
                // The third fails once and is then dead.
                let leases = claim_all(conn, &ids, start)?;
                for lease in &leases {
                    match lease.job == ids[2] {
                        true => jobs::fail(conn, lease, "cause", None, start)?,
                        false => jobs::complete(conn, lease, start)?,
                    }
                }
                let before = start.minus(DAY);
                assert_eq!(jobs::forget_finished(conn, before, 10)?, 0);
                assert_eq!(jobs::forget_finished(conn, start, 1)?, 1, "no more than asked for");
                assert_eq!(jobs::forget_finished(conn, start, 10)?, 1);
                assert!(erasures::get(conn, &of_comparison)?.is_none());
                assert!(erasures::get(conn, &receipt)?.is_some(), "it is part of the verification's view");
                assert_eq!(jobs::dead(conn, 10)?.len(), 1);
                assert_eq!(claim_all(conn, &[waiting], start)?.len(), 1);
                Ok(())
            })
            .await;
    }
}

fn erasure_of(conn: &mut Conn, reason: ErasureReason) -> Result<ErasureId, Error> {
    use crate::db::schema::erasures;
    Ok(erasures::table.filter(erasures::reason.eq(reason.as_str())).select(erasures::id).first(conn)?)
}
