//! Subjects, those who claim to be one, and images that are kept by themselves.

use diesel::prelude::*;

use super::rows::capture;
use super::*;
use crate::crypto::{SealedRow, SecretKey};
use crate::db::captures::{self, Owner};
use crate::db::jobs::{self, Lease};
use crate::db::schema::captures as rows;
use crate::db::subjects::Template;
use crate::db::{authentications, images, now, subjects};

fn sealed() -> SealedRow {
    SealedRow::seal(&SecretKey::generate(), b"result", "context")
}

fn subject(conn: &mut Conn, tenant: &TenantId, name: &str, now: Timestamp) -> Result<SubjectId, Error> {
    let id = SubjectId::generate();
    assert!(subjects::insert(conn, &id, tenant, Some(name), now)?, "the name is free");
    Ok(id)
}

fn enrolled(conn: &mut Conn, tenant: &TenantId, name: &str, now: Timestamp) -> Result<SubjectId, Error> {
    let id = subject(conn, tenant, name, now)?;
    subjects::finish(conn, &id, SubjectStatus::Enrolled, Some(&sealed()), now)?;
    let template = Template { model_digest: "digest".into(), sealed: sealed() };
    subjects::insert_template(conn, tenant, &id, &template, now)?;
    Ok(id)
}

/// A job that a worker holds.
fn held(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: JobKind,
    subject: &str,
    now: Timestamp,
) -> Result<Lease, Error> {
    let new = NewJob { tenant, kind, queue: kind.queue(), subject, verification: None, traceparent: None };
    let job = jobs::enqueue(conn, &new, now)?;
    let claimed = jobs::claim_many(conn, &[job], &WorkerId::generate(), &JobLimits::default(), now)?;
    Ok(claimed.into_iter().next().expect("it waits").lease)
}

#[tokio::test]
async fn a_name_is_taken_while_its_subject_is_enrolled_or_about_to_be() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let taken = |conn: &mut Conn| {
                    Ok::<_, Error>(!subjects::insert(
                        conn,
                        &SubjectId::generate(),
                        &tenant,
                        Some("ann"),
                        now,
                    )?)
                };
                let first = subject(conn, &tenant, "ann", now)?;
                assert!(taken(conn)?, "it is about to be enrolled");
                subject(conn, &other, "ann", now)?;
                assert_eq!(subjects::by_reference(conn, &tenant, "ann")?.unwrap().id, first);
                subjects::finish(conn, &first, SubjectStatus::Rejected, Some(&sealed()), now)?;
                assert!(
                    subjects::by_reference(conn, &tenant, "ann")?.is_none(),
                    "whoever is refused is nobody"
                );
                let second = enrolled(conn, &tenant, "ann", now)?;
                assert!(taken(conn)?, "it is enrolled");
                let again = subjects::finish(conn, &second, SubjectStatus::Failed, None, now);
                assert!(matches!(again, Err(Error::Fenced)), "an enrolment ends once");
                assert!(subjects::erase(conn, &tenant, &second, now)?);
                assert!(!taken(conn)?);
                // Nameless ones do not get in each other's way.
                for _ in 0..2 {
                    assert!(subjects::insert(conn, &SubjectId::generate(), &tenant, None, now)?);
                }
                let ids: Vec<_> = subjects::list(conn, &tenant, Some("ann"), None, 10)?;
                assert_eq!(ids.len(), 2, "the refused one and the last one");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn two_at_once_do_not_get_the_same_name() {
    for scratch in databases().await {
        let owner = scratch
            .run(|conn| {
                let now = now(conn)?;
                tenant(conn, "t", now)
            })
            .await;
        let insert = || {
            let owner = owner.clone();
            scratch.db.transaction(move |conn| {
                let now = now(conn)?;
                match subjects::insert(conn, &SubjectId::generate(), &owner, Some("ann"), now)? {
                    true => Ok(()),
                    false => Err(Error::Fenced),
                }
            })
        };
        let (a, b) = tokio::join!(insert(), insert());
        assert_eq!([&a, &b].into_iter().filter(|result| result.is_ok()).count(), 1, "{a:?} {b:?}");
        let refused = a.err().or(b.err());
        assert!(matches!(refused, Some(Error::Fenced)), "{refused:?}");
    }
}

#[tokio::test]
async fn whoever_erases_a_subject_takes_all_that_belongs_to_it() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let id = enrolled(conn, &tenant, "ann", now)?;
                let claim = AuthenticationId::generate();
                authentications::insert(conn, &claim, &tenant, &id, LivenessUse::Report, now)?;
                for owner in [Owner::Subject(&id), Owner::Authentication(&claim)] {
                    captures::insert(conn, &capture(&tenant, CaptureKind::Selfie, now), owner)?;
                }
                let leases = [
                    held(conn, &tenant, JobKind::Enroll, id.as_str(), now)?,
                    held(conn, &tenant, JobKind::Authenticate, claim.as_str(), now)?,
                ];
                assert!(!subjects::erase(conn, &other, &id, now)?, "it is another tenant's");
                assert_eq!(subjects::hold(conn, &other, &id)?, None);
                assert_eq!(subjects::hold(conn, &tenant, &id)?, Some(SubjectStatus::Enrolled));
                let before = subjects::get(conn, &tenant, &id)?.unwrap();
                assert_eq!(before.version, 2, "to hold a row changes nothing");

                assert!(subjects::erase(conn, &tenant, &id, now)?);
                assert!(subjects::get(conn, &tenant, &id)?.is_none());
                assert!(subjects::template(conn, &id)?.is_none());
                assert!(authentications::get(conn, &tenant, &claim)?.is_none());
                assert!(captures::of(conn, Owner::Authentication(&claim))?.is_empty());
                assert_eq!(jobs::backlog(conn, QueueName::Batch)?, 1, "both objects are to be erased");
                for lease in &leases {
                    assert!(matches!(jobs::complete(conn, lease, now), Err(Error::Fenced)));
                }
                let late = authentications::finish(conn, &claim, TaskStatus::Completed, None, now);
                assert!(matches!(late, Err(Error::Fenced)));
                assert!(!subjects::erase(conn, &tenant, &id, now)?, "it is gone");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn an_abandoned_authentication_keeps_no_image_and_no_job() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = enrolled(conn, &tenant, "ann", now)?;
                let claim = AuthenticationId::generate();
                authentications::insert(conn, &claim, &tenant, &id, LivenessUse::Require, now)?;
                let frame = capture(&tenant, CaptureKind::SelfieFrame, now);
                captures::insert(conn, &frame, Owner::Authentication(&claim))?;
                let lease = held(conn, &tenant, JobKind::Authenticate, claim.as_str(), now)?;
                assert!(authentications::abandon(conn, &tenant, &claim, now)?);
                assert!(captures::of(conn, Owner::Authentication(&claim))?.is_empty());
                assert!(matches!(jobs::complete(conn, &lease, now), Err(Error::Fenced)));
                let row = authentications::get(conn, &tenant, &claim)?.unwrap();
                assert_eq!((row.status, row.liveness), (TaskStatus::Failed, LivenessUse::Require));
                assert!(!authentications::abandon(conn, &tenant, &claim, now)?, "it has ended");
                assert_eq!(authentications::erase_results(conn, &tenant, now)?, 0, "it has none");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn refused_subjects_go_when_their_days_are_over_and_enrolled_ones_stay() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let start = now(conn)?;
                let tenant = tenant(conn, "t", start)?;
                let kept = enrolled(conn, &tenant, "ann", start)?;
                let refused = subject(conn, &tenant, "bob", start)?;
                subjects::finish(conn, &refused, SubjectStatus::Rejected, Some(&sealed()), start)?;
                assert_eq!(subjects::erase_refused(conn, &tenant, start.minus(DAY), 10, start)?, 0);
                assert_eq!(subjects::erase_refused(conn, &tenant, start, 10, start)?, 1);
                assert!(subjects::get(conn, &tenant, &refused)?.is_none());
                assert!(subjects::get(conn, &tenant, &kept)?.is_some());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn an_image_takes_the_place_of_the_earlier_one_of_its_name() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let [first, second, foreign] = [0; 3].map(|_| ImageId::generate());
                images::insert(conn, &first, &tenant, Some("a.jpg"), now)?;
                captures::insert(conn, &capture(&tenant, CaptureKind::Image, now), Owner::Image(&first))?;
                let lease = held(conn, &tenant, JobKind::Inspect, first.as_str(), now)?;
                images::insert(conn, &foreign, &other, Some("a.jpg"), now)?;
                images::insert(conn, &second, &tenant, Some("a.jpg"), now)?;
                assert!(images::get(conn, &tenant, &first)?.is_none());
                assert!(captures::of(conn, Owner::Image(&first))?.is_empty());
                assert!(matches!(jobs::complete(conn, &lease, now), Err(Error::Fenced)));
                assert_eq!(images::by_name(conn, &tenant, "a.jpg")?.unwrap().id, second);
                assert_eq!(images::by_name(conn, &other, "a.jpg")?.unwrap().id, foreign);
                images::finish(conn, &second, TaskStatus::Completed, Some(&sealed()), now)?;
                assert!(images::get(conn, &tenant, &second)?.unwrap().sealed_result().is_some());
                assert_eq!(images::list(conn, &tenant, Some("a.jpg"), None, 10)?.len(), 1);
                assert!(!images::erase(conn, &tenant, &foreign, now)?, "it is another tenant's");
                assert_eq!(images::erase_old(conn, &tenant, now, 10, now)?, 1);
                assert!(images::by_name(conn, &tenant, "a.jpg")?.is_none());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_capture_belongs_to_exactly_one_thing() {
    for scratch in databases().await {
        let (frame, image) = scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let (id, image) = (enrolled(conn, &tenant, "ann", now)?, ImageId::generate());
                images::insert(conn, &image, &tenant, None, now)?;
                let claim = AuthenticationId::generate();
                authentications::insert(conn, &claim, &tenant, &id, LivenessUse::Off, now)?;
                let frames = [0; 2].map(|_| capture(&tenant, CaptureKind::SelfieFrame, now));
                for frame in &frames {
                    captures::insert(conn, frame, Owner::Authentication(&claim))?;
                }
                let stored = captures::of(conn, Owner::Authentication(&claim))?;
                assert!(
                    stored.iter().map(|row| &row.id).eq(frames.iter().map(|frame| &frame.id)),
                    "in order"
                );
                Ok((frames[0].id.clone(), image))
            })
            .await;
        let owned_by = |image: Option<ImageId>, keeps: bool| {
            let frame = frame.clone();
            scratch.db.transaction(move |conn| {
                let row = diesel::update(rows::table.find(frame.as_str()));
                let image = rows::image_id.eq(image.map(String::from));
                match keeps {
                    true => row.set(image).execute(conn)?,
                    false => row.set((image, rows::authentication_id.eq(None::<String>))).execute(conn)?,
                };
                Ok::<_, Error>(())
            })
        };
        assert!(matches!(owned_by(Some(image.clone()), true).await, Err(Error::Statement(_))), "two owners");
        assert!(matches!(owned_by(None, false).await, Err(Error::Statement(_))), "no owner");
        owned_by(Some(image), false).await.unwrap();
    }
}
