//! Images that are kept by themselves, and found again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idv_common::db::images;

use super::*;

/// Ends an inspection as a worker would that found one face.
async fn finish(api: &Api, id: &str) {
    let (id, keyring): (ImageId, _) = (id.parse().unwrap(), api.ctx.keyring.clone());
    let faces = ComparedFaces { image: CaptureKind::Image, count: 1, boxes: Vec::new() };
    let result = ImageResult {
        face_found: true,
        faces,
        reasons: Vec::new(),
        policy: Policy::default().stamp(),
        models: [].into(),
    };
    let finish = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        let key = keyring.tenant(conn, &tenant).unwrap();
        let json = serde_json::to_vec(&result).unwrap();
        let sealed = SealedRow::seal(&key, &json, &images::seal_context(&id));
        images::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)
    };
    api.ctx.db.transaction(finish).await.unwrap();
    api.ctx.changed.notify_waiters();
}

/// Keeps an image and returns its id.
async fn keep(api: &Api, name: &str, image: &[u8]) -> String {
    let made = api.send(post_form("/v1/images", &[("image", image), ("name", name.as_bytes())])).await;
    made.expect(202)["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn an_image_is_kept_with_a_verdict() {
    let api = Api::start().await;
    let image = png(640, 480);
    let answer = api.send(post_form("/v1/images", &[("image", &image), ("name", b"card.png")])).await;
    let made = answer.expect(202);
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        (&made["object"], &made["status"], &made["name"]),
        (&json!("image"), &json!("processing"), &json!("card.png"))
    );
    assert_eq!((&made["width"], &made["content_type"]), (&json!(640), &json!("image/png")));
    assert_eq!(answer.header("location"), format!("http://idv.test/v1/images/{id}"));
    let wait = TestRequest::get().uri(&format!("/v1/images/{id}")).insert_header(("prefer", "wait=30"));
    let (answer, ()) = tokio::join!(api.send(wait), finish(&api, id));
    let shown = answer.expect(200);
    assert_eq!((&shown["status"], &shown["result"]["face_found"]), (&json!("completed"), &json!(true)));
    let known = TestRequest::get().uri(&format!("/v1/images/{id}"));
    let known = api.send(known.insert_header(("if-none-match", answer.header("etag")))).await;
    assert_eq!(known.status, 304);
    assert_eq!(api.accesses(id).await, ["image.create", "image.read"]);
}

#[actix_web::test]
async fn the_content_is_the_bytes_as_they_were_uploaded() {
    let api = Api::start().await;
    let mut image = png(640, 480);
    image.extend((0..200_000_u32).map(|i| i as u8));
    let id = keep(&api, "../../Ünï\"\\.png", &image).await;
    let path = format!("/v1/images/{id}/content");
    let answer = api.get(&path).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body == image);
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let disposition = format!("inline; filename=\"{id}.png\"; filename*=UTF-8''.._.._%C3%9Cn%C3%AF%22_.png");
    assert_eq!(answer.header("content-disposition"), disposition);
    let known = TestRequest::get().uri(&path).insert_header(("if-none-match", answer.header("etag")));
    assert_eq!(api.send(known).await.status, 304);
    assert_eq!(api.accesses(&id).await, ["image.create", "image.download"]);
}

#[actix_web::test]
async fn an_image_takes_the_place_of_the_earlier_one_of_its_name() {
    let api = Api::start().await;
    let first = keep(&api, "card", &png(100, 100)).await;
    let second = keep(&api, "card", &png(200, 200)).await;
    keep(&api, "other", &png(300, 300)).await;
    api.get(&format!("/v1/images/{first}")).await.problem(404, "not_found");
    api.get(&format!("/v1/images/{first}/content")).await.problem(404, "not_found");
    let listed = api.get("/v1/images?name=card").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!((&listed["data"][0]["id"], &listed["has_more"]), (&json!(second), &json!(false)));
}

#[actix_web::test]
async fn images_are_listed_page_by_page() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(keep(&api, name, &png(100, 100)).await);
    }
    let page = api.get("/v1/images?limit=2").await.expect(200);
    assert_eq!((&page["data"][0]["id"], &page["data"][1]["id"]), (&json!(ids[2]), &json!(ids[1])));
    assert_eq!((&page["has_more"], &page["next_cursor"]), (&json!(true), &json!(ids[1])));
    let rest = api.get(&format!("/v1/images?limit=2&starting_after={}", ids[1])).await.expect(200);
    assert_eq!((&rest["data"][0]["id"], &rest["has_more"]), (&json!(ids[0]), &json!(false)));
    for wrong in ["limit=0", "limit=101", "starting_after=x", "colour=red"] {
        api.get(&format!("/v1/images?{wrong}")).await.problem(400, "invalid_query");
    }
}

#[actix_web::test]
async fn a_repeated_image_is_one_image_until_it_is_deleted() {
    let api = Api::start().await;
    let body = json!({"image": STANDARD.encode(png(100, 100)), "name": "card"});
    let req = || TestRequest::post().uri("/v1/images").insert_header(("idempotency-key", "k"));
    let first = api.send(req().set_json(&body)).await.expect(202);
    let second = api.send(req().set_json(&body)).await.expect(202);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(api.objects().await, 1);
    let other = json!({"image": STANDARD.encode(png(200, 200))});
    api.send(req().set_json(&other)).await.problem(422, "idempotency_key_reused");
    let path = format!("/v1/images/{}", first["id"].as_str().unwrap());
    assert_eq!(api.send(TestRequest::delete().uri(&path)).await.status, 204);
    api.send(req().set_json(&body)).await.problem(410, "redacted");
}

#[actix_web::test]
async fn a_deleted_image_is_gone() {
    let api = Api::start().await;
    let id = keep(&api, "card", &png(100, 100)).await;
    finish(&api, &id).await;
    let path = format!("/v1/images/{id}");
    let deleted = api.send(TestRequest::delete().uri(&path)).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    api.get(&path).await.problem(404, "not_found");
    api.get(&format!("{path}/content")).await.problem(404, "not_found");
    api.send(TestRequest::delete().uri(&path)).await.problem(404, "not_found");
    assert_eq!(api.get("/v1/images").await.expect(200)["data"], json!([]));
    assert_eq!(api.accesses(&id).await, ["image.create", "image.delete"]);
}

#[actix_web::test]
async fn who_waits_for_an_image_that_is_deleted_is_told_at_once() {
    let api = Api::start().await;
    let id = keep(&api, "card", &png(100, 100)).await;
    let path = format!("/v1/images/{id}");
    let waiting = api.send(TestRequest::get().uri(&path).insert_header(("prefer", "wait=60")));
    let deletion = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        api.send(TestRequest::delete().uri(&path)).await
    };
    let started = std::time::Instant::now();
    let (answer, deleted) = tokio::join!(waiting, deletion);
    answer.problem(404, "not_found");
    assert_eq!(deleted.status, 204);
    assert!(started.elapsed().as_secs() < 30);
}

#[actix_web::test]
async fn an_image_that_is_none_and_a_name_that_is_none_are_refused() {
    let api = Api::start().await;
    let image = png(100, 100);
    let long = "x".repeat(201);
    for name in ["", "a\0b", "a\nb", long.as_str()] {
        let req = post_form("/v1/images", &[("image", &image), ("name", name.as_bytes())]);
        let problem = api.send(req).await.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], "/name");
        let body = json!({"image": STANDARD.encode(&image), "name": name});
        api.post("/v1/images", body).await.problem(422, "invalid_field");
    }
    let missing = api.send(post_form("/v1/images", &[("name", b"card")])).await.problem(422, "invalid_field");
    assert_eq!(missing["errors"][0]["pointer"], "/image");
    let garbage = api.post("/v1/images", json!({"image": "%%%"})).await.problem(422, "invalid_field");
    assert_eq!(garbage["errors"][0]["pointer"], "/image");
    api.send(post_form("/v1/images", &[("image", b"PK\x03\x04 zip")]))
        .await
        .problem(415, "file_type_unsupported");
    api.send(post_form("/v1/images", &[("image", b"")])).await.problem(422, "file_empty");
    assert_eq!(api.objects().await, 0);
}

#[actix_web::test]
async fn another_tenants_image_is_not_found() {
    let api = Api::start().await;
    let id = keep(&api, "card", &png(100, 100)).await;
    let foreign = api.foreign_key().await;
    let path = format!("/v1/images/{id}");
    for req in [
        TestRequest::get().uri(&path),
        TestRequest::get().uri(&format!("{path}/content")),
        TestRequest::delete().uri(&path),
    ] {
        api.raw(req.insert_header(bearer(&foreign))).await.problem(404, "not_found");
    }
    let list = TestRequest::get().uri("/v1/images?name=card").insert_header(bearer(&foreign));
    assert_eq!(api.raw(list).await.expect(200)["data"], json!([]));
    let body = json!({"image_a": id, "image_b": id});
    let compare = TestRequest::post().uri("/v1/comparisons").insert_header(bearer(&foreign)).set_json(body);
    assert_eq!(api.raw(compare).await.problem(422, "invalid_field")["errors"][0]["pointer"], "/image_a");
    api.get(&path).await.expect(200);
}

#[actix_web::test]
async fn a_comparison_takes_kept_images_and_leaves_them() {
    let api = Api::start().await;
    let id = keep(&api, "card", &png(100, 100)).await;
    let body = json!({"image_a": id, "image_b": STANDARD.encode(png(200, 200))});
    api.post("/v1/comparisons", body).await.expect(202);
    // The kept one, and the comparison's own two.
    assert_eq!(api.objects().await, 3);
    let body = json!({"image_a": id, "image_b": ImageId::generate()});
    let problem = api.post("/v1/comparisons", body).await.problem(422, "invalid_field");
    assert_eq!(problem["errors"][0]["pointer"], "/image_b");
}
