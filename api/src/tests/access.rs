//! Who may see what.

use super::*;

#[actix_web::test]
async fn without_a_working_key_nothing_is_shown() {
    let api = Api::start().await;
    let id = api.create().await;
    let path = format!("/v1/verifications/{id}");
    let (name, _) = api.key.rsplit_once('_').unwrap();
    for header in [
        None,
        Some("Bearer".to_owned()),
        Some("Basic dXNlcjpwYXNz".to_owned()),
        Some("Bearer nonsense".to_owned()),
        Some(format!("Bearer {name}_guess")),
        Some(format!("Bearer sk_{}_guess", "0".repeat(32))),
    ] {
        let mut req = TestRequest::get().uri(&path);
        if let Some(header) = &header {
            req = req.insert_header(("authorization", header.as_str()));
        }
        let answer = api.raw(req).await;
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[actix_web::test]
async fn a_revoked_key_stops_working_at_once() {
    let api = Api::start().await;
    api.get("/v1/verifications").await.expect(200);
    let (id, _) = idv_common::auth::parse_api_key(&api.key).unwrap();
    let revoke = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        api_keys::revoke(conn, &id, now)
    };
    assert!(api.ctx.db.transaction(revoke).await.unwrap());
    api.get("/v1/verifications").await.problem(401, "unauthorized");
}

#[actix_web::test]
async fn another_tenants_things_look_as_if_they_were_not_there() {
    let api = Api::start().await;
    let id = api.submit().await;
    let foreign = api.foreign_key().await;
    let path = format!("/v1/verifications/{id}");
    let mut answers = vec![api.raw(TestRequest::get().uri(&path).insert_header(bearer(&foreign))).await];
    for verb in ["submit", "cancel", "restart", "redact"] {
        let req = TestRequest::post().uri(&format!("{path}/{verb}")).insert_header(bearer(&foreign));
        answers.push(api.raw(req).await);
    }
    let put = TestRequest::put().uri(&format!("{path}/captures/selfie")).set_payload(png(9, 9));
    answers.push(api.raw(put.insert_header(bearer(&foreign))).await);
    for answer in answers {
        answer.problem(404, "not_found");
    }
    let listed = api.raw(TestRequest::get().uri("/v1/verifications").insert_header(bearer(&foreign))).await;
    assert_eq!(listed.expect(200)["data"], json!([]));
    assert_eq!(api.get(&path).await.expect(200)["status"], "processing");
}

#[actix_web::test]
async fn a_capture_token_opens_the_captures_of_one_verification_and_nothing_else() {
    let api = Api::start().await;
    let made = api.post("/v1/verifications", json!({})).await.expect(201);
    let (id, token) = (made["id"].as_str().unwrap(), made["capture_token"].as_str().unwrap());
    let path = format!("/v1/verifications/{id}");
    let with = |req: TestRequest| req.insert_header(bearer(token));
    let put = TestRequest::put().uri(&format!("{path}/captures/selfie")).set_payload(png(640, 480));
    api.raw(with(put)).await.expect(200);
    let status = api.raw(with(TestRequest::get().uri(&format!("{path}/captures")))).await.expect(200);
    assert_eq!(status["captures"], json!(["selfie"]));
    assert_eq!(status["missing_captures"], json!(["document_front"]));

    api.raw(with(TestRequest::get().uri(&path))).await.problem(403, "forbidden");
    api.raw(with(TestRequest::get().uri("/v1/verifications"))).await.problem(403, "forbidden");
    let submit = TestRequest::post().uri(&format!("{path}/submit"));
    api.raw(with(submit)).await.problem(403, "forbidden");
    let other = format!("/v1/verifications/{}/captures/selfie", api.create().await);
    let put = TestRequest::put().uri(&other).set_payload(png(640, 480));
    api.raw(with(put)).await.problem(401, "unauthorized");

    api.put_capture(id, "document_front", png(640, 480)).await.expect(200);
    api.post(&format!("{path}/submit"), json!({})).await.expect(202);
    api.decide(id, Verdict::Rejected, &[ReasonCode::FaceMismatch]).await;
    let answer = api.raw(with(TestRequest::get().uri(&format!("{path}/captures")))).await;
    assert_eq!(answer.expect(200)["status"], "closed");
    assert!(!answer.text().contains("rejected"));
}

#[actix_web::test]
async fn who_asks_too_fast_is_told_when_to_come_back() {
    let api = Api::with(|config| {
        config.limits.rate_per_s = 1;
        config.limits.rate_burst = 2;
    })
    .await;
    let first = api.get("/v1/verifications").await;
    assert_eq!(first.header("ratelimit-policy"), "\"credential\";q=2;w=2");
    assert_eq!(first.header("ratelimit"), "\"credential\";r=1;t=1");
    api.get("/v1/verifications").await.expect(200);
    let refused = api.get("/v1/verifications").await;
    refused.problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit"), "\"credential\";r=0;t=1");
}
