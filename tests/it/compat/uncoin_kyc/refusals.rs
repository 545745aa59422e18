//! What callers of this system get wrong, and what is not theirs.

use serde_json::{Value, json};

use super::super::shell::Shell;
use super::{DOCUMENTED, LARGEST, server, shell};
use crate::harness::images::{broken_png, plain_png};
use crate::harness::{Part, Server, ServerOptions};

/// The message of a refusal, which says nothing else.
#[track_caller]
fn refused(shell: &Shell<'_>, form: &str, status: u16) -> String {
    let mut answer = shell.curl(&format!("curl {form}")).json(status);
    let message = answer["error"].take();
    assert_eq!(answer, json!({"error": null}), "{form}");
    message.as_str().expect("a message").to_owned()
}

#[test]
fn what_is_no_image_is_refused() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    shell.file("empty.jpg", b"").file("zip.jpg", b"PK\x03\x04 a zip").file("half.png", &broken_png(71)[..20]);
    shell.file("large.png", &[plain_png(72), vec![0; LARGEST]].concat());
    shell.file("huge.png", &[plain_png(73), vec![0; 60 << 20]].concat());
    for (form, status, expected) in [
        ("-X POST", 400, "there is no image: send it as the file `image` of a form"),
        ("-F name=card", 400, "there is no image: send it as the file `image` of a form"),
        ("-F image=@card.jpg -F image2=@me.jpg", 400, "one image is taken at a time"),
        ("-F a=@wall.png -F b=@wall.png -F c=@wall.png", 400, "there are more than two images"),
        ("-F image=@empty.jpg", 400, "image: the file has no bytes"),
        ("-F image=@half.png", 400, "image: the file ends or goes astray before the image's size is known"),
        (
            "-F image=@zip.jpg",
            415,
            "image: send JPEG, PNG, WebP, BMP or GIF; the first bytes are none of these",
        ),
        ("-F image=%%%", 415, "the image is no file, and no image in base64"),
        (
            "-H 'Content-Type: video/mp4' --data-binary @zip.jpg",
            415,
            "send JPEG, PNG, WebP, BMP or GIF; the first bytes are none of these",
        ),
        ("-H 'Content-Type: application/json' -d '{'", 400, "not JSON: line 1, column 1"),
        ("-H 'Content-Type: application/json' -d '3'", 400, "the body must be a JSON object"),
        ("-F image=@large.png", 413, "image: at most 2097152 bytes are taken here"),
        ("-F image=@huge.png", 413, "at most 5854552 bytes are taken here"),
        (
            "-H 'Content-Length: 3000000000' --data-binary @card.jpg",
            413,
            "at most 5854552 bytes are taken here",
        ),
    ] {
        let form = format!("http://localhost:5000/upload_image1 {form}");
        assert_eq!(refused(&shell, &form, status), expected, "{form}");
    }
    assert!(server.is_up());
}

#[test]
fn what_is_no_name_is_refused_and_no_name_is_a_path() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    let wrong = "name: must be 1 to 200 printable characters";
    let long = "x".repeat(10_000);
    for name in ["", "a%00b", "%0a", long.as_str()] {
        for path in ["get-image", "delete-image"] {
            let form = format!("'http://localhost:5000/{path}?name={name}'");
            assert_eq!(refused(&shell, &form, 400), wrong, "{form}");
        }
        let form = format!("'http://localhost:5000/upload_image1?name={name}' -F image=@wall.png");
        assert_eq!(refused(&shell, &form, 400), wrong, "{form}");
    }
    for name in ["../../../../etc/passwd", "..%2f..%2fidv.sqlite", "/etc/passwd", "%F0%9F%98%80%E2%80%AE"] {
        let unknown =
            refused(&shell, &format!("--path-as-is 'http://localhost:5000/get-image?name={name}'"), 404);
        assert_eq!(unknown, "there is no image of this name");
        let kept = format!("curl 'http://localhost:5000/upload_image1?name={name}' -F image=@wall.png");
        shell.curl(&kept).json(200);
        let got =
            format!("curl -o got.png 'http://localhost:5000/get-image?name={name}' && cmp got.png wall.png");
        assert_eq!(shell.curl(&got).status, 200);
    }
    assert_eq!(refused(&shell, "http://localhost:5000/get-image", 400), "say which image: send its `name`");
    let file = "http://localhost:5000/get-image -F image=@wall.png";
    assert_eq!(refused(&shell, file, 400), "image: no image is taken here, only a name");
}

#[test]
fn a_comparison_needs_two_images() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    shell.curl("curl http://localhost:5000/upload_image1 -F image=@card.jpg -F name=alone").json(200);
    for (form, status, expected) in [
        ("-X POST", 400, "there are no images: send two, or the names of two, as `image1` and `image2`"),
        ("-F image1=@card.jpg", 400, "image 2, the person's, is missing"),
        ("-F image2=alone", 400, "image 1, the document's, is missing"),
        ("-F image=@wall.png -F image=@wall.png -F image=@wall.png", 400, "there are more than two images"),
        ("-F image1=@card.jpg -F image1=@me.jpg", 400, "there is more than one image for a place"),
        ("-F image1=alone -F image2=nobody", 404, "image 2: there is no image of this name"),
        ("-F image1=@card.jpg -F image2=", 400, "name: must be 1 to 200 printable characters"),
    ] {
        let form = format!("http://localhost:5000/compare_images {form}");
        assert_eq!(refused(&shell, &form, status), expected, "{form}");
    }
}

#[test]
fn other_methods_are_refused() {
    let Some(server) = server() else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    for (method, path, allowed) in [
        ("GET", "upload_image1", "POST, PUT"),
        ("DELETE", "upload_image2", "POST, PUT"),
        ("DELETE", "compare_images", "POST, PUT, GET"),
        ("DELETE", "get-image", "GET, POST"),
        ("PUT", "delete-image", "DELETE, POST, GET"),
    ] {
        let message = refused(&shell, &format!("-X {method} http://localhost:5000/{path}"), 405);
        assert_eq!(message, format!("this path answers to {allowed}"));
    }
}

#[test]
fn pages_of_other_origins_are_refused() {
    let Some(server) = server() else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    for header in ["Host: evil.example", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"] {
        refused(&shell, &format!("'http://localhost:5000/delete-image?name=x' -H '{header}'"), 403);
    }
}

#[test]
fn only_what_this_interface_made_is_seen_here() {
    let Some(server) = server() else { return };
    let Some(shell) = shell(&server) else { return };
    let (client, image) = (server.client(), plain_png(74));
    let parts =
        [Part::image("image", &image), Part { name: "name", content_type: "text/plain", bytes: b"v1's own" }];
    client.post_parts("/v1/images", &parts, &[]).expect(202);
    for path in ["get-image", "delete-image"] {
        refused(&shell, &format!("-G http://localhost:5000/{path} --data-urlencode \"name=v1's own\""), 404);
    }
    shell.curl("curl http://localhost:5000/upload_image1 -F image=@wall.png -F name=facade").json(200);
    let listed: Value = client.get("/v1/images?name=facade").expect(200);
    assert_eq!(listed["data"], json!([]));
}

#[test]
fn an_image_whose_verdict_is_late_is_kept() {
    let options = ServerOptions::default().set("IDV_COMPAT", "uncoin-kyc").set("IDV_LIMITS__WAITERS", 0);
    let Some(server) = Server::with(options.noop()) else { return };
    let shell = Shell::new(&server, DOCUMENTED);
    shell.file("wall.png", &plain_png(75));
    let message = refused(&shell, "http://localhost:5000/upload_image1 -F image=@wall.png", 503);
    assert!(message.starts_with("the image is kept"), "{message}");
    let got = "curl -o got.png 'http://localhost:5000/get-image?name=wall.png' && cmp got.png wall.png";
    assert_eq!(shell.curl(got).status, 200);
}
