//! System 4, `face-recognition-api`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::ImageFormat;
use serde_json::{Value, json};

use super::shell::{Reply, Shell};
use super::{compare_server, face_as};
use crate::harness::Server;
use crate::harness::images::{face, plain_png};

/// Where the README's server answers.
const DOCUMENTED: &str = "http://localhost:8000";

/// The README shows both requests as HTTP; these are the same as command lines.
const CHECK: &str = "curl http://localhost:8000/";
const COMPARE: &str =
    "curl -X POST http://localhost:8000/compare -H 'Content-Type: application/json' --data-binary @body.json";

fn data_url(kind: &str, bytes: &[u8]) -> String {
    format!("data:image/{kind};base64,{}", STANDARD.encode(bytes))
}

fn post(server: &Server, body: &Value) -> Reply {
    Shell::new(server, DOCUMENTED).file("body.json", body.to_string().as_bytes()).curl(COMPARE)
}

fn compare(server: &Server, passport: &[u8], face: &[u8]) -> Value {
    let body = json!({"passport": data_url("jpeg", passport), "face": data_url("jpeg", face)});
    post(server, &body).json(200)
}

/// The message of a refusal, which says nothing else.
#[track_caller]
fn refused(reply: &Reply, status: u16) -> String {
    let mut answer = reply.json(status);
    let message = answer["message"].take();
    assert_eq!(answer, json!({"success": false, "message": null}));
    message.as_str().expect("a message").to_owned()
}

#[test]
fn programs_and_browsers_are_told_that_the_server_is_working() {
    let Some(server) = compare_server() else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    assert_eq!(shell.curl(CHECK).text, r#"{"success":true,"message":"Server is working"}"#);
    for accept in ["application/json", "application/json, text/plain, */*", ""] {
        let reply = shell.curl(&format!("{CHECK} -H 'Accept: {accept}'"));
        assert_eq!(reply.json(200), json!({"success": true, "message": "Server is working"}), "{accept}");
    }
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    let page = shell.curl(&format!("{CHECK} -H 'Accept: {browser}'"));
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    assert!(page.text.contains("<h1>Server is working</h1>") && page.text.contains("/docs"), "{}", page.text);
}

#[test]
fn two_photos_of_one_person_match() {
    let (Some(server), Some(a), Some(b)) = (compare_server(), face("obama.jpg"), face("obama2.jpg")) else {
        return;
    };
    let mut answer = compare(&server, &a, &b);
    for time in ["image_save_time", "comparison_time"] {
        let seconds = answer[time].take().as_f64().expect("a number of seconds");
        assert!(seconds > 0.0 && seconds < 60.0, "{time}: {seconds}");
    }
    let expected = json!({
        "success": true,
        "match": true,
        "message": "It's the same person",
        "image_save_time": null,
        "comparison_time": null,
    });
    assert_eq!(answer, expected);
}

#[test]
fn photos_of_two_people_do_not_match() {
    let (Some(server), Some(a), Some(b)) = (compare_server(), face("obama.jpg"), face("biden.jpg")) else {
        return;
    };
    let answer = compare(&server, &a, &b);
    assert_eq!(
        (&answer["success"], &answer["match"], &answer["message"]),
        (&json!(true), &json!(false), &json!("It's not the same person")),
        "{answer}"
    );
}

#[test]
fn jpeg_and_png_are_taken_by_their_bytes_and_nothing_else() {
    let (Some(server), Some(jpeg)) = (compare_server(), face("obama.jpg")) else { return };
    let png = face_as("obama2.jpg", ImageFormat::Png).unwrap();
    // The URL's own type is not looked at, and there may be no URL at all.
    for face in [data_url("jpeg", &png), data_url("png", &png), STANDARD.encode(&png)] {
        let answer = post(&server, &json!({"passport": data_url("png", &jpeg), "face": face})).json(200);
        assert_eq!(answer["match"], true, "{answer}");
    }
    for format in [ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif] {
        let other = face_as("obama2.jpg", format).unwrap();
        let body = json!({"passport": data_url("jpeg", &jpeg), "face": data_url("jpeg", &other)});
        let message = refused(&post(&server, &body), 400);
        assert_eq!(message, "face: send JPEG or PNG; the first bytes are none of these", "{format:?}");
    }
}

#[test]
fn invalid_data_is_a_bad_request() {
    let (Some(server), Some(jpeg)) = (compare_server(), face("obama.jpg")) else { return };
    let image = data_url("jpeg", &jpeg);
    let no_face = data_url("png", &plain_png(40));
    let torn = data_url("jpeg", &jpeg[..jpeg.len() / 3]);
    let large = data_url("png", &[plain_png(41), vec![0; 5 << 20]].concat());
    for (body, expected) in [
        (json!({}), "passport: the field is missing"),
        (json!({"passport": image}), "face: the field is missing"),
        (json!({"passport": 7, "face": image}), "passport: must be a string"),
        (json!({"passport": image, "face": null}), "face: must be a string"),
        (
            json!({"passport": "no base64!", "face": image}),
            "passport: must be base64 or a base64 `data:` URL",
        ),
        (json!({"passport": "", "face": image}), "passport: the file has no bytes"),
        (
            json!({"passport": data_url("jpeg", b"<html></html>"), "face": image}),
            "passport: send JPEG or PNG; the first bytes are none of these",
        ),
        (json!({"passport": no_face, "face": image}), "passport: no face was found"),
        (json!({"passport": image, "face": no_face}), "face: no face was found"),
        (json!({"passport": no_face, "face": no_face}), "passport and face: no face was found"),
        (json!({"passport": large, "face": image}), "passport: at most 4194304 bytes are taken here"),
    ] {
        assert_eq!(refused(&post(&server, &body), 400), expected);
    }
    let message = refused(&post(&server, &json!({"passport": image, "face": torn})), 400);
    assert!(message.starts_with("face: "), "{message}");
    for body in ["", "{", "[]", "null", "\u{0}"] {
        let shell = Shell::new(&server, DOCUMENTED);
        let message = refused(&shell.file("body.json", body.as_bytes()).curl(COMPARE), 400);
        assert_eq!(message, "the body must be a JSON object with `passport` and `face`", "{body:?}");
    }
    let declared = format!("{COMPARE} -H 'Content-Length: 3000000000' --max-time 20");
    let message = refused(&Shell::new(&server, DOCUMENTED).file("body.json", b"{").curl(&declared), 400);
    assert!(message.starts_with("at most "), "{message}");
    let wrong_method = Shell::new(&server, DOCUMENTED).curl("curl http://localhost:8000/compare");
    assert_eq!(refused(&wrong_method, 405), "this path answers to POST");
    assert!(server.is_up());
}

#[test]
fn the_images_are_gone_after_every_answer() {
    let Some(server) = compare_server() else { return };
    post(&server, &json!({"passport": data_url("png", &plain_png(42)), "face": "%"}));
    // Other tests compare as well meanwhile; nothing but comparisons goes to this server.
    let data = server.data();
    crate::harness::eventually("the store is empty", || data.objects().is_empty());
}
