//! System 2, `uncoin-kyc`: its README names the paths alone, so each is called in every form that is taken.

mod bucket;
mod refusals;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::shell::Shell;
use crate::harness::images::{face, plain_png};
use crate::harness::{Server, ServerOptions, eventually};

/// Where the README's server answers.
const DOCUMENTED: &str = "http://localhost:5000";
/// The largest upload that the server of these tests takes, in bytes.
const LARGEST: usize = 2 << 20;

fn server() -> Option<Arc<Server>> {
    Server::shared("uncoin-kyc", || {
        ServerOptions::default().set("IDV_COMPAT", "uncoin-kyc").set("IDV_LIMITS__CAPTURE_BYTES", LARGEST)
    })
}

/// A shell with two photos of one person, one of another, and a wall.
fn shell(server: &Server) -> Option<Shell<'_>> {
    let shell = Shell::new(server, DOCUMENTED);
    for (name, photo) in [("card.jpg", "obama.jpg"), ("me.jpg", "obama2.jpg"), ("other.jpg", "biden.jpg")] {
        let photo = face(photo)?;
        shell.file(name, &photo).file(&format!("{name}.b64"), STANDARD.encode(&photo).as_bytes());
    }
    shell.file("wall.png", &plain_png(70));
    Some(shell)
}

/// Sends a JSON body in which `@name` stands for a file in base64.
#[track_caller]
fn json_body(shell: &Shell<'_>, body: &Value) -> String {
    let mut text = body.to_string();
    for name in ["card.jpg", "me.jpg", "other.jpg"] {
        let photo = std::fs::read_to_string(shell.path(&format!("{name}.b64"))).unwrap();
        text = text.replace(&format!("@{name}"), &photo);
    }
    shell.file("body.json", text.as_bytes());
    "-H 'Content-Type: application/json' --data-binary @body.json".to_owned()
}

#[test]
fn an_upload_tells_whether_there_is_a_face() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    for path in ["upload_image1", "upload_image2"] {
        let found = shell.curl(&format!("curl http://localhost:5000/{path} -F image=@card.jpg")).json(200);
        let expected = json!({"face_detected": true, "faces": 1, "reasons": [], "name": "card.jpg"});
        assert_eq!(found, expected, "{path}");
        let none = shell.curl(&format!("curl http://localhost:5000/{path} -F image=@wall.png")).json(200);
        let reasons = json!(["selfie_no_face"]);
        let expected = json!({"face_detected": false, "faces": 0, "reasons": reasons, "name": "wall.png"});
        assert_eq!(none, expected, "{path}");
    }
}

#[test]
fn every_form_of_an_upload_is_taken() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    let plain = json_body(&shell, &json!({"image": "@card.jpg", "name": "json"}));
    let name = |form: &str, query: &str| {
        let line = format!("curl 'http://localhost:5000/upload_image1{query}' {form}");
        let answer = shell.curl(&line).json(200);
        assert_eq!(answer["face_detected"], true, "{line}: {answer}");
        answer["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(name(&plain, ""), "json");
    for (form, query, expected) in [
        ("-F image1=@card.jpg", "", "card.jpg"),
        ("-F file=@card.jpg", "?filename=by%20query", "by query"),
        ("-F photo=@card.jpg -F name=by-part", "", "by-part"),
        ("-F whatever=@card.jpg -F image_name=by-other-part", "", "by-other-part"),
        ("-F 'image=@card.jpg;filename=../../etc/cron.d/x.jpg'", "", "x.jpg"),
        ("-F 'image=<card.jpg.b64' -F key=text-part", "", "text-part"),
        ("-H 'Content-Type: image/jpeg' --data-binary @card.jpg", "?name=raw", "raw"),
        ("--data-binary @card.jpg", "?name=unlabelled", "unlabelled"),
        ("-X PUT -T card.jpg", "?key=put", "put"),
    ] {
        assert_eq!(name(form, query), expected, "{form}");
    }
    let url = json_body(&shell, &json!({"imageName": "url", "image1": "data:image/jpeg;base64,@card.jpg"}));
    assert_eq!(name(&url, ""), "url");
    // Without any name the image's id is one.
    let id = name("--data-binary @card.jpg", "");
    assert!(id.starts_with("img_"), "{id}");
    assert_eq!(
        shell.curl(&format!("curl 'http://localhost:5000/delete-image?name={id}'")).json(200)["deleted"],
        true
    );
}

#[test]
fn every_form_of_a_comparison_is_taken() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    for (name, file) in [("cmp-card", "card.jpg"), ("cmp-me", "me.jpg"), ("cmp-other", "other.jpg")] {
        shell
            .curl(&format!("curl http://localhost:5000/upload_image1 -F image=@{file} -F name={name}"))
            .json(200);
    }
    let same = |form: &str, query: &str| {
        let line = format!("curl 'http://localhost:5000/compare_images{query}' {form}");
        let answer = shell.curl(&line).json(200);
        assert_eq!(answer["conclusive"], true, "{line}: {answer}");
        answer["same_person"].as_bool().unwrap()
    };
    for (form, query, expected) in [
        ("-F image1=@card.jpg -F image2=@me.jpg", "", true),
        ("-F image1=@card.jpg -F image2=@other.jpg", "", false),
        ("-F files=@card.jpg -F files=@me.jpg", "", true),
        ("-F image1=cmp-card -F image2=cmp-me", "", true),
        ("-F name1=cmp-card -F image2=@other.jpg", "", false),
        ("-F selfie=@me.jpg -F document=cmp-card", "", true),
        ("-d image1=cmp-card -d image2=cmp-me", "", true),
        ("-G -d name1=cmp-card -d name2=cmp-other", "", false),
        ("", "?image1=cmp-card&image2=cmp-me", true),
        ("-X POST", "?name=cmp-card&name=cmp-me", true),
    ] {
        assert_eq!(same(form, query), expected, "{form}{query}");
    }
    for (body, expected) in [
        (json!({"image1": "cmp-card", "image2": "cmp-me"}), true),
        (json!({"image1_name": "cmp-card", "image2_name": "cmp-other"}), false),
        (json!({"image1": "@card.jpg", "image2": "data:image/jpeg;base64,@me.jpg"}), true),
        (json!({"names": ["cmp-card", "cmp-me"]}), true),
        (json!({"image_a": "@card.jpg", "image_b": "cmp-other"}), false),
    ] {
        assert_eq!(same(&json_body(&shell, &body), ""), expected, "{body}");
    }
}

#[test]
fn a_comparison_tells_its_score_and_keeps_nothing() {
    let Some(server) = Server::with(ServerOptions::default().set("IDV_COMPAT", "uncoin-kyc")) else { return };
    let Some(shell) = shell(&server) else { return };
    let line = "curl http://localhost:5000/compare_images -F image1=@card.jpg -F image2=";
    let mut same = shell.curl(&format!("{line}@me.jpg")).json(200);
    let (score, threshold) =
        (same["score"].take().as_f64().unwrap(), same["threshold"].take().as_f64().unwrap());
    assert!(score >= threshold);
    let shape =
        json!({"same_person": true, "conclusive": true, "score": null, "threshold": null, "reasons": []});
    assert_eq!(same, shape);
    let open = shell.curl(&format!("{line}@wall.png")).json(200);
    assert_eq!((&open["same_person"], &open["conclusive"]), (&json!(false), &json!(false)), "{open}");
    assert!(!open["reasons"].as_array().unwrap().is_empty(), "{open}");
    let data = server.data();
    eventually("the store is empty", || data.objects().is_empty());
}

#[test]
fn what_was_uploaded_comes_back_byte_for_byte_in_every_form() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    shell.curl("curl http://localhost:5000/upload_image2 -F image=@me.jpg -F 'name=año 1/me.jpg'").json(200);
    for form in [
        "'http://localhost:5000/get-image?name=a%C3%B1o%201/me.jpg'",
        "'http://localhost:5000/get-image?filename=a%C3%B1o%201/me.jpg'",
        "'http://localhost:5000/get-image/a%C3%B1o%201/me.jpg'",
        "-G http://localhost:5000/get-image --data-urlencode 'image=año 1/me.jpg'",
        "http://localhost:5000/get-image -F 'name=año 1/me.jpg'",
        "http://localhost:5000/get-image --data-urlencode 'key=año 1/me.jpg'",
        "http://localhost:5000/get-image -H 'Content-Type: application/json' -d '{\"name\": \"año 1/me.jpg\"}'",
        "http://localhost:5000/get-image -d '{\"image_name\": \"año 1/me.jpg\"}'",
    ] {
        let reply = shell.curl(&format!("curl -o got.jpg {form} && cmp got.jpg me.jpg"));
        assert_eq!((reply.status, reply.content_type.as_str()), (200, "image/jpeg"), "{form}");
    }
}

#[test]
fn a_deleted_image_is_gone_however_it_was_deleted() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    for form in [
        "-X DELETE 'http://localhost:5000/delete-image?name=gone'",
        "-X DELETE http://localhost:5000/delete-image/gone",
        "-X DELETE http://localhost:5000/delete-image -H 'Content-Type: application/json' -d '{\"name\":\"gone\"}'",
        "'http://localhost:5000/delete-image?image=gone'",
        "http://localhost:5000/delete-image -d name=gone",
        "http://localhost:5000/delete-image -F filename=gone",
    ] {
        shell.curl("curl http://localhost:5000/upload_image1 -F image=@wall.png -F name=gone").json(200);
        assert_eq!(
            shell.curl(&format!("curl {form}")).json(200),
            json!({"deleted": true, "name": "gone"}),
            "{form}"
        );
        assert_eq!(
            shell.curl(&format!("curl {form}")).json(404),
            json!({"error": "there is no image of this name"})
        );
        let got = shell.curl("curl 'http://localhost:5000/get-image?name=gone'");
        assert_eq!(got.json(404), json!({"error": "there is no image of this name"}));
    }
}

#[test]
fn an_image_takes_the_place_of_the_earlier_one_of_its_name() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    for file in ["card.jpg", "me.jpg"] {
        shell
            .curl(&format!("curl http://localhost:5000/upload_image1 -F image=@{file} -F name=twice"))
            .json(200);
    }
    let reply =
        shell.curl("curl -o got.jpg 'http://localhost:5000/get-image?name=twice' && cmp got.jpg me.jpg");
    assert_eq!(reply.status, 200);
}
