//! `kill -9` and crashes at every commit boundary: whatever was accepted comes to exactly one result.

pub(crate) mod batches;

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use idv_common::fault;

use crate::harness::images::{broken_png, plain_png};
use crate::harness::receiver::{self, Receiver};
use crate::harness::verification::{capture, evidence, id};
use crate::harness::{Client, Part, Server, ServerOptions, eventually};

/// The signal of `abort`.
const SIGABRT: i32 = 6;

/// Submits a verification in one call, and gives its id.
fn submit(client: &Client, front: &[u8], n: u32) -> String {
    let selfie = broken_png(1000 + n);
    let parts = [Part::image("document_front", front), Part::image("selfie", &selfie)];
    id(&client.post_parts("/v1/verifications", &parts, &[]).expect(202))
}

#[test]
fn fifty_queued_verifications_survive_a_kill_and_none_is_decided_twice() {
    let Some(mut server) = Server::with(ServerOptions::default().set("IDV_WORKER__SLOTS", 2)) else { return };
    let (client, data) = (server.client(), server.data());
    let mut ids: Vec<String> = (0..5).map(|n| submit(&client, &broken_png(n), n)).collect();
    eventually("the first five are decided", || !data.has_unfinished_jobs());
    // Two pages that take their time hold both slots while the others queue up.
    ids.extend((5..7).map(|n| submit(&client, &plain_png(n), n)));
    ids.extend((7..50).map(|n| submit(&client, &broken_png(n), n)));
    assert!(data.has_running_jobs());
    server.kill();
    let decided = ids.iter().filter(|id| data.verification(id).settled_at.is_some()).count();
    assert!((5..50).contains(&decided), "{decided} were decided before the kill");

    server.restart();
    let client = server.client();
    for id in &ids {
        let status = client.settled(id)["status"].take();
        assert!(matches!(status.as_str(), Some("rejected" | "needs_review")), "{id}: {status}");
        data.assert_one_result(id);
    }
    eventually("the last job has ended", || !data.has_unfinished_jobs());
    data.assert_no_job_is_left();
    // Two captures and a picture each; what the kill met between a picture and its row is left to the sweep.
    let orphans = data.orphans().len();
    assert!(orphans <= 2, "{orphans} orphans");
    assert_eq!(data.objects().len() - orphans, 150);
}

/// A server that dies at a crash point, and one verification on its way.
struct Crash {
    server: Server,
    point: &'static str,
    id: String,
}

impl Crash {
    /// Starts a server, uploads both captures of a verification, and starts it again with the point armed.
    fn at(point: &'static str) -> Option<Self> {
        let mut server = Server::start()?;
        let client = server.client();
        let id = client.create();
        client.upload(&id, "document_front", &broken_png(70));
        client.upload(&id, "selfie", &broken_png(71));
        if point.starts_with("erase.") {
            client.submit(&id);
            client.settled(&id);
        }
        server.kill();
        server.restart_with(&[("FAILPOINTS", format!("{point}=return"))]);
        Some(Self { server, point, id })
    }

    /// Sends a request that leads to the crash. Whether it was answered before depends on the point.
    fn provoke(&mut self, method: &str, path: &str, body: &[u8]) {
        let answer = self.server.client().attempt(method, path, &[], body);
        assert!(answer.is_none_or(|answer| answer.status < 300), "{}: refused", self.point);
        let status = self.server.wait_for_end();
        assert_eq!(status.signal(), Some(SIGABRT), "{}: {status}", self.point);
        self.server.restart();
    }

    fn submit(&mut self) {
        self.provoke("POST", &format!("/v1/verifications/{}/submit", self.id), b"");
    }

    /// Checks that the verification comes to one result, with nothing left over.
    fn assert_settled_once(&self) {
        self.server.client().settled(&self.id);
        let data = self.server.data();
        eventually("the last job has ended", || !data.has_unfinished_jobs());
        data.assert_one_result(&self.id);
        data.assert_no_job_is_left();
        // The picture that had no row yet; the sweep takes it away after a day.
        let orphans = usize::from(matches!(self.point, "verify.evidence_stored" | "finish.before_commit"));
        assert_eq!(data.orphans().len(), orphans, "{}", self.point);
        assert_eq!(data.objects().len(), 3 + orphans, "{}", self.point);
        let picture = self.server.client().get(&evidence(&self.id));
        assert_eq!(picture.status, 200, "{}: {}", self.point, picture.text());
    }
}

fn an_upload_that_was_not_answered_leaves_no_row(point: &'static str) -> Option<()> {
    let mut crash = Crash::at(point)?;
    let before = crash.server.client().verification(&crash.id);
    crash.provoke("PUT", &capture(&crash.id, "selfie"), &broken_png(72));
    let client = crash.server.client();
    assert_eq!(client.verification(&crash.id)["captures"], before["captures"]);
    assert_eq!(crash.server.data().orphans().len(), 1, "the sweep takes it away after a day");
    client.upload(&crash.id, "selfie", &broken_png(72));
    client.submit(&crash.id);
    client.settled(&crash.id);
    crash.server.data().assert_one_result(&crash.id);
    Some(())
}

fn a_submission_that_was_not_committed_may_be_repeated(point: &'static str) -> Option<()> {
    let mut crash = Crash::at(point)?;
    crash.submit();
    let view = crash.server.client().verification(&crash.id);
    assert_eq!((&view["status"], &view["attempts"]), (&"requires_input".into(), &0.into()));
    crash.server.client().submit(&crash.id);
    crash.assert_settled_once();
    Some(())
}

fn a_committed_submission_comes_to_one_result(point: &'static str) -> Option<()> {
    let mut crash = Crash::at(point)?;
    crash.submit();
    crash.assert_settled_once();
    Some(())
}

fn a_redaction_completes(point: &'static str) -> Option<()> {
    let mut crash = Crash::at(point)?;
    let path = format!("/v1/verifications/{}", crash.id);
    crash.provoke("POST", &format!("{path}/redact"), b"");
    let client = crash.server.client();
    eventually("the receipt is complete", || {
        client.verification(&crash.id)["redaction"]["status"] == "complete"
    });
    assert!(crash.server.data().objects().is_empty());
    crash.server.data().assert_no_job_is_left();
    Some(())
}

fn an_event_arrives_under_one_id(point: &'static str) -> Option<()> {
    // A claim lasts for this and 10 s.
    let mut server = Server::with(ServerOptions::default().noop().set("IDV_WEBHOOKS__TIMEOUT_S", 1))?;
    let receiver = Receiver::start("thanks");
    let id = server.client().create();
    receiver::tell(&server, &id, &format!("http://{}/", receiver.address), receiver::on_this_machine());
    server.restart_with(&[("FAILPOINTS", format!("{point}=return"))]);
    let path = format!("/v1/verifications/{id}/cancel");
    let answer = server.client().attempt("POST", &path, &[], b"");
    assert!(answer.is_none_or(|answer| answer.status < 300), "{point}: refused");
    assert_eq!(server.wait_for_end().signal(), Some(SIGABRT), "{point}");
    let before = usize::from(point == "deliver.sent");
    assert_eq!(receiver.taken().len(), before, "{point}");
    server.restart();
    eventually("the event arrives", || receiver.taken().len() > before);
    let taken = receiver.taken();
    assert!(taken.iter().all(|one| *one == taken[0]) && taken[0].1 == "verification.canceled", "{taken:?}");
    Some(())
}

/// Crashes at a point and checks what has to hold; `None` if it cannot be tried here.
type Scenario = fn(&'static str) -> Option<()>;

/// What has to hold after a crash at each point.
const EXPECTED: &[(&str, Scenario)] = &[
    ("upload.object_written", an_upload_that_was_not_answered_leaves_no_row),
    ("submit.before_commit", a_submission_that_was_not_committed_may_be_repeated),
    ("submit.committed", a_committed_submission_comes_to_one_result),
    ("outbox.published", a_committed_submission_comes_to_one_result),
    ("consume.claimed", a_committed_submission_comes_to_one_result),
    ("verify.finished", a_committed_submission_comes_to_one_result),
    ("verify.evidence_stored", a_committed_submission_comes_to_one_result),
    ("finish.before_commit", a_committed_submission_comes_to_one_result),
    ("finish.committed", a_committed_submission_comes_to_one_result),
    ("erase.object_deleted", a_redaction_completes),
    ("deliver.claimed", an_event_arrives_under_one_id),
    ("deliver.sent", an_event_arrives_under_one_id),
    ("batch.prepared", batches::a_reprocessing_decides_each_once),
    ("batch.fed", batches::an_import_comes_to_one_result_per_item),
    ("import.stored", batches::an_import_comes_to_one_result_per_item),
    ("import.committed", batches::an_import_comes_to_one_result_per_item),
];

/// One test for all of them, side by side: most wait for a lease to run out, which takes 45 seconds.
#[test]
fn a_crash_at_any_commit_boundary_neither_loses_nor_repeats_anything() {
    let known: BTreeSet<&str> = fault::POINTS.iter().copied().collect();
    let tried: BTreeSet<&str> = EXPECTED.iter().map(|(point, _)| *point).collect();
    assert_eq!(known, tried, "each crash point has an expectation");
    std::thread::scope(|scope| {
        let crashes: Vec<_> = EXPECTED
            .iter()
            .map(|(point, expectation)| (point, scope.spawn(move || expectation(point))))
            .collect();
        let failed: Vec<_> =
            crashes.into_iter().filter_map(|(point, crash)| crash.join().is_err().then_some(point)).collect();
        assert!(failed.is_empty(), "crashes at {failed:?} did harm");
    });
}
