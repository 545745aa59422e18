//! Callers of `/compare` that do not get their answer: what they sent goes all the same, and at once.

use std::time::{Duration, Instant};

use idv_common::domain::{JobKind, JobState};
use serde_json::json;

use super::facemetric::{COMPARE, DOCUMENTED};
use super::shell::Shell;
use crate::harness::images::broken_png;
use crate::harness::{Server, ServerOptions, eventually};

/// How long a comparison takes here: nobody waits for it.
const SLOW: Duration = Duration::from_secs(20);

fn slow_server(wait_s: u64) -> Server {
    let options = ServerOptions::default()
        .noop()
        .set("IDV_WORKER__NOOP_MS", SLOW.as_millis())
        .set("IDV_WORKER__SLOTS", 4)
        .set("IDV_COMPAT", super::COMPARE)
        .set("IDV_LIMITS__WAIT_S", wait_s);
    Server::with(options).expect("it needs no models")
}

/// Waits until nothing of `calls` comparisons is left, and checks that this was not because they had ended.
#[track_caller]
fn assert_abandoned(server: &Server, calls: i64, since: Instant) {
    let data = server.data();
    eventually("the jobs are called off", || data.jobs(JobKind::Compare, JobState::Canceled) == calls);
    eventually("the objects are erased", || {
        data.objects().is_empty() && data.jobs(JobKind::Erase, JobState::Done) == calls
    });
    assert!(since.elapsed() < SLOW, "it took {:?}", since.elapsed());
    assert!(!data.has_unfinished_jobs());
}

#[test]
fn a_caller_that_hangs_up_leaves_no_image_and_no_job() {
    let server = slow_server(60);
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("reference.jpg", &broken_png(45)).file("live.jpg", &broken_png(46));
    let begun = Instant::now();
    shell.hang_up(COMPARE);
    assert_abandoned(&server, 1, begun);
    assert!(server.is_up());
}

#[test]
fn a_wait_that_runs_out_leaves_no_image_and_no_job() {
    let server = slow_server(1);
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("reference.jpg", &broken_png(47)).file("live.jpg", &broken_png(48));
    let image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1Pe";
    shell.file("body.json", json!({"passport": image, "face": image}).to_string().as_bytes());
    let begun = Instant::now();
    let expected = "the result was not there after 1 s; nothing was kept";
    assert_eq!(shell.curl(COMPARE).json(500), json!({"error": expected}));
    let of_the_other = shell.curl("curl http://localhost:5000/compare -d @body.json");
    assert_eq!(of_the_other.json(500), json!({"success": false, "message": expected}));
    assert_abandoned(&server, 2, begun);
}
