//! Subjects and those who claim to be one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idv_common::db::{authentications, subjects};
use idv_common::domain::{AuthenticationResult, EnrolmentResult};

use super::*;

fn enrolment(outcome: Outcome) -> EnrolmentResult {
    EnrolmentResult {
        outcome,
        check: Check::new(CheckName::DocumentFace, outcome),
        reasons: Vec::new(),
        policy: Policy::default().stamp(),
        models: [].into(),
    }
}

/// Ends an enrolment as a worker would.
async fn enrol(api: &Api, id: &str, status: SubjectStatus) {
    let (id, keyring): (SubjectId, _) = (id.parse().unwrap(), api.ctx.keyring.clone());
    let finish = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        let key = keyring.tenant(conn, &tenant).unwrap();
        let json = serde_json::to_vec(&enrolment(Outcome::Pass)).unwrap();
        let sealed = SealedRow::seal(&key, &json, &subjects::seal_context(&id));
        subjects::finish(conn, &id, status, Some(&sealed), now)
    };
    api.ctx.db.transaction(finish).await.unwrap();
    api.ctx.changed.notify_waiters();
}

/// Ends an authentication as a worker would.
async fn judge(api: &Api, id: &str) {
    let (id, keyring): (AuthenticationId, _) = (id.parse().unwrap(), api.ctx.keyring.clone());
    let result = AuthenticationResult {
        outcome: Outcome::Pass,
        score: Some(0.7),
        checks: Vec::new(),
        reasons: Vec::new(),
        frames: 1,
        policy: Policy::default().stamp(),
        models: [].into(),
    };
    let finish = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        let key = keyring.tenant(conn, &tenant).unwrap();
        let json = serde_json::to_vec(&result).unwrap();
        let sealed = SealedRow::seal(&key, &json, &authentications::seal_context(&id));
        authentications::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)
    };
    api.ctx.db.transaction(finish).await.unwrap();
    api.ctx.changed.notify_waiters();
}

/// A subject that is enrolled.
async fn enrolled(api: &Api, reference: &str) -> String {
    let image = png(100, 100);
    let parts: &[(&str, &[u8])] = &[("selfie", &image), ("client_reference", reference.as_bytes())];
    let made = api.send(post_form("/v1/subjects", parts)).await.expect(202);
    let id = made["id"].as_str().unwrap().to_owned();
    enrol(api, &id, SubjectStatus::Enrolled).await;
    id
}

fn delete(path: &str) -> TestRequest {
    TestRequest::delete().uri(path)
}

#[actix_web::test]
async fn an_image_becomes_a_subject_that_is_shown_and_listed() {
    let api = Api::start().await;
    let image = png(100, 100);
    let parts: &[(&str, &[u8])] = &[("document_front", &image), ("client_reference", b"ann")];
    let answer = api.send(post_form("/v1/subjects", parts)).await;
    let made = answer.expect(202);
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["status"], &made["result"]), (&json!("processing"), &Value::Null));
    assert_eq!(answer.header("location"), format!("http://idv.test/v1/subjects/{id}"));
    let wait = TestRequest::get().uri(&format!("/v1/subjects/{id}")).insert_header(("prefer", "wait=30"));
    let (answer, ()) = tokio::join!(api.send(wait), enrol(&api, id, SubjectStatus::Enrolled));
    let shown = answer.expect(200);
    assert_eq!((&shown["status"], &shown["client_reference"]), (&json!("enrolled"), &json!("ann")));
    assert_eq!(shown["result"]["outcome"], "pass");
    assert_eq!(api.accesses(id).await, ["subject.create", "subject.read"]);
    let listed = api.get("/v1/subjects?client_reference=ann").await.expect(200);
    assert_eq!((&listed["data"][0]["id"], &listed["has_more"]), (&json!(id), &json!(false)));
    assert!(listed["data"][0].get("result").is_none(), "{listed}");
    assert_eq!(api.get("/v1/subjects?client_reference=bob").await.expect(200)["data"], json!([]));
}

#[actix_web::test]
async fn a_list_of_subjects_goes_on_page_by_page() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(enrolled(&api, name).await);
    }
    let first = api.get("/v1/subjects?limit=2").await.expect(200);
    assert_eq!(
        (first["data"][0]["id"].as_str(), first["data"][1]["id"].as_str()),
        (Some(&*ids[2]), Some(&*ids[1]))
    );
    let next = format!("/v1/subjects?limit=2&starting_after={}", first["next_cursor"].as_str().unwrap());
    let second = api.get(&next).await.expect(200);
    assert_eq!((second["data"][0]["id"].as_str(), &second["has_more"]), (Some(&*ids[0]), &json!(false)));
    for wrong in ["limit=0", "limit=101", "starting_after=ver_1", "colour=red"] {
        api.get(&format!("/v1/subjects?{wrong}")).await.problem(400, "invalid_query");
    }
}

#[actix_web::test]
async fn exactly_one_image_is_asked_for() {
    let api = Api::start().await;
    let image = png(100, 100);
    let both: &[(&str, &[u8])] = &[("document_front", &image), ("selfie", &image)];
    let none: &[(&str, &[u8])] = &[("client_reference", b"ann")];
    for parts in [both, none] {
        let problem = api.send(post_form("/v1/subjects", parts)).await.problem(422, "invalid_field");
        assert!(problem["detail"].as_str().unwrap().contains("exactly one"), "{problem}");
    }
    let text = STANDARD.encode(&image);
    for body in [json!({}), json!({"document_front": text, "selfie": text})] {
        api.post("/v1/subjects", body).await.problem(422, "invalid_field");
    }
    let wrong = api.post("/v1/subjects", json!({"selfie": "%%%"})).await.problem(422, "invalid_field");
    assert_eq!(wrong["errors"][0]["pointer"], "/selfie");
    let long = json!({"selfie": text, "client_reference": "x".repeat(201)});
    let wrong = api.post("/v1/subjects", long).await.problem(422, "invalid_field");
    assert_eq!(wrong["errors"][0]["pointer"], "/client_reference");
    assert_eq!(api.objects().await, 0);
}

#[actix_web::test]
async fn a_reference_is_taken_until_its_subject_is_refused_or_deleted() {
    let api = Api::start().await;
    let body = json!({"selfie": STANDARD.encode(png(100, 100)), "client_reference": "ann"});
    let first = api.post("/v1/subjects", body.clone()).await.expect(202);
    let first = first["id"].as_str().unwrap();
    api.post("/v1/subjects", body.clone()).await.problem(409, "subject_exists");
    enrol(&api, first, SubjectStatus::Rejected).await;
    let second = api.post("/v1/subjects", body.clone()).await.expect(202);
    let second = second["id"].as_str().unwrap();
    enrol(&api, second, SubjectStatus::Enrolled).await;
    api.post("/v1/subjects", body.clone()).await.problem(409, "subject_exists");
    let path = format!("/v1/subjects/{second}");
    assert_eq!(api.send(delete(&path)).await.status.as_u16(), 204);
    api.send(delete(&path)).await.problem(404, "not_found");
    api.get(&path).await.problem(404, "not_found");
    assert_eq!(api.accesses(second).await.last().map(String::as_str), Some("subject.erase"));
    api.post("/v1/subjects", body).await.expect(202);
}

#[actix_web::test]
async fn a_repeated_enrolment_is_one_subject() {
    let api = Api::start().await;
    let body = json!({"selfie": STANDARD.encode(png(100, 100)), "client_reference": "ann"});
    let req = || TestRequest::post().uri("/v1/subjects").insert_header(("idempotency-key", "k"));
    let first = api.send(req().set_json(&body)).await.expect(202);
    let second = api.send(req().set_json(&body)).await.expect(202);
    assert_eq!(first["id"], second["id"]);
    let other = json!({"selfie": STANDARD.encode(png(100, 101))});
    api.send(req().set_json(&other)).await.problem(422, "idempotency_key_reused");
}

#[actix_web::test]
async fn all_subjects_go_only_if_the_tenant_is_named() {
    let api = Api::start().await;
    for name in ["a", "b"] {
        enrolled(&api, name).await;
    }
    for query in ["", "?confirm=", "?confirm=other"] {
        let problem = api.send(delete(&format!("/v1/subjects{query}"))).await.problem(422, "invalid_field");
        assert!(problem["detail"].as_str().unwrap().contains("confirm=default"), "{problem}");
    }
    api.send(delete("/v1/subjects?really=yes")).await.problem(400, "invalid_query");
    let foreign = api.foreign_key().await;
    let other = delete("/v1/subjects?confirm=other").insert_header(bearer(&foreign));
    assert_eq!(api.raw(other).await.expect(200)["deleted"], 0);
    assert_eq!(api.send(delete("/v1/subjects?confirm=default")).await.expect(200)["deleted"], 2);
    assert_eq!(api.get("/v1/subjects").await.expect(200)["data"], json!([]));
}

#[actix_web::test]
async fn somebody_who_claims_to_be_a_subject_gets_a_result() {
    let api = Api::start().await;
    let subject = enrolled(&api, "ann").await;
    let path = format!("/v1/subjects/{subject}/authentications");
    let image = png(100, 100);
    let answer = api.send(post_form(&path, &[("selfie", &image)])).await;
    let made = answer.expect(202);
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["liveness"], &made["subject_id"]), (&json!("require"), &json!(subject)));
    let shown_at = format!("/v1/authentications/{id}");
    assert_eq!(answer.header("location"), format!("http://idv.test{shown_at}"));
    let wait = TestRequest::get().uri(&shown_at).insert_header(("prefer", "wait=30"));
    let (answer, ()) = tokio::join!(api.send(wait), judge(&api, id));
    let shown = answer.expect(200);
    assert_eq!((&shown["status"], &shown["result"]["score"]), (&json!("completed"), &json!(0.7)));
    assert_eq!(api.accesses(id).await, ["authentication.create", "authentication.read"]);

    let foreign = api.foreign_key().await;
    let get = TestRequest::get().uri(&shown_at).insert_header(bearer(&foreign));
    api.raw(get).await.problem(404, "not_found");
    let claim = post_form(&path, &[("selfie", &image)]).insert_header(bearer(&foreign));
    api.raw(claim).await.problem(404, "not_found");

    api.send(delete(&format!("/v1/subjects/{subject}"))).await;
    api.get(&shown_at).await.problem(404, "not_found");
}

#[actix_web::test]
async fn several_frames_are_taken_and_no_more_than_eight() {
    let api = Api::start().await;
    let path = format!("/v1/subjects/{}/authentications", enrolled(&api, "ann").await);
    let before = api.objects().await;
    let frames: Vec<Vec<u8>> = (0..9).map(|i| png(100 + i, 100)).collect();
    let parts: Vec<(&str, &[u8])> = frames.iter().map(|frame| ("selfie_frame", frame.as_slice())).collect();
    let made = api.send(post_form(&path, &parts[..8])).await.expect(202);
    assert_eq!(made["status"], "processing");
    assert_eq!(api.objects().await, before + 8);
    let nine = api.send(post_form(&path, &parts)).await.problem(422, "invalid_field");
    assert_eq!(nine["errors"][0]["pointer"], "/selfie_frame");
    let texts: Vec<String> = frames.iter().map(|frame| STANDARD.encode(frame)).collect();
    api.post(&path, json!({"selfie_frame": texts[..8], "liveness": "off"})).await.expect(202);
    let nine = api.post(&path, json!({"selfie_frame": texts})).await.problem(422, "invalid_field");
    assert_eq!(nine["errors"][0]["pointer"], "/selfie_frame");
}

#[actix_web::test]
async fn a_claim_names_one_kind_of_image_and_a_known_use_of_liveness() {
    let api = Api::start().await;
    let path = format!("/v1/subjects/{}/authentications", enrolled(&api, "ann").await);
    let image = png(100, 100);
    let mixed: &[(&str, &[u8])] = &[("selfie", &image), ("selfie_frame", &image)];
    let twice: &[(&str, &[u8])] = &[("selfie", &image), ("selfie", &image)];
    for parts in [mixed, twice, &[("liveness", b"off".as_slice())]] {
        api.send(post_form(&path, parts)).await.problem(422, "invalid_field");
    }
    let wrong: &[(&str, &[u8])] = &[("selfie", &image), ("liveness", b"maybe")];
    let wrong = api.send(post_form(&path, wrong)).await.problem(422, "invalid_field");
    assert_eq!(wrong["errors"][0]["pointer"], "/liveness");
    let clip = post_form(&path, &[("selfie_clip", &image), ("liveness", b"report")]);
    assert_eq!(api.send(clip).await.expect(202)["liveness"], "report");
}

#[actix_web::test]
async fn nobody_is_held_against_a_subject_without_a_template() {
    let api = Api::start().await;
    let image = png(100, 100);
    let made = api.send(post_form("/v1/subjects", &[("selfie", &image)])).await.expect(202);
    let id = made["id"].as_str().unwrap();
    let path = format!("/v1/subjects/{id}/authentications");
    for status in [SubjectStatus::Processing, SubjectStatus::Rejected] {
        if status != SubjectStatus::Processing {
            enrol(&api, id, status).await;
        }
        let problem = api.send(post_form(&path, &[("selfie", &image)])).await.problem(409, "wrong_state");
        assert!(problem["detail"].as_str().unwrap().contains(status.as_str()), "{problem}");
    }
    let unknown = format!("/v1/subjects/{}/authentications", SubjectId::generate());
    api.send(post_form(&unknown, &[("selfie", &image)])).await.problem(404, "not_found");
}
