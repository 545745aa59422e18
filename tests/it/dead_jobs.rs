//! A job dies of an object that cannot be read, and is driven again when the object is back.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::data::Data;
use crate::harness::images::broken_png;
use crate::harness::{Client, Server, ServerOptions, eventually};

/// The objects of the store, out of its reach for as long as this lives.
struct Hidden(Vec<(PathBuf, PathBuf)>);

impl Hidden {
    fn new(data: &Data, folder: &tempfile::TempDir) -> Self {
        let hide = |(n, path): (usize, PathBuf)| {
            let away = folder.path().join(n.to_string());
            std::fs::rename(&path, &away).or_else(|_| std::fs::copy(&path, &away).map(|_| ())).unwrap();
            let _ = std::fs::remove_file(&path);
            (path, away)
        };
        Self(data.objects().into_iter().enumerate().map(hide).collect())
    }

    fn put_back(self) {
        for (path, away) in self.0 {
            std::fs::copy(away, path).unwrap();
        }
    }
}

/// Submits a verification whose images have gone, and waits until its job is given up.
fn let_die(client: &Client, data: &Data, folder: &tempfile::TempDir, n: u32) -> (String, Hidden) {
    let id = client.create();
    client.upload(&id, "document_front", &broken_png(4000 + n));
    client.upload(&id, "selfie", &broken_png(5000 + n));
    let hidden = Hidden::new(data, folder);
    client.submit(&id);
    eventually("the job is given up", || {
        data.hurry_jobs();
        data.verification(&id).settled_at.is_some()
    });
    (id, hidden)
}

fn dead(client: &Client) -> Vec<Value> {
    client.get("/v1/jobs?state=dead").expect(200)["data"].as_array().unwrap().clone()
}

#[test]
fn a_dead_job_tells_its_history_and_verifies_after_the_mend() {
    let Some(server) = Server::with(ServerOptions::default().noop()) else { return };
    let (client, data) = (server.client(), server.data());
    let folder = tempfile::tempdir().unwrap();
    let (id, hidden) = let_die(&client, &data, &folder, 1);
    assert_eq!(client.verification(&id)["status"], "failed");

    let [listed] = dead(&client).try_into().unwrap();
    assert_eq!(listed["verification_id"], id);
    assert_eq!((&listed["kind"], &listed["attempts"]), (&json!("verify"), &json!(5)));
    let path = format!("/v1/jobs/{}", listed["id"].as_str().unwrap());
    let job = client.get(&path).expect(200);
    let failures = job["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 5, "{job}");
    for failure in failures {
        let cause = failure["cause"].as_str().unwrap();
        assert!(cause.contains("in the object store"), "{cause}");
        assert!(failure["worker_id"].is_string() && failure["at"].is_string());
    }

    hidden.put_back();
    assert_eq!(client.post(&format!("{path}/redrive"), &json!({})).expect(200)["failures"], job["failures"]);
    eventually("it is verified", || client.verification(&id)["status"] == "verified");
    assert_eq!(data.history(&id), ["created", "processing", "failed", "verified"]);
    assert_eq!(client.verification(&id)["decision"]["source"], "run");
    assert!(dead(&client).is_empty());
}

#[test]
fn the_command_line_lists_drives_and_discards_dead_jobs() {
    let Some(server) = Server::with(ServerOptions::default().noop()) else { return };
    let (client, data) = (server.client(), server.data());
    assert_eq!(server.command(&["jobs", "list"]).expect(0).trim(), "none");
    let folder = tempfile::tempdir().unwrap();
    let (id, hidden) = let_die(&client, &data, &folder, 2);
    let job = dead(&client)[0]["id"].as_str().unwrap().to_owned();

    let list = server.command(&["jobs", "list"]).expect(0);
    assert!(list.contains(&job) && list.contains("after 5 attempts: failed to"), "{list}");
    let [line] = server.command(&["jobs", "list", "--json"]).lines().try_into().unwrap();
    assert_eq!((&line["id"], &line["state"]), (&json!(job), &json!("dead")));
    let shown = server.command(&["jobs", "show", &job]).expect(0);
    assert_eq!(shown.matches("in the object store").count(), 5, "{shown}");
    let refused = server.command(&["jobs", "--tenant", "nobody", "list"]);
    assert_eq!(refused.code, 1, "{refused:?}");

    hidden.put_back();
    let driven = server.command(&["jobs", "redrive", "--all"]).expect(0);
    assert!(driven.starts_with("Redriven 1; 0 "), "{driven}");
    eventually("it is verified", || client.verification(&id)["status"] == "verified");
    assert_eq!(data.accesses(&job), ["job.redrive"]);
    let refused = server.command(&["jobs", "discard", &job]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("only dead jobs"), "{}", refused.stderr);

    let (id, hidden) = let_die(&client, &data, &folder, 3);
    let job = dead(&client)[0]["id"].as_str().unwrap().to_owned();
    server.command(&["jobs", "discard", &job]).expect(0);
    assert!(dead(&client).is_empty());
    hidden.put_back();
    assert_eq!(client.verification(&id)["status"], "failed");
}
