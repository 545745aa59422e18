//! From creation to the decision, and what may follow.

use super::*;

#[actix_web::test]
async fn a_verification_is_created_filled_submitted_and_shown_with_its_decision() {
    let api = Api::start().await;
    let expected = json!({"surname": "Müller", "date_of_birth": "1974-08-12"});
    let body = json!({
        "client_reference": "order-7",
        "metadata": {"plan": "gold"},
        "expected": expected,
        "expires_in_hours": 2,
    });
    let answer = api.post("/v1/verifications", body).await;
    let made = answer.expect(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("http://idv.test/v1/verifications/{id}"));
    assert_eq!(made["status"], "requires_input");
    assert_eq!(made["metadata"], json!({"plan": "gold"}));
    assert_eq!(made["expected"], expected);
    assert_eq!(made["missing_captures"], json!(["document_front", "selfie"]));
    assert_eq!(made["capture_url"], format!("http://idv.test/v1/verifications/{id}/captures"));
    assert!(made["capture_token"].as_str().unwrap().starts_with("ct_"));

    let capture = api.put_capture(id, "document_front", png(1200, 800)).await.expect(200);
    assert_eq!(capture["content_type"], "image/png");
    assert_eq!((&capture["width"], &capture["height"]), (&json!(1200), &json!(800)));
    api.put_capture(id, "selfie", png(640, 480)).await.expect(200);

    let answer = api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await;
    let submitted = answer.expect(202);
    assert_eq!(submitted["status"], "processing");
    assert_eq!(submitted["attempts"], 1);
    assert_eq!(answer.header("retry-after"), "1");
    assert!(submitted["capture_token"].is_null());
    assert!(submitted["decision"].is_null());

    api.decide(id, Verdict::Rejected, &[ReasonCode::FaceMismatch]).await;
    let shown = api.get(&format!("/v1/verifications/{id}")).await.expect(200);
    assert_eq!(shown["status"], "rejected");
    assert_eq!(shown["decision"]["verdict"], "rejected");
    assert_eq!(shown["decision"]["reasons"][0]["code"], "face_mismatch");
    assert_eq!(shown["decision"]["reasons"][0]["retryable"], true);
    assert_eq!(shown["checks"][0]["name"], "face_match");
    assert_eq!(shown["document"]["fields"]["surname"]["value"], "PETERSEN");
    assert_eq!(shown["policy"]["name"], "default");
    assert_eq!(
        api.accesses(id).await,
        [
            "verification.create",
            "capture.upload",
            "capture.upload",
            "verification.submit",
            "verification.read"
        ]
    );
}

#[actix_web::test]
async fn one_multipart_call_creates_uploads_and_submits() {
    let api = Api::start().await;
    let (front, selfie) = (png(800, 600), png(300, 400));
    let parts: &[(&str, &[u8])] = &[
        ("document_front", &front),
        ("selfie", &selfie),
        ("client_reference", b"order-8"),
        ("metadata", br#"{"a": 1}"#),
        ("expected", br#"{"sex": "F"}"#),
    ];
    let answer = api.send(post_form("/v1/verifications", parts)).await;
    let made = answer.expect(202);
    assert_eq!(made["status"], "processing");
    assert_eq!(made["client_reference"], "order-8");
    assert_eq!(made["expected"], json!({"sex": "F"}));
    assert_eq!(made["captures"].as_array().unwrap().len(), 2);
    assert!(made["capture_token"].is_null());
}

#[actix_web::test]
async fn a_multipart_call_that_is_refused_leaves_nothing() {
    let api = Api::start().await;
    let front = png(800, 600);
    let missing = api.send(post_form("/v1/verifications", &[("document_front", &front)])).await;
    missing.problem(422, "capture_missing");
    let wrong: &[(&str, &[u8])] = &[("document_front", &front), ("selfie", b"%PDF-1.7 and more of it")];
    api.send(post_form("/v1/verifications", wrong)).await.problem(415, "file_type_unsupported");
    let unknown: &[(&str, &[u8])] = &[("document_front", &front), ("passport", &front)];
    let problem = api.send(post_form("/v1/verifications", unknown)).await.problem(422, "invalid_field");
    assert_eq!(problem["errors"][0]["pointer"], "/passport");
    let listed = api.get("/v1/verifications").await.expect(200);
    assert_eq!(listed["data"], json!([]));
    tokio::time::timeout(std::time::Duration::from_secs(5), async {
        while api.objects().await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[actix_web::test]
async fn a_canceled_verification_is_final() {
    let api = Api::start().await;
    let id = api.submit().await;
    let canceled = api.post(&format!("/v1/verifications/{id}/cancel"), json!({})).await.expect(200);
    assert_eq!(canceled["status"], "canceled");
    let backlog = api.ctx.db.read(|conn| db::jobs::backlog(conn, QueueName::Interactive)).await.unwrap();
    assert_eq!(backlog, 0);
    for verb in ["cancel", "submit", "restart"] {
        api.post(&format!("/v1/verifications/{id}/{verb}"), json!({})).await.problem(409, "wrong_state");
    }
}

#[actix_web::test]
async fn a_restart_keeps_what_it_is_told_to_keep_and_changes_the_token() {
    let api = Api::start().await;
    let made = api.post("/v1/verifications", json!({})).await.expect(201);
    let id = made["id"].as_str().unwrap();
    for kind in ["document_front", "selfie"] {
        api.put_capture(id, kind, png(640, 480)).await.expect(200);
    }
    api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await.expect(202);
    api.decide(id, Verdict::NeedsReview, &[ReasonCode::ImageBlurry]).await;
    let path = format!("/v1/verifications/{id}/restart");
    let wrong = api.post(&path, json!({"keep": ["document_back"]})).await.problem(422, "invalid_field");
    assert_eq!(wrong["errors"][0]["pointer"], "/keep/0");
    let again = api.post(&path, json!({"keep": ["document_front"]})).await.expect(200);
    assert_eq!(again["status"], "requires_input");
    assert_eq!(again["missing_captures"], json!(["selfie"]));
    assert!(again["decision"].is_null());
    assert_ne!(again["capture_token"], made["capture_token"]);
    api.put_capture(id, "selfie", png(640, 480)).await.expect(200);
    let submitted = api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await.expect(202);
    assert_eq!(submitted["attempts"], 2);
}

#[actix_web::test]
async fn attempts_run_out() {
    let api = Api::start().await;
    let id = api.create_with_captures().await;
    let keep = json!({"keep": ["document_front", "selfie"]});
    for attempt in 1..=3 {
        api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await.expect(202);
        api.decide(&id, Verdict::Rejected, &[ReasonCode::FaceMismatch]).await;
        let restart = api.post(&format!("/v1/verifications/{id}/restart"), keep.clone()).await;
        if attempt < 3 {
            restart.expect(200);
        } else {
            restart.problem(409, "max_attempts_exceeded");
        }
    }
}

#[actix_web::test]
async fn redaction_takes_everything_personal_away_and_its_receipt_completes() {
    let api = Api::start().await;
    let made = api.post("/v1/verifications", json!({"client_reference": "Petersen"})).await.expect(201);
    let id = made["id"].as_str().unwrap();
    for kind in ["document_front", "selfie"] {
        api.put_capture(id, kind, png(640, 480)).await.expect(200);
    }
    api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await.expect(202);
    api.decide(id, Verdict::Verified, &[]).await;
    let path = format!("/v1/verifications/{id}");
    let answer = api.post(&format!("{path}/redact"), json!({})).await;
    let redacted = answer.expect(202);
    assert_eq!(redacted["redaction"]["status"], "processing");
    assert_eq!(redacted["redaction"]["objects"].as_array().unwrap().len(), 2);
    assert_eq!(redacted["redaction"]["rows"]["captures"], 2);
    assert_eq!(redacted["redaction"]["rows"]["runs"], 1);
    assert_eq!(redacted["status"], "verified");
    assert!(!answer.text().to_lowercase().contains("petersen"), "{}", answer.text());
    assert!(redacted["checks"].is_null());

    let again = api.post(&format!("{path}/redact"), json!({})).await.expect(202);
    assert_eq!(again["redaction"], redacted["redaction"]);
    assert_eq!(again["version"], redacted["version"]);

    let wanted: VerificationId = id.parse().unwrap();
    let complete = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let erasure = db::erasures::redaction_of(conn, &wanted)?.unwrap();
        db::erasures::complete(conn, &erasure.id, now)
    };
    api.ctx.db.transaction(complete).await.unwrap();
    assert_eq!(api.get(&path).await.expect(200)["redaction"]["status"], "complete");
    for verb in ["cancel", "submit", "restart"] {
        api.post(&format!("{path}/{verb}"), json!({})).await.problem(410, "redacted");
    }
    api.put_capture(id, "selfie", png(640, 480)).await.problem(410, "redacted");
}

#[actix_web::test]
async fn redaction_calls_off_what_is_under_way() {
    let api = Api::start().await;
    let id = api.submit().await;
    let redacted = api.post(&format!("/v1/verifications/{id}/redact"), json!({})).await.expect(202);
    assert_eq!(redacted["status"], "canceled");
    let backlog = api.ctx.db.read(|conn| db::jobs::backlog(conn, QueueName::Interactive)).await.unwrap();
    assert_eq!(backlog, 0);
}

#[actix_web::test]
async fn lists_are_paged_newest_first_and_filtered() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let body = json!({"client_reference": format!("r{}", n % 2)});
        ids.push(api.post("/v1/verifications", body).await.expect(201)["id"].clone());
    }
    ids.reverse();
    let first = api.get("/v1/verifications?limit=3").await.expect(200);
    let page = |list: &Value| -> Vec<Value> {
        list["data"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };
    assert_eq!((page(&first), &first["has_more"]), (ids[..3].to_vec(), &json!(true)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = api.get(&format!("/v1/verifications?limit=3&starting_after={cursor}")).await.expect(200);
    assert_eq!((page(&rest), &rest["has_more"]), (ids[3..].to_vec(), &json!(false)));
    assert!(rest["next_cursor"].is_null());
    let odd =
        api.get("/v1/verifications?client_reference=r1&status=requires_input,canceled").await.expect(200);
    assert_eq!(page(&odd).len(), 2);
    let none = api.get("/v1/verifications?created_from=2099-01-01T00:00:00Z").await.expect(200);
    assert_eq!(none["data"], json!([]));
    for wrong in ["limit=0", "limit=101", "limit=x", "status=lost", "starting_after=x", "sort=up"] {
        api.get(&format!("/v1/verifications?{wrong}")).await.problem(400, "invalid_query");
    }
}
