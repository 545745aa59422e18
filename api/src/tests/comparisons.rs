//! Two images, one question.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idv_common::db::comparisons;

use super::*;

async fn finish(api: &Api, id: &str) {
    let (id, keyring): (ComparisonId, _) = (id.parse().unwrap(), api.ctx.keyring.clone());
    let result = ComparisonResult {
        same: Some(true),
        outcome: Outcome::Pass,
        score: Some(0.7),
        metric: Some("cosine".to_owned()),
        threshold: Some(0.4),
        estimated_fmr: Some(1e-6),
        faces: Vec::new(),
        reasons: Vec::new(),
        policy: Policy::default().stamp(),
        models: [].into(),
    };
    let finish = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        let key = keyring.tenant(conn, &tenant).unwrap();
        let json = serde_json::to_vec(&result).unwrap();
        let sealed = SealedRow::seal(&key, &json, &comparisons::seal_context(&id));
        comparisons::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)
    };
    api.ctx.db.transaction(finish).await.unwrap();
    api.ctx.changed.notify_waiters();
}

#[actix_web::test]
async fn two_images_in_a_form_become_a_comparison_with_a_result() {
    let api = Api::start().await;
    let (a, b) = (png(100, 100), png(200, 200));
    let parts: &[(&str, &[u8])] = &[("image_a", &a), ("image_b", &b), ("client_reference", b"pair-1")];
    let answer = api.send(post_form("/v1/comparisons", parts)).await;
    let made = answer.expect(202);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["status"], "processing");
    assert_eq!(answer.header("location"), format!("http://idv.test/v1/comparisons/{id}"));
    let wait = TestRequest::get().uri(&format!("/v1/comparisons/{id}")).insert_header(("prefer", "wait=30"));
    let (answer, ()) = tokio::join!(api.send(wait), finish(&api, id));
    let shown = answer.expect(200);
    assert_eq!(shown["status"], "completed");
    assert_eq!(shown["result"]["same"], true);
    assert_eq!(shown["client_reference"], "pair-1");
    assert_eq!(api.accesses(id).await, ["comparison.create", "comparison.read"]);
}

#[actix_web::test]
async fn images_may_come_as_base64_or_as_data_urls() {
    let api = Api::start().await;
    let plain = STANDARD.encode(png(100, 100));
    let body = json!({"image_a": plain, "image_b": format!("data:image/png;base64,{plain}")});
    let req = || TestRequest::post().uri("/v1/comparisons").insert_header(("idempotency-key", "k"));
    let first = api.send(req().set_json(&body)).await.expect(202);
    let second = api.send(req().set_json(&body)).await.expect(202);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(api.objects().await, 2);
}

#[actix_web::test]
async fn a_comparison_without_two_images_is_refused() {
    let api = Api::start().await;
    let image = png(100, 100);
    let one = api.send(post_form("/v1/comparisons", &[("image_a", &image)])).await;
    assert_eq!(one.problem(422, "invalid_field")["errors"][0]["pointer"], "/image_b");
    let plain = STANDARD.encode(&image);
    for (body, pointer) in [
        (json!({"image_a": plain}), ""),
        (json!({"image_a": plain, "image_b": "%%%"}), "/image_b"),
        (json!({"image_a": "data:image/png,raw", "image_b": plain}), "/image_a"),
        (json!({"image_a": plain, "image_b": plain, "image_c": plain}), "/image_c"),
    ] {
        let problem = api.post("/v1/comparisons", body).await.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let text = STANDARD.encode("no image at all");
    let body = json!({"image_a": plain, "image_b": text});
    api.post("/v1/comparisons", body).await.problem(415, "file_type_unsupported");
}

#[actix_web::test]
async fn another_tenants_comparison_is_not_found() {
    let api = Api::start().await;
    let image = png(100, 100);
    let parts: &[(&str, &[u8])] = &[("image_a", &image), ("image_b", &image)];
    let made = api.send(post_form("/v1/comparisons", parts)).await.expect(202);
    let path = format!("/v1/comparisons/{}", made["id"].as_str().unwrap());
    let foreign = api.foreign_key().await;
    api.raw(TestRequest::get().uri(&path).insert_header(bearer(&foreign))).await.problem(404, "not_found");
}
