//! Endpoints, their secrets and their deliveries, as far as nothing is sent.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::{Answer, Api, bearer, png, post_form};

const ENDPOINTS: &str = "/v1/webhook-endpoints";

/// Makes an endpoint and shows it.
async fn endpoint(api: &Api) -> Value {
    api.post(ENDPOINTS, json!({"url": "https://hooks.example.org/idv"})).await.expect(201)
}

fn path(endpoint: &Value) -> String {
    format!("{ENDPOINTS}/{}", endpoint["id"].as_str().unwrap())
}

async fn act(api: &Api, endpoint: &Value, verb: &str) -> Answer {
    api.post(&format!("{}/{verb}", path(endpoint)), json!({})).await
}

async fn patch(api: &Api, path: &str, body: Value) -> Answer {
    api.send(TestRequest::patch().uri(path).set_json(body)).await
}

async fn deliveries(api: &Api, endpoint: &Value, query: &str) -> Vec<Value> {
    let list = api.get(&format!("{}/deliveries{query}", path(endpoint))).await.expect(200);
    list["data"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn an_endpoint_shows_its_secret_once_and_then_how_it_does() {
    let api = Api::start().await;
    let new = json!({"url": "https://hooks.example.org/idv", "description": "main", "events": ["verification.verified"]});
    let answer = api.post(ENDPOINTS, new).await;
    let made = answer.expect(201);
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    assert_eq!(answer.header("location"), format!("http://idv.test{}", path(&made)));
    let mut shown = api.get(&path(&made)).await.expect(200);
    assert!(shown.get("secret").is_none(), "{shown}");
    assert_eq!(shown["health"], json!({"failures": 0, "failing_since": null, "resting_until": null}));
    assert_eq!((&shown["status"], &shown["listed"]), (&json!("enabled"), &json!(true)));
    assert_eq!(shown["events"], json!(["verification.verified"]));
    let list = api.get(ENDPOINTS).await.expect(200);
    assert_eq!((&list["data"][0], &list["has_more"]), (&shown, &json!(false)));

    let changed = patch(&api, &path(&made), json!({"events": null, "description": null})).await.expect(200);
    assert_eq!((&changed["events"], &changed["description"]), (&Value::Null, &Value::Null));
    assert_eq!((&changed["url"], &changed["version"]), (&shown["url"].take(), &json!(2)));
    let moved = patch(&api, &path(&made), json!({"url": "https://b.example.org/"})).await.expect(200);
    assert_eq!(moved["url"], "https://b.example.org/");
    let id = made["id"].as_str().unwrap();
    let update = "webhook_endpoint.update";
    assert_eq!(api.accesses(id).await, ["webhook_endpoint.create", update, update]);
}

#[actix_web::test]
async fn what_cannot_be_a_receiver_is_pointed_at() {
    let api = Api::start().await;
    for url in
        ["no url", "http://example.org/", "https://127.0.0.1/", "https://[::1]/", "https://a:b@example.org/"]
    {
        let problem = api.post(ENDPOINTS, json!({"url": url})).await.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], "/url", "{problem}");
        let problem = api.post("/v1/verifications", json!({"webhook_url": url})).await;
        assert_eq!(problem.problem(422, "invalid_field")["errors"][0]["pointer"], "/webhook_url");
    }
    let with = |name: &str, value: Value| json!({"url": "https://example.org/", name: value});
    for (body, pointer) in [
        (with("events", json!([])), "/events"),
        (with("events", json!(["verification.vanished"])), "/events/0"),
        (with("description", json!("x".repeat(501))), "/description"),
        (with("secret", json!("whsec_own")), "/secret"),
        (json!({}), ""),
    ] {
        let problem = api.post(ENDPOINTS, body).await.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let made = endpoint(&api).await;
    patch(&api, &path(&made), json!({"url": "https://10.0.0.1/"})).await.problem(422, "invalid_field");
    assert_eq!(api.get(&path(&made)).await.expect(200)["url"], made["url"], "nothing was changed");
}

#[actix_web::test]
async fn a_tenant_has_fifty_endpoints_at_most() {
    let api = Api::start().await;
    let mut made = Value::Null;
    for _ in 0..50 {
        made = endpoint(&api).await;
    }
    let new = json!({"url": "https://example.org/"});
    api.post(ENDPOINTS, new.clone()).await.problem(409, "too_many_endpoints");
    let gone = api.send(TestRequest::delete().uri(&path(&made))).await;
    assert_eq!(gone.status.as_u16(), 204);
    api.post(ENDPOINTS, new).await.expect(201);
}

#[actix_web::test]
async fn a_repeated_creation_makes_one_endpoint_and_shows_no_secret_again() {
    let api = Api::start().await;
    let ask = || {
        let body = json!({"url": "https://example.org/"});
        api.send(TestRequest::post().uri(ENDPOINTS).insert_header(("idempotency-key", "e")).set_json(body))
    };
    let (first, second) = (ask().await.expect(201), ask().await.expect(201));
    assert_eq!(first["id"], second["id"]);
    assert!(first["secret"].is_string() && second.get("secret").is_none());
    let test = || {
        let uri = format!("{}/test", path(&first));
        api.send(TestRequest::post().uri(&uri).insert_header(("idempotency-key", "t")))
    };
    assert_eq!(test().await.expect(202), test().await.expect(202));
    assert_eq!(deliveries(&api, &first, "").await.len(), 1);
}

#[actix_web::test]
async fn what_happens_is_on_its_way_to_each_endpoint_that_wants_it() {
    let api = Api::start().await;
    let all = endpoint(&api).await;
    let some = json!({"url": "https://example.org/", "events": ["verification.processing"]});
    let some = api.post(ENDPOINTS, some).await.expect(201);
    let id = api.submit().await;
    let (of_all, of_some) = (deliveries(&api, &all, "").await, deliveries(&api, &some, "").await);
    assert_eq!((of_all.len(), of_some.len()), (2, 1));
    assert_eq!((&of_all[0]["sequence"], &of_all[0]["state"]), (&json!(2), &json!("pending")));
    assert!(deliveries(&api, &all, "?state=failed").await.is_empty());
    api.get(&format!("{}/deliveries?state=lost", path(&all))).await.problem(400, "invalid_query");

    let delivery = of_some[0]["id"].as_str().unwrap();
    let view = api.get(&format!("/v1/webhook-deliveries/{delivery}")).await.expect(200);
    assert_eq!((&view["attempt_log"], &view["endpoint_id"]), (&json!([]), &some["id"]));
    let payload = &view["payload"];
    assert_eq!((&payload["type"], &payload["data"]["id"]), (&json!("verification.processing"), &json!(id)));
    let data =
        json!({"id": id, "status": "processing", "version": payload["data"]["version"], "sequence": 2});
    assert_eq!(payload["data"], data, "nothing personal");

    let events = api.get(&format!("/v1/events?resource={id}")).await.expect(200);
    let types: Vec<_> = events["data"].as_array().unwrap().iter().map(|e| &e["payload"]["type"]).collect();
    assert_eq!(types, ["verification.processing", "verification.created"]);
    let of_type = api.get("/v1/events?type=verification.processing").await.expect(200);
    assert_eq!(of_type["data"][0]["id"], view["event_id"]);
    api.get("/v1/events?type=lost").await.problem(400, "invalid_query");
    let resent = api.post(&format!("/v1/webhook-deliveries/{delivery}/resend"), json!({})).await.expect(202);
    assert_eq!(resent["event_id"], view["event_id"]);
    assert_eq!(api.accesses(delivery).await, ["webhook_delivery.resend"]);
}

#[actix_web::test]
async fn a_disabled_endpoint_is_told_of_nothing() {
    let api = Api::start().await;
    let (one, other) = (endpoint(&api).await, endpoint(&api).await);
    let disabled = act(&api, &one, "disable").await.expect(200);
    assert_eq!((&disabled["status"], &disabled["disabled_reason"]), (&json!("disabled"), &json!("asked")));
    api.create().await;
    act(&api, &one, "test").await.problem(409, "wrong_state");
    let (recover, since) = (format!("{}/recover", path(&one)), one["created_at"].clone());
    api.post(&recover, json!({"since": since})).await.problem(409, "wrong_state");
    assert!(deliveries(&api, &one, "").await.is_empty());
    assert_eq!(deliveries(&api, &other, "").await.len(), 2, "that, and what was created");
    let event = api.get("/v1/events?type=endpoint.disabled").await.expect(200);
    let data = &event["data"][0]["payload"]["data"];
    assert_eq!((&data["id"], &data["reason"]), (&one["id"], &json!("asked")));
    let enabled = act(&api, &one, "enable").await.expect(200);
    assert_eq!((&enabled["status"], &enabled["disabled_reason"]), (&json!("enabled"), &Value::Null));
    api.create().await;
    assert_eq!(deliveries(&api, &one, "").await.len(), 1);
    let long_ago = api.post(&recover, json!({"since": "2026-01-01T00:00:00Z"})).await;
    assert_eq!(long_ago.problem(422, "invalid_field")["errors"][0]["pointer"], "/since");
    let ask = || {
        let req = TestRequest::post().uri(&recover).insert_header(("idempotency-key", "r"));
        api.send(req.set_json(json!({"since": since})))
    };
    let recovery = ask().await.expect(202);
    assert_eq!((&recovery["recovered"], &recovery["has_more"]), (&json!(1), &json!(false)));
    let again = ask().await.expect(202);
    assert_eq!((&again["recovered"], &again["has_more"]), (&Value::Null, &json!(true)));
    let all = deliveries(&api, &one, "").await;
    assert_eq!(all.len(), 2);
    act(&api, &one, "disable").await.expect(200);
    let resend = format!("/v1/webhook-deliveries/{}/resend", all[0]["id"].as_str().unwrap());
    api.post(&resend, json!({})).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn a_rotation_shows_the_new_secret_once() {
    let api = Api::start().await;
    let made = endpoint(&api).await;
    let rotated = act(&api, &made, "rotate-secret").await.expect(200);
    assert!(rotated["secret"].is_string());
    assert_ne!(rotated["secret"], made["secret"]);
    let default = api.get("/v1/webhook-secret").await.expect(200);
    assert_eq!((&default["object"], &default["rotating"]), (&json!("webhook_secret"), &json!(false)));
    assert_eq!(api.get("/v1/webhook-secret").await.expect(200), default);
    let next = api.post("/v1/webhook-secret/rotate", json!({})).await.expect(200);
    assert_ne!(next["secret"], default["secret"]);
    assert_eq!(next["rotating"], true);
    assert_eq!(api.get("/v1/webhook-secret").await.expect(200), next);
}

#[actix_web::test]
async fn a_verification_may_have_a_receiver_of_its_own() {
    let api = Api::start().await;
    let url = "https://own.example.org/x?y=1";
    let made = api.post("/v1/verifications", json!({"webhook_url": url})).await.expect(201);
    assert_eq!(made["webhook"]["url"], url);
    let own = json!({"id": made["webhook"]["endpoint_id"]});
    assert_eq!(deliveries(&api, &own, "").await[0]["resource_id"], made["id"]);
    let shown = api.get(&path(&own)).await.expect(200);
    assert_eq!((&shown["listed"], &shown["url"]), (&json!(false), &json!(url)));
    assert_eq!(api.get(ENDPOINTS).await.expect(200)["data"], json!([]));

    let (front, selfie) = (png(640, 480), png(640, 480));
    let parts: [(&str, &[u8]); 3] =
        [("document_front", &front), ("selfie", &selfie), ("webhook_url", url.as_bytes())];
    let second = api.send(post_form("/v1/verifications", &parts)).await.expect(202);
    assert_eq!(second["webhook"], made["webhook"], "one endpoint for one URL");
    assert!(
        api.get(&format!("/v1/verifications/{}", api.create().await)).await.json().get("webhook").is_none()
    );

    patch(&api, &path(&own), json!({"url": "https://c.example.org/"})).await.problem(409, "wrong_state");
    act(&api, &own, "rotate-secret").await.problem(409, "wrong_state");
    api.send(TestRequest::delete().uri(&path(&own))).await.problem(409, "wrong_state");
    act(&api, &own, "disable").await.expect(200);
}

#[actix_web::test]
async fn another_tenant_finds_nothing() {
    let api = Api::start().await;
    let made = endpoint(&api).await;
    let delivery = act(&api, &made, "test").await.expect(202)["delivery_id"].take();
    let foreign = api.foreign_key().await;
    let delivery = format!("/v1/webhook-deliveries/{}", delivery.as_str().unwrap());
    let endpoint = path(&made);
    let ask = |method: &str, path: &str| {
        let method = method.parse().unwrap();
        let body = json!({"since": "2026-01-01T00:00:00Z"});
        let req = TestRequest::default().method(method).uri(path).insert_header(bearer(&foreign));
        let req = if path.ends_with("recover") { req.set_json(body) } else { req };
        api.raw(req)
    };
    ask("GET", &endpoint).await.problem(404, "not_found");
    ask("PATCH", &endpoint).await.problem(404, "not_found");
    ask("DELETE", &endpoint).await.problem(404, "not_found");
    ask("GET", &format!("{endpoint}/deliveries")).await.problem(404, "not_found");
    for verb in ["rotate-secret", "enable", "disable", "test", "recover"] {
        ask("POST", &format!("{endpoint}/{verb}")).await.problem(404, "not_found");
    }
    ask("GET", &delivery).await.problem(404, "not_found");
    ask("POST", &format!("{delivery}/resend")).await.problem(404, "not_found");
    assert_eq!(ask("GET", ENDPOINTS).await.expect(200)["data"], json!([]));
    assert_eq!(ask("GET", "/v1/events").await.expect(200)["data"], json!([]));
    let secret = ask("GET", "/v1/webhook-secret").await.expect(200);
    assert_ne!(secret["secret"], api.get("/v1/webhook-secret").await.expect(200)["secret"]);
}
