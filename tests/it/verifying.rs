//! A verification from its creation to its decision and beyond.

use std::time::Duration;

use idv_common::{Context, db};
use serde_json::{Value, json};

use crate::harness::images::{broken_png, face, passport};
use crate::harness::verification::{capture, check, id, reasons};
use crate::harness::{Part, Server, ServerOptions, block_on, command};

#[test]
fn the_same_person_is_verified_by_uploading_and_polling() {
    let (Some(server), Some(front), Some(selfie)) =
        (Server::lenient(), passport("obama.jpg", &[]), face("obama2.jpg"))
    else {
        return;
    };
    let client = server.client();
    let created = client.post("/v1/verifications", &json!({"client_reference": "order 17"}));
    let view = created.expect(201);
    let id = id(&view);
    assert_eq!(
        created.header("location").map(|at| at.ends_with(&format!("/v1/verifications/{id}"))),
        Some(true)
    );
    assert_eq!(view["status"], "requires_input");
    assert_eq!(view["missing_captures"], json!(["document_front", "selfie"]));
    let stored = client.upload(&id, "document_front", &front);
    assert_eq!(stored["content_type"], "image/jpeg");
    assert_eq!(stored["bytes"], front.len());
    assert_eq!(client.act(&id, "submit").problem(422), "capture_missing");
    client.upload(&id, "selfie", &selfie);
    let submitted = client.act(&id, "submit");
    assert_eq!(submitted.expect(202)["status"], "processing");
    assert!(submitted.header("retry-after").is_some() && submitted.header("location").is_some());

    let view = client.settled(&id);
    assert_eq!(view["status"], "verified", "{view}");
    assert_eq!(reasons(&view), Vec::<&str>::new());
    assert_eq!(view["decision"]["verdict"], "verified");
    assert_eq!(view["client_reference"], "order 17");
    assert_eq!(view["policy"]["name"], "demo");
    assert_eq!(view["document"]["mrz"]["format"], "TD3");
    for name in ["document_quality", "document_mrz", "document_fields", "document_face", "selfie_face"] {
        assert_eq!(check(&view, name)["outcome"], "pass", "{name}");
    }
    let matched = check(&view, "face_match");
    assert!(matched["score"].is_number() && matched["threshold"].is_number(), "{matched}");
    assert!(view["models"]["face_embedder"]["sha256"].is_string(), "{}", view["models"]);
    assert_eq!(server.data().history(&id), ["created", "processing", "verified"]);
    server.data().assert_one_result(&id);
}

#[test]
fn another_person_is_rejected_in_one_call() {
    let (Some(server), Some(front), Some(selfie)) =
        (Server::lenient(), passport("obama.jpg", &[]), face("biden.jpg"))
    else {
        return;
    };
    let parts = [
        Part::image("document_front", &front),
        Part::image("selfie", &selfie),
        Part { name: "client_reference", content_type: "text/plain", bytes: b"order 18" },
        Part { name: "metadata", content_type: "application/json", bytes: br#"{"shop": 4}"# },
    ];
    let answer = server.client().post_parts("/v1/verifications", &parts, &[("prefer", "wait=60")]);
    let view = answer.expect(200);
    assert_eq!(answer.header("preference-applied"), Some("wait=60"));
    assert_eq!(view["status"], "rejected", "{view}");
    assert_eq!(reasons(&view), ["face_mismatch"]);
    assert_eq!(view["metadata"], json!({"shop": 4}));
    let reason = &view["decision"]["reasons"][0];
    assert!(reason["user_text"].is_string() && reason["operator_text"].is_string());
    assert_eq!(reason["retryable"], true);
}

#[test]
fn a_document_that_is_not_the_expected_one_is_rejected() {
    let names = ["--surname", "Müller", "--date-of-birth", "1974-08-12"];
    let (Some(server), Some(front), Some(selfie)) =
        (Server::lenient(), passport("obama.jpg", &names), face("obama2.jpg"))
    else {
        return;
    };
    let verify = |expected: &Value| {
        let expected = expected.to_string();
        let parts = [
            Part::image("document_front", &front),
            Part::image("selfie", &selfie),
            Part { name: "expected", content_type: "application/json", bytes: expected.as_bytes() },
        ];
        let made = server.client().post_parts("/v1/verifications", &parts, &[("prefer", "wait=60")]);
        server.client().settled(&id(&made.json()))
    };
    let right = json!({"surname": "Mueller", "date_of_birth": "1974-08-12"});
    let view = verify(&right);
    assert_eq!((&view["status"], &view["expected"]), (&json!("verified"), &right), "{view}");
    let subs = &check(&view, "document_consistency")["evidence"]["details"]["sub_checks"];
    assert_eq!(
        (&subs["surname_expected"], &subs["date_of_birth_expected"]),
        (&json!("pass"), &json!("pass"))
    );

    let view = verify(&json!({"surname": "Mueller", "date_of_birth": "1974-08-13"}));
    assert_eq!(view["status"], "rejected", "{view}");
    assert_eq!(reasons(&view), ["data_mismatch_expected"]);
    let subs = &check(&view, "document_consistency")["evidence"]["details"]["sub_checks"];
    assert_eq!(
        (&subs["surname_expected"], &subs["date_of_birth_expected"]),
        (&json!("pass"), &json!("fail"))
    );
}

#[test]
fn a_wrong_check_digit_is_rejected() {
    let wrong = passport("obama.jpg", &["--wrong-check-digit", "composite"]);
    let (Some(server), Some(front), Some(selfie)) = (Server::lenient(), wrong, face("obama2.jpg")) else {
        return;
    };
    let view = server.client().verify(&front, &selfie);
    assert_eq!(view["status"], "rejected", "{view}");
    assert!(reasons(&view).contains(&"mrz_check_digit_failed"), "{view}");
    let digits = view["document"]["mrz"]["check_digits"].as_array().unwrap();
    let wrong: Vec<_> = digits.iter().filter(|digit| digit["valid"] == false).collect();
    assert_eq!(wrong.len(), 1, "{digits:?}");
    assert_eq!(wrong[0]["field"], "composite");
}

#[test]
fn an_expired_document_is_rejected() {
    let expired = passport("obama.jpg", &["--date-of-expiry", "2019-05-04"]);
    let (Some(server), Some(front), Some(selfie)) = (Server::lenient(), expired, face("obama2.jpg")) else {
        return;
    };
    let view = server.client().verify(&front, &selfie);
    assert_eq!(view["status"], "rejected", "{view}");
    assert_eq!(reasons(&view), ["document_expired"]);
}

#[test]
fn nothing_is_verified_by_default_unless_the_selfie_is_alive() {
    let (Some(server), Some(front)) = (Server::start(), passport("obama.jpg", &[])) else { return };
    // The portrait on the document, taken for a selfie: the same face, and a print.
    let view = server.client().verify(&front, &front);
    assert_eq!(check(&view, "face_match")["outcome"], "pass", "{view}");
    let expected = match check(&view, "liveness")["outcome"].as_str() {
        Some("fail") => "rejected",
        Some("inconclusive") => "needs_review",
        Some("not_run") if !command::has_liveness() => "needs_review",
        outcome => panic!("{outcome:?}: {view}"),
    };
    assert_eq!(view["status"], expected, "{view}");
}

#[test]
fn a_poll_is_answered_when_something_changes() {
    let Some(server) = Server::lenient() else { return };
    let client = server.client();
    let id = client.create();
    let path = format!("/v1/verifications/{id}");
    let first = client.get(&path);
    let tag = first.header("etag").expect("a view has a tag").to_owned();
    let known = client.get_with(&path, &[("if-none-match", &tag)]);
    assert_eq!((known.status, known.text().as_str()), (304, ""));
    let waited = client.get_with(&path, &[("if-none-match", &tag), ("prefer", "wait=1")]);
    assert_eq!((waited.status, waited.header("preference-applied")), (304, Some("wait=1")));

    let changed = std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| client.get_with(&path, &[("if-none-match", &tag), ("prefer", "wait=30")]));
        std::thread::sleep(Duration::from_millis(300));
        client.upload(&id, "selfie", &broken_png(1));
        waiting.join().unwrap()
    });
    let view = changed.expect(200);
    assert!(view["version"].as_i64() > first.json()["version"].as_i64());
    assert_eq!(view["missing_captures"], json!(["document_front"]));
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    // Nobody decides while captures are missing, so there is nothing to wait for.
    assert_eq!(client.get_with(&path, &[("prefer", "wait=30")]).expect(200)["version"], view["version"]);
}

#[test]
fn a_list_is_filtered_and_read_page_by_page() {
    let Some(server) = Server::lenient() else { return };
    let client = server.client();
    let new = json!({"client_reference": "listed"});
    let mut ids: Vec<String> =
        (0..5).map(|_| id(&client.post("/v1/verifications", &new).expect(201))).collect();
    ids.reverse();
    client.act(&ids[4], "cancel").expect(200);

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page =
            client.get(&format!("/v1/verifications?client_reference=listed&limit=2{after}")).expect(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(id));
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(page["has_more"], false);
            break;
        };
        assert_eq!(page["has_more"], true);
        after = format!("&starting_after={cursor}");
    }
    assert_eq!(seen, ids, "newest first, each once");

    let only = |query: &str| -> Vec<String> {
        let query = format!("/v1/verifications?client_reference=listed&{query}");
        client.get(&query).expect(200)["data"].as_array().unwrap().iter().map(id).collect()
    };
    assert_eq!(only("status=canceled"), ids[4..]);
    assert_eq!(only("status=requires_input"), ids[..4]);
    assert_eq!(only("status=canceled,requires_input"), ids);
    let third = client.verification(&ids[2])["created_at"].as_str().unwrap().to_owned();
    assert_eq!(only(&format!("created_from={third}")), ids[..3]);
    assert_eq!(only(&format!("created_before={third}")), ids[3..]);
}

#[test]
fn a_canceled_verification_takes_nothing_more() {
    let Some(server) = Server::lenient() else { return };
    let client = server.client();
    let id = client.create();
    client.upload(&id, "selfie", &broken_png(2));
    assert_eq!(client.act(&id, "cancel").expect(200)["status"], "canceled");
    assert_eq!(client.put(&capture(&id, "selfie"), &broken_png(3)).problem(409), "wrong_state");
    for verb in ["submit", "cancel", "restart"] {
        assert_eq!(client.act(&id, verb).problem(409), "wrong_state", "{verb}");
    }
    assert_eq!(server.data().history(&id), ["created", "canceled"]);
}

#[test]
fn a_restart_keeps_the_document_and_asks_for_another_selfie() {
    let (Some(server), Some(front), Some(right)) =
        (Server::lenient(), passport("obama.jpg", &[]), face("obama2.jpg"))
    else {
        return;
    };
    let client = server.client();
    let rejected = client.verify(&front, &broken_png(4));
    let id = id(&rejected);
    assert_ne!(rejected["status"], "verified");
    let keep =
        |kinds: Value| client.post(&format!("/v1/verifications/{id}/restart"), &json!({"keep": kinds}));
    assert_eq!(keep(json!(["document_back"])).problem(422), "invalid_field");
    let view = keep(json!(["document_front"])).expect(200);
    assert_eq!(view["status"], "requires_input");
    assert_eq!(view["missing_captures"], json!(["selfie"]));
    assert!(view["decision"].is_null() && view["checks"].is_null(), "{view}");
    let token = view["capture_token"].as_str().unwrap();
    server.client().with_key(token).upload(&id, "selfie", &right);
    client.submit(&id);
    let view = client.settled(&id);
    assert_eq!((&view["status"], &view["attempts"]), (&json!("verified"), &json!(2)), "{view}");
    let history = server.data().history(&id);
    let again = ["requires_input", "processing", "verified"];
    assert_eq!(history[..2], ["created", "processing"]);
    assert_eq!(history[3..], again);
}

#[test]
fn what_is_not_submitted_in_time_expires() {
    let Some(server) = Server::start() else { return };
    let client = server.client();
    let id = client.create();
    client.upload(&id, "selfie", &broken_png(5));
    // Another process sweeps the same data, and its clock is two days ahead.
    let config = server.config();
    db::offset::advance(Duration::from_secs(48 * 3600));
    block_on(async {
        let context = Context::connect(config).await.unwrap();
        idv_worker::sweep::keep_house(&context).await.unwrap();
    });
    assert_eq!(client.verification(&id)["status"], "expired");
    assert_eq!(client.put(&capture(&id, "selfie"), &broken_png(6)).problem(409), "session_expired");
    assert_eq!(client.act(&id, "submit").problem(409), "session_expired");
    let view = client.act(&id, "restart").expect(200);
    assert_eq!(view["status"], "requires_input");
    assert_eq!(view["missing_captures"], json!(["document_front", "selfie"]));
    assert_eq!(server.data().history(&id), ["created", "expired", "requires_input"]);
}

#[test]
fn a_repeated_request_has_the_effect_of_one() {
    let Some(server) = Server::lenient() else { return };
    let client = server.client();
    let key = ("idempotency-key", "create-1");
    let create = |body: Value| {
        let headers = [("content-type", "application/json"), key];
        client.send("POST", "/v1/verifications", &headers, body.to_string().as_bytes())
    };
    let first = id(&create(json!({"client_reference": "a"})).expect(201));
    let replay = create(json!({"client_reference": "a"})).expect(201);
    assert_eq!(id(&replay), first);
    assert!(replay["capture_token"].is_null(), "a token is shown once");
    assert_eq!(create(json!({"client_reference": "b"})).problem(422), "idempotency_key_reused");
    client.act(&first, "redact").expect(202);
    assert_eq!(create(json!({"client_reference": "a"})).problem(410), "redacted");

    let (front, selfie) = (broken_png(7), broken_png(8));
    let submit = |selfie: &[u8]| {
        let parts = [Part::image("document_front", &front), Part::image("selfie", selfie)];
        client.post_parts("/v1/verifications", &parts, &[("idempotency-key", "submit-1")])
    };
    let submitted = id(&submit(&selfie).expect(202));
    assert_eq!(id(&submit(&selfie).expect(202)), submitted);
    assert_eq!(submit(&broken_png(9)).problem(422), "idempotency_key_reused");
    client.settled(&submitted);
    server.data().assert_one_result(&submitted);
}

#[test]
fn another_tenant_sees_nothing() {
    let Some(server) = Server::lenient() else { return };
    server.command(&["tenants", "create", "other"]).expect(0);
    let key = server.command(&["keys", "create", "theirs", "--tenant", "other"]).expect(0);
    let (own, other) = (server.client(), server.client().with_key(key.trim()));
    let id = own.create();
    own.upload(&id, "selfie", &broken_png(10));
    let path = format!("/v1/verifications/{id}");
    assert_eq!(other.get(&path).problem(404), "not_found");
    assert_eq!(other.get(&format!("{path}/captures")).problem(404), "not_found");
    assert_eq!(other.put(&capture(&id, "selfie"), &broken_png(11)).problem(404), "not_found");
    for verb in ["submit", "cancel", "restart", "redact"] {
        assert_eq!(other.act(&id, verb).problem(404), "not_found", "{verb}");
    }
    assert_eq!(other.get("/v1/verifications").expect(200)["data"], json!([]));
    assert_eq!(own.verification(&id)["status"], "requires_input", "nothing has happened to it");

    let key_id = server.command(&["keys", "list", "--tenant", "other"]).expect(0);
    let key_id = key_id.split_whitespace().next().unwrap();
    server.command(&["keys", "revoke", key_id]).expect(0);
    assert_eq!(other.get("/v1/verifications").problem(401), "unauthorized");
}

#[test]
fn a_capture_token_opens_the_captures_and_nothing_else() {
    let Some(server) = Server::lenient() else { return };
    let client = server.client();
    let (own, foreign) = (
        client.post("/v1/verifications", &json!({})).expect(201),
        client.post("/v1/verifications", &json!({})).expect(201),
    );
    let token = client.with_key(own["capture_token"].as_str().unwrap());
    let url = own["capture_url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/v1/verifications/{}/captures", id(&own))), "{url}");
    token.upload(&id(&own), "selfie", &broken_png(12));
    let status = token.get(&format!("/v1/verifications/{}/captures", id(&own))).expect(200);
    assert_eq!(status["captures"], json!(["selfie"]));
    assert!(status["decision"].is_null());
    assert_eq!(token.get(&format!("/v1/verifications/{}", id(&own))).problem(403), "forbidden");
    assert_eq!(token.act(&id(&own), "submit").problem(403), "forbidden");
    assert_eq!(token.put(&capture(&id(&foreign), "selfie"), &broken_png(13)).problem(401), "unauthorized");
}

#[test]
fn what_waits_is_worked_on_after_a_restart_of_the_program() {
    let Some(mut server) = Server::with(ServerOptions::default().lenient()) else { return };
    let client = server.client();
    let waiting = client.create();
    client.upload(&waiting, "document_front", &broken_png(14));
    assert_eq!(server.terminate().code(), Some(0), "it ends in order");
    server.restart();
    let client = server.client();
    client.upload(&waiting, "selfie", &broken_png(15));
    client.submit(&waiting);
    client.settled(&waiting);
    server.data().assert_one_result(&waiting);
}
