//! Subjects: people who are known by their face, and others who claim to be them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clips::{clip, has_ffmpeg};
use crate::harness::command::has_liveness;
use crate::harness::images::{broken_png, face, passport, plain_png};
use crate::harness::verification::id;
use crate::harness::{Client, Part, Server, ServerOptions, eventually};

/// Nothing but subjects and authentications goes to this server.
fn server() -> Option<Arc<Server>> {
    Server::shared("subjects", ServerOptions::default)
}

/// Enrols somebody and waits for the result.
#[track_caller]
fn enrol(client: &Client, kind: &str, image: &[u8], reference: &str) -> Value {
    let name = Part { name: "client_reference", content_type: "text/plain", bytes: reference.as_bytes() };
    let parts = [Part::image(kind, image), name];
    client.post_parts("/v1/subjects", &parts, &[("prefer", "wait=60")]).expect(200)
}

/// Holds images against a subject and waits for the result.
#[track_caller]
fn authenticate(client: &Client, subject: &Value, kind: &str, images: &[&[u8]], liveness: &str) -> Value {
    let mut parts: Vec<Part<'_>> = images.iter().map(|image| Part::image(kind, image)).collect();
    parts.push(Part { name: "liveness", content_type: "text/plain", bytes: liveness.as_bytes() });
    let path = format!("/v1/subjects/{}/authentications", id(subject));
    let view = client.post_parts(&path, &parts, &[("prefer", "wait=60")]).expect(200);
    assert_eq!((&view["status"], &view["subject_id"]), (&json!("completed"), &subject["id"]), "{view}");
    view["result"].clone()
}

fn outcome(result: &Value) -> (&str, Value) {
    (result["outcome"].as_str().unwrap(), result["reasons"].clone())
}

fn check<'a>(result: &'a Value, name: &str) -> Option<&'a Value> {
    result["checks"].as_array().unwrap().iter().find(|check| check["name"] == name)
}

#[test]
fn the_holder_of_a_passport_is_known_again_and_nobody_else_is() {
    let (Some(server), Some(document)) = (server(), passport("obama.jpg", &[])) else { return };
    let (Some(same), Some(other)) = (face("obama2.jpg"), face("biden.jpg")) else { return };
    let client = server.client();
    let subject = enrol(&client, "document_front", &document, "holder");
    assert_eq!((&subject["status"], &subject["result"]["outcome"]), (&json!("enrolled"), &json!("pass")));
    assert_eq!(subject["result"]["check"]["name"], "document_face");
    let known = authenticate(&client, &subject, "selfie", &[&same], "off");
    assert_eq!(outcome(&known), ("pass", json!([])), "{known}");
    let score = check(&known, "face_match").unwrap()["score"].as_f64();
    assert!(score.is_some() && known["score"].as_f64() == score, "{known}");
    assert!(check(&known, "liveness").is_none(), "{known}");
    let stranger = authenticate(&client, &subject, "selfie", &[&other], "off");
    assert_eq!(outcome(&stranger), ("fail", json!(["face_mismatch"])), "{stranger}");
}

#[test]
fn several_frames_are_judged_together() {
    let (Some(server), Some(enrolled)) = (server(), face("obama.jpg")) else { return };
    let (Some(first), Some(second), Some(other)) =
        (face("obama2.jpg"), face("obama3.jpg"), face("biden.jpg"))
    else {
        return;
    };
    let client = server.client();
    let subject = enrol(&client, "selfie", &enrolled, "frames");
    assert_eq!(subject["result"]["check"]["name"], "selfie_face");
    let frames: [&[u8]; 4] = [&first, &plain_png(60), &second, &broken_png(61)];
    let known = authenticate(&client, &subject, "selfie_frame", &frames, "off");
    assert_eq!(outcome(&known), ("pass", json!([])), "{known}");
    assert_eq!(known["frames"], 3, "what cannot be decoded is no frame");
    let mixed = authenticate(&client, &subject, "selfie_frame", &[&first, &other], "off");
    assert_eq!(mixed["outcome"], "fail", "{mixed}");
    assert_eq!(mixed["reasons"][0], "selfie_multiple_faces", "{mixed}");
    let unreadable: [&[u8]; 2] = [&broken_png(62), &broken_png(63)];
    let unseen = authenticate(&client, &subject, "selfie_frame", &unreadable, "off");
    assert_eq!(outcome(&unseen), ("fail", json!(["file_corrupt"])), "{unseen}");
}

#[test]
fn a_clip_is_judged_by_its_frames() {
    let (Some(server), Some(enrolled)) = (server(), face("obama.jpg")) else { return };
    if !has_ffmpeg() {
        return;
    }
    let (Some(same), Some(other)) = (clip("obama2.jpg", "a.mp4", &[]), clip("biden.jpg", "b.webm", &[]))
    else {
        return;
    };
    let client = server.client();
    let subject = enrol(&client, "selfie", &enrolled, "clip");
    let known = authenticate(&client, &subject, "selfie_clip", &[&same], "off");
    assert_eq!(outcome(&known), ("pass", json!([])), "{known}");
    assert!(known["frames"].as_u64() > Some(5), "{known}");
    let stranger = authenticate(&client, &subject, "selfie_clip", &[&other], "off");
    assert_eq!(outcome(&stranger), ("fail", json!(["face_mismatch"])), "{stranger}");
}

#[test]
fn liveness_is_told_or_required_as_the_caller_says() {
    let (Some(server), Some(enrolled), Some(same)) = (server(), face("obama.jpg"), face("obama2.jpg")) else {
        return;
    };
    if !has_liveness() {
        return;
    }
    let client = server.client();
    let subject = enrol(&client, "selfie", &enrolled, "liveness");
    let reported = authenticate(&client, &subject, "selfie", &[&same], "report");
    assert_eq!(outcome(&reported), ("pass", json!([])), "{reported}");
    let live = check(&reported, "liveness").unwrap();
    assert!(live["score"].is_number(), "{live}");
    let required = authenticate(&client, &subject, "selfie", &[&same], "require");
    let expected = live["outcome"].as_str().unwrap();
    assert_eq!(required["outcome"], expected, "liveness decides now: {required}");
    assert_eq!(required["reasons"], live["reasons"], "{required}");
}

#[test]
fn an_image_without_a_face_enrols_nobody_and_leaves_the_name_free() {
    let (Some(server), Some(photo)) = (server(), face("obama.jpg")) else { return };
    let client = server.client();
    for (image, reason) in [(plain_png(64), "selfie_no_face"), (broken_png(65), "file_corrupt")] {
        let refused = enrol(&client, "selfie", &image, "faceless");
        assert_eq!(refused["status"], "rejected", "{refused}");
        assert_eq!(refused["result"]["reasons"], json!([reason]));
        let path = format!("/v1/subjects/{}/authentications", id(&refused));
        let claim = client.post_parts(&path, &[Part::image("selfie", &photo)], &[]);
        assert_eq!(claim.problem(409), "wrong_state");
    }
    assert_eq!(enrol(&client, "selfie", &photo, "faceless")["status"], "enrolled");
    let again = json!({"selfie": STANDARD.encode(&photo), "client_reference": "faceless"});
    assert_eq!(client.post("/v1/subjects", &again).problem(409), "subject_exists");
    let listed = client.get("/v1/subjects?client_reference=faceless").expect(200);
    let statuses: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["enrolled", "rejected", "rejected"]);
}

#[test]
fn what_is_deleted_is_gone_and_no_image_outlives_its_judgement() {
    let (Some(photo), Some(server)) = (face("obama.jpg"), Server::start()) else { return };
    let client = server.client();
    let (kept, gone) = (enrol(&client, "selfie", &photo, "kept"), enrol(&client, "selfie", &photo, "gone"));
    authenticate(&client, &gone, "selfie", &[&photo], "off");
    let data = server.data();
    eventually("the store is empty", || data.objects().is_empty());
    let path = format!("/v1/subjects/{}", id(&gone));
    assert_eq!(client.send("DELETE", &path, &[], b"").status, 204);
    assert_eq!(client.get(&path).problem(404), "not_found");
    assert_eq!(enrol(&client, "selfie", &photo, "gone")["status"], "enrolled", "the name is free again");
    assert_eq!(client.send("DELETE", "/v1/subjects", &[], b"").problem(422), "invalid_field");
    let all = client.send("DELETE", "/v1/subjects?confirm=default", &[], b"").expect(200);
    assert_eq!(all["deleted"], 2);
    assert_eq!(client.get(&format!("/v1/subjects/{}", id(&kept))).problem(404), "not_found");
    eventually("every order is carried out", || !data.has_unfinished_jobs());
    data.assert_no_job_is_left();
}
