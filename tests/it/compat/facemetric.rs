//! System 5, `facemetric`.

use image::ImageFormat;
use serde_json::{Value, json};

use super::shell::{Reply, Shell};
use super::{compare_server, face_as};
use crate::harness::eventually;
use crate::harness::images::{face, plain_png};

/// Where the README's server answers.
pub const DOCUMENTED: &str = "http://localhost:5000";

/// The README's command line, to the letter.
pub const COMPARE: &str = "curl -X POST \\
http://localhost:5000/compare \\
-F reference_image=@reference.jpg \\
-F live_image=@live.jpg
";

/// The message of a refusal, which says nothing else.
#[track_caller]
fn refused(reply: &Reply, status: u16) -> String {
    let mut answer = reply.json(status);
    let message = answer["error"].take();
    assert_eq!(answer, json!({"error": null}));
    message.as_str().expect("a message").to_owned()
}

#[test]
fn the_example_answers_as_the_readme_shows() {
    let (Some(server), Some(a), Some(b)) = (compare_server(), face("obama.jpg"), face("obama2.jpg")) else {
        return;
    };
    let shell = Shell::new(&server, DOCUMENTED);
    let reply = shell.file("reference.jpg", &a).file("live.jpg", &b).curl(COMPARE);
    assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"identical":true}"#));
    let reply = shell.file("live.jpg", &face("biden.jpg").unwrap()).curl(COMPARE);
    assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"identical":false}"#));
}

#[test]
fn five_kinds_of_files_are_taken_whatever_their_names() {
    let (Some(server), Some(jpeg)) = (compare_server(), face("obama.jpg")) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("reference.jpg", &jpeg);
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Gif] {
        let live = face_as("obama2.jpg", format).unwrap();
        let answer = shell.file("live.jpg", &live).curl(COMPARE).json(200);
        assert_eq!(answer, json!({"identical": true}), "{format:?}");
    }
    let webp = face_as("obama2.jpg", ImageFormat::WebP).unwrap();
    for other in [webp.as_slice(), b"%PDF-1.7 and so on", b"PK\x03\x04 a zip", b"#!/bin/sh"] {
        let message = refused(&shell.file("live.jpg", other).curl(COMPARE), 400);
        assert_eq!(message, "live_image: send JPEG, PNG, BMP or GIF; the first bytes are none of these");
    }
}

#[test]
fn what_is_missing_empty_or_too_much_is_refused() {
    let (Some(server), Some(jpeg)) = (compare_server(), face("obama.jpg")) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("reference.jpg", &jpeg).file("live.jpg", &jpeg).file("empty.jpg", b"");
    shell.file("no-face.png", &plain_png(43)).file("large.png", &[plain_png(44), vec![0; 5 << 20]].concat());
    let form = |parts: &str| format!("curl http://localhost:5000/compare {parts}");
    for (parts, expected) in [
        ("-F reference_image=@reference.jpg", "live_image: the part is missing"),
        ("-F live_image=@live.jpg", "reference_image: the part is missing"),
        ("-F reference_image=@empty.jpg -F live_image=@live.jpg", "reference_image: the file has no bytes"),
        ("-F reference_image= -F live_image=@live.jpg", "reference_image: the file has no bytes"),
        (
            "-F reference_image=@reference.jpg -F live_image=@live.jpg -F third=x",
            "third: the part is none of: reference_image, live_image",
        ),
        ("-F live_image=@live.jpg -F live_image=@live.jpg", "live_image: the part is there twice"),
        ("-F reference_image=@no-face.png -F live_image=@live.jpg", "reference_image: no face was found"),
        ("-F reference_image=@reference.jpg -F live_image=@no-face.png", "live_image: no face was found"),
        (
            "-F reference_image=@reference.jpg -F live_image=@large.png",
            "live_image: at most 4194304 bytes are taken here",
        ),
    ] {
        assert_eq!(refused(&shell.curl(&form(parts)), 400), expected, "{parts}");
    }
    // Without parts curl sends no form, and what is none goes to the system that takes JSON.
    let other: Value = shell.curl(&form("-d reference_image=x")).json(400);
    assert_eq!(other["success"], false);
    let garbage = form("-H 'Content-Type: multipart/form-data; boundary=b' --data-binary @live.jpg");
    refused(&shell.curl(&garbage), 400);
    assert!(server.is_up());
}

#[test]
fn names_of_files_lead_nowhere() {
    let (Some(server), Some(jpeg)) = (compare_server(), face("obama.jpg")) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("photo.jpg", &jpeg);
    for name in ["../../../../tmp/idv-escaped.jpg", "/tmp/idv-escaped.jpg", "x.php", "\u{202e}gpj.exe"] {
        let line = format!(
            "curl http://localhost:5000/compare -F 'reference_image=@photo.jpg;filename={name}' \
             -F 'live_image=@photo.jpg;filename={name}'"
        );
        assert_eq!(shell.curl(&line).json(200), json!({"identical": true}), "{name}");
    }
    assert!(!std::path::Path::new("/tmp/idv-escaped.jpg").exists());
    let data = server.data();
    eventually("the store is empty", || data.objects().is_empty());
}
