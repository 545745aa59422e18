//! The review queue: claims, opinions, decisions, notes.

use super::*;

const REASONS: &[ReasonCode] = &[ReasonCode::FaceMatchInconclusive];

/// A verification that a person has to decide.
async fn doubtful(api: &Api) -> String {
    let id = api.submit().await;
    api.decide(&id, Verdict::NeedsReview, REASONS).await;
    id
}

impl Api {
    async fn review(&self, id: &str, verb: &str, body: Value) -> Answer {
        self.post(&format!("/v1/verifications/{id}/review/{verb}"), body).await
    }

    async fn claim(&self, id: &str, reviewer: &str) -> Answer {
        self.review(id, "claim", json!({"reviewer": reviewer})).await
    }

    /// Claims and decides.
    async fn opine(&self, id: &str, reviewer: &str, verdict: &str) -> Answer {
        self.claim(id, reviewer).await.expect(200);
        let reasons = if verdict == "rejected" { json!(["face_mismatch"]) } else { json!([]) };
        let body = json!({"reviewer": reviewer, "verdict": verdict, "reasons": reasons});
        self.review(id, "decision", body).await
    }

    async fn queue(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("/v1/reviews?{query}")).await.expect(200);
        let ids = list["data"].as_array().unwrap().iter();
        ids.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[actix_web::test]
async fn the_queue_is_oldest_first_and_shows_who_looks_at_what() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(doubtful(&api).await);
    }
    let decided = api.submit().await;
    api.decide(&decided, Verdict::Verified, &[]).await;
    assert_eq!(api.queue("").await, ids);
    let first = api.get("/v1/reviews?limit=2").await.expect(200);
    assert_eq!(first["has_more"], true);
    assert_eq!(first["data"][0]["decision"]["source"], "run");
    assert_eq!(first["data"][0]["decision"]["reasons"][0]["code"], "face_match_inconclusive");
    assert!(first["data"][0]["claim"].is_null() && first["data"][0]["since"].is_string());
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(api.queue(&format!("starting_after={cursor}")).await, ids[2..]);

    let claimed = api.claim(&ids[1], "Ann").await.expect(200);
    assert_eq!(claimed["claim"]["reviewer"], "Ann");
    assert_eq!(api.queue("unclaimed=true").await, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(api.queue("reviewer=Ann").await, [ids[1].clone()]);
    assert!(api.queue("reviewer=Bob").await.is_empty());
    api.get("/v1/reviews?reviewer=%20").await.problem(400, "invalid_query");
    api.get("/v1/reviews?claimed=1").await.problem(400, "invalid_query");
}

#[actix_web::test]
async fn a_claim_keeps_others_away_until_it_is_released() {
    let api = Api::start().await;
    let id = doubtful(&api).await;
    let first = api.claim(&id, "Ann").await.expect(200);
    let problem = api.claim(&id, "Bob").await.problem(409, "review_claim");
    assert!(problem["detail"].as_str().unwrap().contains("Ann"), "{problem}");
    let again = api.claim(&id, "Ann").await.expect(200);
    assert_eq!(again["claim"]["claimed_at"], first["claim"]["claimed_at"]);
    let decision = json!({"reviewer": "Bob", "verdict": "verified"});
    api.review(&id, "decision", decision.clone()).await.problem(409, "review_claim");
    api.review(&id, "release", json!({"reviewer": "Bob"})).await.problem(409, "review_claim");
    assert!(api.review(&id, "release", json!({"reviewer": "Ann"})).await.expect(200)["claim"].is_null());
    let problem = api.review(&id, "decision", decision).await.problem(409, "review_claim");
    assert!(problem["detail"].as_str().unwrap().contains("claim"), "{problem}");
    for wrong in [json!({}), json!({"reviewer": ""}), json!({"reviewer": "x".repeat(101)})] {
        api.review(&id, "claim", wrong).await.problem(422, "invalid_field");
    }
}

#[actix_web::test]
async fn a_claim_ends_by_itself() {
    let api = Api::with(|config| config.review.claim_s = 0).await;
    let id = doubtful(&api).await;
    api.claim(&id, "Ann").await.expect(200);
    assert_eq!(api.claim(&id, "Bob").await.expect(200)["id"], id);
    assert_eq!(api.queue("unclaimed=true").await, [id]);
}

#[actix_web::test]
async fn a_decision_makes_a_new_version_and_keeps_the_history() {
    let api = Api::start().await;
    let id = doubtful(&api).await;
    let path = format!("/v1/verifications/{id}");
    let before = api.get(&path).await.expect(200);
    assert_eq!(before["decision"]["source"], "run");
    let decided = api.opine(&id, "Ann", "rejected").await.expect(200);
    assert_eq!((&decided["status"], &decided["claim"]), (&json!("rejected"), &Value::Null));
    let after = api.get(&path).await.expect(200);
    assert_eq!(after["status"], "rejected");
    assert_eq!(after["version"], json!(before["version"].as_i64().unwrap() + 1));
    assert_eq!(after["decision"]["reviewer"], "Ann");
    assert_eq!(after["decision"]["source"], "reviewer");
    assert_eq!(after["decision"]["reasons"][0]["code"], "face_mismatch");
    assert_eq!(after["checks"], before["checks"], "the run's report stays as it was");
    let history = api.get(&format!("{path}/decisions")).await.expect(200);
    let verdicts: Vec<_> = history["data"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
    assert_eq!(verdicts, ["needs_review", "rejected"]);
    assert_eq!(history["data"][1]["version"], after["version"]);
    assert_eq!(history["data"][1]["standing"], "final");
    let wanted = id.clone();
    let told = api.ctx.db.read(move |conn| events::list(conn, &wanted)).await.unwrap();
    assert_eq!(told.last().unwrap().event_type, EventType::Rejected);
    assert_eq!(told.last().unwrap().version, after["version"].as_i64().unwrap());
    assert!(api.queue("").await.is_empty());
    api.claim(&id, "Ann").await.problem(409, "wrong_state");
    let accesses = api.accesses(&id).await;
    assert!(accesses.iter().any(|action| action == "review.decide"), "{accesses:?}");
}

#[actix_web::test]
async fn a_decision_needs_a_verdict_and_a_rejection_a_reason() {
    let api = Api::start().await;
    let id = doubtful(&api).await;
    api.claim(&id, "Ann").await.expect(200);
    let many = json!(vec!["image_blurry"; 11]);
    for (verdict, reasons, pointer) in [
        ("needs_review", json!([]), "/verdict"),
        ("rejected", json!([]), "/reasons"),
        ("verified", many, "/reasons"),
        ("verified", json!(["no_such_reason"]), "/reasons/0"),
    ] {
        let body = json!({"reviewer": "Ann", "verdict": verdict, "reasons": reasons});
        let problem = api.review(&id, "decision", body).await.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    assert_eq!(api.get(&format!("/v1/verifications/{id}")).await.expect(200)["status"], "needs_review");
}

#[actix_web::test]
async fn a_second_pair_of_eyes_has_to_agree() {
    let api = Api::with(|config| config.review.two_reviewers = true).await;
    let id = doubtful(&api).await;
    let first = api.opine(&id, "Ann", "verified").await.expect(200);
    assert_eq!((&first["status"], &first["claim"]), (&json!("needs_review"), &Value::Null));
    assert_eq!(first["proposals"][0]["reviewer"], "Ann");
    api.claim(&id, "Ann").await.problem(409, "review_decided");
    let second = api.opine(&id, "Bob", "verified").await.expect(200);
    assert_eq!(second["status"], "verified");
    assert_eq!(second["proposals"], json!([]));

    let id = doubtful(&api).await;
    api.opine(&id, "Ann", "verified").await.expect(200);
    let split = api.opine(&id, "Bob", "rejected").await.expect(200);
    assert_eq!((&split["status"], split["proposals"].as_array().unwrap().len()), (&json!("needs_review"), 2));
    let queued = api.get("/v1/reviews").await.expect(200);
    assert_eq!(queued["data"][0]["proposals"].as_array().unwrap().len(), 2);
    let third = api.opine(&id, "Cleo", "rejected").await.expect(200);
    assert_eq!(third["status"], "rejected");
    let history = api.get(&format!("/v1/verifications/{id}/decisions")).await.expect(200);
    let standings: Vec<_> = history["data"].as_array().unwrap().iter().map(|one| &one["standing"]).collect();
    assert_eq!(standings, ["final", "proposed", "proposed", "final"]);
}

#[actix_web::test]
async fn a_restart_ends_claim_and_opinions() {
    let api = Api::with(|config| config.review.two_reviewers = true).await;
    let id = doubtful(&api).await;
    api.opine(&id, "Ann", "verified").await.expect(200);
    api.claim(&id, "Bob").await.expect(200);
    let keep = json!({"keep": ["document_front", "selfie"]});
    let again = api.post(&format!("/v1/verifications/{id}/restart"), keep).await.expect(200);
    assert!(again["decision"].is_null());
    api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await.expect(202);
    api.decide(&id, Verdict::NeedsReview, REASONS).await;
    let queued = api.get("/v1/reviews").await.expect(200);
    assert_eq!(queued["data"][0]["proposals"], json!([]));
    assert!(queued["data"][0]["claim"].is_null());
    assert_eq!(api.opine(&id, "Ann", "verified").await.expect(200)["status"], "needs_review");

    api.claim(&id, "Cleo").await.expect(200);
    let canceled = api.post(&format!("/v1/verifications/{id}/cancel"), json!({})).await.expect(200);
    assert_eq!(canceled["status"], "canceled");
    api.opine_refused(&id).await;
    assert!(api.queue("").await.is_empty());
}

impl Api {
    async fn opine_refused(&self, id: &str) {
        let body = json!({"reviewer": "Cleo", "verdict": "verified"});
        self.review(id, "decision", body).await.problem(409, "wrong_state");
    }
}

#[actix_web::test]
async fn notes_are_sealed_listed_and_erased() {
    let api = Api::start().await;
    let id = doubtful(&api).await;
    for text in ["looks like her twin", "called her"] {
        let note = api.review(&id, "notes", json!({"author": "Ann", "text": text})).await.expect(201);
        assert_eq!((&note["text"], &note["author"]), (&json!(text), &json!("Ann")));
    }
    api.claim(&id, "Bob").await.expect(200);
    let body = json!({"reviewer": "Bob", "verdict": "verified", "note": "it is her"});
    api.review(&id, "decision", body).await.expect(200);
    let path = format!("/v1/verifications/{id}/review/notes");
    let first = api.get(&format!("{path}?limit=2")).await.expect(200);
    assert_eq!(first["has_more"], true);
    let rest = api.get(&format!("{path}?starting_after={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest.expect(200)["data"][0]["text"], "it is her");
    for wrong in [json!({"author": "Ann", "text": " "}), json!({"author": "", "text": "x"})] {
        api.review(&id, "notes", wrong).await.problem(422, "invalid_field");
    }
    let redacted = api.post(&format!("/v1/verifications/{id}/redact"), json!({})).await.expect(202);
    assert_eq!(redacted["redaction"]["rows"]["review_notes"], 3);
    api.get(&path).await.problem(410, "redacted");
    api.review(&id, "notes", json!({"author": "Ann", "text": "x"})).await.problem(410, "redacted");
}

#[actix_web::test]
async fn a_repeated_request_decides_and_notes_once() {
    let api = Api::start().await;
    let id = doubtful(&api).await;
    api.claim(&id, "Ann").await.expect(200);
    let send = |verb: &'static str, body: Value| {
        let path = format!("/v1/verifications/{id}/review/{verb}");
        api.send(TestRequest::post().uri(&path).insert_header(("idempotency-key", verb)).set_json(body))
    };
    let note = json!({"author": "Ann", "text": "hm"});
    let first = send("notes", note.clone()).await.expect(201);
    assert_eq!(send("notes", note).await.expect(201)["id"], first["id"]);
    let body = json!({"reviewer": "Ann", "verdict": "verified"});
    let first = send("decision", body.clone()).await.expect(200);
    assert_eq!(send("decision", body).await.expect(200), first);
    let other = json!({"reviewer": "Ann", "verdict": "rejected", "reasons": ["face_mismatch"]});
    send("decision", other).await.problem(422, "idempotency_key_reused");
}

#[actix_web::test]
async fn a_waiting_poller_is_woken_by_a_reviewer() {
    let api = Api::start().await;
    let id = doubtful(&api).await;
    let path = format!("/v1/verifications/{id}");
    let tag = api.get(&path).await.header("etag").to_owned();
    let waiting = TestRequest::get().uri(&path).insert_header(("if-none-match", tag));
    let waiting = api.send(waiting.insert_header(("prefer", "wait=30")));
    let (woken, _) = futures_util::future::join(waiting, api.opine(&id, "Ann", "verified")).await;
    assert_eq!(woken.expect(200)["status"], "verified");
}

#[actix_web::test]
async fn a_strangers_review_is_not_found() {
    let api = Api::start().await;
    let id = doubtful(&api).await;
    let key = api.foreign_key().await;
    let path = format!("/v1/verifications/{id}");
    for verb in ["claim", "release"] {
        let req = TestRequest::post().uri(&format!("{path}/review/{verb}")).insert_header(bearer(&key));
        api.raw(req.set_json(json!({"reviewer": "Eve"}))).await.problem(404, "not_found");
    }
    for rest in ["decisions", "review/notes"] {
        let req = TestRequest::get().uri(&format!("{path}/{rest}")).insert_header(bearer(&key));
        api.raw(req).await.problem(404, "not_found");
    }
    let list = api.raw(TestRequest::get().uri("/v1/reviews").insert_header(bearer(&key))).await;
    assert_eq!(list.expect(200)["data"], json!([]));
}
