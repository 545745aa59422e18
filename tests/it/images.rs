//! Images that are kept by themselves: a verdict on the face, the bytes again, and their end.

use std::sync::Arc;

use serde_json::json;

use crate::harness::images::{broken_png, face, plain_png};
use crate::harness::verification::id;
use crate::harness::{Client, Part, Server, ServerOptions, eventually};

fn server() -> Option<Arc<Server>> {
    Server::shared("images", ServerOptions::default)
}

/// Keeps an image under a name and waits for the verdict.
#[track_caller]
fn keep(client: &Client, name: &str, bytes: &[u8]) -> serde_json::Value {
    let parts = [
        Part::image("image", bytes),
        Part { name: "name", content_type: "text/plain", bytes: name.as_bytes() },
    ];
    let view = client.post_parts("/v1/images", &parts, &[("prefer", "wait=60")]).expect(200);
    assert_eq!((&view["status"], &view["name"]), (&json!("completed"), &json!(name)), "{view}");
    view
}

#[test]
fn a_face_is_found_where_one_is() {
    let (Some(server), Some(photo)) = (server(), face("obama.jpg")) else { return };
    let result = keep(&server.client(), "president", &photo)["result"].take();
    assert_eq!((&result["face_found"], &result["faces"]["count"]), (&json!(true), &json!(1)), "{result}");
    assert_eq!(result["faces"]["boxes"][0]["label"], "face");
    assert_eq!(result["reasons"], json!([]));
    assert!(result["models"]["face_detector"].is_object() && result["policy"]["sha256"].is_string());
}

#[test]
fn no_face_is_found_where_none_is() {
    let Some(server) = server() else { return };
    let client = server.client();
    let empty = keep(&client, "wall", &plain_png(60))["result"].take();
    assert_eq!(
        (&empty["face_found"], &empty["reasons"]),
        (&json!(false), &json!(["selfie_no_face"])),
        "{empty}"
    );
    let broken = keep(&client, "shard", &broken_png(61))["result"].take();
    assert_eq!(
        (&broken["face_found"], &broken["reasons"]),
        (&json!(false), &json!(["file_corrupt"])),
        "{broken}"
    );
}

#[test]
fn what_was_uploaded_comes_back_byte_for_byte() {
    let (Some(server), Some(photo)) = (server(), face("biden.jpg")) else { return };
    let client = server.client();
    let id = id(&keep(&client, "../../etc/passwd", &photo));
    let content = client.get(&format!("/v1/images/{id}/content"));
    assert_eq!((content.status, content.header("content-type")), (200, Some("image/jpeg")));
    assert!(content.bytes() == photo);
    let named = client.get("/v1/images?name=../../etc/passwd").expect(200);
    assert_eq!(named["data"][0]["id"], id);
    let stranger = client.with_key("sk_nobody");
    assert_eq!(stranger.get(&format!("/v1/images/{id}/content")).problem(401), "unauthorized");
}

#[test]
fn deleted_and_replaced_images_leave_no_object() {
    let Some(server) = Server::with(ServerOptions::default()) else { return };
    let client = server.client();
    let first = id(&keep(&client, "card", &broken_png(62)));
    let second = id(&keep(&client, "card", &broken_png(63)));
    assert_eq!(client.get(&format!("/v1/images/{first}")).problem(404), "not_found");
    let data = server.data();
    eventually("the first one's object is gone", || data.objects().len() == 1);
    assert_eq!(client.send("DELETE", &format!("/v1/images/{second}"), &[], b"").status, 204);
    assert_eq!(client.get(&format!("/v1/images/{second}/content")).problem(404), "not_found");
    eventually("the store is empty", || data.objects().is_empty());
}

#[test]
fn kept_images_are_compared_by_their_ids() {
    let (Some(server), Some(a), Some(b)) = (server(), face("obama.jpg"), face("obama2.jpg")) else { return };
    let client = server.client();
    let (a, b) = (id(&keep(&client, "first", &a)), id(&keep(&client, "second", &b)));
    let made = client.post("/v1/comparisons", &json!({"image_a": a, "image_b": b})).expect(202);
    let view =
        client.get_with(&format!("/v1/comparisons/{}", id(&made)), &[("prefer", "wait=60")]).expect(200);
    assert_eq!(view["result"]["same"], true, "{view}");
    assert_eq!(client.get(&format!("/v1/images/{a}/content")).status, 200, "the images stay");
}
