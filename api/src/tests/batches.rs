//! Batches as they are asked for; what workers make of them is tested with the whole program.

use super::*;

const CSV: &str = "document_front,selfie,client_reference\na/f.jpg,a/s.jpg,a\nb/f.jpg,b/s.jpg,b\n";

/// An API that imports from a folder.
async fn with_source() -> Api {
    Api::with(|config| config.batch.source = "file:///srv/import".to_owned()).await
}

fn csv(path: &str, body: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header(("content-type", "text/csv")).set_payload(body.to_owned())
}

#[actix_web::test]
async fn a_reprocessing_is_accepted_once_per_key() {
    let api = Api::start().await;
    let request = || {
        let body = json!({"kind": "reprocess", "filter": {"statuses": ["rejected"]}, "shadow": true, "per_minute": 60});
        TestRequest::post().uri("/v1/batches").insert_header(("idempotency-key", "k1")).set_json(body)
    };
    let answer = api.send(request()).await;
    let view = answer.expect(202);
    let path = format!("/v1/batches/{}", view["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), format!("http://idv.test{path}"));
    assert_eq!((&view["kind"], &view["status"]), (&json!("reprocess"), &json!("preparing")));
    assert_eq!(view["selection"], json!({"statuses": ["rejected"]}));
    assert_eq!((&view["shadow"], &view["per_minute"], &view["total"]), (&json!(true), &json!(60), &json!(0)));
    assert_eq!(api.send(request()).await.expect(202)["id"], view["id"]);
    let list = api.get("/v1/batches").await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let shown = api.get(&path).await;
    shown.expect(200);
    let again =
        TestRequest::get().uri(&path).insert_header(("if-none-match", shown.header("etag").to_owned()));
    assert_eq!(api.send(again).await.status.as_u16(), 304);
    assert_eq!(api.accesses(view["id"].as_str().unwrap()).await, ["batch.create"]);
}

#[actix_web::test]
async fn a_dry_run_counts_and_makes_nothing() {
    let api = with_source().await;
    let id = api.submit().await;
    api.decide(&id, Verdict::Rejected, &[ReasonCode::FaceMismatch]).await;
    let count = async |filter: Value| {
        let body = json!({"kind": "reprocess", "filter": filter, "dry_run": true});
        api.post("/v1/batches", body).await.expect(200)["count"].clone()
    };
    assert_eq!(count(json!({})).await, 1);
    assert_eq!(count(json!({"reasons": ["face_mismatch"]})).await, 1);
    assert_eq!(count(json!({"reasons": ["document_expired"]})).await, 0);
    assert_eq!(count(json!({"statuses": ["verified"]})).await, 0);
    assert_eq!(api.send(csv("/v1/batches?dry_run=true", CSV)).await.expect(200)["count"], 2);
    assert_eq!(api.get("/v1/batches").await.expect(200)["data"], json!([]));
}

#[actix_web::test]
async fn a_manifest_is_taken_in_every_form() {
    let api = with_source().await;
    let lines = [
        json!({"document_front": "a/f.jpg", "selfie": "a/s.jpg"}),
        json!({"document_front": "b/f.jpg", "selfie_clip": "b/c.mp4", "metadata": {"n": 1}}),
    ];
    let jsonl = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let options = br#"{"description": "two", "per_minute": 5}"#;
    let form = post_form("/v1/batches", &[("options", options), ("manifest.csv", CSV.as_bytes())]);
    form_is_refused_by_name(&api, form).await;
    let (content_type, _) = multipart(&[]);
    let body = format!(
        "--bnd\r\nContent-Disposition: form-data; name=\"options\"\r\n\r\n{}\r\n\
         --bnd\r\nContent-Disposition: form-data; name=\"manifest\"; filename=\"m.csv\"\r\n\r\n{CSV}\r\n--bnd--\r\n",
        String::from_utf8_lossy(options)
    );
    let form = TestRequest::post().uri("/v1/batches").insert_header(content_type).set_payload(body);
    let bare = TestRequest::post()
        .uri("/v1/batches?description=two&per_minute=5")
        .insert_header(("content-type", "application/x-ndjson"))
        .set_payload(jsonl);
    let json = json!({"kind": "import", "lines": lines, "description": "two", "per_minute": 5});
    let json = TestRequest::post().uri("/v1/batches").set_json(json);
    for request in [form, bare, json] {
        let view = api.send(request).await.expect(202);
        assert_eq!((&view["kind"], &view["status"]), (&json!("import"), &json!("running")));
        assert_eq!((&view["total"], &view["items"]), (&json!(2), &json!({"waiting": 2})));
        assert_eq!((&view["description"], &view["per_minute"]), (&json!("two"), &json!(5)));
    }
}

async fn form_is_refused_by_name(api: &Api, form: TestRequest) {
    let problem = api.send(form).await.problem(422, "invalid_field");
    assert_eq!(problem["errors"][0]["pointer"], "/manifest.csv");
}

#[actix_web::test]
async fn a_bad_line_is_answered_with_its_number_and_nothing_is_made() {
    let api = with_source().await;
    let body = "document_front,selfie\na,b\nonly-one\n../x,s\n";
    let problem = api.send(csv("/v1/batches", body)).await.problem(422, "manifest_invalid");
    let details: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["detail"].as_str().unwrap()).collect();
    assert!(details[0].starts_with("line 3: 1 fields") && details[1].starts_with("line 4: "), "{details:?}");
    assert_eq!(problem["detail"], "2 of 3 lines are not valid; nothing was made");
    let lines = json!([{"document_front": "a", "selfie": "b"}, {"document_front": "a"}]);
    let answer = api.post("/v1/batches", json!({"kind": "import", "lines": lines})).await;
    assert_eq!(answer.problem(422, "manifest_invalid")["errors"][0]["pointer"], "/lines/1");
    api.send(csv("/v1/batches", "document_front,selfie\n")).await.problem(422, "manifest_invalid");
    assert_eq!(api.get("/v1/batches").await.expect(200)["data"], json!([]));
}

#[actix_web::test]
async fn what_cannot_be_is_refused_and_named() {
    let api = with_source().await;
    let strange = json!({"name": "x"});
    for (body, pointer) in [
        (json!({"kind": "reprocess", "filter": {"statuses": ["processing"]}}), "/filter/statuses"),
        (json!({"kind": "reprocess", "filter": {"status": []}}), "/filter/status"),
        (json!({"kind": "reprocess", "lines": []}), "/lines"),
        (json!({"kind": "import", "lines": [], "shadow": true}), "/shadow"),
        (json!({"kind": "reprocess", "per_minute": 0}), "/per_minute"),
        (json!({"kind": "reprocess", "description": ""}), "/description"),
        (json!({"kind": "reprocess", "policy": strange}), "/policy"),
        (json!({"kind": "reprocess", "policy": "name = 1"}), "/policy"),
    ] {
        let problem = api.post("/v1/batches", body.clone()).await.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    let policy = serde_json::to_value(Policy::default()).unwrap();
    let view = api.post("/v1/batches", json!({"kind": "reprocess", "policy": policy})).await.expect(202);
    assert_eq!(view["policy"]["sha256"], Policy::default().stamp().sha256);
    let text = include_str!("../../../policy/demo.toml");
    let view = api.post("/v1/batches", json!({"kind": "reprocess", "policy": text})).await.expect(202);
    assert_eq!(view["policy"]["name"], "demo");
}

#[actix_web::test]
async fn an_import_needs_a_source() {
    let api = Api::start().await;
    let problem = api.send(csv("/v1/batches", CSV)).await.problem(422, "import_source_missing");
    assert!(problem["detail"].as_str().unwrap().contains("`batch.source`"));
}

#[actix_web::test]
async fn a_batch_is_paused_resumed_and_called_off_where_its_status_allows() {
    let api = with_source().await;
    let view = api.send(csv("/v1/batches", CSV)).await.expect(202);
    let path = format!("/v1/batches/{}", view["id"].as_str().unwrap());
    let act = async |verb: &str| api.post(&format!("{path}/{verb}"), json!({})).await;
    act("resume").await.problem(409, "wrong_state");
    assert_eq!(act("pause").await.expect(200)["status"], "paused");
    act("pause").await.problem(409, "wrong_state");
    assert_eq!(act("resume").await.expect(200)["status"], "running");
    let canceled = act("cancel").await.expect(200);
    assert_eq!((&canceled["status"], &canceled["items"]), (&json!("canceled"), &json!({"canceled": 2})));
    act("cancel").await.problem(409, "wrong_state");
    let page = api.get(&format!("{path}/items?limit=1")).await.expect(200);
    assert_eq!((&page["has_more"], &page["next_cursor"]), (&json!(true), &json!("0")));
    let page = api.get(&format!("{path}/items?starting_after=0&state=canceled")).await.expect(200);
    assert_eq!((&page["data"][0]["position"], &page["has_more"]), (&json!(1), &json!(false)));
    assert_eq!(api.get(&format!("{path}/items?state=done")).await.expect(200)["data"], json!([]));
    api.get(&format!("{path}/items?state=finished")).await.problem(400, "invalid_query");
}

#[actix_web::test]
async fn another_tenant_sees_nothing_of_a_batch() {
    let api = with_source().await;
    let view = api.send(csv("/v1/batches", CSV)).await.expect(202);
    let path = format!("/v1/batches/{}", view["id"].as_str().unwrap());
    let foreign = bearer(&api.foreign_key().await);
    for tail in ["", "/items", "/diff"] {
        let get = TestRequest::get().uri(&format!("{path}{tail}")).insert_header(foreign.clone());
        api.raw(get).await.problem(404, "not_found");
    }
    for verb in ["pause", "resume", "cancel"] {
        let post = TestRequest::post().uri(&format!("{path}/{verb}")).insert_header(foreign.clone());
        api.raw(post).await.problem(404, "not_found");
    }
    let list = TestRequest::get().uri("/v1/batches").insert_header(foreign);
    assert_eq!(api.raw(list).await.expect(200)["data"], json!([]));
}

#[actix_web::test]
async fn a_diff_is_told_as_json_and_as_csv() {
    let api = Api::start().await;
    let view = api.post("/v1/batches", json!({"kind": "reprocess"})).await.expect(202);
    let path = format!("/v1/batches/{}/diff", view["id"].as_str().unwrap());
    let diff = api.get(&path).await.expect(200);
    assert_eq!((&diff["batch_id"], &diff["changed"]), (&view["id"], &json!(0)));
    let csv = api.send(TestRequest::get().uri(&path).insert_header(("accept", "text/csv"))).await;
    assert_eq!((csv.status.as_u16(), csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(csv.text().starts_with("position,verification_id,old_verdict,new_verdict,"));
}
