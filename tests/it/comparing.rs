//! Comparisons: two images, one question.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::images::{broken_png, face, plain_png};
use crate::harness::verification::id;
use crate::harness::{Client, Part, Server, ServerOptions, eventually};

fn server() -> Option<Arc<Server>> {
    Server::shared("comparing", ServerOptions::default)
}

/// Compares two images that are sent as a form, and waits for the result.
#[track_caller]
fn compare(client: &Client, a: &[u8], b: &[u8]) -> Value {
    let parts = [Part::image("image_a", a), Part::image("image_b", b)];
    let answer = client.post_parts("/v1/comparisons", &parts, &[("prefer", "wait=60")]);
    let view = answer.expect(200);
    assert_eq!(view["status"], "completed", "{view}");
    view
}

#[test]
fn two_photos_of_one_person_are_the_same() {
    let (Some(server), Some(a), Some(b)) = (server(), face("obama.jpg"), face("obama2.jpg")) else { return };
    let result = compare(&server.client(), &a, &b)["result"].take();
    assert_eq!((&result["same"], &result["outcome"]), (&json!(true), &json!("pass")), "{result}");
    let (score, threshold) = (result["score"].as_f64().unwrap(), result["threshold"].as_f64().unwrap());
    assert!(score >= threshold, "{result}");
    assert!(result["estimated_fmr"].as_f64().unwrap() <= 1e-4, "{result}");
    assert_eq!(result["metric"], "cosine");
    assert_eq!(result["faces"][0]["count"], 1);
    assert_eq!(result["faces"][1]["image"], "image_b");
    assert!(result["policy"]["sha256"].is_string() && result["models"]["face_embedder"].is_object());
}

#[test]
fn photos_of_two_people_are_different() {
    let (Some(server), Some(a), Some(b)) = (server(), face("obama.jpg"), face("biden.jpg")) else { return };
    let result = compare(&server.client(), &a, &b)["result"].take();
    assert_eq!((&result["same"], &result["outcome"]), (&json!(false), &json!("fail")), "{result}");
    assert_eq!(result["reasons"], json!(["face_mismatch"]));
    assert!(result["estimated_fmr"].as_f64().unwrap() >= 1e-2, "{result}");
}

#[test]
fn an_image_without_a_face_leaves_the_question_open() {
    let Some(server) = server() else { return };
    let result = compare(&server.client(), &plain_png(20), &plain_png(21))["result"].take();
    assert_eq!((&result["same"], &result["outcome"]), (&Value::Null, &json!("inconclusive")), "{result}");
    assert!(!result["reasons"].as_array().unwrap().is_empty(), "{result}");
    assert_eq!(result["faces"][0]["count"], 0);
    assert!(result["score"].is_null());
}

#[test]
fn json_takes_base64_and_data_urls() {
    let Some(server) = server() else { return };
    let (a, b) = (STANDARD.encode(broken_png(22)), STANDARD.encode(broken_png(23)));
    let client = server.client();
    let body =
        json!({"image_a": a, "image_b": format!("data:image/png;base64,{b}"), "client_reference": "pair 1"});
    let answer = client.post("/v1/comparisons", &body);
    let view = answer.expect(202);
    assert_eq!((&view["status"], &view["client_reference"]), (&json!("processing"), &json!("pair 1")));
    let path = format!("/v1/comparisons/{}", id(&view));
    assert!(answer.header("location").is_some_and(|at| at.ends_with(&path)));
    let polled = client.get_with(&path, &[("prefer", "wait=60")]);
    assert_eq!(polled.expect(200)["status"], "completed");
    let tag = polled.header("etag").unwrap();
    assert_eq!(client.get_with(&path, &[("if-none-match", tag)]).status, 304);

    let wrong = json!({"image_a": "not base64!", "image_b": b});
    let refused = client.post("/v1/comparisons", &wrong);
    assert_eq!(refused.problem(422), "invalid_field");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/image_a");
    assert_eq!(client.post("/v1/comparisons", &json!({"image_a": a})).problem(422), "invalid_field");
}

#[test]
fn a_repeated_comparison_is_one_comparison() {
    let Some(server) = server() else { return };
    let client = server.client();
    let (a, b) = (broken_png(24), broken_png(25));
    let parts = [Part::image("image_a", &a), Part::image("image_b", &b)];
    let ask = || client.post_parts("/v1/comparisons", &parts, &[("idempotency-key", "pair")]).expect(202);
    assert_eq!(id(&ask()), id(&ask()));
}

#[test]
fn the_images_are_gone_when_the_answer_is_there() {
    let Some(server) = server() else { return };
    let view = compare(&server.client(), &broken_png(26), &broken_png(27));
    assert!(view["result"].is_object());
    // Other tests compare as well meanwhile; nothing but comparisons goes to this server.
    let data = server.data();
    eventually("the store is empty", || data.objects().is_empty());
}
