//! Files that are no images, or no whole ones, on their way into the store.

use std::path::PathBuf;

use idv_common::domain::MediaFormat;

use super::{LARGEST, server};
use crate::harness::data::files;
use crate::harness::images::{plain_png, shared};
use crate::harness::verification::capture;
use crate::harness::{Part, eventually};

/// A PNG whose header promises this many pixels and which holds none of them.
fn header_bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = plain_png(30);
    // The header chunk's data follows eight bytes of signature, four of length and four of type.
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

#[test]
fn a_file_that_is_no_image_within_the_limits_is_refused_and_leaves_what_was_there() {
    let Some(server) = server() else { return };
    let client = server.client();
    let id = client.create();
    let kept = client.upload(&id, "selfie", &plain_png(31));
    let mut oversize = plain_png(32);
    oversize.resize(LARGEST + 1, 0);
    let cases: [(&str, Vec<u8>, u16, &str); 9] = [
        ("an empty body", Vec::new(), 422, "file_empty"),
        ("a text", b"hello, this is not an image".to_vec(), 415, "file_type_unsupported"),
        ("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj".to_vec(), 415, "file_type_unsupported"),
        ("one byte", vec![0xff], 415, "file_type_unsupported"),
        (
            "a JPEG's first bytes",
            vec![0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1],
            422,
            "file_corrupt",
        ),
        ("a PNG without pixels", header_bomb(0, 480), 422, "file_corrupt"),
        ("a header bomb", header_bomb(20_000, 20_000), 413, "image_too_large"),
        ("a long strip", header_bomb(100_000, 1), 413, "image_too_large"),
        ("an oversize body", oversize.clone(), 413, "body_too_large"),
    ];
    for (what, bytes, status, code) in cases {
        // A name and a type that lie change nothing: only the bytes tell.
        let lie = [("content-type", "image/jpeg"), ("content-disposition", "attachment; filename=\"a.jpg\"")];
        let answer = client.send("PUT", &capture(&id, "selfie"), &lie, &bytes);
        assert_eq!(answer.problem(status), code, "{what}");
    }
    let form = [
        Part { name: "selfie", content_type: "image/jpeg", bytes: &oversize },
        Part::image("document_front", b""),
    ];
    assert_eq!(client.post_parts("/v1/verifications", &form, &[]).problem(413), "body_too_large");

    let view = client.verification(&id);
    assert_eq!(view["captures"].as_array().map(Vec::len), Some(1));
    assert_eq!(view["captures"][0]["sha256"], kept["sha256"], "the good capture is still there");
    assert!(server.is_up());
    let data = server.data();
    eventually("what was refused is not kept", || data.orphans().is_empty());
}

#[test]
fn unknown_and_foreign_kinds_of_capture_are_not_found() {
    let Some(server) = server() else { return };
    let client = server.client();
    let id = client.create();
    for kind in ["passport", "image_a", ""] {
        let answer = client.put(&capture(&id, kind), &plain_png(33));
        assert_eq!(answer.problem(404), "not_found", "{kind}");
    }
}

/// The shared collection of broken, hostile and foreign files.
pub(super) fn robust() -> Vec<PathBuf> {
    let mut all = shared("fixtures/robust").map(|folder| files(&folder)).unwrap_or_default();
    all.sort();
    all
}

#[test]
fn every_robust_file_is_taken_as_an_image_or_refused_with_one_problem() {
    let Some(server) = server() else { return };
    let client = server.client();
    let (mut taken, mut refused) = (0, 0);
    let id = client.create();
    for path in robust() {
        let bytes = std::fs::read(&path).unwrap();
        let answer = client.put(&capture(&id, "document_front"), &bytes);
        match answer.status {
            200 => {
                let format = MediaFormat::sniff(&bytes).expect("its first bytes are an image's");
                assert_eq!(answer.json()["content_type"], format.as_str(), "{}", path.display());
                taken += 1;
            }
            status @ 400..500 => {
                let code = answer.problem(status);
                let expected = match MediaFormat::sniff(&bytes) {
                    None if bytes.is_empty() => vec!["file_empty"],
                    None => vec!["file_type_unsupported"],
                    Some(format) if format.is_video() => vec!["file_type_unsupported"],
                    Some(_) => vec!["file_corrupt", "image_too_large"],
                };
                let too_large = code == "body_too_large" && bytes.len() > LARGEST;
                assert!(too_large || expected.contains(&code.as_str()), "{}: {code}", path.display());
                refused += 1;
            }
            status => panic!("{}: {status} {}", path.display(), answer.text()),
        }
    }
    println!("{taken} taken, {refused} refused");
    assert!(server.is_up());
}
