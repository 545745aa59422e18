//! What is taken as an image, and what is not.

use super::*;

#[actix_web::test]
async fn a_capture_may_come_as_multipart_and_replaces_the_earlier_one() {
    let api = Api::start().await;
    let id = api.create().await;
    let first = api.put_capture(&id, "selfie", png(100, 100)).await.expect(200);
    let (content_type, body) = multipart(&[("file", &png(200, 100))]);
    let path = format!("/v1/verifications/{id}/captures/selfie");
    let req = TestRequest::put().uri(&path).insert_header(content_type).set_payload(body);
    let second = api.send(req).await.expect(200);
    assert_eq!(second["width"], 200);
    let shown = api.get(&format!("/v1/verifications/{id}")).await.expect(200);
    assert_eq!(shown["captures"].as_array().unwrap().len(), 1);
    assert_eq!(shown["captures"][0]["id"], second["id"]);
    assert_ne!(first["id"], second["id"]);
}

#[actix_web::test]
async fn what_is_stored_is_sealed_and_opens_again() {
    let api = Api::start().await;
    let id = api.create().await;
    let mut image = png(640, 480);
    image.extend(std::iter::repeat_n(7, 200_000));
    api.put_capture(&id, "selfie", image.clone()).await.expect(200);
    let (wanted, keyring): (VerificationId, _) = (id.parse().unwrap(), api.ctx.keyring.clone());
    let read = move |conn: &mut Conn| {
        let capture = db::captures::current(conn, &wanted)?.remove(0);
        let key = keyring.tenant(conn, &capture.tenant_id).unwrap();
        Ok::<_, db::Error>((capture, key))
    };
    let (capture, tenant_key) = api.ctx.db.read(read).await.unwrap();
    let key = tenant_key.unwrap(&capture.wrapped_key, &db::captures::key_context(&capture.id)).unwrap();
    let name = idv_common::blob::BlobKey::Capture(capture.tenant_id, capture.id);
    assert!(api.ctx.blobs.get(&name, &key).await.unwrap() == image);
}

#[actix_web::test]
async fn each_kind_of_wrong_file_gets_its_own_problem_and_leaves_no_object() {
    let api = Api::with(|config| config.limits.capture_bytes = 100_000).await;
    let id = api.create().await;
    let mut long = png(640, 480);
    long.resize(100_001, 0);
    for (body, status, code) in [
        (Vec::new(), 422, "file_empty"),
        (b"%PDF-1.7 named .jpg".to_vec(), 415, "file_type_unsupported"),
        (b"\xff".to_vec(), 415, "file_type_unsupported"),
        (png(640, 480)[..14].to_vec(), 422, "file_corrupt"),
        (png(0, 480), 422, "file_corrupt"),
        (png(20_000, 20_000), 413, "image_too_large"),
        (png(11_000, 11_000), 413, "image_too_large"),
        (long, 413, "body_too_large"),
    ] {
        api.put_capture(&id, "selfie", body).await.problem(status, code);
    }
    assert_eq!(api.objects().await, 0);
    api.put_capture(&id, "selfie", png(1, 1)).await.expect(200);
}

#[actix_web::test]
async fn captures_are_refused_where_they_do_not_belong() {
    let api = Api::start().await;
    let id = api.create().await;
    for kind in ["image_a", "passport"] {
        api.put_capture(&id, kind, png(9, 9)).await.problem(404, "not_found");
    }
    let unknown = VerificationId::generate();
    api.put_capture(unknown.as_str(), "selfie", png(9, 9)).await.problem(404, "not_found");
    let (content_type, body) = multipart(&[("a", &png(9, 9)), ("b", &png(9, 9))]);
    let path = format!("/v1/verifications/{id}/captures/selfie");
    let two = TestRequest::put().uri(&path).insert_header(content_type).set_payload(body);
    api.send(two).await.problem(422, "invalid_field");
    let submitted = api.submit().await;
    api.put_capture(&submitted, "selfie", png(9, 9)).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn a_broken_multipart_body_is_a_problem_of_the_caller() {
    let api = Api::start().await;
    let (content_type, mut body) = multipart(&[("document_front", &png(9, 9))]);
    body.truncate(body.len() - 20);
    let req = TestRequest::post().uri("/v1/verifications").insert_header(content_type).set_payload(body);
    api.send(req).await.problem(400, "body_incomplete");
    let req = TestRequest::post()
        .uri("/v1/verifications")
        .insert_header(("content-type", "multipart/form-data"))
        .set_payload("x");
    api.send(req).await.problem(400, "not_multipart");
}

#[actix_web::test]
async fn every_hostile_file_is_stored_or_refused_with_a_problem() {
    let shared = std::env::var("IDV_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared").to_owned());
    let files = files_below(std::path::Path::new(&shared).join("fixtures/robust").as_path());
    if files.is_empty() {
        eprintln!("skipped: there are no files in {shared}/fixtures/robust");
        return;
    }
    let api = Api::with(|config| config.limits.rate_burst = 1_000_000).await;
    let id = api.create().await;
    for file in files {
        let answer = api.put_capture(&id, "selfie", std::fs::read(&file).unwrap()).await;
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        match answer.status.as_u16() {
            200 => {}
            status @ (413 | 415 | 422) => drop(answer.problem(status, &code)),
            status => panic!("{}: {status} {}", file.display(), answer.text()),
        }
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
