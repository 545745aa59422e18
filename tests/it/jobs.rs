//! Jobs whose pipeline does nothing: what the machinery does with those that kill, and with those that last.

use serde_json::Value;

use crate::harness::images::broken_png;
use crate::harness::verification::id;
use crate::harness::{Client, Part, Server, ServerOptions, eventually};

/// Submits a verification in one call, and gives its id.
fn submit(client: &Client, front: &[u8], n: u32) -> String {
    let selfie = broken_png(2000 + n);
    let parts = [Part::image("document_front", front), Part::image("selfie", &selfie)];
    id(&client.post_parts("/v1/verifications", &parts, &[]).expect(202))
}

#[test]
fn a_job_that_kills_its_worker_ends_dead_and_its_neighbours_are_not_charged() {
    let options = ServerOptions::default()
        .noop()
        .set("IDV_WORKER__NOOP_MS", 200)
        .set("IDV_WORKER__SLOTS", 4)
        .set("IDV_JOBS__LEASE_S", 4)
        .set("IDV_JOBS__HEARTBEAT_S", 1)
        .set("IDV_JOBS__SWEEP_S", 1);
    let Some(mut server) = Server::with(options) else { return };
    let client = server.client();
    let mut poison = broken_png(0);
    poison.extend_from_slice(b"idv-test-abort");
    let mut ids: Vec<String> = (1..10).map(|n| submit(&client, &broken_png(n), n)).collect();
    let poisonous = submit(&client, &poison, 0);
    ids.extend((10..20).filter_map(|n| {
        // Whoever is not answered by a process that is dying was not accepted.
        let (front, selfie) = (broken_png(n), broken_png(3000 + n));
        let form = [Part::image("document_front", &front), Part::image("selfie", &selfie)];
        client.try_post_parts("/v1/verifications", &form).map(|answer| id(&answer.expect(202)))
    }));
    let data = server.data();
    let deaths = server.keep_alive_until(|| data.verification(&poisonous).settled_at.is_some());
    assert!((2..=4).contains(&deaths), "{deaths} processes died");
    let client = server.client();
    assert_eq!(client.verification(&poisonous)["status"], "failed");
    for id in &ids {
        assert_eq!(client.settled(id)["status"], "verified");
        data.assert_one_result(id);
    }
    eventually("the last job has ended", || !data.has_unfinished_jobs());
    let dead = data.dead_jobs();
    assert_eq!(dead.len(), 1, "{dead:?}");
}

#[test]
fn a_job_that_outlasts_the_shutdown_is_handed_back_and_runs_again() {
    let options =
        ServerOptions::default().noop().set("IDV_WORKER__NOOP_MS", 600_000).set("IDV_SERVER__SHUTDOWN_S", 1);
    let Some(mut server) = Server::with(options) else { return };
    let waiting = submit(&server.client(), &broken_png(1), 1);
    let data = server.data();
    eventually("a worker has it", || data.has_running_jobs());
    assert_eq!(server.terminate().code(), Some(0));
    assert!(data.has_waiting_jobs() && !data.has_running_jobs(), "it was handed back");
    server.restart_with(&[("IDV_WORKER__NOOP_MS", "0".to_owned())]);
    let view: Value = server.client().settled(&waiting);
    assert_eq!(view["status"], "verified");
    data.assert_one_result(&waiting);
}
