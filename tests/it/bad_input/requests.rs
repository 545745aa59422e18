//! Requests that are malformed, misplaced or not allowed.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::server;
use crate::harness::Part;
use crate::harness::images::{broken_png, plain_png};
use crate::harness::verification::capture;

/// An id that could be one.
const UNKNOWN: &str = "ver_01930000000070008000000000000000";

#[test]
fn bodies_that_do_not_fit_are_refused_where_they_are_wrong() {
    let Some(server) = server() else { return };
    let client = server.client();
    let post = |content_type: &str, body: &str| {
        client.send("POST", "/v1/verifications", &[("content-type", content_type)], body.as_bytes())
    };
    assert_eq!(post("application/json", "{").problem(400), "not_json");
    assert_eq!(post("application/json", "\u{0}").problem(400), "not_json");
    assert_eq!(post("text/plain", "{}").problem(415), "unsupported_media_type");
    assert_eq!(post("multipart/form-data", "x").problem(400), "not_multipart");
    assert_eq!(post("multipart/form-data; boundary=b", "no parts").problem(400), "body_incomplete");
    let long = "x".repeat(201);
    for (body, pointer) in [
        (json!({"client_refrence": "a"}), "/client_refrence"),
        (json!({"client_reference": 1}), "/client_reference"),
        (json!({"client_reference": ""}), "/client_reference"),
        (json!({"client_reference": long}), "/client_reference"),
        (json!({"metadata": []}), "/metadata"),
        (json!({"metadata": {"x": "y".repeat(9000)}}), "/metadata"),
        (json!({"expires_in_hours": 0}), "/expires_in_hours"),
        (json!({"expires_in_hours": -1}), "/expires_in_hours"),
    ] {
        let answer = post("application/json", &body.to_string());
        assert_eq!(answer.problem(422), "invalid_field", "{body}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body}");
    }
    assert_eq!(post("application/json", &"[".repeat(100_000)).problem(400), "not_json");
    let huge = format!("{{\"metadata\": {{\"x\": \"{}\"}}}}", "y".repeat(300_000));
    assert_eq!(post("application/json", &huge).problem(413), "body_too_large");
    assert!(server.is_up());
}

#[test]
fn forms_with_missing_unknown_or_double_parts_are_refused() {
    let Some(server) = server() else { return };
    let client = server.client();
    let image = broken_png(50);
    let post = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|name| Part::image(name, &image)).collect();
        client.post_parts("/v1/verifications", &parts, &[])
    };
    assert_eq!(post(&["document_front"]).problem(422), "capture_missing");
    assert_eq!(post(&["document_front", "selfie", "passport"]).problem(422), "invalid_field");
    assert_eq!(post(&["document_front", "selfie", "selfie"]).problem(422), "invalid_field");
    assert_eq!(post(&[]).status, 400.max(post(&[]).status), "never accepted");
    let id = client.create();
    let two = [Part::image("a", &image), Part::image("b", &image)];
    let headers = [("content-type", "multipart/form-data; boundary=x")];
    assert_eq!(
        client.send("PUT", &capture(&id, "selfie"), &headers, b"--x--\r\n").problem(422),
        "invalid_field"
    );
    let comparison = client.post_parts("/v1/comparisons", &two, &[]);
    assert_eq!(comparison.problem(422), "invalid_field");
}

#[test]
fn what_is_not_there_is_not_found_and_what_is_not_offered_is_not_allowed() {
    let Some(server) = server() else { return };
    let client = server.client();
    for id in [UNKNOWN, "ver_nonsense", "cap_01930000000070008000000000000000", "%00", "..%2f..%2fetc"] {
        assert_eq!(client.get(&format!("/v1/verifications/{id}")).problem(404), "not_found", "{id}");
        assert_eq!(client.put(&capture(id, "selfie"), &broken_png(51)).problem(404), "not_found", "{id}");
        assert_eq!(client.act(id, "submit").problem(404), "not_found", "{id}");
    }
    assert_eq!(client.get("/v1/nothing").problem(404), "not_found");
    let wrong = client.send("DELETE", "/v1/verifications", &[], b"");
    assert_eq!(wrong.problem(405), "method_not_allowed");
    assert!(wrong.header("allow").is_some_and(|methods| methods.contains("POST")));
    for query in
        ["limit=0", "limit=x", "starting_after=x", "status=happy", "colour=red", "created_from=today"]
    {
        let answer = client.get(&format!("/v1/verifications?{query}"));
        assert_eq!(answer.problem(400), "invalid_query", "{query}");
    }
}

#[test]
fn a_key_is_needed_and_has_to_be_right() {
    let Some(server) = server() else { return };
    let client = server.client();
    let id = client.create();
    for key in
        ["", "sk_nonsense", "sk_key_01930000000070008000000000000000_AAAA", &format!("{}x", server.key())]
    {
        let stranger = client.with_key(key);
        let answer = stranger.get("/v1/verifications");
        assert_eq!(answer.problem(401), "unauthorized", "{key}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(stranger.put(&capture(&id, "selfie"), &broken_png(52)).problem(401), "unauthorized");
    }
    assert_eq!(client.with_key("").get("/healthz").status, 200, "health needs no key");
}

#[test]
fn the_wrong_state_is_named() {
    let Some(server) = server() else { return };
    let client = server.client();
    let id = client.create();
    assert_eq!(client.act(&id, "submit").problem(422), "capture_missing");
    assert_eq!(client.act(&id, "restart").problem(409), "wrong_state");
    client.upload(&id, "document_front", &broken_png(53));
    client.upload(&id, "selfie", &broken_png(54));
    client.submit(&id);
    client.settled(&id);
    assert_eq!(client.act(&id, "submit").problem(409), "wrong_state");
    assert_eq!(client.put(&capture(&id, "selfie"), &broken_png(55)).problem(409), "wrong_state");
    let key = "x".repeat(256);
    let headers = [("idempotency-key", key.as_str())];
    let answer = client.send("POST", &format!("/v1/verifications/{id}/cancel"), &headers, b"");
    assert_eq!(answer.problem(400), "invalid_idempotency_key");
}

#[test]
fn a_caller_that_hangs_up_leaves_nothing_behind() {
    let Some(server) = server() else { return };
    let client = server.client();
    let id = client.create();
    let address = server.base.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-length: 100000\r\n\r\n",
        capture(&id, "selfie"),
        server.key(),
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(&plain_png(56)).unwrap();
    drop(socket);
    let mut garbage = TcpStream::connect(address).unwrap();
    garbage.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = garbage.read_to_string(&mut answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(client.verification(&id)["captures"], json!([]));
    assert!(server.is_up());
}

#[test]
fn too_many_requests_are_told_when_to_come_back() {
    let options = crate::harness::ServerOptions::default()
        .set("IDV_LIMITS__RATE_PER_S", 1)
        .set("IDV_LIMITS__RATE_BURST", 3);
    let Some(server) = crate::harness::Server::with(options) else { return };
    let client = server.client();
    let answers: Vec<_> = (0..5).map(|_| client.get("/v1/verifications")).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).expect("the burst ends");
    assert_eq!(refused.problem(429), "rate_limited");
    assert!(refused.header("retry-after").is_some());
    assert!(answers[0].header("ratelimit").is_some());
}
