//! `enroll-authenticate`: the README's command lines, its answers, and every reason for a refusal.

use std::io::Cursor;
use std::sync::Arc;

use idv_common::domain::AuthenticationId;
use image::{ImageFormat, RgbImage, imageops};
use serde_json::{Value, json};

use super::shell::{Reply, Shell};
use crate::clips::{clip, has_ffmpeg};
use crate::harness::command::has_liveness;
use crate::harness::images::{broken_png, face, passport, plain_png, shared};
use crate::harness::{Client, Server, ServerOptions, eventually};

/// Where the README's server answers.
const DOCUMENTED: &str = "http://127.0.0.1:5000";

// The README's command lines.
const ENROLL: &str =
    "curl -X POST -F cin_file=@brahim.jpeg 'http://127.0.0.1:5000/api/enroll?username=brahim'";
const AUTHENTICATE: &str =
    "curl -X POST -F auth_video=@brahim.mp4 'http://127.0.0.1:5000/api/authentificate?username=brahim'";
const RESET: &str = "curl -X POST 'http://127.0.0.1:5000/api/reset'";

/// An upload of 4 MiB is too large here.
fn options() -> ServerOptions {
    ServerOptions::default()
        .set("IDV_COMPAT__SYSTEMS", "enroll-authenticate")
        .set("IDV_LIMITS__CAPTURE_BYTES", 4 << 20)
}

/// A server that is not reset, shared by the tests with users of their own.
fn server() -> Option<Arc<Server>> {
    Server::shared("enroll-authenticate", options)
}

/// Enrols somebody with the file `name`.
fn enroll(shell: &Shell<'_>, name: &str, username: &str) -> Reply {
    shell.curl(&ENROLL.replace("brahim.jpeg", name).replace("=brahim'", &format!("={username}'")))
}

/// Authenticates somebody with the file `name`.
fn authenticate(shell: &Shell<'_>, name: &str, username: &str) -> Reply {
    shell.curl(&AUTHENTICATE.replace("brahim.mp4", name).replace("=brahim'", &format!("={username}'")))
}

#[track_caller]
fn assert_enrolled(reply: &Reply) {
    let success = r#"{"trained":"success","EnrollStatus":"APPROVED","DecisionReason":"ENROLLED_AS_USER"}"#;
    assert_eq!((reply.status, reply.text.as_str()), (200, success));
}

#[track_caller]
fn assert_not_enrolled(reply: &Reply, status: u16, reason: &str) {
    let failure = format!(r#"{{"trained":"failed","EnrollStatus":"REJECTED","DecisionReason":"{reason}"}}"#);
    assert_eq!((reply.status, reply.text.as_str()), (status, failure.as_str()));
}

#[track_caller]
fn assert_authenticated(reply: &Reply) -> f64 {
    let answer = reply.json(200);
    let score = answer["score"].as_f64().unwrap_or_else(|| panic!("{answer}"));
    let success =
        json!({"score": score, "Decision": "APPROVED", "DecisionReason": "AUTHENTIFICATION_SUCCESS"});
    assert_eq!(answer, success);
    assert!(reply.text.starts_with(r#"{"score":"#), "{}", reply.text);
    score
}

#[track_caller]
fn assert_not_authenticated(reply: &Reply, status: u16, reason: &str) {
    let failure = format!(r#"{{"score":null,"Decision":"REJECTED","DecisionReason":"{reason}"}}"#);
    assert_eq!((reply.status, reply.text.as_str()), (status, failure.as_str()));
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A photo of a face, so many pixels wide.
fn small(photo: &[u8], width: u32) -> Vec<u8> {
    png(&image::load_from_memory(photo).unwrap().thumbnail(width, width).into_rgb8())
}

/// A photo twice, side by side: two people of one size.
fn twice(photo: &[u8]) -> Vec<u8> {
    let photo = image::load_from_memory(photo).unwrap().thumbnail(600, 600).into_rgb8();
    let mut page = RgbImage::new(2 * photo.width(), photo.height());
    imageops::replace(&mut page, &photo, 0, 0);
    imageops::replace(&mut page, &imageops::flip_horizontal(&photo), i64::from(photo.width()), 0);
    png(&page)
}

#[test]
fn the_readmes_examples_answer_as_it_shows() {
    let (Some(card), Some(photo)) = (passport("obama.jpg", &[]), face("obama2.jpg")) else { return };
    let Some(server) = Server::with(options()) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    // The README sends a picture under the name of a video.
    shell.file("brahim.jpeg", &card).file("brahim.mp4", &photo);
    assert_not_authenticated(&shell.curl(AUTHENTICATE), 200, "UNKNOWN_USERNAME");
    assert_enrolled(&shell.curl(ENROLL));
    let score = assert_authenticated(&shell.curl(AUTHENTICATE));
    assert!((0.3..=1.0).contains(&score), "{score}");
    assert_not_enrolled(&shell.curl(ENROLL), 200, "DUPLICATE_USERNAME");
    for _ in 0..2 {
        let reset = shell.curl(RESET);
        assert_eq!((reset.status, reset.text.as_str()), (200, r#"{"code":200,"msg":"DONE"}"#));
    }
    assert_not_authenticated(&shell.curl(AUTHENTICATE), 200, "UNKNOWN_USERNAME");
    assert_enrolled(&shell.curl(ENROLL));
    let data = server.data();
    eventually("no image outlives its answer", || data.objects().is_empty());
}

#[test]
fn a_reset_leaves_other_tenants_alone() {
    let Some(photo) = face("obama.jpg") else { return };
    let Some(server) = Server::with(options()) else { return };
    let client = server.client();
    let parts = [crate::harness::Part::image("selfie", &photo)];
    client.post_parts("/v1/subjects", &parts, &[("prefer", "wait=60")]).expect(200);
    let shell = Shell::new(&server, DOCUMENTED);
    assert_eq!(shell.curl(RESET).json(200)["msg"], "DONE");
    assert_eq!(client.get("/v1/subjects").expect(200)["data"].as_array().map(Vec::len), Some(1));
}

#[test]
fn each_failed_enrolment_has_a_reason_of_its_own() {
    let (Some(server), Some(card)) = (server(), passport("obama.jpg", &[])) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("brahim.jpeg", &card).file("empty.jpeg", b"").file("text.jpeg", b"this is no picture");
    shell.file("broken.jpeg", &broken_png(70)).file("half.jpeg", &card[..card.len() / 2]);
    shell.file("plain.jpeg", &plain_png(71)).file("small.jpeg", &small(&face("obama.jpg").unwrap(), 48));
    shell.file("clip.jpeg", b"PK\x03\x04 a zip that calls itself a picture");
    let mut large = plain_png(72);
    large.resize((4 << 20) + 1, 0);
    shell.file("large.jpeg", &large);

    let url = "http://127.0.0.1:5000/api/enroll";
    for (line, reason) in [
        // A wrong name is told whatever comes with it.
        (format!("curl -X POST -F cin_file=@brahim.jpeg '{url}'"), "MISSING_USERNAME"),
        (format!("curl -X POST '{url}'"), "MISSING_USERNAME"),
        (format!("curl -X POST -F cin_file=@large.jpeg '{url}?username='"), "EMPTY_USERNAME"),
        (format!("curl -X POST -F cin_file=@text.jpeg '{url}?username=%20'"), "EMPTY_USERNAME"),
        (format!("curl -X POST '{url}?username=a%00b'"), "INVALID_USERNAME"),
        (format!("curl -X POST '{url}?username={}'", "x".repeat(10_000)), "INVALID_USERNAME"),
        (format!("curl -X POST '{url}?username=nobody'"), "MISSING_CIN_FILE"),
        (format!("curl -X POST -F other=@brahim.jpeg '{url}?username=nobody'"), "MISSING_CIN_FILE"),
        (format!("curl -X POST --data-binary @brahim.jpeg '{url}?username=nobody'"), "MISSING_CIN_FILE"),
        (format!("curl -X POST -F cin_file= '{url}?username=nobody'"), "EMPTY_CIN_FILE"),
        (
            format!("curl -X POST -H 'Content-Type: multipart/form-data' -d x '{url}?username=nobody'"),
            "NOT_MULTIPART",
        ),
    ] {
        assert_not_enrolled(&shell.curl(&line), 200, reason);
    }
    for (file, reason) in [
        ("empty.jpeg", "EMPTY_CIN_FILE"),
        ("text.jpeg", "FILE_TYPE_UNSUPPORTED"),
        ("clip.jpeg", "FILE_TYPE_UNSUPPORTED"),
        ("broken.jpeg", "FILE_CORRUPT"),
        ("half.jpeg", "FILE_CORRUPT"),
        ("large.jpeg", "BODY_TOO_LARGE"),
        ("plain.jpeg", "DOCUMENT_NO_FACE"),
        ("small.jpeg", "FACE_TOO_SMALL"),
    ] {
        assert_not_enrolled(&enroll(&shell, file, "nobody"), 200, reason);
    }
    // After all these failures the name is free.
    assert_enrolled(&enroll(&shell, "brahim.jpeg", "nobody"));
    for file in ["brahim.jpeg", "empty.jpeg", "large.jpeg"] {
        assert_not_enrolled(&enroll(&shell, file, "nobody"), 200, "DUPLICATE_USERNAME");
    }
}

#[test]
fn each_failed_authentication_has_a_reason_of_its_own() {
    let (Some(server), Some(card)) = (server(), passport("obama.jpg", &[])) else { return };
    let (Some(same), Some(other)) = (face("obama2.jpg"), face("biden.jpg")) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("card.jpeg", &card).file("same.mp4", &same).file("other.mp4", &other);
    shell.file("empty.mp4", b"").file("zip.mp4", b"PK\x03\x04 a zip that calls itself a video");
    shell.file("broken.mp4", &broken_png(73)).file("plain.mp4", &plain_png(74));
    shell.file("both.mp4", &twice(&same)).file("small.mp4", &small(&same, 120));
    let mut large = plain_png(75);
    large.resize((4 << 20) + 1, 0);
    shell.file("large.mp4", &large);
    assert_enrolled(&enroll(&shell, "card.jpeg", "claimed"));

    let url = "http://127.0.0.1:5000/api/authentificate";
    for (line, reason) in [
        (format!("curl -X POST -F auth_video=@same.mp4 '{url}'"), "MISSING_USERNAME"),
        (format!("curl -X POST -F auth_video=@large.mp4 '{url}?username='"), "EMPTY_USERNAME"),
        (format!("curl -X POST '{url}?username=a%0Ab'"), "INVALID_USERNAME"),
        (format!("curl -X POST '{url}?username=stranger'"), "UNKNOWN_USERNAME"),
        (format!("curl -X POST '{url}?username=claimed'"), "MISSING_AUTH_VIDEO"),
        (format!("curl -X POST -F cin_file=@same.mp4 '{url}?username=claimed'"), "MISSING_AUTH_VIDEO"),
    ] {
        assert_not_authenticated(&shell.curl(&line), 200, reason);
    }
    for (file, reason) in [
        ("empty.mp4", "EMPTY_AUTH_VIDEO"),
        ("zip.mp4", "FILE_TYPE_UNSUPPORTED"),
        ("broken.mp4", "FILE_CORRUPT"),
        ("large.mp4", "BODY_TOO_LARGE"),
        ("plain.mp4", "SELFIE_NO_FACE"),
        ("both.mp4", "SELFIE_MULTIPLE_FACES"),
        ("small.mp4", "FACE_TOO_SMALL"),
        ("other.mp4", "FACE_MISMATCH"),
    ] {
        assert_not_authenticated(&authenticate(&shell, file, "claimed"), 200, reason);
        assert_not_authenticated(&authenticate(&shell, file, "stranger"), 200, "UNKNOWN_USERNAME");
    }
    assert_authenticated(&authenticate(&shell, "same.mp4", "claimed"));
}

#[test]
fn a_video_is_looked_at_whatever_it_is_called() {
    let (Some(card), true) = (passport("obama.jpg", &[]), has_ffmpeg()) else { return };
    let (Some(same), Some(other)) = (clip("obama2.jpg", "a.mp4", &[]), clip("biden.jpg", "b.webm", &[]))
    else {
        return;
    };
    for (ffmpeg, missing) in [("", false), ("/nowhere/ffmpeg", true)] {
        let options = match missing {
            true => options().set("IDV_WORKER__FFMPEG", ffmpeg),
            false => options(),
        };
        let Some(server) = Server::with(options) else { return };
        let shell = Shell::new(&server, DOCUMENTED);
        shell.file("brahim.jpeg", &card).file("brahim.mp4", &same);
        shell.file("photo.png", &same).file("other.mp4", &other).file("cut.mp4", &same[..same.len() / 3]);
        assert_enrolled(&shell.curl(ENROLL));
        if missing {
            assert_not_authenticated(&shell.curl(AUTHENTICATE), 200, "VIDEO_DECODER_MISSING");
            continue;
        }
        assert_authenticated(&shell.curl(AUTHENTICATE));
        assert_authenticated(&authenticate(&shell, "photo.png", "brahim"));
        assert_not_authenticated(&authenticate(&shell, "other.mp4", "brahim"), 200, "FACE_MISMATCH");
        assert_not_authenticated(&authenticate(&shell, "cut.mp4", "brahim"), 200, "FILE_CORRUPT");
        // A video is no document.
        let enrolled = enroll(&shell, "brahim.mp4", "moving");
        assert_not_enrolled(&enrolled, 200, "FILE_TYPE_UNSUPPORTED");
    }
}

#[test]
fn hostile_names_are_names_and_nothing_else() {
    let (Some(server), Some(card)) = (server(), passport("obama.jpg", &[])) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("card.jpeg", &card);
    for name in ["..%2F..%2Fx", "%D8%A8%D8%B1%D8%A7%D9%87%D9%8A%D9%85", "a'%20OR%201%3D1%20--", "%252e%252e"]
    {
        // The quotes of the shell are the README's.
        let name = name.replace('\'', "%27");
        assert_enrolled(&enroll(&shell, "card.jpeg", &name));
        assert_not_enrolled(&enroll(&shell, "card.jpeg", &name), 200, "DUPLICATE_USERNAME");
    }
    let objects = server.data().objects();
    assert!(objects.iter().all(|path| path.components().all(|part| part.as_os_str() != "x")), "{objects:?}");
}

/// A key of the tenant that this system's users belong to.
fn client_of_the_system(server: &Server) -> Client {
    let key = server.command(&["keys", "create", "operator", "--tenant", "enroll-authenticate"]).expect(0);
    server.client().with_key(key.trim())
}

#[test]
fn what_the_answer_has_no_field_for_is_in_v1() {
    let (Some(card), Some(photo)) = (passport("obama.jpg", &[]), face("obama2.jpg")) else { return };
    let Some(server) = Server::with(options()) else { return };
    if !has_liveness() {
        return;
    }
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("brahim.jpeg", &card).file("brahim.mp4", &photo);
    assert_enrolled(&shell.curl(ENROLL));
    assert_authenticated(&shell.curl(AUTHENTICATE));
    let log = server.log();
    let line = log.lines().find(|line| line.contains("answered an authentication")).expect("it is logged");
    assert!(line.contains("liveness") && !line.contains("brahim"), "{line}");
    let id: String = line[line.find(AuthenticationId::PREFIX).expect("its id")..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-')
        .collect();
    let operator = client_of_the_system(&server);
    let view = operator.get(&format!("/v1/authentications/{id}")).expect(200);
    let checks = view["result"]["checks"].as_array().unwrap();
    let liveness: Vec<&Value> = checks.iter().filter(|check| check["name"] == "liveness").collect();
    assert!(liveness.len() == 1 && liveness[0]["score"].is_number(), "{view}");
    let listed = operator.get("/v1/subjects?client_reference=brahim").expect(200);
    assert_eq!(listed["data"][0]["status"], "enrolled");
    assert_eq!(server.client().get("/v1/subjects").expect(200)["data"], json!([]), "another tenant's");
}

#[test]
fn a_picture_of_a_picture_is_refused_if_liveness_is_required() {
    if !has_liveness() {
        return;
    }
    let sample = "fixtures/spoof/minivision-ai_Silent-Face-Anti-Spoofing/images/sample";
    let (Some(live), Some(spoof)) =
        (shared(&format!("{sample}/image_T1.jpg")), shared(&format!("{sample}/image_F1.jpg")))
    else {
        return;
    };
    let (live, spoof) = (std::fs::read(live).unwrap(), std::fs::read(spoof).unwrap());
    for (liveness, refused) in [("require", true), ("report", false)] {
        let options = options().set("IDV_COMPAT__ENROLL_AUTHENTICATE__LIVENESS", liveness);
        let Some(server) = Server::with(options) else { return };
        let shell = Shell::new(&server, DOCUMENTED);
        shell.file("live.jpg", &live).file("spoof.jpg", &spoof);
        assert_enrolled(&enroll(&shell, "live.jpg", "live"));
        assert_enrolled(&enroll(&shell, "spoof.jpg", "spoof"));
        assert_authenticated(&authenticate(&shell, "live.jpg", "live"));
        let reply = authenticate(&shell, "spoof.jpg", "spoof");
        match refused {
            true => {
                let answer = reply.json(200);
                let reason = answer["DecisionReason"].as_str().unwrap();
                assert!(reason.starts_with("LIVENESS_SPOOF_"), "{answer}");
                assert_eq!((&answer["score"], &answer["Decision"]), (&Value::Null, &json!("REJECTED")));
            }
            false => {
                assert_authenticated(&reply);
            }
        }
    }
}

#[test]
fn a_length_that_is_announced_too_large_is_refused_at_once() {
    let server = Server::with(options().noop()).expect("it needs no models");
    let shell = Shell::new(&server, DOCUMENTED);
    let url = "http://127.0.0.1:5000/api/enroll?username=long";
    let line = format!(
        "curl -X POST -H 'Content-Type: multipart/form-data; boundary=x' -H 'Content-Length: 3221225472' \
         --data-binary x '{url}'"
    );
    assert_not_enrolled(&shell.curl(&line), 200, "BODY_TOO_LARGE");
    assert!(server.is_up());
}

#[test]
fn who_gets_no_answer_in_time_or_hangs_up_leaves_nothing() {
    for (wait_s, hangs_up) in [(1, false), (60, true)] {
        let options = options()
            .noop()
            .set("IDV_WORKER__NOOP_MS", 15_000)
            .set("IDV_WORKER__SLOTS", 4)
            .set("IDV_LIMITS__WAIT_S", wait_s);
        let server = Server::with(options).expect("it needs no models");
        let shell = Shell::new(&server, DOCUMENTED);
        shell.file("brahim.jpeg", &plain_png(76));
        match hangs_up {
            true => shell.hang_up(ENROLL),
            false => assert_not_enrolled(&shell.curl(ENROLL), 503, "TIMED_OUT"),
        }
        let data = server.data();
        eventually("nothing is left", || data.objects().is_empty() && !data.has_waiting_jobs());
        let operator = client_of_the_system(&server);
        eventually("the user is gone", || operator.get("/v1/subjects").expect(200)["data"] == json!([]));
        assert!(server.is_up());
    }
}
