//! Other looks at what was decided.

use serde_json::{Value, json};

use super::{assert_ended, batch, ended, items, make};
use crate::harness::images::{face, passport};
use crate::harness::verification::{evidence, id, reasons};
use crate::harness::{Client, Server, ServerOptions, root};

/// The demo's policy, which asks for larger documents than the specimens are.
fn stricter() -> String {
    let text = std::fs::read_to_string(root().join("policy/demo.toml")).unwrap();
    let strict =
        text.replace("min_side_px = 300", "min_side_px = 1200").replace("version = 1", "version = 7");
    assert_ne!(strict, text);
    strict
}

/// A server with one verified person, and what the database says of them.
fn with_verified() -> Option<(Server, String)> {
    let (front, selfie) = (passport("obama.jpg", &[])?, face("obama2.jpg")?);
    let server = Server::with(ServerOptions::default().lenient())?;
    let view = server.client().verify(&front, &selfie);
    assert_eq!(view["status"], "verified");
    let id = id(&view);
    Some((server, id))
}

fn diff(client: &Client, batch: &str) -> Value {
    client.get(&format!("/v1/batches/{batch}/diff")).expect(200)
}

#[test]
fn a_shadow_run_tells_what_a_policy_would_change_and_another_one_changes_it() {
    let Some((server, person)) = with_verified() else { return };
    let (client, data) = (server.client(), server.data());
    let (before, history) = (data.verification(&person).version, data.history(&person));
    let picture = || client.get(&evidence(&person)).header("etag").expect("there is a picture").to_owned();
    let drawn = picture();
    let body = |shadow: bool| json!({"kind": "reprocess", "policy": stricter(), "shadow": shadow});
    let shadow = make(&client, body(true));
    assert_ended(&ended(&client, &shadow), "completed", json!({"done": 1}));
    let told = diff(&client, &shadow);
    assert_eq!((&told["compared"], &told["changed"]), (&json!(1), &json!(1)), "{told}");
    let change = &told["verdicts"][0];
    assert_eq!(change["from"], "verified");
    assert_ne!(change["to"], "verified");
    assert_eq!(told["reasons"][0]["appears"], 1);
    let csv = client.get_with(&format!("/v1/batches/{shadow}/diff"), &[("accept", "text/csv")]);
    let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with(&format!("0,{person},verified,")), "{lines:?}");
    assert_eq!(data.verification(&person).version, before, "a shadow run changes nothing");
    assert_eq!(data.history(&person), history, "and tells nobody");
    assert_eq!((picture(), data.objects().len()), (drawn.clone(), 3), "and draws nothing");

    let applied = make(&client, body(false));
    assert_ended(&ended(&client, &applied), "completed", json!({"done": 1}));
    let view = client.verification(&person);
    assert_eq!(view["status"], change["to"]);
    assert_eq!(diff(&client, &applied)["verdicts"][0], *change, "what was foretold");
    assert_eq!(reasons(&view)[0], told["reasons"][0]["reason"]);
    assert!(data.verification(&person).version > before);
    assert_ne!(picture(), drawn, "it shows the other verdict");
    let history = data.history(&person);
    assert_eq!(history.last(), change["to"].as_str().as_ref(), "{history:?}");
    assert_eq!(history.iter().filter(|event| **event == "processing").count(), 1, "{history:?}");
}

#[test]
fn the_command_line_counts_follows_and_prints_the_difference() {
    let Some((server, person)) = with_verified() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (policy, csv) = (folder.path().join("strict.toml"), folder.path().join("diff.csv"));
    std::fs::write(&policy, stricter()).unwrap();
    let (policy, csv) = (policy.to_str().unwrap(), csv.to_str().unwrap());
    let batch_command = |arguments: &[&str]| server.command(&[&["batch"], arguments].concat());
    let count = |more: &[&str]| batch_command(&[&["reprocess", "--dry-run"], more].concat()).expect(0);
    assert_eq!(count(&["--status", "verified"]), "1 verifications\n");
    assert_eq!(count(&["--status", "rejected"]), "0 verifications\n");
    assert_eq!(count(&["--policy-version-below", "1"]), "0 verifications\n");
    assert_eq!(server.client().get("/v1/batches").expect(200)["data"], json!([]));
    let text = batch_command(&["reprocess", "--policy", policy, "--shadow", "--follow"]).expect(0);
    assert!(
        text.contains("would change 1 of 1 verifications") && text.contains("verified       -> "),
        "{text}"
    );
    let made = text.lines().next().unwrap();
    batch_command(&["diff", made, "--csv", csv]).expect(0);
    assert!(std::fs::read_to_string(csv).unwrap().contains(&person));
    let json: Value = serde_json::from_str(&batch_command(&["diff", made, "--json"]).expect(0)).unwrap();
    assert_eq!(json["changed"], 1);
    let items = batch_command(&["items", made, "--json", "--state", "done"]).lines();
    assert_eq!((&items[0]["verification_id"], items.len()), (&json!(person), 1));
    assert!(batch_command(&["list"]).expect(0).contains(made));
    assert!(batch_command(&["show", made]).expect(0).contains("1 of 1 ended"));
    batch_command(&["pause", made]).expect(1);
    let foreign = ["--tenant", "other", "show", made];
    server.command(&["tenants", "create", "other"]).expect(0);
    assert_eq!(batch_command(&foreign).code, 1);
}

#[test]
fn what_was_erased_is_skipped_and_another_tenant_sees_no_batch() {
    let Some((server, person)) = with_verified() else { return };
    let client = server.client();
    client.act(&person, "redact").expect(202);
    let made = make(&client, json!({"kind": "reprocess"}));
    assert_ended(&ended(&client, &made), "completed", json!({"skipped_redacted": 1}));
    assert_eq!(items(&client, &made)[0]["verification_id"], json!(person));
    let told = diff(&client, &made);
    assert_eq!((&told["compared"], &told["items"]), (&json!(0), &json!({"skipped_redacted": 1})));
    server.command(&["tenants", "create", "other"]).expect(0);
    let key = server.command(&["keys", "create", "theirs", "--tenant", "other"]).expect(0);
    let other = client.with_key(key.trim());
    for tail in ["", "/items", "/diff"] {
        assert_eq!(other.get(&format!("/v1/batches/{made}{tail}")).problem(404), "not_found");
    }
    assert_eq!(other.send("POST", &format!("/v1/batches/{made}/cancel"), &[], b"").problem(404), "not_found");
    let theirs = make(&other, json!({"kind": "reprocess"}));
    assert_ended(&ended(&other, &theirs), "completed", json!({}));
    assert_eq!(batch(&client, &made)["total"], 1);
}
