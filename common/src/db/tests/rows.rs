//! Rows: guarded changes, gapless events, keys that work once.

use super::*;
use crate::crypto::{SealedRow, SecretKey};
use crate::db::access_log::{self, Access};
use crate::db::captures::{self, Capture, Evidence, Owner};
use crate::db::idempotency::{self, Reservation, Scope};
use crate::db::jobs::{self, NewJob};
use crate::db::schema::access_log as log;
use crate::db::verifications::Change;
use crate::db::workers::{self, Worker};
use crate::db::{comparisons, erasures, events, now, retention, step_evidence};
use diesel::prelude::*;
use std::collections::BTreeSet;

const WAITING: VerificationStatus = VerificationStatus::RequiresInput;
const WORKING: VerificationStatus = VerificationStatus::Processing;
const VERIFIED: VerificationStatus = VerificationStatus::Verified;

pub(super) fn capture(tenant: &TenantId, kind: CaptureKind, now: Timestamp) -> Capture {
    Capture {
        id: CaptureId::generate(),
        tenant_id: tenant.clone(),
        kind,
        content_type: MediaFormat::Jpeg,
        bytes: 1,
        width: 1,
        height: 1,
        sha256: String::new(),
        wrapped_key: vec![0; 72],
        created_at: now,
    }
}

pub(super) fn report() -> Report {
    Report {
        schema: REPORT_SCHEMA,
        verdict: Verdict::Verified,
        reasons: Vec::new(),
        checks: CheckName::ALL.iter().map(|name| Check::new(*name, Outcome::Pass)).collect(),
        document: None,
        policy: Policy::default().stamp(),
        models: Default::default(),
        steps: Vec::new(),
    }
}

#[tokio::test]
async fn a_transition_happens_once_and_events_have_no_gap() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = verification(conn, &tenant, now)?;
                let none = Change::default();
                let change =
                    |conn: &mut Conn, from, to| verifications::transition(conn, &id, from, to, &none, now);
                assert_eq!(change(conn, WAITING, VERIFIED)?, None, "the table does not allow it");
                assert_eq!(change(conn, WAITING, WORKING)?, Some(2));
                assert_eq!(change(conn, WAITING, WORKING)?, None, "it has moved on");
                assert_eq!(change(conn, WORKING, VERIFIED)?, Some(3));
                for version in 1..=3 {
                    events::append(conn, &tenant, &id, EventType::Created, version, now)?;
                }
                let sequence: Vec<i64> =
                    events::list(conn, id.as_str())?.iter().map(|event| event.sequence).collect();
                assert_eq!(sequence, [1, 2, 3]);
                let other = super::tenant(conn, "other", now)?;
                assert!(verifications::get(conn, &other, &id)?.is_none(), "it is another tenant's");
                assert!(verifications::lock(conn, &tenant, &id)?.is_some());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_run_is_finished_once_with_all_its_checks() {
    for scratch in databases().await {
        let again = scratch
            .db
            .transaction(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = verification(conn, &tenant, now)?;
                let run = run_of(conn, &tenant, &id, now)?;
                let row = runs::get(conn, &run)?.unwrap();
                let sealed = SealedRow::seal(&SecretKey::generate(), b"report", "context");
                runs::finish(conn, &row, &report(), &sealed, now)?;
                let stored = runs::get(conn, &run)?.unwrap();
                assert_eq!(stored.verdict, Some(Verdict::Verified));
                assert!(stored.sealed_report().is_some() && stored.finished_at.is_some());
                runs::finish(conn, &row, &report(), &sealed, now)
            })
            .await;
        assert!(matches!(again, Err(Error::Fenced)));
    }
}

#[tokio::test]
async fn an_idempotency_key_is_granted_once_and_then_replayed() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let scope =
                    Scope { tenant: tenant(conn, "t", now)?, route: "POST /".into(), key: "k".into() };
                let Reservation::Granted(first) = idempotency::reserve(conn, &scope, now)? else {
                    panic!("a new key is granted")
                };
                assert_eq!(idempotency::reserve(conn, &scope, now)?, Reservation::InFlight);
                let later = now.plus(idempotency::RESERVATION * 2);
                let Reservation::Granted(second) = idempotency::reserve(conn, &scope, later)? else {
                    panic!("the first one gave up")
                };
                let late = idempotency::complete(conn, &scope, first, "print", 201, "ver_1");
                assert!(matches!(late, Err(Error::Fenced)));
                idempotency::complete(conn, &scope, second, "print", 201, "ver_2")?;
                let replay = idempotency::reserve(conn, &scope, later)?;
                let Reservation::Done { fingerprint, status, resource_id } = replay else {
                    panic!("it is done")
                };
                assert_eq!((fingerprint.as_str(), status, resource_id.as_str()), ("print", 201, "ver_2"));
                assert_eq!(idempotency::purge(conn, later.plus(idempotency::MEMORY * 2))?, 1);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_later_capture_of_a_kind_takes_the_place_of_the_earlier_one() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = verification(conn, &tenant, now)?;
                let [first, second] = [1, 2].map(|_| capture(&tenant, CaptureKind::Selfie, now));
                captures::insert(conn, &first, Owner::Verification(&id))?;
                captures::insert(conn, &second, Owner::Verification(&id))?;
                let current: Vec<CaptureId> =
                    captures::current(conn, &id)?.into_iter().map(|capture| capture.id).collect();
                assert_eq!(current, std::slice::from_ref(&second.id));
                let unknown = CaptureId::generate();
                let asked = [first.id, unknown.clone()];
                assert_eq!(captures::without_row(conn, &asked)?, [unknown]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_picture_lies_among_the_captures_and_is_none() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = verification(conn, &tenant, now)?;
                let selfie = capture(&tenant, CaptureKind::Selfie, now);
                captures::insert(conn, &selfie, Owner::Verification(&id))?;
                assert!(captures::evidence_of(conn, &id)?.is_none());
                let [first, second] = [1, 2].map(|_| picture(&tenant));
                for picture in [&first, &second] {
                    captures::insert_evidence(conn, picture, &id, now)?;
                    let shown = captures::evidence_of(conn, &id)?.map(|shown| shown.id);
                    assert_eq!(shown.as_ref(), Some(&picture.id), "the later one takes its place");
                }
                let current: Vec<CaptureId> =
                    captures::current(conn, &id)?.into_iter().map(|capture| capture.id).collect();
                assert_eq!(current, std::slice::from_ref(&selfie.id));
                captures::supersede_evidence(conn, &id, now)?;
                assert!(captures::evidence_of(conn, &id)?.is_none());
                let all: BTreeSet<String> =
                    [&selfie.id, &first.id, &second.id].map(|id| id.to_string()).into();
                let gone = captures::delete_all(conn, Owner::Verification(&id))?;
                assert_eq!(gone.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), all);
                Ok(())
            })
            .await;
    }
}

fn picture(tenant: &TenantId) -> Evidence {
    Evidence {
        id: CaptureId::generate(),
        tenant_id: tenant.clone(),
        content_type: MediaFormat::Png,
        bytes: 1,
        width: 1,
        height: 1,
        sha256: "0".to_owned(),
        wrapped_key: vec![1],
    }
}

#[tokio::test]
async fn a_redaction_leaves_ids_and_its_receipt() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = verification(conn, &tenant, now)?;
                captures::insert(
                    conn,
                    &capture(&tenant, CaptureKind::Selfie, now),
                    Owner::Verification(&id),
                )?;
                let key = StepKey {
                    step: "faces".into(),
                    input_sha256: "0".into(),
                    model_digest: "1".into(),
                    step_version: 1,
                };
                let sealed = SealedRow::seal(&SecretKey::generate(), b"template", "context");
                for _ in 0..2 {
                    step_evidence::insert(conn, &tenant, &id, &key, &sealed, now)?;
                }
                assert_eq!(step_evidence::load(conn, &id)?.len(), 1, "the same finding is kept once");
                let row = verifications::lock(conn, &tenant, &id)?.unwrap();
                let erasure = erasures::redact(conn, &row, now)?;
                let row = verifications::get(conn, &tenant, &id)?.unwrap();
                assert_eq!((row.client_reference, row.status), (None, VerificationStatus::Canceled));
                assert!(row.redacted_at.is_some() && captures::current(conn, &id)?.is_empty());
                assert!(step_evidence::load(conn, &id)?.is_empty());
                erasures::complete(conn, &erasure, now)?;
                let receipt = erasures::get(conn, &erasure)?.unwrap();
                assert_eq!((receipt.objects()?.len(), receipt.completed_at.is_some()), (1, true));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn captures_go_when_their_days_are_over_and_the_view_changes() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = verification(conn, &tenant, now)?;
                let selfie = capture(&tenant, CaptureKind::Selfie, now);
                captures::insert(conn, &selfie, Owner::Verification(&id))?;
                for (from, to) in [(WAITING, WORKING), (WORKING, VERIFIED)] {
                    verifications::transition(conn, &id, from, to, &Change::default(), now)?;
                }
                let kept = Retention::default();
                let (last_day, over) = (kept.captures_days - 1, kept.captures_days);
                assert_eq!(retention::purge(conn, &tenant, &kept, now.plus(DAY * last_day))?, 0);
                let before = verifications::get(conn, &tenant, &id)?.unwrap().version;
                assert_eq!(retention::purge(conn, &tenant, &kept, now.plus(DAY * over))?, 1);
                let after = verifications::get(conn, &tenant, &id)?.unwrap().version;
                assert_eq!(after, before + 1);
                assert!(captures::current(conn, &id)?.is_empty(), "the row is gone");
                let orders = jobs::backlog(conn, QueueName::Batch)?;
                assert_eq!(orders, 1, "its object is to be erased");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_comparison_ends_once() {
    for scratch in databases().await {
        let again = scratch
            .db
            .transaction(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = ComparisonId::generate();
                comparisons::insert(conn, &id, &tenant, None, now)?;
                let sealed = SealedRow::seal(&SecretKey::generate(), b"result", "context");
                comparisons::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)?;
                let asked = [id.to_string()];
                assert_eq!(comparisons::versions(conn, &asked)?[0].1, TaskStatus::Completed);
                comparisons::finish(conn, &id, TaskStatus::Failed, None, now)
            })
            .await;
        assert!(matches!(again, Err(Error::Fenced)));
    }
}

#[tokio::test]
async fn an_abandoned_comparison_keeps_no_image_and_no_job() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = ComparisonId::generate();
                comparisons::insert(conn, &id, &tenant, None, now)?;
                let image = capture(&tenant, CaptureKind::ImageA, now);
                captures::insert(conn, &image, Owner::Comparison(&id))?;
                let job = NewJob {
                    tenant: &tenant,
                    kind: JobKind::Compare,
                    queue: QueueName::Interactive,
                    subject: id.as_str(),
                    verification: None,
                    traceparent: None,
                };
                jobs::enqueue(conn, &job, now)?;
                assert!(comparisons::abandon(conn, &tenant, &id, now)?);
                assert!(captures::of(conn, Owner::Comparison(&id))?.is_empty(), "the row is gone");
                assert_eq!(jobs::cancel_of_subject(conn, id.as_str(), now)?, 0, "it is called off");
                let orders = jobs::backlog(conn, QueueName::Interactive)?;
                assert_eq!(orders, 1, "its object is to be erased");
                assert!(!comparisons::abandon(conn, &tenant, &id, now)?, "it has ended");
                let row = comparisons::get(conn, &tenant, &id)?.unwrap();
                assert_eq!(row.status, TaskStatus::Failed);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn the_access_log_cannot_be_rewritten() {
    for scratch in databases().await {
        let tenant = scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let access = Access {
                    tenant: &tenant,
                    actor: "cli",
                    action: "key.created",
                    resource: "key_1",
                    request_id: None,
                };
                access_log::append(conn, &access, now)?;
                Ok(tenant)
            })
            .await;
        let changed: Result<usize, Error> = scratch
            .db
            .transaction(|conn| Ok(diesel::update(log::table).set(log::actor.eq("nobody")).execute(conn)?))
            .await;
        let deleted: Result<usize, Error> =
            scratch.db.transaction(|conn| Ok(diesel::delete(log::table).execute(conn)?)).await;
        assert!(changed.is_err() && deleted.is_err());
        let kept = scratch.run(move |conn| access_log::of_resource(conn, &tenant, "key_1")).await;
        assert_eq!(kept, [("cli".to_owned(), "key.created".to_owned())]);
    }
}

#[tokio::test]
async fn a_worker_without_a_heartbeat_is_gone() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let worker = Worker {
                    id: WorkerId::generate(),
                    roles: vec!["verify".to_owned()],
                    slots: 3,
                    models: Default::default(),
                    missing: Vec::new(),
                };
                assert_eq!(workers::slots(conn, now)?, 0);
                workers::beat(conn, &worker, now)?;
                workers::beat(conn, &worker, now)?;
                assert_eq!((workers::slots(conn, now)?, workers::alive(conn, now)?.len()), (3, 1));
                let later = now.plus(workers::GONE_AFTER);
                assert_eq!(workers::slots(conn, later)?, 0);
                assert_eq!(workers::forget_gone(conn, later)?, 1);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_transaction_that_fails_changes_nothing() {
    for scratch in databases().await {
        let failed: Result<(), Error> = scratch
            .db
            .transaction(|conn| {
                let now = now(conn)?;
                tenant(conn, "t", now)?;
                Err(Error::Fenced)
            })
            .await;
        assert!(matches!(failed, Err(Error::Fenced)));
        let panicked: Result<(), Error> = scratch
            .db
            .transaction(|conn| {
                let now = now(conn)?;
                tenant(conn, "u", now)?;
                panic!("in the middle of it")
            })
            .await;
        assert!(matches!(panicked, Err(Error::Panicked)));
        assert!(scratch.run(tenants::list).await.is_empty());
    }
}
