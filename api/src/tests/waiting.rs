//! Polling and waiting.

use std::time::{Duration, Instant};

use super::*;

fn get(id: &str) -> TestRequest {
    TestRequest::get().uri(&format!("/v1/verifications/{id}"))
}

#[actix_web::test]
async fn a_poll_with_the_known_version_is_answered_with_304() {
    let api = Api::start().await;
    let id = api.submit().await;
    let answer = api.send(get(&id)).await;
    let tag = answer.header("etag").to_owned();
    assert_eq!(tag, format!("\"{id}.{}.full\"", answer.expect(200)["version"]));
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let answer = api.send(get(&id).insert_header(("if-none-match", known))).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
        assert_eq!(answer.header("etag"), tag);
    }
    api.decide(&id, Verdict::Verified, &[]).await;
    let answer = api.send(get(&id).insert_header(("if-none-match", tag))).await;
    assert_eq!(answer.expect(200)["status"], "verified");
}

#[actix_web::test]
async fn who_waits_is_answered_as_soon_as_it_is_decided() {
    let api = Api::start().await;
    let id = api.submit().await;
    let started = Instant::now();
    let decide = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        api.decide(&id, Verdict::Verified, &[]).await;
    };
    let (answer, ()) = tokio::join!(api.send(get(&id).insert_header(("prefer", "wait=30"))), decide);
    assert_eq!(answer.expect(200)["status"], "verified");
    assert_eq!(answer.header("preference-applied"), "wait=30");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[actix_web::test]
async fn who_waits_in_vain_gets_what_there_is() {
    let api = Api::with(|config| config.limits.wait_s = 1).await;
    let id = api.submit().await;
    let answer = api.send(get(&id).insert_header(("prefer", "respond-async, wait=600"))).await;
    assert_eq!(answer.expect(200)["status"], "processing");
    assert_eq!(answer.header("preference-applied"), "wait=1");
    let tag = answer.header("etag").to_owned();
    let req = get(&id).insert_header(("prefer", "wait=1")).insert_header(("if-none-match", tag));
    assert_eq!(api.send(req).await.status.as_u16(), 304);
}

#[actix_web::test]
async fn with_a_version_known_any_change_ends_the_wait() {
    let api = Api::start().await;
    let id = api.create().await;
    let tag = api.send(get(&id)).await.header("etag").to_owned();
    let req = get(&id).insert_header(("prefer", "wait=30")).insert_header(("if-none-match", tag));
    let upload = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        api.put_capture(&id, "selfie", png(9, 9)).await.expect(200);
    };
    let (answer, ()) = tokio::join!(api.send(req), upload);
    assert_eq!(answer.expect(200)["captures"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_submission_may_wait_for_its_decision() {
    let api = Api::start().await;
    let id = api.create_with_captures().await;
    let submit = TestRequest::post()
        .uri(&format!("/v1/verifications/{id}/submit"))
        .insert_header(("prefer", "wait=30"));
    let decide = async {
        let wanted: VerificationId = id.parse().unwrap();
        loop {
            let wanted = wanted.clone();
            let row = api.ctx.db.read(move |conn| verifications::get_unscoped(conn, &wanted)).await.unwrap();
            if row.unwrap().status == VerificationStatus::Processing {
                break api.decide(&id, Verdict::Verified, &[]).await;
            }
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = tokio::join!(api.send(submit), decide);
    assert_eq!(answer.expect(200)["status"], "verified");
}

#[actix_web::test]
async fn beyond_the_cap_nobody_waits() {
    let api = Api::with(|config| config.limits.waiters = 0).await;
    let id = api.submit().await;
    let answer = api.send(get(&id).insert_header(("prefer", "wait=30"))).await;
    assert_eq!(answer.expect(200)["status"], "processing");
    assert_eq!(answer.header("preference-applied"), "");
}
