//! A repeated request has the effect of one.

use idv_common::db::idempotency::{self, Reservation, Scope};

use super::*;

fn keyed(req: TestRequest, key: &str) -> TestRequest {
    req.insert_header(("idempotency-key", key.to_owned()))
}

fn create(reference: &str) -> TestRequest {
    TestRequest::post().uri("/v1/verifications").set_json(json!({"client_reference": reference}))
}

#[actix_web::test]
async fn a_replay_shows_what_the_first_request_made() {
    let api = Api::start().await;
    let first = api.send(keyed(create("a"), "k1")).await.expect(201);
    let second = api.send(keyed(create("a"), "k1")).await.expect(201);
    assert_eq!(first["id"], second["id"]);
    assert!(second["capture_token"].is_null());
    let other = api.send(keyed(create("a"), "k2")).await.expect(201);
    assert_ne!(first["id"], other["id"]);
    api.send(keyed(create("b"), "k1")).await.problem(422, "idempotency_key_reused");
    let foreign = api.foreign_key().await;
    let theirs = api.raw(keyed(create("a"), "k1").insert_header(bearer(&foreign))).await.expect(201);
    assert_ne!(first["id"], theirs["id"]);
}

#[actix_web::test]
async fn a_replayed_upload_is_told_by_its_parts_and_stored_once() {
    let api = Api::start().await;
    let (front, selfie) = (png(800, 600), png(300, 400));
    let parts: [(&str, &[u8]); 2] = [("document_front", &front), ("selfie", &selfie)];
    let first = api.send(keyed(post_form("/v1/verifications", &parts), "k")).await.expect(202);
    let swapped = [parts[1], parts[0]];
    let second = api.send(keyed(post_form("/v1/verifications", &swapped), "k")).await.expect(202);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(api.objects().await, 2);
    let other: [(&str, &[u8]); 2] = [("document_front", &front), ("selfie", &front)];
    let answer = api.send(keyed(post_form("/v1/verifications", &other), "k")).await;
    answer.problem(422, "idempotency_key_reused");
}

#[actix_web::test]
async fn a_refused_request_gives_its_key_back() {
    let api = Api::start().await;
    let id = api.create().await;
    let submit = || keyed(TestRequest::post().uri(&format!("/v1/verifications/{id}/submit")), "k");
    api.send(submit()).await.problem(422, "capture_missing");
    for kind in ["document_front", "selfie"] {
        api.put_capture(&id, kind, png(640, 480)).await.expect(200);
    }
    api.send(submit()).await.expect(202);
    let replay = api.send(submit()).await.expect(202);
    assert_eq!(replay["attempts"], 1);
    let other = format!("/v1/verifications/{}/submit", api.create_with_captures().await);
    let answer = api.send(keyed(TestRequest::post().uri(&other), "k")).await;
    answer.problem(422, "idempotency_key_reused");
}

#[actix_web::test]
async fn a_second_request_while_the_first_is_under_way_is_refused() {
    let api = Api::start().await;
    let reserve = |conn: &mut Conn| {
        let scope = Scope {
            tenant: tenants::by_name(conn, "default")?.unwrap().id,
            route: "POST /v1/verifications".to_owned(),
            key: "k".to_owned(),
        };
        let now = db::now(conn)?;
        idempotency::reserve(conn, &scope, now)
    };
    api.ctx.db.transaction(reserve).await.unwrap();
    let answer = api.send(keyed(create("a"), "k")).await;
    answer.problem(409, "request_in_flight");
    assert_eq!(answer.header("retry-after"), "1");
}

#[actix_web::test]
async fn a_replay_of_something_erased_says_so() {
    let api = Api::start().await;
    let made = api.send(keyed(create("a"), "k")).await.expect(201);
    let redact = format!("/v1/verifications/{}/redact", made["id"].as_str().unwrap());
    let redact = || keyed(TestRequest::post().uri(&redact), "r");
    let receipt = api.send(redact()).await.expect(202);
    api.send(keyed(create("a"), "k")).await.problem(410, "redacted");
    let again = api.send(redact()).await.expect(202);
    assert_eq!(again["redaction"], receipt["redaction"]);
}

#[actix_web::test]
async fn a_key_that_cannot_be_one_is_refused() {
    let api = Api::start().await;
    for key in ["", &"x".repeat(256)] {
        api.send(keyed(create("a"), key)).await.problem(400, "invalid_idempotency_key");
    }
}

#[actix_web::test]
async fn a_request_whose_key_was_taken_over_meanwhile_has_no_effect() {
    let api = Api::start().await;
    let take_over = |conn: &mut Conn| {
        let scope = Scope {
            tenant: tenants::by_name(conn, "default")?.unwrap().id,
            route: "POST /v1/verifications".to_owned(),
            key: "k".to_owned(),
        };
        let now = db::now(conn)?;
        let Reservation::Granted(slow) = idempotency::reserve(conn, &scope, now)? else { panic!() };
        let later = now.plus(idempotency::RESERVATION);
        let Reservation::Granted(fast) = idempotency::reserve(conn, &scope, later)? else { panic!() };
        let outcome = |conn: &mut Conn, lease| idempotency::complete(conn, &scope, lease, "f", 201, "ver_1");
        assert!(matches!(outcome(conn, slow), Err(db::Error::Fenced)));
        outcome(conn, fast)
    };
    api.ctx.db.transaction(take_over).await.unwrap();
}
