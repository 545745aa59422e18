//! The picture of a verification's evidence, put there as a worker would.

use bytes::Bytes;
use idv_common::blob::BlobKey;
use idv_common::crypto::SecretKey;
use idv_common::db::captures::{self, Evidence, Owner, key_context};
use idv_common::hex;
use sha2::{Digest, Sha256};

use super::*;

fn path(id: &str) -> String {
    format!("/v1/verifications/{id}/evidence.png")
}

/// Stores a picture of a verification.
async fn draw(api: &Api, id: &str, png: &[u8]) {
    let keyring = api.ctx.keyring.clone();
    let find = move |conn: &mut Conn| {
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        let key = keyring.tenant(conn, &tenant).unwrap();
        Ok::<_, db::Error>((tenant, key))
    };
    let (tenant, tenant_key) = api.ctx.db.read(find).await.unwrap();
    let (capture, key) = (CaptureId::generate(), SecretKey::generate());
    let mut writer = api.ctx.blobs.writer(&BlobKey::Capture(tenant.clone(), capture.clone()), &key);
    writer.write(Bytes::copy_from_slice(png)).await.unwrap();
    writer.finish().await.unwrap();
    let evidence = Evidence {
        wrapped_key: tenant_key.wrap(&key, &key_context(&capture)),
        id: capture,
        tenant_id: tenant,
        content_type: MediaFormat::Png,
        bytes: png.len() as i64,
        width: 640,
        height: 480,
        sha256: hex(&Sha256::digest(png)),
    };
    let verification = id.parse().unwrap();
    let insert = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        captures::insert_evidence(conn, &evidence, &verification, now)
    };
    api.ctx.db.transaction(insert).await.unwrap();
}

/// Makes a verification that is decided, with a picture.
async fn drawn(api: &Api, png: &[u8]) -> String {
    let id = api.submit().await;
    draw(api, &id, png).await;
    api.decide(&id, Verdict::Rejected, &[ReasonCode::FaceMismatch]).await;
    id
}

#[actix_web::test]
async fn the_picture_is_sent_once_and_logged() {
    let api = Api::start().await;
    let picture = png(640, 480);
    let id = drawn(&api, &picture).await;
    let before = api.accesses(&id).await.len();
    let answer = api.get(&path(&id)).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"));
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("content-disposition"), format!("inline; filename=\"{id}.png\""));
    assert!(answer.body == picture);
    let known = TestRequest::get().uri(&path(&id)).insert_header(("if-none-match", answer.header("etag")));
    assert_eq!(api.send(known).await.status.as_u16(), 304);
    assert_eq!(api.accesses(&id).await[before..], ["verification.evidence.read"]);
}

#[actix_web::test]
async fn a_picture_is_no_capture_and_nobody_elses() {
    let api = Api::start().await;
    let id = drawn(&api, &png(640, 480)).await;
    let view = api.get(&format!("/v1/verifications/{id}")).await.expect(200);
    let kinds: Vec<&Value> = view["captures"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["document_front", "selfie"]);
    let foreign = api.foreign_key().await;
    let req = TestRequest::get().uri(&path(&id)).insert_header(bearer(&foreign));
    api.raw(req).await.problem(404, "not_found");
}

#[actix_web::test]
async fn who_finds_no_picture_is_told_why() {
    let api = Api::start().await;
    let detail = async |id: &str| {
        let problem = api.get(&path(id)).await.problem(404, "not_found");
        problem["detail"].as_str().unwrap().to_owned()
    };
    let waiting = api.submit().await;
    assert!(detail(&waiting).await.contains("before the verification is decided"));
    let id = drawn(&api, &png(640, 480)).await;
    assert_eq!(api.objects().await, 5);
    let restarted = drawn(&api, &png(320, 240)).await;
    api.post(&format!("/v1/verifications/{restarted}/restart"), json!({})).await.expect(200);
    assert!(detail(&restarted).await.contains("before the verification is decided"));
    let verification: VerificationId = restarted.parse().unwrap();
    let current = move |conn: &mut Conn| captures::evidence_of(conn, &verification);
    assert!(api.ctx.db.read(current).await.unwrap().is_none(), "it is of the last attempt");

    let purged: VerificationId = id.parse().unwrap();
    let purge = move |conn: &mut Conn| captures::delete_all(conn, Owner::Verification(&purged));
    assert_eq!(api.ctx.db.transaction(purge).await.unwrap().len(), 3);
    assert!(detail(&id).await.contains("its captures are erased"));
    let receipt = api.post(&format!("/v1/verifications/{restarted}/redact"), json!({})).await.expect(202);
    assert_eq!(receipt["redaction"]["objects"].as_array().unwrap().len(), 3);
    assert!(detail(&restarted).await.contains("personal data has been erased"));
    api.get(&path(VerificationId::generate().as_str())).await.problem(404, "not_found");
}
