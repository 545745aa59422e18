//! One form for every error.

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::middleware::from_fn;
use actix_web::test::try_call_service;
use actix_web::web;

use super::*;

#[actix_web::test]
async fn unknown_paths_and_ids_are_not_found() {
    let api = Api::start().await;
    for path in [
        "/nothing",
        "/v1",
        "/v1/nothing",
        "/v1/verifications/",
        "/v1/verifications/ver_1",
        "/v1/comparisons/../verifications",
        &format!("/v1/verifications/{}", VerificationId::generate()),
        &format!("/v1/comparisons/{}", ComparisonId::generate()),
    ] {
        api.get(path).await.problem(404, "not_found");
    }
}

#[actix_web::test]
async fn a_wrong_method_is_told_which_ones_are_right() {
    let api = Api::start().await;
    let answer = api.send(TestRequest::delete().uri("/v1/verifications")).await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, POST");
    let path = format!("/v1/verifications/{}/captures/selfie", VerificationId::generate());
    let answer = api.get(&path).await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "PUT");
}

#[actix_web::test]
async fn a_body_that_is_not_what_it_should_be_is_pointed_at() {
    let api = Api::with(|config| config.limits.json_bytes = 10_000).await;
    let send = async |content_type: &'static str, body: String| {
        let req = TestRequest::post().uri("/v1/verifications").insert_header(("content-type", content_type));
        api.send(req.set_payload(body)).await
    };
    send("application/json", "{".to_owned()).await.problem(400, "not_json");
    send("application/json", "\u{0}".to_owned()).await.problem(400, "not_json");
    send("text/plain", "{}".to_owned()).await.problem(415, "unsupported_media_type");
    send("application/json", format!("\"{}\"", "x".repeat(10_000))).await.problem(413, "body_too_large");
    for (body, pointer) in [
        (json!({"refrence": "x"}), "/refrence"),
        (json!({"client_reference": 7}), "/client_reference"),
        (json!({"client_reference": ""}), "/client_reference"),
        (json!({"client_reference": "x".repeat(201)}), "/client_reference"),
        (json!({"metadata": "text"}), "/metadata"),
        (json!({"metadata": {"x": "y".repeat(9_000)}}), "/metadata"),
        (json!({"expires_in_hours": 0}), "/expires_in_hours"),
        (json!({"expected": "Eriksson"}), "/expected"),
        (json!({"expected": {"date_of_birth": "12.08.1974"}}), "/expected/date_of_birth"),
        (json!({"expected": {"sex": "female"}}), "/expected/sex"),
        (json!({"expected": {"surname": ""}}), "/expected/surname"),
        (json!({"expected": {"authority": "Town hall"}}), "/expected/authority"),
        (json!([1]), ""),
    ] {
        let answer = api.post("/v1/verifications", body).await;
        let problem = answer.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    send("application/json", String::new()).await.expect(201);
}

#[actix_web::test]
async fn submitting_without_captures_names_those_that_are_missing() {
    let api = Api::start().await;
    let id = api.create().await;
    api.put_capture(&id, "selfie", png(9, 9)).await.expect(200);
    let answer = api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await;
    let problem = answer.problem(422, "capture_missing");
    assert_eq!(problem["detail"], "upload first: document_front");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_full_backlog_refuses_new_work_and_says_when_to_come_back() {
    let api = Api::with(|config| config.limits.backlog = 1).await;
    api.submit().await;
    let id = api.create_with_captures().await;
    let answer = api.post(&format!("/v1/verifications/{id}/submit"), json!({})).await;
    answer.problem(503, "backlog_full");
    assert_eq!(answer.header("retry-after"), "30");
    assert_eq!(api.get(&format!("/v1/verifications/{id}")).await.expect(200)["status"], "requires_input");
}

#[actix_web::test]
async fn a_request_keeps_its_id_if_it_brings_a_harmless_one() {
    let api = Api::start().await;
    let send = async |id: &'static str| {
        api.raw(TestRequest::get().uri("/healthz").insert_header(("request-id", id))).await
    };
    assert_eq!(send("abc-1.2_3").await.header("request-id"), "abc-1.2_3");
    for harmful in ["a b", "<script>", "ü"] {
        assert!(send(harmful).await.header("request-id").starts_with("req_"));
    }
}

#[actix_web::test]
async fn a_fault_of_the_machinery_is_answered_blandly() {
    let api = Api::start().await;
    let id = api.submit().await;
    api.decide(&id, Verdict::Verified, &[]).await;
    let wanted: VerificationId = id.parse().unwrap();
    let swap = move |conn: &mut Conn| {
        // A report sealed for another run does not open.
        let now = db::now(conn)?;
        let row = verifications::get_unscoped(conn, &wanted)?.unwrap();
        let run = RunId::generate();
        runs::insert(conn, &run, &row.tenant_id, &row.id, RunReason::Reprocess, &[], now)?;
        let new = runs::get(conn, &run)?.unwrap();
        let sealed = runs::get(conn, &row.current_run_id.unwrap())?.unwrap().sealed_report().unwrap();
        runs::finish(conn, &new, &report(Verdict::Verified, Vec::new()), &sealed, now)?;
        let (from, to) = (VerificationStatus::Verified, VerificationStatus::NeedsReview);
        let change = Change { current_run_id: Some(&run), ..Change::default() };
        verifications::transition(conn, &row.id, from, to, &change, now)
    };
    api.ctx.db.transaction(swap).await.unwrap().unwrap();
    let problem = api.get(&format!("/v1/verifications/{id}")).await.problem(500, "internal_error");
    assert!(!problem.to_string().contains("decrypt"), "{problem}");
}

#[actix_web::test]
async fn a_panic_is_answered_like_any_other_fault() {
    async fn panicking() -> &'static str {
        panic!("a bug")
    }
    let app = App::new()
        .route("/", web::get().to(panicking))
        .wrap(from_fn(crate::request::answer))
        .wrap(from_fn(crate::request::identify));
    let app = init_service(app).await;
    let error = try_call_service(&app, TestRequest::get().to_request()).await.err().unwrap();
    let res = error.error_response();
    assert_eq!(res.status().as_u16(), 500);
    let body: Value = serde_json::from_slice(&to_bytes(res.into_body()).await.unwrap()).unwrap();
    assert_eq!(body["code"], "internal_error");
    assert!(body["request_id"].as_str().unwrap().starts_with("req_"), "{body}");
    assert!(!body.to_string().contains("a bug"));
}
