//! Reviewers at work, over HTTP and on the command line.

use idv_common::db::decisions::{self, NewDecision};
use idv_common::db::verifications::{self, Change};
use idv_common::db::{self, events};
use idv_common::domain::{
    DecisionSource, EventType, ReasonCode, Standing, Verdict, VerificationId, VerificationStatus,
};
use serde_json::{Value, json};

use crate::harness::images::broken_png;
use crate::harness::{Server, ServerOptions};

/// A verification that another run has left to a person.
fn doubtful(server: &Server, n: u32) -> String {
    let view = server.client().verify(&broken_png(6000 + n), &broken_png(7000 + n));
    let id = view["id"].as_str().unwrap().to_owned();
    let wanted: VerificationId = id.parse().unwrap();
    server.data().transaction(move |conn| {
        let now = db::now(conn)?;
        let row = verifications::get_unscoped(conn, &wanted)?.unwrap();
        let (from, to) = (VerificationStatus::Verified, VerificationStatus::NeedsReview);
        let version = verifications::transition(conn, &wanted, from, to, &Change::default(), now)?.unwrap();
        events::append(conn, &row.tenant_id, &wanted, EventType::NeedsReview, version, now)?;
        let decision = NewDecision {
            tenant: &row.tenant_id,
            verification: &wanted,
            source: DecisionSource::Run,
            run: row.current_run_id.as_ref(),
            reviewer: None,
            standing: Standing::Final,
            verdict: Verdict::NeedsReview,
            reasons: &[ReasonCode::FaceMatchInconclusive],
            version,
        };
        decisions::append(conn, &decision, now)?;
        Ok(())
    });
    id
}

#[test]
fn a_reviewer_decides_over_http_and_whoever_waits_is_told() {
    let Some(server) = Server::with(ServerOptions::default().noop()) else { return };
    let client = server.client();
    let id = doubtful(&server, 1);
    let path = format!("/v1/verifications/{id}");
    assert_eq!(client.get("/v1/reviews").expect(200)["data"][0]["id"], id);
    let known = client.get(&path);
    let tag = known.header("etag").unwrap().to_owned();
    let before = known.expect(200);
    assert_eq!(before["status"], "needs_review");
    let waiting = std::thread::spawn({
        let (client, path) = (server.client(), path.clone());
        move || client.get_with(&path, &[("if-none-match", &tag), ("prefer", "wait=60")]).expect(200)
    });
    client.post(&format!("{path}/review/claim"), &json!({"reviewer": "Ann"})).expect(200);
    let body = json!({"reviewer": "Ann", "verdict": "rejected", "reasons": ["face_mismatch"]});
    client.post(&format!("{path}/review/decision"), &body).expect(200);
    let told: Value = waiting.join().unwrap();
    assert_eq!((&told["status"], &told["decision"]["reviewer"]), (&json!("rejected"), &json!("Ann")));
    assert_eq!(told["version"].as_i64(), before["version"].as_i64().map(|version| version + 1));
    let data = server.data();
    assert_eq!(data.history(&id), ["created", "processing", "verified", "needs_review", "rejected"]);
    let decisions = client.get(&format!("{path}/decisions")).expect(200);
    assert_eq!(decisions["data"].as_array().unwrap().len(), 3);
    assert_eq!(data.accesses(&id).iter().filter(|action| action.starts_with("review.")).count(), 2);
}

#[test]
fn two_reviewers_agree_on_the_command_line() {
    let Some(server) = Server::with(ServerOptions::default().noop().set("IDV_REVIEW__TWO_REVIEWERS", true))
    else {
        return;
    };
    let reviews = |arguments: &[&str]| server.command(&[&["reviews"], arguments].concat());
    assert_eq!(reviews(&["list"]).expect(0).trim(), "none");
    let id = doubtful(&server, 2);
    reviews(&["claim", &id, "--reviewer", "Ann"]).expect(0);
    let list = reviews(&["list"]).expect(0);
    assert!(list.contains(&id) && list.contains("claimed by Ann until"), "{list}");
    assert!(list.contains("the run decided needs_review: face_match_inconclusive"), "{list}");
    assert_eq!(reviews(&["list", "--unclaimed"]).expect(0).trim(), "none");
    let refused = reviews(&["approve", &id, "--reviewer", "Bob"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("`Ann` has claimed it"), "{}", refused.stderr);

    let said = reviews(&["approve", &id, "--reviewer", "Ann", "--note", "called her"]).expect(0);
    assert!(said.starts_with("Proposed:"), "{said}");
    assert!(reviews(&["list"]).expect(0).contains("Ann proposed verified"));
    let said = reviews(&["reject", &id, "--reviewer", "Bob", "--reason", "face_mismatch"]).expect(0);
    assert!(said.starts_with("Proposed:"), "{said}");
    assert_eq!(reviews(&["reject", &id, "--reviewer", "Cleo"]).code, 2, "a rejection has a reason");
    let said = reviews(&["approve", &id, "--reviewer", "Cleo"]).expect(0);
    assert_eq!(said.trim(), format!("Decided: {id} is verified."));
    let shown = reviews(&["show", &id]).expect(0);
    for line in ["Ann proposed verified", "Bob proposed rejected: face_mismatch", "Ann noted: called her"] {
        assert!(shown.contains(line), "{line} is not in:\n{shown}");
    }
    assert_eq!(server.client().verification(&id)["decision"]["reviewer"], "Cleo");
}
