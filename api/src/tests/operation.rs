//! What those who run the service look at.

use std::collections::BTreeSet;

use idv_common::db::workers::{self, Worker};

use super::*;

async fn beat(api: &Api, missing: &[&str]) {
    let worker = Worker {
        id: WorkerId::generate(),
        roles: vec!["relay".to_owned(), "verify".to_owned()],
        slots: 2,
        models: [].into(),
        missing: missing.iter().map(|role| (*role).to_owned()).collect(),
    };
    let beat = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        workers::beat(conn, &worker, now)
    };
    api.ctx.db.transaction(beat).await.unwrap();
}

async fn probe(api: &Api, path: &str) -> Answer {
    api.raw(TestRequest::get().uri(path)).await
}

#[actix_web::test]
async fn readiness_depends_on_a_worker_with_the_models_that_it_needs() {
    let api = Api::start().await;
    assert_eq!(probe(&api, "/healthz").await.expect(200), json!({"status": "ok"}));
    let problem = probe(&api, "/readyz").await.problem(503, "not_ready");
    assert_eq!(problem["errors"][0]["code"], "no_worker");
    beat(&api, &["liveness"]).await;
    let ready = probe(&api, "/readyz").await.expect(200);
    assert_eq!(ready["status"], "degraded");
    assert_eq!(ready["missing_models"], json!(["liveness"]));
    assert_eq!(ready["slots"], 2);
    beat(&api, &["face_embedder"]).await;
    let problem = probe(&api, "/readyz").await.problem(503, "not_ready");
    assert_eq!(problem["errors"][0]["code"], "model_missing");
}

#[actix_web::test]
async fn metrics_tell_of_requests_and_of_the_backlog() {
    let api = Api::start().await;
    api.submit().await;
    let text = probe(&api, "/metrics").await.text();
    for line in [
        "http_server_request_duration_seconds_bucket{method=\"POST\",route=\"/v1/verifications\",status=\"201\"",
        "idv_jobs_backlog{queue=\"interactive\"}",
        "idv_queue_oldest_age_seconds{queue=\"batch\"}",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

#[actix_web::test]
async fn the_document_describes_every_route_and_each_of_them_exists() {
    let api = Api::start().await;
    let document = probe(&api, "/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path}");
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
        let answer = probe(&api, &path.replace("{id}", "x").replace("{kind}", "selfie")).await;
        let is_routed = answer.status.as_u16() != 404 || path.contains('{');
        assert!(is_routed, "{path} is described but does not exist");
    }
    let expected = [
        "DELETE /v1/images/{id}",
        "DELETE /v1/subjects",
        "DELETE /v1/subjects/{id}",
        "DELETE /v1/webhook-endpoints/{id}",
        "GET /healthz",
        "GET /metrics",
        "GET /openapi.json",
        "GET /readyz",
        "GET /v1/authentications/{id}",
        "GET /v1/batches",
        "GET /v1/batches/{id}",
        "GET /v1/batches/{id}/diff",
        "GET /v1/batches/{id}/items",
        "GET /v1/comparisons/{id}",
        "GET /v1/events",
        "GET /v1/images",
        "GET /v1/images/{id}",
        "GET /v1/images/{id}/content",
        "GET /v1/jobs",
        "GET /v1/jobs/{id}",
        "GET /v1/report",
        "GET /v1/reviews",
        "GET /v1/subjects",
        "GET /v1/subjects/{id}",
        "GET /v1/verifications",
        "GET /v1/verifications/{id}",
        "GET /v1/verifications/{id}/captures",
        "GET /v1/verifications/{id}/decisions",
        "GET /v1/verifications/{id}/evidence.png",
        "GET /v1/verifications/{id}/review/notes",
        "GET /v1/webhook-deliveries/{id}",
        "GET /v1/webhook-endpoints",
        "GET /v1/webhook-endpoints/{id}",
        "GET /v1/webhook-endpoints/{id}/deliveries",
        "GET /v1/webhook-secret",
        "PATCH /v1/webhook-endpoints/{id}",
        "POST /v1/batches",
        "POST /v1/batches/{id}/cancel",
        "POST /v1/batches/{id}/pause",
        "POST /v1/batches/{id}/resume",
        "POST /v1/comparisons",
        "POST /v1/images",
        "POST /v1/jobs/redrive",
        "POST /v1/jobs/{id}/discard",
        "POST /v1/jobs/{id}/redrive",
        "POST /v1/subjects",
        "POST /v1/subjects/{id}/authentications",
        "POST /v1/verifications",
        "POST /v1/verifications/{id}/cancel",
        "POST /v1/verifications/{id}/redact",
        "POST /v1/verifications/{id}/restart",
        "POST /v1/verifications/{id}/review/claim",
        "POST /v1/verifications/{id}/review/decision",
        "POST /v1/verifications/{id}/review/notes",
        "POST /v1/verifications/{id}/review/release",
        "POST /v1/verifications/{id}/submit",
        "POST /v1/webhook-deliveries/{id}/resend",
        "POST /v1/webhook-endpoints",
        "POST /v1/webhook-endpoints/{id}/disable",
        "POST /v1/webhook-endpoints/{id}/enable",
        "POST /v1/webhook-endpoints/{id}/recover",
        "POST /v1/webhook-endpoints/{id}/rotate-secret",
        "POST /v1/webhook-endpoints/{id}/test",
        "POST /v1/webhook-secret/rotate",
        "PUT /v1/verifications/{id}/captures/{kind}",
    ];
    assert_eq!(described, expected.map(str::to_owned).into());
    let description = document["info"]["description"].as_str().unwrap();
    assert!(description.contains("| `requires_input` | `processing` |"));
    assert!(description.contains("| `max_attempts_exceeded` | 409 |"));
}

#[actix_web::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let api = Api::start().await;
    let document = probe(&api, "/openapi.json").await.expect(200);
    let mut pending = vec![&document];
    while let Some(value) = pending.pop() {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    let pointer = reference.trim_start_matches('#');
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                pending.extend(map.values());
            }
            Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
}

#[actix_web::test]
async fn the_page_of_the_document_needs_nothing_from_elsewhere() {
    let api = Api::start().await;
    assert_eq!(probe(&api, "/docs").await.header("location"), "/docs/");
    let page = probe(&api, "/docs/").await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(!page.text().contains("//unpkg") && !page.text().contains("https://cdn"));
    let script = probe(&api, "/docs/swagger-initializer.js").await.text();
    assert!(script.contains("/openapi.json"), "{script}");
}
