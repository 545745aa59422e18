//! Dead jobs: which can be driven again, and which have to.

use super::*;
use crate::db::captures::Owner;
use crate::db::jobs::{self, Filter, Refused};
use crate::db::runs::RunCapture;
use crate::db::verifications::Change;
use crate::db::{captures, images, now};

/// A job that was given up.
fn dead(
    conn: &mut Conn,
    tenant: &TenantId,
    kind: JobKind,
    subject: &str,
    verification: Option<&VerificationId>,
    now: Timestamp,
) -> Result<JobId, Error> {
    let queue = kind.queue();
    let new = NewJob { tenant, kind, queue, subject, verification, traceparent: None };
    let id = jobs::enqueue(conn, &new, now)?;
    let worker = WorkerId::generate();
    let claimed = jobs::claim_many(conn, std::slice::from_ref(&id), &worker, &JobLimits::default(), now)?;
    jobs::fail(conn, &claimed[0].lease, "the object is damaged", None, now)?;
    Ok(id)
}

#[tokio::test]
async fn a_failed_verification_is_driven_again_while_its_images_are_there() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                use VerificationStatus::{Failed, Processing, RequiresInput};
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = verification(conn, &tenant, now)?;
                let capture = super::rows::capture(&tenant, CaptureKind::Selfie, now);
                captures::insert(conn, &capture, Owner::Verification(&id))?;
                let run = RunId::generate();
                runs::insert(conn, &run, &tenant, &id, RunReason::Submit, &[RunCapture::of(&capture)], now)?;
                let change = Change { current_run_id: Some(&run), ..Change::default() };
                verifications::transition(conn, &id, RequiresInput, Processing, &change, now)?;
                let job = dead(conn, &tenant, JobKind::Verify, run.as_str(), Some(&id), now)?;
                let drive = |conn: &mut Conn| jobs::drive_again(conn, Some(&tenant), &job, now);
                assert!(matches!(drive(conn), Err(Refused::Superseded)), "it is still processing");
                verifications::transition(conn, &id, Processing, Failed, &Change::default(), now)?;
                let other = super::tenant(conn, "other", now)?;
                let stranger = jobs::drive_again(conn, Some(&other), &job, now);
                assert!(matches!(stranger, Err(Refused::NotFound(_))));
                drive(conn).unwrap();
                assert!(matches!(drive(conn), Err(Refused::NotDead(JobState::Queued))));
                assert_eq!(jobs::history(conn, &job)?[0].cause, "the object is damaged");

                let again = dead(conn, &tenant, JobKind::Verify, run.as_str(), Some(&id), now)?;
                captures::delete_all(conn, Owner::Verification(&id))?;
                let gone = jobs::drive_again(conn, None, &again, now);
                assert!(matches!(gone, Err(Refused::ImagesGone)));
                assert_eq!(jobs::cancel_of_run(conn, &run, now)?, 1, "the dead one stays dead");
                jobs::discard(conn, None, &again, now).unwrap();
                let filter = Filter { state: Some(JobState::Canceled), ..Filter::default() };
                assert_eq!(jobs::list(conn, &filter, 10)?.len(), 2);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn an_image_is_inspected_again_and_an_erasure_is_never_discarded() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let image = ImageId::generate();
                images::insert(conn, &image, &tenant, None, now)?;
                images::finish(conn, &image, TaskStatus::Failed, None, now)?;
                let job = dead(conn, &tenant, JobKind::Inspect, image.as_str(), None, now)?;
                jobs::drive_again(conn, None, &job, now).unwrap();
                let row = images::get(conn, &tenant, &image)?.unwrap();
                assert_eq!((row.status, row.completed_at), (TaskStatus::Processing, None));

                let erasure = dead(conn, &tenant, JobKind::Erase, "ers_1", None, now)?;
                assert!(matches!(jobs::discard(conn, None, &erasure, now), Err(Refused::MustErase)));
                jobs::drive_again(conn, None, &erasure, now).unwrap();

                for kind in [JobKind::Compare, JobKind::Enroll, JobKind::Authenticate] {
                    let job = dead(conn, &tenant, kind, "x", None, now)?;
                    assert!(matches!(jobs::drive_again(conn, None, &job, now), Err(Refused::ImagesGone)));
                }
                let filter =
                    Filter { tenant: Some(tenant), state: Some(JobState::Dead), ..Filter::default() };
                assert_eq!(jobs::list(conn, &filter, 10)?.len(), 3);
                Ok(())
            })
            .await;
    }
}
