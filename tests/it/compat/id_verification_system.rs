//! `id-verification-system`: scans, confirmed and polled for.

mod refusals;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::images::{broken_png, face, passport};
use crate::harness::{Answer, Client, Part, Server, ServerOptions, eventually};

const SYSTEM: &str = "id-verification-system";

fn options() -> ServerOptions {
    ServerOptions::default().set("IDV_COMPAT", SYSTEM)
}

/// A server with the models, under the demo's policy.
fn server() -> Option<Arc<Server>> {
    Server::shared("id-verification-system", || options().lenient())
}

/// A server that verifies everybody, for what is not about the decision.
fn quick() -> Arc<Server> {
    Server::shared("id-verification-system, quick", || options().noop()).unwrap()
}

/// One of its clients: it knows no keys.
fn client(server: &Server) -> Client {
    server.client().with_key("")
}

#[track_caller]
fn start(client: &Client) -> String {
    let session = client.send("POST", "/api/verification/start", &[], b"").expect(200);
    session["session_id"].as_str().expect("it has an id").to_owned()
}

fn add(client: &Client, session: &str, side: &str, image: &[u8]) -> Answer {
    client.post_parts(&format!("/api/scan/add/{session}"), &[Part::image(side, image)], &[])
}

fn act(client: &Client, verb: &str, session: &str) -> Answer {
    let method = if verb.ends_with("cancel") { "DELETE" } else { "POST" };
    client.send(method, &format!("/api/{verb}/{session}"), &[], b"")
}

#[track_caller]
fn status(client: &Client, session: &str) -> Value {
    client.get(&format!("/api/verification/check_status/{session}")).expect(200)
}

/// Polls until there is a result.
#[track_caller]
fn settled(client: &Client, session: &str) -> Value {
    let mut last = Value::Null;
    eventually("the scans are checked", || {
        last = status(client, session);
        last["status"] != "processing"
    });
    last
}

/// The code of a refusal, after a check of its status and shape.
#[track_caller]
fn refusal(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.text());
    let body = answer.expect(status);
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    assert!(body["message"].is_string(), "{body}");
    body["error"].as_str().expect("it has a code").to_owned()
}

/// The sides that have been scanned.
fn scanned(session: &Value) -> Vec<&str> {
    let scans = session["scans"].as_object().unwrap();
    ["front", "back", "face"].into_iter().filter(|side| scans[*side] == true).collect()
}

/// The whole answer that is frozen, with what differs from case to case.
fn frozen(server: &Server, session: &str, status: &str, message: &str, changed: Value) -> Value {
    let mut answer = json!({
        "session_id": session,
        "status": status,
        "message": message,
        "scans": {"front": false, "back": false, "face": false},
        "missing": [],
        "verified": null,
        "reasons": [],
        "can_restart": true,
        "expires_at": null,
        "verification_url": format!("{}/verification/{session}", server.base),
    });
    answer.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    answer
}

#[test]
fn a_card_and_a_face_are_scanned_confirmed_and_verified() {
    let (Some(server), Some(front), Some(selfie)) =
        (server(), passport("obama.jpg", &[]), face("obama2.jpg"))
    else {
        return;
    };
    let client = client(&server);
    let started = client.send("POST", "/api/verification/start", &[], b"");
    assert_eq!(started.header("cache-control"), Some("no-store"));
    let started = started.expect(200);
    let session = started["session_id"].as_str().unwrap();
    let expires = started["expires_at"].clone();
    assert!(expires.is_string());
    let say = "Scan the front of your ID card, its back if it has one, and take a picture of your face.";
    let changed = json!({"missing": ["front", "face"], "expires_at": expires});
    assert_eq!(started, frozen(&server, session, "started", say, changed));

    let added = add(&client, session, "front", &front).expect(200);
    let changed = json!({
        "scans": {"front": true, "back": false, "face": false}, "missing": ["face"], "expires_at": expires,
    });
    let say = "Some pictures are still missing.";
    assert_eq!(added, frozen(&server, session, "scanning", say, changed));
    assert_eq!(refusal(&act(&client, "scan/confirm", session), 409), "scan_missing");

    // What a passport has there does not matter: nothing is read on this side yet.
    add(&client, session, "back", &front).expect(200);
    let added = add(&client, session, "face", &selfie).expect(200);
    let scans = json!({"front": true, "back": true, "face": true});
    let say = "Everything is there. Confirm the pictures, or take them again.";
    let changed = json!({"scans": scans, "expires_at": expires});
    assert_eq!(added, frozen(&server, session, "ready", say, changed));

    let confirmed = act(&client, "scan/confirm", session).expect(200);
    let say = "Your pictures are being checked. This takes a few seconds.";
    let changed = json!({"scans": scans, "can_restart": false});
    assert_eq!(confirmed, frozen(&server, session, "processing", say, changed));

    let say = "Your identity is verified. There is nothing more to do.";
    let changed = json!({"scans": scans, "can_restart": false, "verified": true});
    assert_eq!(settled(&client, session), frozen(&server, session, "verified", say, changed));
    server.data().assert_one_result(session);
}

#[test]
fn another_persons_face_is_rejected_and_new_scans_may_be_taken() {
    let (Some(server), Some(front), Some(other), Some(own)) =
        (server(), passport("obama.jpg", &[]), face("biden.jpg"), face("obama2.jpg"))
    else {
        return;
    };
    let client = client(&server);
    let session = start(&client);
    let parts = [Part::image("id_front", &front), Part::image("selfie", &other)];
    client.post_parts(&format!("/api/scan/add/{session}"), &parts, &[]).expect(200);
    act(&client, "scan/confirm", &session).expect(200);
    let rejected = settled(&client, &session);
    let reason = json!({
        "code": "face_mismatch",
        "message": "The selfie could not be matched to the document.",
        "retryable": true,
    });
    let scans = json!({"front": true, "back": false, "face": true});
    let changed = json!({"scans": scans, "verified": false, "reasons": [reason]});
    let say = "Your identity could not be verified.";
    assert_eq!(rejected, frozen(&server, &session, "rejected", say, changed));

    let restarted = act(&client, "scan/restart", &session).expect(200);
    assert_eq!((&restarted["status"], &restarted["reasons"]), (&json!("started"), &json!([])));
    assert_eq!(scanned(&restarted), Vec::<&str>::new());
    add(&client, &session, "front", &front).expect(200);
    add(&client, &session, "face", &own).expect(200);
    act(&client, "scan/confirm", &session).expect(200);
    assert_eq!(settled(&client, &session)["verified"], true);
}

#[test]
fn a_restart_throws_away_scans_that_were_not_confirmed() {
    let server = quick();
    let client = client(&server);
    let session = start(&client);
    add(&client, &session, "front", &broken_png(1)).expect(200);
    let restarted = act(&client, "scan/restart", &session).expect(200);
    assert_eq!((scanned(&restarted), &restarted["status"]), (vec![], &json!("started")));
    assert_eq!(refusal(&act(&client, "scan/confirm", &session), 409), "scan_missing");
    add(&client, &session, "face", &broken_png(2)).expect(200);
    add(&client, &session, "front", &broken_png(3)).expect(200);
    act(&client, "scan/confirm", &session).expect(200);
    assert_eq!(settled(&client, &session)["verified"], true);
}

#[test]
fn a_canceled_session_takes_nothing_more() {
    let server = quick();
    let client = client(&server);
    let session = start(&client);
    let canceled = act(&client, "verification/cancel", &session).expect(200);
    let say = "This verification was canceled. Start a new one to be verified.";
    let changed = json!({"can_restart": false});
    assert_eq!(canceled, frozen(&server, &session, "canceled", say, changed));
    assert_eq!(status(&client, &session), canceled);
    assert_eq!(refusal(&add(&client, &session, "front", &broken_png(4)), 409), "wrong_state");
    for verb in ["verification/cancel", "scan/restart", "scan/confirm"] {
        assert_eq!(refusal(&act(&client, verb, &session), 409), "wrong_state", "{verb}");
    }
    assert_eq!(server.data().history(&session), ["created", "canceled"]);
}

#[test]
fn scans_are_taken_in_every_form() {
    let server = quick();
    let client = client(&server);
    let image = |seed: u32| broken_png(100 + seed);
    let base64 = |seed| STANDARD.encode(image(seed));
    let text = |name, text| Part { name, content_type: "text/plain", bytes: text };
    let form = |parts: &[Part<'_>], query: &str| {
        let session = start(&client);
        let answer = client.post_parts(&format!("/api/scan/add/{session}{query}"), parts, &[]);
        scanned(&answer.expect(200)).join(" ")
    };
    let body = |content_type: &str, body: &[u8], query: &str| {
        let path = format!("/api/scan/add/{}{query}", start(&client));
        let answer = client.send("POST", &path, &[("content-type", content_type)], body);
        scanned(&answer.expect(200)).join(" ")
    };
    let json = |value: Value| body("application/json", value.to_string().as_bytes(), "");

    let (a, b, c) = (image(1), image(2), image(3));
    for (names, sides) in [
        (["front", "back", "face"], "front back face"),
        (["id_front", "id_back", "selfie"], "front back face"),
        (["documentFront", "document_back", "face_image"], "front back face"),
        (["image", "file", "photo"], "front back face"),
    ] {
        let parts = [Part::image(names[0], &a), Part::image(names[1], &b), Part::image(names[2], &c)];
        assert_eq!(form(&parts, ""), sides, "{names:?}");
    }
    for name in ["side", "type", "kind"] {
        assert_eq!(form(&[text(name, b"back"), Part::image("image", &a)], ""), "back", "{name}, before");
        assert_eq!(form(&[Part::image("image", &a), text(name, b"FACE")], ""), "face", "{name}, after");
        assert_eq!(form(&[Part::image("image", &a)], &format!("?{name}=id_back")), "back", "{name}, query");
    }
    assert_eq!(form(&[Part::image("whatever", &a)], ""), "front", "the first that is missing");

    assert_eq!(json(json!({"image": base64(4), "side": "front"})), "front");
    assert_eq!(json(json!({"image": base64(5), "type": "selfie", "device": 7, "note": "x"})), "face");
    let url = format!("data:image/png;base64,{}", base64(6));
    assert_eq!(json(json!({"front": url, "face": base64(7), "back": null})), "front face");
    let form_body = format!("side=back&image={}", base64(8).replace('+', "%2B").replace('/', "%2F"));
    assert_eq!(body("application/x-www-form-urlencoded", form_body.as_bytes(), ""), "back");
    assert_eq!(body("image/png", &image(9), "?side=face"), "face");
    assert_eq!(body("application/octet-stream", &image(10), ""), "front");
}

#[test]
fn unnamed_scans_fill_what_is_missing_and_named_ones_replace() {
    let server = quick();
    let client = client(&server);
    let session = start(&client);
    for (seed, sides) in
        [(20, vec!["front"]), (21, vec!["front", "back"]), (22, vec!["front", "back", "face"])]
    {
        let added = add(&client, &session, "image", &broken_png(seed)).expect(200);
        assert_eq!(scanned(&added), sides);
    }
    assert_eq!(refusal(&add(&client, &session, "image", &broken_png(23)), 409), "wrong_state");
    assert_eq!(add(&client, &session, "back", &broken_png(24)).expect(200)["status"], "ready");
    eventually("what was refused or replaced is not kept", || server.data().orphans().is_empty());
}

#[test]
fn the_test_page_leads_to_the_page_that_takes_the_scans() {
    let server = quick();
    let client = client(&server);
    let page = client.get("/test_page");
    assert!(page.status == 200 && page.text().contains("Start Verification"), "{}", page.text());
    let agent = ureq::Agent::config_builder().max_redirects(0).build().new_agent();
    let answer = agent.post(format!("{}/test_page", server.base)).send_empty().unwrap();
    assert_eq!(answer.status(), 303);
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    let session = to.strip_prefix("/verification/").unwrap();
    assert_eq!(status(&client, session)["verification_url"], format!("{}{to}", server.base));

    let page = client.get(&to);
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains(&format!("data-session=\"{session}\"")) && !page.text().contains("{session_id}")
    );
    assert!(!page.text().contains("<style") && !page.text().contains(" onclick"), "its policy forbids these");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    for (asset, kind) in
        [("page.js", "text/javascript; charset=utf-8"), ("page.css", "text/css; charset=utf-8")]
    {
        assert_eq!(client.get(&format!("/verification/assets/{asset}")).header("content-type"), Some(kind));
    }
    let code = client.get(&format!("{to}/qr.svg"));
    assert_eq!((code.status, code.header("content-type")), (200, Some("image/svg+xml")));
    assert!(code.text().contains("<svg"));
    assert_eq!(refusal(&client.get("/verification/nonsense"), 404), "not_found");
}

#[test]
fn a_system_that_is_not_chosen_is_not_answered() {
    let server = Server::with(ServerOptions::default().noop().set("IDV_COMPAT", "")).unwrap();
    let client = server.client();
    assert_eq!(client.send("POST", "/api/verification/start", &[], b"").problem(404), "not_found");
    assert_eq!(client.get("/test_page").problem(404), "not_found");
}
