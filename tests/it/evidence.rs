//! The picture of what a run has found: drawn by a worker, sent to its owner alone, and gone with the person.

use image::{GenericImageView, ImageFormat};

use crate::harness::images::{broken_png, face, passport};
use crate::harness::verification::{evidence, id};
use crate::harness::{Server, ServerOptions, eventually};

#[test]
fn the_picture_shows_its_owner_what_was_found_and_goes_with_the_person() {
    let (Some(front), Some(selfie)) = (passport("obama.jpg", &[]), face("obama2.jpg")) else { return };
    let Some(server) = Server::with(ServerOptions::default().lenient()) else { return };
    let (client, data) = (server.client(), server.data());
    let waiting = client.create();
    assert_eq!(client.get(&evidence(&waiting)).problem(404), "not_found");

    let view = client.verify(&front, &selfie);
    let id = id(&view);
    let answer = client.get(&evidence(&id));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    let picture = image::load_from_memory_with_format(answer.bytes(), ImageFormat::Png).expect("it decodes");
    let fields = view["document"]["fields"].as_object().unwrap().len() as u32;
    let (width, height) = picture.dimensions();
    // Captures side by side, and below them a row for each check and field.
    assert!((1100..=1601).contains(&width), "{width}");
    assert!(height > 400 + 24 * (10 + fields), "{height} with {fields} fields");
    let [r, g, b, _] = picture.get_pixel(3, 3).0;
    assert!(g > r && g > b, "the verdict is on top, and a good one is green");
    let again = client.get_with(&evidence(&id), &[("if-none-match", answer.header("etag").unwrap())]);
    assert_eq!((again.status, again.bytes().len()), (304, 0));
    let reads = data.accesses(&id).into_iter().filter(|action| action == "verification.evidence.read");
    assert_eq!(reads.count(), 1);

    server.command(&["tenants", "create", "other"]).expect(0);
    let key = server.command(&["keys", "create", "theirs", "--tenant", "other"]).expect(0);
    assert_eq!(client.with_key(key.trim()).get(&evidence(&id)).problem(404), "not_found");
    assert_eq!(client.with_key("sk_nobody").get(&evidence(&id)).problem(401), "unauthorized");

    assert_eq!(data.objects().len(), 3);
    client.act(&id, "redact").expect(202);
    assert_eq!(client.get(&evidence(&id)).problem(404), "not_found");
    eventually("the store is empty", || data.objects().is_empty());
}

#[test]
fn a_restart_takes_the_picture_of_the_last_attempt_away() {
    let Some(server) = Server::lenient() else { return };
    let client = server.client();
    let id = id(&client.verify(&broken_png(120), &broken_png(121)));
    // What cannot be decoded cannot be drawn on: the picture is the tables alone.
    let first = client.get(&evidence(&id));
    assert_eq!(first.status, 200, "{}", first.text());
    image::load_from_memory_with_format(first.bytes(), ImageFormat::Png).expect("it decodes");
    client.act(&id, "restart").expect(200);
    assert_eq!(client.get(&evidence(&id)).problem(404), "not_found");
    client.upload(&id, "document_front", &broken_png(122));
    client.upload(&id, "selfie", &broken_png(123));
    client.submit(&id);
    client.settled(&id);
    assert_eq!(client.get(&evidence(&id)).status, 200);
}
