//! Reviews: who holds what, when a decision stands, and what becomes of notes.

use super::*;
use crate::crypto::{SealedRow, SecretKey};
use crate::db::decisions::{self, NewDecision};
use crate::db::reviews::{self, Filter, NewNote, NewReview, Refused};
use crate::db::verifications::Change;
use crate::db::{now, retention};

const LASTING: Duration = Duration::from_secs(900);

/// A verification that a run has left to a person.
pub(super) fn doubtful(conn: &mut Conn, tenant: &TenantId, now: Timestamp) -> Result<VerificationId, Error> {
    use VerificationStatus::{NeedsReview, Processing, RequiresInput};
    let id = verification(conn, tenant, now)?;
    let run = run_of(conn, tenant, &id, now)?;
    let change = Change { current_run_id: Some(&run), ..Change::default() };
    verifications::transition(conn, &id, RequiresInput, Processing, &change, now)?;
    let none = Change::default();
    let version = verifications::transition(conn, &id, Processing, NeedsReview, &none, now)?.unwrap();
    let decision = NewDecision {
        tenant,
        verification: &id,
        source: DecisionSource::Run,
        run: Some(&run),
        reviewer: None,
        standing: Standing::Final,
        verdict: Verdict::NeedsReview,
        reasons: &[ReasonCode::FaceMatchInconclusive],
        version,
    };
    decisions::append(conn, &decision, now)?;
    Ok(id)
}

fn named(name: &str) -> Reviewer {
    name.parse().unwrap()
}

fn opine(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &VerificationId,
    name: &str,
    verdict: Verdict,
    at: Timestamp,
) -> Result<Standing, Refused> {
    let reviewer = named(name);
    reviews::claim(conn, tenant, id, &reviewer, at.plus(LASTING), at)?;
    let review = NewReview {
        tenant,
        verification: id,
        reviewer: &reviewer,
        verdict,
        reasons: &[],
        note: None,
        two_reviewers: true,
    };
    Ok(reviews::decide(conn, &review, at)?.standing)
}

#[tokio::test]
async fn a_claim_holds_until_its_end_and_is_prolonged_by_its_holder() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = doubtful(conn, &tenant, now)?;
                let (ann, bob) = (named("Ann"), named("Bob"));
                let claim = |conn: &mut Conn, who: &Reviewer, at: Timestamp| {
                    reviews::claim(conn, &tenant, &id, who, at.plus(LASTING), at)
                };
                claim(conn, &ann, now).unwrap();
                let later = now.plus(LASTING / 2);
                assert!(matches!(claim(conn, &bob, later), Err(Refused::ClaimedBy { .. })));
                claim(conn, &ann, later).unwrap();
                let held = reviews::get(conn, &tenant, &id, later)?.unwrap().claim.unwrap();
                assert_eq!((held.claimed_at, held.claimed_until), (now, later.plus(LASTING)));
                let unclaimed = Filter { unclaimed: true, ..Filter::default() };
                let of_ann = Filter { reviewer: Some(ann.clone()), ..Filter::default() };
                let count = |conn: &mut Conn, filter: &Filter, at| {
                    Ok::<_, Error>(reviews::queue(conn, &tenant, filter, 10, at)?.len())
                };
                assert_eq!((count(conn, &unclaimed, later)?, count(conn, &of_ann, later)?), (0, 1));
                let over = later.plus(LASTING);
                assert_eq!((count(conn, &unclaimed, over)?, count(conn, &of_ann, over)?), (1, 0));
                claim(conn, &bob, over).unwrap();
                assert!(matches!(
                    reviews::release(conn, &tenant, &id, &ann, over),
                    Err(Refused::ClaimedBy { .. })
                ));
                reviews::release(conn, &tenant, &id, &bob, over).unwrap();
                reviews::release(conn, &tenant, &id, &ann, over).unwrap();
                let other = super::tenant(conn, "other", now)?;
                assert!(reviews::queue(conn, &other, &Filter::default(), 10, now)?.is_empty());
                let stranger = reviews::claim(conn, &other, &id, &ann, over, now);
                assert!(matches!(stranger, Err(Refused::NotFound(_))));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn of_three_opinions_the_one_that_two_share_stands() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let at = |n: u64| now.plus(Duration::from_secs(n));
                let tenant = tenant(conn, "t", now)?;
                let id = doubtful(conn, &tenant, now)?;
                let ends = [
                    ("Ann", Verdict::Verified, Standing::Proposed),
                    ("Bob", Verdict::Rejected, Standing::Proposed),
                    ("Cleo", Verdict::Verified, Standing::Final),
                ];
                for (n, (name, verdict, standing)) in ends.into_iter().enumerate() {
                    let at = at(n as u64 + 1);
                    assert_eq!(opine(conn, &tenant, &id, name, verdict, at).unwrap(), standing);
                    let again = opine(conn, &tenant, &id, name, verdict, at);
                    assert!(matches!(again, Err(Refused::DecidedBefore | Refused::WrongStatus(_))));
                }
                let row = verifications::get(conn, &tenant, &id)?.unwrap();
                assert_eq!((row.status, row.version), (VerificationStatus::Verified, 6));
                let history = decisions::list(conn, &id)?;
                let versions: Vec<i64> = history.iter().map(|one| one.version).collect();
                assert_eq!(versions, [3, 4, 5, 6]);
                let current = decisions::current(conn, &id)?.unwrap();
                assert_eq!(current.reviewer.as_deref(), Some("Cleo"));
                assert!(current.is_of(&row));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_was_decided_on_an_earlier_attempt_is_no_decision_on_the_next() {
    use VerificationStatus::{Canceled, NeedsReview, RequiresInput};
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = doubtful(conn, &tenant, now)?;
                let shown = |conn: &mut Conn| {
                    let row = verifications::get(conn, &tenant, &id)?.unwrap();
                    let review = reviews::get(conn, &tenant, &id, now)?.unwrap();
                    let of_row = decisions::current(conn, &id)?.is_some_and(|last| last.is_of(&row));
                    Ok::<_, Error>((row.current_run_id.is_some(), of_row, review.decision.is_some()))
                };
                assert_eq!(shown(conn)?, (true, true, true));
                for (from, next) in [(NeedsReview, RequiresInput), (RequiresInput, Canceled)] {
                    verifications::transition(conn, &id, from, next, &Change::default(), now)?.unwrap();
                    assert_eq!(shown(conn)?, (true, false, false), "{next}");
                }
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn notes_go_when_the_reports_time_is_up() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = doubtful(conn, &tenant, now)?;
                let note = NoteId::generate();
                let body = SealedRow::seal(&SecretKey::generate(), b"text", &reviews::seal_context(&note));
                let author = named("Ann");
                let new =
                    NewNote { id: &note, tenant: &tenant, verification: &id, author: &author, body: &body };
                reviews::add_note(conn, &new, now)?;
                let kept = Retention { reports_days: 30, ..Retention::default() };
                retention::purge(conn, &tenant, &kept, now.plus(DAY * 29))?;
                assert_eq!(reviews::notes(conn, &id, None, 10)?.len(), 1);
                retention::purge(conn, &tenant, &kept, now.plus(DAY * 31))?;
                assert!(reviews::notes(conn, &id, None, 10)?.is_empty());
                Ok(())
            })
            .await;
    }
}
