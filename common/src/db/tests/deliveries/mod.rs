//! Deliveries: which is next, what comes of an attempt, and what is left behind.

mod forgotten;
mod waiting;

use std::time::Duration;

use diesel::prelude::*;

use super::{DAY, databases, tenant, verification};
use crate::db::events::{self, NewEvent};
use crate::db::schema::{verifications, webhook_deliveries, webhook_endpoints};
use crate::db::webhooks::deliveries::{self, Attempt, ClaimedDelivery, Filter, Finished, Outcome, Recovery};
use crate::db::webhooks::{endpoints, unlisted};
use crate::db::{Conn, Error, erasures, now};
use crate::domain::*;

const SECOND: Duration = Duration::from_secs(1);

fn limits() -> DeliveryLimits {
    DeliveryLimits {
        per_endpoint: 2,
        lease: SECOND * 30,
        schedule: [0, 5, 300].map(Duration::from_secs).to_vec(),
        disable_after: DAY * 5,
    }
}

fn endpoint(conn: &mut Conn, tenant: &TenantId, listed: bool, now: Timestamp) -> Result<EndpointId, Error> {
    let id = EndpointId::generate();
    diesel::insert_into(webhook_endpoints::table)
        .values((
            webhook_endpoints::id.eq(id.as_str()),
            webhook_endpoints::tenant_id.eq(tenant.as_str()),
            webhook_endpoints::url.eq(format!("https://{id}.example.com/")),
            webhook_endpoints::listed.eq(listed),
            webhook_endpoints::status.eq(EndpointStatus::Enabled.as_str()),
            webhook_endpoints::version.eq(1_i64),
            webhook_endpoints::failures.eq(0),
            webhook_endpoints::created_at.eq(now.as_micros()),
            webhook_endpoints::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(id)
}

fn set_enabled(conn: &mut Conn, endpoint: &EndpointId, enabled: bool) -> Result<(), Error> {
    let (status, reason) = match enabled {
        true => (EndpointStatus::Enabled, None),
        false => (EndpointStatus::Disabled, Some(DisabledReason::Asked.as_str())),
    };
    diesel::update(webhook_endpoints::table.find(endpoint.as_str()))
        .set((webhook_endpoints::status.eq(status.as_str()), webhook_endpoints::disabled_reason.eq(reason)))
        .execute(conn)?;
    Ok(())
}

fn tell(conn: &mut Conn, tenant: &TenantId, resource: &str, now: Timestamp) -> Result<EventId, Error> {
    let event_type = EventType::BatchProgress;
    events::tell(conn, &NewEvent { tenant, resource, event_type, version: 1, details: None }, now)
}

fn answered(status: u16, now: Timestamp) -> Attempt {
    Attempt {
        at: now,
        latency: SECOND,
        outcome: Outcome::Answered(status),
        response: Some("thanks".to_owned()),
        retry_after: None,
        chance: 0.5,
    }
}

fn end(
    conn: &mut Conn,
    claimed: &ClaimedDelivery,
    attempt: &Attempt,
    limits: &DeliveryLimits,
    now: Timestamp,
) -> Result<Option<Finished>, Error> {
    Ok(deliveries::finish(conn, &[(claimed, attempt)], limits, now)?.remove(0))
}

fn finish(
    conn: &mut Conn,
    claimed: &ClaimedDelivery,
    status: u16,
    now: Timestamp,
) -> Result<Finished, Error> {
    let finished = end(conn, claimed, &answered(status, now), &limits(), now)?;
    Ok(finished.expect("the claim is held"))
}

/// What is claimed, as `resource sequence`.
fn places(claimed: &[ClaimedDelivery]) -> Vec<String> {
    claimed.iter().map(|one| format!("{} {}", one.event.resource_id, one.event.sequence)).collect()
}

#[tokio::test]
async fn events_of_one_thing_go_one_after_another_and_others_pass() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let one = tenant(conn, "one", now)?;
                endpoint(conn, &one, true, now)?;
                for resource in ["a", "a", "b", "b"] {
                    tell(conn, &one, resource, now)?;
                }
                let first = deliveries::claim(conn, &limits(), 100, now)?;
                assert_eq!(places(&first), ["a 1", "b 1"]);
                assert!(deliveries::claim(conn, &limits(), 100, now)?.is_empty());
                finish(conn, &first[0], 500, now)?;
                finish(conn, &first[1], 204, now)?;
                let second = deliveries::claim(conn, &limits(), 100, now)?;
                assert_eq!(
                    places(&second),
                    ["b 2"],
                    "the first of `a` is tried again later, and before its second"
                );
                finish(conn, &second[0], 200, now)?;
                let later = now.plus(SECOND * 6);
                let third = deliveries::claim(conn, &limits(), 100, later)?;
                assert_eq!((places(&third), third[0].attempt), (vec!["a 1".to_owned()], 2));
                assert_eq!(third[0].event.id, first[0].event.id, "the id is the same each time");
                finish(conn, &third[0], 200, later)?;
                assert_eq!(places(&deliveries::claim(conn, &limits(), 100, later)?), ["a 2"]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn endpoints_take_turns_and_one_that_fails_gets_one_at_a_time() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let one = tenant(conn, "one", now)?;
                let [busy, calm] = [endpoint(conn, &one, true, now)?, endpoint(conn, &one, true, now)?];
                for resource in ["a", "b", "c", "d", "e"] {
                    tell(conn, &one, resource, now)?;
                }
                let to = |claimed: &[ClaimedDelivery], endpoint: &EndpointId| {
                    claimed.iter().filter(|one| one.endpoint == *endpoint).count()
                };
                let claimed = deliveries::claim(conn, &limits(), 3, now)?;
                assert_eq!(claimed.len(), 3, "no more than there is room for");
                assert!(to(&claimed, &busy) >= 1 && to(&claimed, &calm) >= 1);
                let rest = deliveries::claim(conn, &limits(), 100, now)?;
                let all = [claimed, rest].concat();
                assert_eq!([to(&all, &busy), to(&all, &calm)], [2, 2], "no more than one endpoint may have");
                for failing in all.iter().filter(|one| one.endpoint == busy) {
                    finish(conn, failing, 500, now)?;
                }
                for fine in all.iter().filter(|one| one.endpoint == calm) {
                    finish(conn, fine, 200, now)?;
                }
                let next = deliveries::claim(conn, &limits(), 100, now)?;
                assert_eq!([to(&next, &busy), to(&next, &calm)], [1, 2]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_claim_that_was_lost_is_taken_again_and_its_late_end_changes_nothing() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let one = tenant(conn, "one", now)?;
                endpoint(conn, &one, true, now)?;
                tell(conn, &one, "a", now)?;
                let lost = deliveries::claim(conn, &limits(), 100, now)?.remove(0);
                let later = now.plus(SECOND * 30);
                let again = deliveries::claim(conn, &limits(), 100, later)?.remove(0);
                assert_eq!((again.id.clone(), again.attempt), (lost.id.clone(), 1), "no attempt was used up");
                assert_eq!(end(conn, &lost, &answered(500, later), &limits(), later)?, None);
                assert!(deliveries::attempts(conn, &lost.id)?.is_empty());
                let finished = finish(conn, &again, 200, later)?;
                assert_eq!(finished, Finished { state: DeliveryState::Delivered, disabled: None });
                assert_eq!(end(conn, &again, &answered(200, later), &limits(), later)?, None);
                let attempts = deliveries::attempts(conn, &again.id)?;
                assert_eq!(attempts.len(), 1);
                assert_eq!((attempts[0].status, attempts[0].latency_ms), (Some(200), 1000));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_delivery_fails_after_its_last_attempt_and_can_be_sent_again() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let mut at = now(conn)?;
                let (one, other) = (tenant(conn, "one", at)?, tenant(conn, "other", at)?);
                endpoint(conn, &one, true, at)?;
                tell(conn, &one, "a", at)?;
                let mut states = Vec::new();
                for pause in [0, 6, 301] {
                    at = at.plus(SECOND * pause);
                    let claimed = deliveries::claim(conn, &limits(), 1, at)?.remove(0);
                    states.push(finish(conn, &claimed, 302, at)?.state);
                }
                assert_eq!(states, [DeliveryState::Pending, DeliveryState::Pending, DeliveryState::Failed]);
                let failed = Filter { state: Some(DeliveryState::Failed), ..Filter::default() };
                let delivery = deliveries::list(conn, &one, &failed, 10)?.remove(0);
                assert_eq!((delivery.attempts, delivery.event_type), (3, EventType::BatchProgress));
                assert!(deliveries::list(conn, &other, &failed, 10)?.is_empty());
                assert!(deliveries::claim(conn, &limits(), 1, at.plus(DAY))?.is_empty());

                assert!(deliveries::resend(conn, &other, &delivery.id, at)?.is_none());
                let again = deliveries::resend(conn, &one, &delivery.id, at)?.expect("it is there");
                assert_eq!(
                    (again.state, again.attempts, again.finished_at),
                    (DeliveryState::Pending, 0, None)
                );
                let claimed = deliveries::claim(conn, &limits(), 1, at)?.remove(0);
                deliveries::resend(conn, &one, &delivery.id, at)?;
                finish(conn, &claimed, 200, at)?;
                assert_eq!(deliveries::attempts(conn, &delivery.id)?.len(), 4);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn an_endpoint_that_keeps_failing_rests_and_no_attempt_is_used_up() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let mut at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                endpoint(conn, &one, true, at)?;
                for number in 0..9 {
                    tell(conn, &one, &format!("r{number}"), at)?;
                }
                for _ in 0..5 {
                    let claimed = deliveries::claim(conn, &limits(), 1, at)?.remove(0);
                    finish(conn, &claimed, 503, at)?;
                }
                assert!(deliveries::claim(conn, &limits(), 9, at.plus(SECOND * 9))?.is_empty(), "it rests");
                assert!(!deliveries::any_due(conn, at.plus(SECOND * 9))?);
                assert_eq!(deliveries::backlog(conn, at)?.resting, 1);
                at = at.plus(SECOND * 10);
                let probe = deliveries::claim(conn, &limits(), 9, at)?;
                assert_eq!(probe.len(), 1, "one probe");
                finish(conn, &probe[0], 503, at)?;
                assert!(
                    deliveries::claim(conn, &limits(), 9, at.plus(SECOND * 19))?.is_empty(),
                    "twice as long"
                );
                at = at.plus(SECOND * 20);
                let probe = deliveries::claim(conn, &limits(), 9, at)?.remove(0);
                finish(conn, &probe, 200, at)?;
                assert_eq!(deliveries::claim(conn, &limits(), 9, at)?.len(), 2, "it is well again");
                let backlog = deliveries::backlog(conn, at)?;
                assert!(backlog.resting == 0 && backlog.oldest >= SECOND * 20, "{backlog:?}");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn an_endpoint_that_is_gone_or_fails_for_days_is_disabled_and_others_are_told() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                let gone = endpoint(conn, &one, true, at)?;
                tell(conn, &one, "a", at)?;
                let failing = endpoint(conn, &one, true, at)?;
                tell(conn, &one, "b", at)?;
                let claimed = deliveries::claim(conn, &limits(), 9, at)?;
                let to =
                    |endpoint: &EndpointId| claimed.iter().find(|one| one.endpoint == *endpoint).unwrap();
                assert_eq!(finish(conn, to(&gone), 410, at)?.disabled, Some(DisabledReason::Gone));
                assert_eq!(finish(conn, to(&failing), 500, at)?.disabled, None);
                let told = deliveries::list(conn, &one, &Filter::default(), 10)?.remove(0);
                assert_eq!(
                    (told.event_type, told.endpoint_id),
                    (EventType::EndpointDisabled, failing.clone())
                );
                let event = events::get(conn, &one, &told.event_id)?.unwrap().payload()?;
                assert_eq!(
                    (event.data.id.as_str(), &event.data.details["reason"]),
                    (gone.as_str(), &"gone".into())
                );

                let later = at.plus(DAY * 5);
                let claimed = deliveries::claim(conn, &limits(), 9, later)?.remove(0);
                assert_eq!(claimed.endpoint, failing, "what goes to a disabled one waits");
                assert_eq!(finish(conn, &claimed, 500, later)?.disabled, Some(DisabledReason::Failing));
                assert!(deliveries::claim(conn, &limits(), 9, later.plus(DAY))?.is_empty());
                set_enabled(conn, &gone, true)?;
                assert!(!deliveries::claim(conn, &limits(), 9, later.plus(DAY))?.is_empty());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_recovery_brings_what_an_endpoint_has_not_taken_and_nothing_twice() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let (one, other) = (tenant(conn, "one", at)?, tenant(conn, "other", at)?);
                let mine = endpoint(conn, &one, true, at)?;
                tell(conn, &one, "taken", at)?;
                let claimed = deliveries::claim(conn, &limits(), 1, at)?.remove(0);
                finish(conn, &claimed, 200, at)?;
                tell(conn, &one, "failed", at)?;
                let strict = DeliveryLimits { schedule: vec![Duration::ZERO], ..limits() };
                let claimed = deliveries::claim(conn, &strict, 1, at)?.remove(0);
                end(conn, &claimed, &answered(500, at), &strict, at)?;
                set_enabled(conn, &mine, false)?;
                tell(conn, &one, "old", at.minus(DAY))?;
                tell(conn, &one, "missed", at)?;
                tell(conn, &other, "foreign", at)?;
                set_enabled(conn, &mine, true)?;

                let recovery =
                    |tenant: &TenantId| Recovery::new(tenant.clone(), mine.clone(), at.minus(SECOND), at);
                let recover = |conn: &mut Conn, tenant: &TenantId| {
                    let mut recovery = recovery(tenant);
                    // Two at a time: it goes on where it was, and comes to an end.
                    while !recovery.is_done {
                        recovery = recovery.advance(conn, 2, at)?;
                    }
                    Ok::<_, Error>(recovery.recovered)
                };
                let late = tell(conn, &one, "late", at)?;
                let delivery =
                    webhook_deliveries::table.filter(webhook_deliveries::event_id.eq(late.as_str()));
                diesel::delete(delivery).execute(conn)?;
                let at_most = recovery(&one).advance(conn, 1, at)?;
                assert_eq!((at_most.recovered, at_most.is_done), (1, false), "the one that failed");
                assert_eq!(recover(conn, &other)?, 0);
                set_enabled(conn, &mine, false)?;
                assert_eq!(recover(conn, &one)?, 0, "nothing is sent to a disabled one");
                set_enabled(conn, &mine, true)?;
                assert_eq!([recover(conn, &one)?, recover(conn, &one)?], [2, 0]);
                let mut first = Vec::new();
                while let Some(claimed) = deliveries::claim(conn, &limits(), 1, at)?.pop() {
                    finish(conn, &claimed, 200, at)?;
                    first.push(claimed.event.resource_id);
                }
                first.sort();
                assert_eq!(first, ["failed", "late", "missed"]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn answers_go_with_a_verification_and_come_no_more() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let at = now(conn)?;
                let one = tenant(conn, "one", at)?;
                endpoint(conn, &one, true, at)?;
                let id = verification(conn, &one, at)?;
                tell(conn, &one, "another", at)?;
                events::append(conn, &one, &id, EventType::Created, 1, at)?;
                let claimed = deliveries::claim(conn, &limits(), 9, at)?;
                for one in &claimed {
                    finish(conn, one, 200, at)?;
                }
                let responses = |conn: &mut Conn, of: &ClaimedDelivery| {
                    let attempts = deliveries::attempts(conn, &of.id)?;
                    Ok::<_, Error>(attempts.into_iter().map(|one| one.response).collect::<Vec<_>>())
                };
                let (other, own) = match claimed[0].event.resource_id == id.as_str() {
                    true => (&claimed[1], &claimed[0]),
                    false => (&claimed[0], &claimed[1]),
                };
                assert_eq!(responses(conn, own)?, [Some("thanks".to_owned())]);
                let row = crate::db::verifications::get_unscoped(conn, &id)?.unwrap();
                erasures::redact(conn, &row, at)?;
                assert_eq!(responses(conn, own)?, [None]);
                assert_eq!(responses(conn, other)?, [Some("thanks".to_owned())]);
                let late = deliveries::claim(conn, &limits(), 9, at)?.remove(0);
                assert_eq!(late.event.event_type, EventType::Canceled);
                finish(conn, &late, 200, at)?;
                assert_eq!(responses(conn, &late)?, [None]);
                Ok(())
            })
            .await;
    }
}
