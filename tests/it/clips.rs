//! Clips of a person in the place of a photo: real ones, made by ffmpeg from the shared photographs, and bad ones.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::command::{Run, has_models};
use crate::harness::images::{face, passport, shared};
use crate::harness::verification::{all_reasons, check, id, reasons};
use crate::harness::{Part, Server, ServerOptions, idv};

const FACES: &str = "fixtures/face/ageitgey_face_recognition/tests/test_images";

/// What makes a small clip out of one photo.
const SMALL: &str = "scale=480:-2,format=yuv420p";

/// Whether clips can be made and decoded here; says so if not.
pub fn has_ffmpeg() -> bool {
    let found = Command::new("ffmpeg").arg("-version").output().is_ok();
    if !found {
        eprintln!("skipped: ffmpeg is missing");
    }
    found
}

/// Runs ffmpeg with these arguments and gives the file that it writes.
fn made(name: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    let mut command = Command::new("ffmpeg");
    let output = command.args(["-v", "error"]).args(arguments).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(file).unwrap()
}

/// Two seconds of a photo.
pub fn clip(photo: &str, name: &str, more: &[&str]) -> Option<Vec<u8>> {
    let photo = shared(&format!("{FACES}/{photo}"))?;
    let photo = photo.to_str().unwrap();
    let input = ["-loop", "1", "-i", photo, "-t", "2", "-r", "10", "-vf", SMALL];
    Some(made(name, &[&input, more].concat()))
}

/// Verifies a person by a clip alone, and gives the settled view.
#[track_caller]
fn verify(server: &Server, parts: &[Part<'_>]) -> Value {
    let client = server.client();
    let answer = client.post_parts("/v1/verifications", parts, &[("prefer", "wait=60")]);
    assert!(matches!(answer.status, 200 | 202), "{}", answer.text());
    client.settled(&id(&answer.json()))
}

fn lenient() -> Option<Arc<Server>> {
    if !has_ffmpeg() {
        return None;
    }
    Server::lenient()
}

#[test]
fn a_clip_takes_the_place_of_a_selfie() {
    let (Some(server), Some(front)) = (lenient(), passport("obama.jpg", &[])) else { return };
    let client = server.client();
    for (name, more, content_type) in [
        ("index-at-the-end.mp4", &[][..], "video/mp4"),
        ("index-in-front.mp4", &["-movflags", "+faststart"], "video/mp4"),
        ("clip.webm", &["-c:v", "libvpx"], "video/webm"),
        ("clip.mov", &[], "video/quicktime"),
    ] {
        let Some(clip) = clip("obama2.jpg", name, more) else { return };
        let id = client.create();
        client.upload(&id, "document_front", &front);
        assert_eq!(client.verification(&id)["missing_captures"], json!(["selfie"]));
        let stored = client.upload(&id, "selfie_clip", &clip);
        assert_eq!(stored["content_type"], content_type, "{name}");
        assert_eq!((&stored["width"], &stored["height"]), (&Value::Null, &Value::Null));
        assert_eq!(client.verification(&id)["missing_captures"], Value::Null, "{name}");
        client.submit(&id);
        let view = client.settled(&id);
        assert_eq!(view["status"], "verified", "{name}: {view}");
        let found = check(&view, "selfie_face");
        assert_eq!(found["outcome"], "pass", "{name}: {found}");
        let details = &found["evidence"]["details"];
        assert_eq!(details["frames"], details["frames_with_face"], "{found}");
        assert!(details["frames"].as_u64().is_some_and(|frames| (6..=10).contains(&frames)), "{found}");
        assert_ne!(check(&view, "liveness")["outcome"], "error", "{view}");
    }
}

#[test]
fn a_clip_of_another_person_is_rejected() {
    let (Some(server), Some(front)) = (lenient(), passport("obama.jpg", &[])) else { return };
    let Some(clip) = clip("biden.jpg", "biden.mp4", &[]) else { return };
    let parts = [Part::image("document_front", &front), Part::image("selfie_clip", &clip)];
    let view = verify(&server, &parts);
    assert_eq!(view["status"], "rejected", "{view}");
    assert_eq!(reasons(&view), ["face_mismatch"]);
}

#[test]
fn a_clip_of_two_people_is_rejected_whoever_comes_first() {
    let (Some(server), Some(front)) = (lenient(), passport("obama.jpg", &[])) else { return };
    let (Some(a), Some(b)) = (shared(&format!("{FACES}/obama2.jpg")), shared(&format!("{FACES}/biden.jpg")))
    else {
        return;
    };
    let same = "scale=480:600,setsar=1";
    let joined = format!("[0]{same}[a];[1]{same}[b];[a][b]concat=n=2,format=yuv420p");
    let input =
        |path: &Path| ["-loop", "1", "-t", "1", "-r", "10", "-i", path.to_str().unwrap()].map(str::to_owned);
    let inputs: Vec<String> = [input(&a), input(&b)].concat();
    let mut arguments: Vec<&str> = inputs.iter().map(String::as_str).collect();
    arguments.extend(["-filter_complex", &joined]);
    let clip = made("two.mp4", &arguments);
    let parts = [Part::image("document_front", &front), Part::image("selfie_clip", &clip)];
    let view = verify(&server, &parts);
    assert_eq!(view["status"], "rejected", "{view}");
    assert!(check(&view, "selfie_face")["reasons"] == json!(["selfie_multiple_faces"]), "{view}");
}

#[test]
fn beside_a_selfie_a_clip_has_to_show_the_same_person() {
    let (Some(server), Some(front), Some(selfie)) =
        (lenient(), passport("obama.jpg", &[]), face("obama2.jpg"))
    else {
        return;
    };
    let Some(clip) = clip("biden.jpg", "biden.mp4", &[]) else { return };
    let parts = [
        Part::image("document_front", &front),
        Part::image("selfie", &selfie),
        Part::image("selfie_clip", &clip),
    ];
    let view = verify(&server, &parts);
    assert_eq!(view["status"], "rejected", "{view}");
    for name in ["face_match", "liveness"] {
        assert_eq!(check(&view, name)["reasons"], json!(["face_mismatch"]), "{view}");
    }
}

#[test]
fn bad_clips_have_a_clear_reason() {
    let (Some(server), Some(front)) = (lenient(), passport("obama.jpg", &[])) else { return };
    let Some(whole) = clip("obama2.jpg", "whole.mp4", &[]) else { return };
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let colour = |size: &str, seconds: &str, name: &str| {
        let source = format!("color=size={size}:rate=1");
        made(name, &["-f", "lavfi", "-i", &source, "-t", seconds, "-c:v", "mpeg4"])
    };
    for (what, clip, reason) in [
        ("cut off before its index", whole[..whole.len() / 2].to_vec(), "file_corrupt"),
        ("a header and noise", [&whole[..64], &noise].concat(), "file_corrupt"),
        ("huge frames", colour("7680x4320", "1", "huge.mp4"), "file_corrupt"),
        ("an hour of nobody", colour("64x64", "3600", "hour.mp4"), "selfie_no_face"),
        (
            "a codec that is not taken",
            made("old.mp4", &["-f", "lavfi", "-i", "testsrc", "-t", "1", "-c:v", "mpeg2video"]),
            "file_corrupt",
        ),
        ("sound alone", made("sound.mp4", &["-f", "lavfi", "-i", "sine", "-t", "1"]), "file_corrupt"),
    ] {
        let parts = [Part::image("document_front", &front), Part::image("selfie_clip", &clip)];
        let view = verify(&server, &parts);
        assert_eq!(view["status"], "rejected", "{what}: {view}");
        assert_eq!(check(&view, "selfie_face")["reasons"], json!([reason]), "{what}");
    }
    assert!(server.is_up());
}

#[test]
fn only_a_clip_may_be_a_video_and_only_by_its_first_bytes() {
    let Some(server) = Server::lenient() else { return };
    let client = server.client();
    let id = client.create();
    let path = |kind: &str| format!("/v1/verifications/{id}/captures/{kind}");
    let mp4 = [b"\0\0\0\x20ftypisom", &[0; 64][..]].concat();
    for kind in ["document_front", "selfie"] {
        assert_eq!(client.put(&path(kind), &mp4).problem(415), "file_type_unsupported", "{kind}");
    }
    let zip = [b"PK\x03\x04", &[0; 64][..]].concat();
    let heic = [b"\0\0\0\x20ftypheic", &[0; 64][..]].concat();
    for (what, bytes) in [("a zip", &zip[..]), ("a still image", &heic), ("a text", b"not a clip at all")] {
        assert_eq!(client.put(&path("selfie_clip"), bytes).problem(415), "file_type_unsupported", "{what}");
    }
    assert_eq!(client.put(&path("selfie_clip"), &mp4).status, 200);
    let Some(photo) = face("obama2.jpg") else { return };
    assert_eq!(client.put(&path("selfie_clip"), &photo).expect(200)["content_type"], "image/jpeg");
}

#[test]
fn without_ffmpeg_nobody_is_rejected() {
    let options = ServerOptions::default().lenient().set("IDV_WORKER__FFMPEG", "/nowhere/ffmpeg");
    let (true, Some(front)) = (has_ffmpeg(), passport("obama.jpg", &[])) else { return };
    let (Some(server), Some(clip)) = (Server::with(options), clip("obama2.jpg", "clip.mp4", &[])) else {
        return;
    };
    let parts = [Part::image("document_front", &front), Part::image("selfie_clip", &clip)];
    let view = verify(&server, &parts);
    assert_eq!(view["status"], "needs_review", "{view}");
    assert_eq!(check(&view, "selfie_face")["outcome"], "not_run", "{view}");
    assert!(all_reasons(&view).contains(&"video_decoder_missing"), "{view}");
    let doctor = server.command(&["doctor"]);
    let line = doctor.stdout.lines().find(|line| line.contains("ffmpeg")).expect("doctor tells");
    assert!(line.starts_with("missing") && line.contains("worker.ffmpeg"), "{line}");
}

#[test]
fn the_command_line_takes_clips() {
    if !has_ffmpeg() || !has_models() {
        return;
    }
    let (Some(front), Some(clip)) = (passport("obama.jpg", &[]), clip("obama2.jpg", "clip.mp4", &[])) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (front, clip) = (file("front.jpg", &front), file("no-name-tells", &clip));
    let run = Run::of(idv().args(["verify", "--json", "--front"]).arg(front).arg("--selfie").arg(&clip));
    let report = &run.lines()[0];
    assert_eq!(check(report, "face_match")["outcome"], "pass", "{report}");
    assert_eq!(check(report, "selfie_face")["outcome"], "pass", "{report}");
    let live = Run::of(idv().args(["liveness", "--json"]).arg(&clip));
    assert!(live.lines()[0]["outcome"].is_string(), "{live:?}");
    let doctor = Run::of(idv().arg("doctor").env("IDV_DATA_DIR", folder.path().join("data"))).stdout;
    assert!(doctor.contains("ok       ffmpeg             ffmpeg version"), "{doctor}");
}

/// A program in the place of ffmpeg that tries what a decoder that was taken over would try.
const TAKEN_OVER: &str = r#"#!/usr/bin/perl
use Socket;
sub attempt { my ($what, $done) = @_; print $what, ": ", ($done ? "done" : "refused"), "\n"; }
attempt("read a file", open(my $a, '<', "SECRET"));
attempt("read the system's users", open(my $b, '<', '/etc/passwd'));
attempt("list a folder", opendir(my $c, "FOLDER"));
attempt("look at another process", open(my $d, '<', '/proc/' . getppid() . '/environ'));
attempt("write a file", open(my $e, '>', "FOLDER/written"));
attempt("delete a file", unlink("SECRET"));
attempt("open a socket", socket(my $f, PF_INET, SOCK_STREAM, 0));
attempt("open a local socket", socket(my $g, PF_UNIX, SOCK_STREAM, 0));
attempt("start a process", defined(my $child = fork()));
attempt("signal another process", kill(0, getppid()));
attempt("see the environment", $ENV{IDV_KEYS__MASTER} || $ENV{HOME} || $ENV{PATH});
"#;

#[test]
fn a_decoder_that_was_taken_over_reaches_nothing() {
    if !Path::new("/usr/bin/perl").exists() {
        eprintln!("skipped: /usr/bin/perl is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (secret, program) = (folder.path().join("secret"), folder.path().join("ffmpeg"));
    std::fs::write(&secret, "secret").unwrap();
    let script = TAKEN_OVER
        .replace("SECRET", secret.to_str().unwrap())
        .replace("FOLDER", folder.path().to_str().unwrap());
    std::fs::write(&program, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    let run = Run::of(
        idv().args(["__decode-video", "--ffmpeg"]).arg(&program).env("IDV_KEYS__MASTER", "a master key"),
    );
    let closed = !run.stderr.starts_with("landlock: absent");
    if !closed {
        eprintln!("skipped: this kernel has no Landlock, so the file system is open");
    }
    let done: Vec<&str> = run.stdout.lines().filter(|line| line.ends_with("done")).collect();
    assert_eq!(run.stdout.lines().count(), 11, "{run:?}");
    let needs_landlock = |line: &&str| {
        !closed
            && (line.contains("file")
                || line.contains("folder")
                || line.contains("users")
                || line.contains("look at"))
    };
    let reached: Vec<&&str> = done.iter().filter(|line| !needs_landlock(line)).collect();
    assert!(reached.is_empty(), "{reached:?}");
    assert!(!closed || secret.exists());
}
