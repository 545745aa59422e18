//! What `id-verification-system` refuses, and that nothing is left of it.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{SYSTEM, act, add, client, quick, refusal, start, status};
use crate::harness::images::broken_png;
use crate::harness::verification::id;
use crate::harness::{Part, Server, eventually};

#[test]
fn what_is_no_scan_is_refused_and_leaves_nothing() {
    let server = quick();
    let client = client(&server);
    let session = start(&client);
    let path = format!("/api/scan/add/{session}");
    let image = broken_png(30);
    let send =
        |content_type: &str, body: &[u8]| client.send("POST", &path, &[("content-type", content_type)], body);
    let json = |value: Value| send("application/json", value.to_string().as_bytes());
    let side = |side| Part { name: "side", content_type: "text/plain", bytes: side };
    let long = vec![b'x'; 10_000];
    for (answer, status, code) in [
        (add(&client, &session, "front", b"%PDF-1.7 named .jpg"), 415, "file_type_unsupported"),
        (add(&client, &session, "front", b"PK\x03\x04 a zip, named .png"), 415, "file_type_unsupported"),
        (add(&client, &session, "front", &image[..14]), 422, "file_corrupt"),
        (add(&client, &session, "front", b""), 422, "file_empty"),
        (client.post_parts(&path, &[], &[]), 400, "bad_request"),
        (client.post_parts(&path, &[side(b"front")], &[]), 400, "bad_request"),
        (
            client.post_parts(&path, &[side(b"../../x"), Part::image("image", &image)], &[]),
            422,
            "invalid_field",
        ),
        (client.post_parts(&path, &[side(b"\0"), Part::image("image", &image)], &[]), 422, "invalid_field"),
        (client.post_parts(&path, &[side(&long), Part::image("image", &image)], &[]), 413, "body_too_large"),
        (
            client.post_parts(&path, &[Part::image("front", &image), Part::image("id_front", &image)], &[]),
            400,
            "bad_request",
        ),
        (
            client.post_parts(
                &path,
                &[side(b"back"), Part::image("a", &image), Part::image("b", &image)],
                &[],
            ),
            400,
            "bad_request",
        ),
        (json(json!({"image": "not base64!", "side": "front"})), 422, "invalid_field"),
        (
            json(json!({"image": STANDARD.encode(b"no image at all"), "side": "front"})),
            415,
            "file_type_unsupported",
        ),
        (json(json!({"image": STANDARD.encode(&image), "side": "passport"})), 422, "invalid_field"),
        (json(json!({"fornt": STANDARD.encode(&image)})), 400, "bad_request"),
        (json(json!([])), 422, "invalid_field"),
        (send("application/json", b"{"), 400, "not_json"),
        (send("multipart/form-data", b"x"), 400, "not_multipart"),
        (send("image/png", b""), 422, "file_empty"),
        (send("text/plain", b"hello"), 415, "file_type_unsupported"),
        (client.send("POST", &format!("{path}?side=passport"), &[], &image), 422, "invalid_field"),
    ] {
        assert_eq!(refusal(&answer, status), code, "{}", answer.text());
    }
    assert_eq!(status(&client, &session)["status"], "started");
}

#[test]
fn a_body_that_is_too_large_is_refused_however_it_comes() {
    let server = quick();
    let client = client(&server);
    let session = start(&client);
    let mut image = broken_png(40);
    image.resize(16 << 20, 0);
    let json = json!({"image": STANDARD.encode(&image), "side": "front"}).to_string();
    let sent = client.attempt(
        "POST",
        &format!("/api/scan/add/{session}"),
        &[("content-type", "application/json")],
        json.as_bytes(),
    );
    assert_eq!(sent.map(|answer| refusal(&answer, 413)).as_deref(), Some("body_too_large"));

    for content_type in ["image/png", "application/json", "multipart/form-data; boundary=x"] {
        assert_eq!(announced(&server, &session, content_type), "HTTP/1.1 413", "{content_type}");
    }
    eventually("nothing is left of it", || server.data().orphans().is_empty());
}

/// The status line of a request that announces 3 GiB and has not sent a byte of them.
fn announced(server: &Server, session: &str, content_type: &str) -> String {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/scan/add/{session} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {content_type}\r\n\
         Content-Length: 3221225472\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn an_unknown_session_is_not_found_whoever_else_knows_it() {
    let server = quick();
    let client = client(&server);
    let foreign = id(&server.client().post("/v1/verifications", &json!({})).expect(201));
    let unknown = [
        "ver_0123456789abcdef0123456789abcdef",
        "1",
        "..%2f..%2fx",
        "ver_%00",
        &"x".repeat(10_000),
        &foreign,
    ];
    for session in unknown {
        for verb in ["verification/cancel", "scan/restart", "scan/confirm"] {
            assert_eq!(refusal(&act(&client, verb, session), 404), "not_found", "{verb} {session}");
        }
        assert_eq!(refusal(&add(&client, session, "front", &broken_png(50)), 404), "not_found");
        let checked = client.get(&format!("/api/verification/check_status/{session}"));
        assert_eq!(refusal(&checked, 404), "not_found");
    }
    let answer = client.send("GET", "/api/verification/start", &[], b"");
    assert_eq!(refusal(&answer, 405), "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST"));
}

#[test]
fn a_key_must_be_the_systems_own_and_a_page_must_be_from_here() {
    let server = quick();
    let client = client(&server);
    let session = start(&client);
    let path = format!("/api/verification/check_status/{session}");
    assert_eq!(refusal(&server.client().get(&path), 403), "forbidden");
    let wrong = client.with_key("sk_nonsense").get(&path);
    assert_eq!(
        (refusal(&wrong, 401).as_str(), wrong.header("www-authenticate")),
        ("unauthorized", Some("Bearer"))
    );
    let key = server.command(&["keys", "create", "theirs", "--tenant", SYSTEM]).expect(0);
    let own = client.with_key(key.trim());
    assert_eq!(own.get(&path).expect(200)["status"], "started");
    assert_eq!(own.get(&format!("/v1/verifications/{session}")).expect(200)["status"], "requires_input");
    for (header, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let answer =
            client.send("DELETE", &format!("/api/verification/cancel/{session}"), &[(header, value)], b"");
        assert_eq!(refusal(&answer, 403), "forbidden", "{header}");
    }
    assert_eq!(status(&client, &session)["status"], "started");
}
