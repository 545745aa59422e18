//! The commands: what they print, what they exit with, and how they refuse.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::command::{Run, has_models};
use crate::harness::deployment::is_only_for_embedded_mode;
use crate::harness::images::{broken_png, face, passport, plain_png};
use crate::harness::{Server, ServerOptions, idv, root};

/// A folder with files that are given to the program by their paths.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn add(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A passport, its holder and somebody else, as files; `None` if they or the models are not there.
fn people() -> Option<(Files, PathBuf, PathBuf, PathBuf)> {
    if !has_models() {
        return None;
    }
    let files = Files::new();
    let front = files.add("front.jpg", &passport("obama.jpg", &[])?);
    let holder = files.add("holder.jpg", &face("obama2.jpg")?);
    let stranger = files.add("stranger.jpg", &face("biden.jpg")?);
    Some((files, front, holder, stranger))
}

fn verify(front: &Path, selfie: &Path) -> Command {
    let mut command = idv();
    command.arg("verify").arg("--front").arg(front).arg("--selfie").arg(selfie);
    command.arg("--policy").arg(root().join("policy/demo.toml"));
    command
}

#[test]
fn verify_exits_with_the_verdict_and_draws_what_it_saw() {
    let Some((files, front, holder, stranger)) = people() else { return };
    let drawing = files.path("drawing.png");
    let run = Run::of(verify(&front, &holder).arg("--json").arg("--annotate").arg(&drawing));
    let [report] = run.lines().try_into().unwrap();
    run.expect(0);
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["document"]["mrz"]["format"], "TD3");
    let picture = image::open(&drawing).expect("the drawing is an image");
    assert!(picture.width() > 1000, "document and selfie are side by side or stacked");

    let text = Run::of(&mut verify(&front, &stranger)).expect(1);
    assert!(text.contains("rejected") && text.contains("face_mismatch"), "{text}");

    let expected = files.add("expected.json", br#"{"surname": "Nobody-At-All"}"#);
    let text = Run::of(verify(&front, &holder).arg("--expected").arg(&expected)).expect(1);
    assert!(text.contains("data_mismatch_expected"), "{text}");
    let nonsense = files.add("nonsense.json", br#"{"sex": "female"}"#);
    assert_eq!(Run::of(verify(&front, &holder).arg("--expected").arg(&nonsense)).code, 4);

    // The built-in policy wants a live person; an empty room is not one.
    let nobody = files.add("nobody.png", &broken_png(90));
    let run = Run::of(idv().arg("verify").arg("--front").arg(&nobody).arg("--selfie").arg(&nobody));
    assert!(matches!(run.code, 1 | 3), "{run:?}");
}

#[test]
fn verify_that_cannot_run_says_so_in_one_line() {
    let missing = Path::new("/nowhere/front.jpg");
    let run = Run::of(&mut verify(missing, missing));
    assert_eq!(run.code, 4, "{run:?}");
    assert_eq!(run.complaints().len(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("/nowhere/front.jpg"), "{}", run.stderr);
    assert_eq!(Run::of(idv().args(["verify", "--front"])).code, 2, "a usage error");

    let empty = tempfile::tempdir().unwrap();
    let files = Files::new();
    let image = files.add("image.png", &plain_png(91));
    let run = Run::of(verify(&image, &image).env("IDV_MODELS__DIR", empty.path()));
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stderr.contains("idv models fetch"), "{}", run.stderr);
}

#[test]
fn read_prints_a_line_for_each_image_and_goes_on_after_a_bad_one() {
    let Some((files, front, _, _)) = people() else { return };
    let text = files.add("letter.txt", b"Dear Sir or Madam");
    let missing = files.path("missing.jpg");
    let run = Run::of(idv().args(["read", "--json"]).args([&text, &missing, &front]));
    let [no_image, not_there, passport] = run.lines().try_into().unwrap();
    assert_eq!(run.code, 1, "some could not be read");
    assert!(no_image["error"].as_str().unwrap().contains("file_type_unsupported"), "{no_image}");
    assert_eq!(not_there["image"], missing.display().to_string());
    assert!(not_there["error"].is_string());
    assert_eq!(passport["type"], "TD3");
    assert_eq!(passport["all_check_digits_valid"], true, "{passport}");
    assert_eq!(passport["mrz"].as_array().map(Vec::len), Some(2));
    assert!(passport["fields"]["surname"].is_string() && passport["error"].is_null());
    assert!(!passport["text"].as_array().unwrap().is_empty());

    let text = Run::of(idv().arg("read").arg(&front)).expect(0);
    assert!(text.contains("all check digits agree"), "{text}");
}

#[test]
fn compare_takes_two_images_or_a_list_of_pairs() {
    let Some((files, _, holder, stranger)) = people() else { return };
    let run = Run::of(idv().args(["compare", "--json"]).args([&holder, &stranger]));
    let [line] = run.lines().try_into().unwrap();
    run.expect(0);
    assert_eq!((&line["same"], &line["outcome"]), (&Value::Bool(false), &"fail".into()), "{line}");
    assert_eq!(line["faces"], serde_json::json!([1, 1]));

    let list =
        "left,right,label\nholder.jpg,holder.jpg,1\nholder.jpg,stranger.jpg,0\nholder.jpg,nobody.jpg,0\n";
    let list = files.add("pairs.csv", list.as_bytes());
    let run = Run::of(idv().args(["compare", "--json", "--pairs"]).arg(&list));
    let lines = run.lines();
    assert_eq!(run.code, 1, "one pair could not be compared");
    let same: Vec<&Value> = lines.iter().map(|line| &line["same"]).collect();
    assert_eq!(same, [&Value::Bool(true), &Value::Bool(false), &Value::Null]);
    assert!(lines[2]["error"].as_str().unwrap().contains("nobody.jpg"), "{}", lines[2]);
    assert_eq!(Run::of(idv().args(["compare", "a.jpg"])).code, 2);
}

#[test]
fn liveness_prints_class_and_score() {
    let Some((_files, front, holder, _)) = people() else { return };
    let run = Run::of(idv().args(["liveness", "--json"]).args([&holder, &front]));
    let lines = run.lines();
    run.expect(0);
    for line in &lines {
        let known = ["live", "spoof", "inconclusive", "not_run"];
        assert!(line["class"].as_str().is_some_and(|class| known.contains(&class)), "{line}");
        assert!(line["class"] == "not_run" || line["score"].is_number(), "{line}");
    }
    assert_ne!(lines[1]["class"], "live", "a print is not alive: {}", lines[1]);
}

#[test]
fn doctor_says_what_is_there_and_what_is_not() {
    let data = tempfile::tempdir().unwrap();
    let doctor = |models: Option<&Path>| {
        let mut command = idv();
        command.arg("doctor").env("IDV_DATA_DIR", data.path());
        models.map(|folder| command.env("IDV_MODELS__DIR", folder));
        Run::of(&mut command)
    };
    let empty = tempfile::tempdir().unwrap();
    let text = doctor(Some(empty.path())).expect(1);
    assert!(text.contains("missing  face_detector"), "{text}");
    assert!(text.contains("idv models fetch"), "{text}");
    if has_models() {
        let text = doctor(None).stdout;
        for line in ["policy", "face_detector", "database", "object store", "queue"] {
            assert!(text.contains(&format!("ok       {line}")), "{text}");
        }
    }
}

#[test]
fn models_are_listed_with_their_licences_and_checked() {
    if !has_models() {
        return;
    }
    let list = Run::of(idv().args(["models", "list"])).stdout;
    let detector = list.lines().find(|line| line.starts_with("face_detector")).unwrap();
    assert!(detector.contains("commercial use: yes"), "{list}");
    Run::of(idv().args(["models", "verify"])).expect(0);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("yunet_n_dyn_tract.onnx"), b"something else").unwrap();
    let run = Run::of(idv().args(["models", "verify"]).env("IDV_MODELS__DIR", folder.path()));
    assert!(run.expect(1).contains("SHA-256"));
}

#[test]
fn a_specimen_is_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let render = |name: &str, seed: &str| {
        let out = folder.path().join(name);
        let mut command = idv();
        command.args(["specimen", "--kind", "id_card", "--seed", seed, "--out"]).arg(&out);
        Run::of(&mut command).expect(0);
        let read = |side: &str| std::fs::read(out.join(format!("id_card-{seed}-{side}.jpg"))).unwrap();
        (read("front"), read("back"))
    };
    let first = render("a", "5");
    assert!(first == render("b", "5"), "the same seed");
    assert!(first != render("c", "6"), "another seed");
    let truth = std::fs::read_to_string(folder.path().join("a/truth.jsonl")).unwrap();
    assert_eq!(truth.lines().count(), 2);
}

#[test]
fn one_data_folder_takes_one_server() {
    if is_only_for_embedded_mode() {
        return;
    }
    let Some(server) = Server::lenient() else { return };
    let run = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.complaints().len(), 1, "{}", run.stderr);
    assert!(run.complaints()[0].contains("another idv uses it"), "{}", run.stderr);
    assert!(server.is_up());
}

#[test]
fn a_taken_port_and_a_setting_that_does_not_exist_are_refused_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    let refused = |command: &mut Command| {
        let run = Run::of(command.env("IDV_DATA_DIR", data.path().join("data")));
        assert_eq!(run.code, 1, "{run:?}");
        assert_eq!(run.complaints().len(), 1, "{}", run.stderr);
        run.complaints()[0].to_owned()
    };
    let complaint = refused(idv().args(["serve", "--listen", &address]));
    assert!(complaint.contains(&address), "{complaint}");
    let complaint = refused(idv().arg("serve").env("IDV_SERVER__PROT", "1"));
    assert!(complaint.contains("prot"), "{complaint}");
    let complaint = refused(idv().arg("serve").env("IDV_DATABASE__URL", "postgres://db/idv"));
    assert!(complaint.contains("database.url"), "{complaint}");
    let complaint = refused(idv().arg("serve").env("IDV_POLICY__PATH", "/nowhere.toml"));
    assert!(complaint.contains("/nowhere.toml"), "{complaint}");
    assert!(!data.path().join("data/idv.sqlite").exists(), "nothing was begun");
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_began() {
    let Some(mut server) = Server::with(ServerOptions::default().lenient()) else { return };
    let client = server.client();
    let id = client.create();
    client.upload(&id, "document_front", &plain_png(92));
    client.upload(&id, "selfie", &broken_png(93));
    client.submit(&id);
    let data = server.data();
    crate::harness::eventually("a worker has it", || data.has_running_jobs());
    assert_eq!(server.terminate().code(), Some(0));
    data.assert_one_result(&id);
    data.assert_no_job_is_left();
}
