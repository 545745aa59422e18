//! What a session of `id-verification-system` shows where its verification can only be brought by other means.

use super::*;

/// Sends a request as a program on this machine does, without a key.
async fn ask(api: &Api, req: TestRequest) -> Answer {
    api.raw(req.insert_header(("host", "localhost:5000"))).await
}

async fn post(api: &Api, path: &str) -> Answer {
    ask(api, TestRequest::post().uri(path)).await
}

async fn check(api: &Api, id: &str) -> Answer {
    ask(api, TestRequest::get().uri(&format!("/api/verification/check_status/{id}"))).await
}

/// A session whose scans are confirmed.
async fn confirmed(api: &Api) -> String {
    let started = post(api, "/api/verification/start").await.expect(200);
    let id = started["session_id"].as_str().unwrap().to_owned();
    scan(api, &id).await;
    id
}

async fn scan(api: &Api, id: &str) {
    let (front, face) = (png(800, 600), png(300, 400));
    let form = post_form(&format!("/api/scan/add/{id}"), &[("front", &front), ("face", &face)]);
    ask(api, form).await.expect(200);
    post(api, &format!("/api/scan/confirm/{id}")).await.expect(200);
}

#[actix_web::test]
async fn a_doubtful_decision_is_neither_yes_nor_no() {
    let api = Api::start().await;
    let id = confirmed(&api).await;
    api.decide(&id, Verdict::NeedsReview, &[ReasonCode::FaceMatchInconclusive]).await;
    let answer = check(&api, &id).await;
    let shown = answer.expect(200);
    assert_eq!((&shown["status"], &shown["verified"]), (&json!("needs_review"), &Value::Null));
    assert_eq!(shown["reasons"][0]["code"], "face_match_inconclusive");
    assert_eq!(shown["can_restart"], true);
    assert!(!answer.text().contains("PETERSEN"), "nothing that was read on the document is shown");
}

#[actix_web::test]
async fn reading_a_decision_is_noted_and_polling_before_it_is_not() {
    let api = Api::start().await;
    let id = confirmed(&api).await;
    check(&api, &id).await.expect(200);
    api.decide(&id, Verdict::Rejected, &[ReasonCode::FaceMismatch]).await;
    check(&api, &id).await.expect(200);
    let wanted = id.clone();
    let read = move |conn: &mut Conn| {
        let tenant = tenants::by_name(conn, "id-verification-system")?.unwrap().id;
        access_log::of_resource(conn, &tenant, &wanted)
    };
    let rows = api.ctx.db.read(read).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|(_, action)| action.as_str()).collect();
    assert_eq!(
        actions,
        ["verification.create", "capture.upload", "verification.submit", "verification.read"]
    );
}

#[actix_web::test]
async fn when_the_attempts_are_used_up_nothing_is_restarted() {
    let api = Api::start().await;
    let id = confirmed(&api).await;
    for attempt in 1..=3 {
        api.decide(&id, Verdict::Rejected, &[ReasonCode::SelfieNoFace]).await;
        let shown = check(&api, &id).await.expect(200);
        assert_eq!(shown["can_restart"], attempt < 3, "after {attempt}");
        let restarted = post(&api, &format!("/api/scan/restart/{id}")).await;
        if attempt == 3 {
            assert_eq!(restarted.expect(409)["error"], "max_attempts_exceeded");
        } else {
            restarted.expect(200);
            scan(&api, &id).await;
        }
    }
}

#[actix_web::test]
async fn an_erased_session_is_gone() {
    let api = Api::start().await;
    let id = confirmed(&api).await;
    let (wanted, now) = (id.parse().unwrap(), Timestamp::from_micros(1));
    let redact = move |conn: &mut Conn| verifications::redact(conn, &wanted, now);
    api.ctx.db.transaction(redact).await.unwrap();
    assert_eq!(check(&api, &id).await.expect(410)["error"], "redacted");
}

#[actix_web::test]
async fn the_address_of_the_page_is_the_configured_one_or_the_callers() {
    for (public, begins) in [("", "http://localhost:5000/"), ("https://id.example/", "https://id.example/")] {
        let api = Api::with(|config| config.server.public_url = public.to_owned()).await;
        let started = post(&api, "/api/verification/start").await.expect(200);
        let url = started["verification_url"].as_str().unwrap();
        assert!(url.starts_with(&format!("{begins}verification/ver_")), "{url}");
    }
}
