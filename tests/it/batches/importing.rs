//! Imports.

use std::path::Path;

use serde_json::json;

use super::{assert_ended, batch, ended, items, put_small_items, small_items};
use crate::harness::command::Run;
use crate::harness::deployment::ImportSource;
use crate::harness::images::{face, passport};
use crate::harness::verification::id;
use crate::harness::{Server, ServerOptions, eventually, idv};

fn import(server: &Server, folder: &Path, more: &[&str]) -> Run {
    let folder = folder.to_str().unwrap();
    server.command(&[&["batch", "import", folder], more].concat())
}

/// The newest batch.
fn newest(server: &Server) -> String {
    id(&server.client().get("/v1/batches?limit=1").expect(200)["data"][0])
}

#[test]
fn specimens_and_the_selfie_beside_them_are_imported() {
    let (Some(front), Some(selfie)) = (passport("obama.jpg", &[]), face("obama2.jpg")) else { return };
    let Some(server) = Server::lenient() else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["passport-1-front.jpg", "passport-2-front.jpg"] {
        std::fs::write(folder.path().join(name), &front).unwrap();
    }
    std::fs::write(folder.path().join("selfie.jpg"), selfie).unwrap();
    std::fs::write(folder.path().join("truth.jsonl"), "{}").unwrap();
    let run = import(&server, folder.path(), &[]);
    assert!(run.stderr.contains("2/2  completed"), "{}", run.stderr);
    run.expect(0);
    let client = server.client();
    let made = items(&client, &newest(&server));
    assert_eq!(made.len(), 2);
    for item in made {
        assert_eq!((&item["state"], &item["new"]["verdict"]), (&json!("done"), &json!("verified")));
        let id = item["verification_id"].as_str().unwrap();
        let view = client.verification(id);
        assert_eq!(view["status"], "verified");
        assert!(view["client_reference"].as_str().unwrap().starts_with("passport-"));
        server.data().assert_one_result(id);
    }
}

#[test]
fn a_manifest_over_http_names_files_of_the_configured_source_and_each_gets_one_result() {
    let source = ImportSource::new();
    put_small_items(&source.of_tenant("default"), 3);
    let options = ServerOptions::default().noop().set("IDV_BATCH__SOURCE", source.url());
    let Some(server) = Server::with(options) else { return };
    let client = server.client();
    let manifest = "client_reference,document_front,selfie\n\
                    a,p000-front.png,p000-selfie.png\n\
                    b,p001-front.png,missing.png\n\
                    c,p002-front.png,p002-selfie.png\n";
    let headers = [("content-type", "text/csv"), ("idempotency-key", "import-1")];
    let send = || client.send("POST", "/v1/batches", &headers, manifest.as_bytes()).expect(202);
    let made = id(&send());
    assert_eq!(id(&send()), made);
    assert_ended(&ended(&client, &made), "completed", json!({"done": 2, "failed": 1}));
    let items = items(&client, &made);
    assert!(items[1]["error"].as_str().unwrap().contains("selfie"), "{}", items[1]);
    assert!(items[1]["verification_id"].is_null());
    for at in [0, 2] {
        server.data().assert_one_result(items[at]["verification_id"].as_str().unwrap());
    }
    let all = client.get("/v1/verifications").expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    server.data().assert_no_job_is_left();
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_stopped() {
    let folder = small_items(40);
    let options = ServerOptions::default().noop().set("IDV_WORKER__NOOP_MS", 100).set("IDV_WORKER__SLOTS", 1);
    let Some(server) = Server::with(options) else { return };
    let client = server.client();
    let settings = server.command_settings();
    let mut command = idv();
    let mut first = command.args(["batch", "import"]).arg(folder.path()).envs(settings).spawn().unwrap();
    let is_on_the_way = || {
        let list = client.get("/v1/batches").expect(200);
        let Some(made) = list["data"].get(0).map(id) else { return false };
        batch(&client, &made)["finished"].as_i64().unwrap() >= 3
    };
    eventually("some items have their result", is_on_the_way);
    first.kill().unwrap();
    first.wait().unwrap();
    let made = newest(&server);
    assert_eq!(batch(&client, &made)["status"], "running");
    let run = import(&server, folder.path(), &[]);
    assert!(run.stderr.contains(&format!("Going on with {made}")), "{}", run.stderr);
    run.expect(0);
    assert_ended(&batch(&client, &made), "completed", json!({"done": 40}));
    let items = items(&client, &made);
    for item in &items {
        server.data().assert_one_result(item["verification_id"].as_str().unwrap());
    }
    let all = client.get("/v1/verifications?limit=100").expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 40, "no item became two verifications");
    // Nothing is left to be done.
    let again = import(&server, folder.path(), &["--resume", &made]).expect(0);
    assert!(again.contains("40 of 40 ended"), "{again}");
}

#[test]
fn a_bad_line_of_a_manifest_stops_the_import_before_it_begins() {
    let folder = small_items(1);
    let Some(server) = Server::with(ServerOptions::default().noop()) else { return };
    let manifest = folder.path().join("items.csv");
    std::fs::write(&manifest, "document_front,selfie\np000-front.png,p000-selfie.png\nonly-one\n").unwrap();
    let run = import(&server, folder.path(), &["--manifest", manifest.to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("line 3: 1 fields"), "{}", run.stderr);
    assert_eq!(server.client().get("/v1/batches").expect(200)["data"], json!([]));
    std::fs::write(&manifest, "document_front,selfie\np000-front.png,p000-selfie.png\n").unwrap();
    import(&server, folder.path(), &["--manifest", manifest.to_str().unwrap()]).expect(0);
}

#[test]
fn an_import_can_be_paused_resumed_and_called_off() {
    let source = ImportSource::new();
    put_small_items(&source.of_tenant("default"), 60);
    let options = ServerOptions::default()
        .noop()
        .set("IDV_WORKER__NOOP_MS", 100)
        .set("IDV_WORKER__SLOTS", 1)
        .set("IDV_BATCH__SOURCE", source.url());
    let Some(server) = Server::with(options) else { return };
    let client = server.client();
    let lines: Vec<_> = (0..60)
        .map(|n| json!({"document_front": format!("p{n:03}-front.png"), "selfie": format!("p{n:03}-selfie.png")}))
        .collect();
    let made = id(&client.post("/v1/batches", &json!({"kind": "import", "lines": lines})).expect(202));
    eventually("it has begun", || batch(&client, &made)["finished"].as_i64().unwrap() > 0);
    let act = |verb: &str| client.send("POST", &format!("/v1/batches/{made}/{verb}"), &[], b"");
    act("pause").expect(200);
    assert_eq!(act("pause").problem(409), "wrong_state");
    eventually("what had begun has ended", || batch(&client, &made)["items"]["running"].is_null());
    let paused = batch(&client, &made);
    assert_eq!(paused["status"], "paused");
    assert!(paused["items"]["waiting"].as_i64().unwrap() > 0, "{paused}");
    act("resume").expect(200);
    let before = paused["finished"].as_i64().unwrap();
    eventually("it goes on", || batch(&client, &made)["finished"].as_i64().unwrap() > before);
    server.command(&["batch", "cancel", &made]).expect(0);
    let view = batch(&client, &made);
    assert_eq!((&view["status"], &view["finished"]), (&json!("canceled"), &json!(60)));
    assert!(view["items"]["canceled"].as_i64().unwrap() > 0, "{view}");
    assert_eq!(act("resume").problem(409), "wrong_state");
    eventually("nothing of it is left", || !server.data().has_unfinished_jobs());
    for item in items(&client, &made).iter().filter(|item| item["state"] == "done") {
        server.data().assert_one_result(item["verification_id"].as_str().unwrap());
    }
}
