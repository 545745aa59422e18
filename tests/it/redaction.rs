//! Redaction: a canary in every place that can hold personal data, and not a feather afterwards.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idv_common::crypto::{SealedRow, SecretKey};
use idv_common::db::batches::{NewBatch, NewItem};
use idv_common::db::webhooks::deliveries::{self, Filter};
use idv_common::db::{self, batches, comparisons, images, tenants};
use idv_common::domain::personal_data::{PLACES, Place};
use idv_common::domain::{BatchId, BatchKind, ImageId, TaskStatus, VerificationId};
use serde_json::{Value, json};

use crate::harness::data::files_with;
use crate::harness::images::{broken_png, face, passport};
use crate::harness::receiver::{self, Receiver};
use crate::harness::verification::{capture, evidence, id};
use crate::harness::{Part, Server, ServerOptions, eventually};

/// Stands for the person: on the document, in the images' bytes, in reference and metadata.
const CANARY: &str = "CANARYBIRD";

/// An image with the canary in its bytes, behind its end.
fn marked(mut image: Vec<u8>) -> Vec<u8> {
    image.extend_from_slice(CANARY.as_bytes());
    image
}

/// Every file that the server may have written to, if it shows the canary: database, its journal, objects,
/// log and temporary files.
fn traces(server: &Server) -> Vec<PathBuf> {
    files_with(server.files(), CANARY)
}

/// The columns and tables that the canary sits in, by how this test brings it there.
fn planted() -> BTreeSet<String> {
    let places = [
        // In the request that creates.
        "verifications.client_reference",
        "verifications.metadata",
        // What the document is expected to say: sealed under the key in the second column.
        "verifications.claims",
        "verifications.claims_key",
        // In the files and names of an import, which a batch's item keeps.
        "batch_items.source",
        // On the document, whose surname is read: sealed under the key in the second column.
        "runs.report",
        "runs.wrapped_key",
        "step_evidence",
        // What a reviewer writes.
        "review_notes",
        // What a comparison is called; what came of it is sealed.
        "comparisons.client_reference",
        "comparisons.result",
        "comparisons.wrapped_key",
        // What the caller calls them; template and results are sealed.
        "subjects",
        "templates",
        "authentications",
        // In the bytes of both captures, and in the picture of what was found on them; the rows hold digests and keys.
        "captures",
        "objects captures",
        // In what a receiver answers.
        "webhook_attempts.response",
        // In an image's name and bytes.
        "images",
    ];
    places.map(str::to_owned).into()
}

#[test]
fn every_place_that_can_hold_personal_data_is_planted_by_the_tests_below() {
    let places: BTreeSet<String> = PLACES
        .iter()
        .flat_map(|place| match place {
            Place::Rows { table } => vec![(*table).to_owned()],
            Place::Columns { table, columns } => columns.iter().map(|c| format!("{table}.{c}")).collect(),
            Place::Objects { prefix } => vec![format!("objects {prefix}")],
        })
        .collect();
    assert_eq!(places, planted());
}

#[test]
fn nothing_of_a_person_is_left_after_redaction() {
    let (Some(front), Some(selfie)) = (passport("obama.jpg", &["--surname", CANARY]), face("obama2.jpg"))
    else {
        return;
    };
    let options = ServerOptions::default().lenient().set("IDV_WEBHOOKS__KEEP_RESPONSE", true);
    let Some(server) = Server::with(options) else { return };
    let client = server.client();
    let receiver = Receiver::start(CANARY);
    let new = json!({
        "client_reference": CANARY,
        "metadata": {"name": CANARY},
        "expected": {"surname": CANARY},
    });
    let id = id(&client.post("/v1/verifications", &new).expect(201));
    receiver::tell(&server, &id, &format!("http://{}/", receiver.address), receiver::on_this_machine());
    client.upload(&id, "document_front", &marked(front));
    client.upload(&id, "selfie", &marked(selfie));
    client.submit(&id);
    let view = client.settled(&id);
    eventually("the receiver's answers are kept", || kept_answers(&server) == 2);
    assert_eq!(view["document"]["fields"]["surname"]["value"], CANARY, "{view}");
    assert_eq!(view["expected"]["surname"], CANARY, "{view}");
    let note = json!({"author": "Ann", "text": format!("is {CANARY} the holder?")});
    client.post(&format!("/v1/verifications/{id}/review/notes"), &note).expect(201);
    remember_as_imported(&server, &id);
    // What a caller names it stands in the clear; what is known of the person does not.
    let before = traces(&server);
    assert!(!before.is_empty() && before.iter().all(|path| is_database(path)), "{before:?}");

    // It shows the surname, which no search for the text would find.
    assert_eq!(client.get(&evidence(&id)).status, 200);
    assert_eq!(server.data().objects().len(), 3);

    let receipt = client.act(&id, "redact");
    assert_eq!(receipt.header("location").is_some(), receipt.status == 202);
    let redaction = receipt.expect(202)["redaction"].take();
    assert_eq!(redaction["objects"].as_array().map(Vec::len), Some(3), "{redaction}");
    assert_eq!(client.get(&evidence(&id)).problem(404), "not_found");
    let rows: Vec<&str> = redaction["rows"].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["captures", "review_notes", "runs", "step_evidence", "verifications", "webhook_attempts"];
    assert_eq!(rows, expected);
    assert_eq!(redaction["rows"]["webhook_attempts"], 2, "{redaction}");
    assert!(redaction["rows"]["step_evidence"].as_u64() > Some(0), "{redaction}");
    eventually("the receipt is complete", || client.verification(&id)["redaction"]["status"] == "complete");

    let view = client.verification(&id);
    assert_redacted(&view);
    assert!(view["redaction"]["completed_at"].is_string());
    assert_eq!(view["redaction"]["objects"], redaction["objects"]);
    assert!(server.data().objects().is_empty());
    eventually("the receiver is told of it", || receiver.has("redacted"));
    eventually("what it answers to that is written down", || attempts(&server).len() == 3);
    assert_eq!((kept_answers(&server), traces(&server)), (0, Vec::<PathBuf>::new()));
    assert_eq!(server.data().history(&id).last(), Some(&"redacted"));

    let again = client.act(&id, "redact").expect(202);
    assert_eq!(again["redaction"], view["redaction"], "a second request changes nothing");
    for verb in ["submit", "cancel", "restart"] {
        assert_eq!(client.act(&id, verb).problem(410), "redacted", "{verb}");
    }
    assert_eq!(client.put(&capture(&id, "selfie"), &broken_png(80)).problem(410), "redacted");
}

/// Leaves what an import would have: a batch's item that says what the verification was made of.
fn remember_as_imported(server: &Server, id: &str) {
    let id: VerificationId = id.parse().unwrap();
    server.data().transaction(move |conn| {
        let (now, batch) = (db::now(conn)?, BatchId::generate());
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        let new = NewBatch {
            id: &batch,
            tenant: &tenant,
            kind: BatchKind::Import,
            description: None,
            selection: r#"{"source":"client"}"#,
            policy: None,
            shadow: false,
            overrides_reviews: false,
            per_minute: None,
        };
        batches::insert(conn, &new, now)?;
        let source = json!({"client_reference": CANARY, "document_front": format!("{CANARY}.png")});
        let item = NewItem { source: Some(source.to_string()), verification: Some(id), old: None };
        batches::add_items(conn, &tenant, &batch, 0, &[item], None)
    });
}

#[test]
fn nothing_of_an_image_is_left_after_its_deletion() {
    let Some(server) = Server::with(ServerOptions::default()) else { return };
    let client = server.client();
    let image = marked(broken_png(81));
    let name = Part { name: "name", content_type: "text/plain", bytes: CANARY.as_bytes() };
    let parts = [Part::image("image", &image), name];
    let id = id(&client.post_parts("/v1/images", &parts, &[("prefer", "wait=60")]).expect(200));
    let before = traces(&server);
    assert!(!before.is_empty() && before.iter().all(|path| is_database(path)), "{before:?}");

    assert_eq!(client.send("DELETE", &format!("/v1/images/{id}"), &[], b"").status, 204);
    eventually("nothing is left", || traces(&server).is_empty() && server.data().objects().is_empty());
}

#[test]
fn nothing_of_a_person_is_left_after_a_deletion() {
    let (Some(photo), Some(server)) = (face("obama.jpg"), Server::start()) else { return };
    let client = server.client();
    let photo = marked(photo);
    let name = Part { name: "client_reference", content_type: "text/plain", bytes: CANARY.as_bytes() };
    let wait = [("prefer", "wait=60")];
    let pair = [Part::image("image_a", &photo), Part::image("image_b", &photo), name];
    client.post_parts("/v1/comparisons", &pair, &wait).expect(200);
    let [_, selfie, name] = pair;
    let selfie = Part { name: "selfie", ..selfie };
    let subject = client.post_parts("/v1/subjects", &[selfie, name], &wait).expect(200);
    assert_eq!(subject["status"], "enrolled", "{subject}");
    let path = format!("/v1/subjects/{}", id(&subject));
    let claim = [Part::image("selfie", &photo)];
    client.post_parts(&format!("{path}/authentications"), &claim, &wait).expect(200);
    let data = server.data();
    let image = data.transaction(|conn| {
        let (now, id) = (db::now(conn)?, ImageId::generate());
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        images::insert(conn, &id, &tenant, Some(CANARY), now)?;
        let sealed = SealedRow::seal(&SecretKey::generate(), CANARY.as_bytes(), &images::seal_context(&id));
        images::finish(conn, &id, TaskStatus::Completed, Some(&sealed), now)?;
        Ok(id)
    });
    eventually("no image outlives its judgement", || data.objects().is_empty());
    let before = traces(&server);
    assert!(!before.is_empty() && before.iter().all(|path| is_database(path)), "{before:?}");

    // A comparison's result and name go when their days are over.
    data.transaction(move |conn| {
        let now = db::now(conn)?;
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        assert_eq!(comparisons::erase_results(conn, &tenant, now)?, 1);
        assert!(images::erase(conn, &tenant, &image, now)?);
        Ok(())
    });
    assert_eq!(client.send("DELETE", &path, &[], b"").status, 204);
    assert_eq!(client.get(&path).problem(404), "not_found");
    eventually("every order is carried out", || !data.has_unfinished_jobs());
    eventually("not a feather is left", || traces(&server).is_empty());
}

/// Every attempt to deliver a webhook: what was kept of its answer.
fn attempts(server: &Server) -> Vec<Option<String>> {
    server.data().transaction(|conn| {
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        let mut kept = Vec::new();
        for delivery in deliveries::list(conn, &tenant, &Filter::default(), 100)? {
            let attempts = deliveries::attempts(conn, &delivery.id)?;
            kept.extend(attempts.into_iter().map(|attempt| attempt.response));
        }
        Ok(kept)
    })
}

/// How many answers of receivers are kept.
fn kept_answers(server: &Server) -> usize {
    attempts(server).iter().flatten().count()
}

fn is_database(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with("idv.sqlite") || name == "database.sql"
    })
}

#[track_caller]
fn assert_redacted(view: &Value) {
    assert!(view["redacted_at"].is_string(), "{view}");
    assert_eq!(view["captures"], json!([]));
    for gone in ["client_reference", "metadata", "expected", "document", "checks"] {
        assert!(view[gone].is_null(), "{gone}: {view}");
    }
    assert!(!view.to_string().contains(CANARY), "{view}");
}

#[test]
fn a_late_result_changes_nothing() {
    let (Some(front), Some(selfie)) = (passport("obama.jpg", &["--surname", CANARY]), face("obama2.jpg"))
    else {
        return;
    };
    let Some(server) = Server::with(ServerOptions::default().lenient()) else { return };
    let client = server.client();
    let id = client.create();
    client.upload(&id, "document_front", &marked(front));
    client.upload(&id, "selfie", &marked(selfie));
    client.submit(&id);
    let data = server.data();
    eventually("a worker has it in its hands", || data.has_running_jobs());
    let view = client.act(&id, "redact").expect(202);
    assert_eq!(view["status"], "canceled", "{view}");
    eventually("the receipt is complete", || client.verification(&id)["redaction"]["status"] == "complete");
    eventually("the worker is done", || server.log().contains("dropped a result"));
    let view = client.verification(&id);
    assert_redacted(&view);
    assert!(view["decision"].is_null(), "{view}");
    assert_eq!(data.history(&id), ["created", "processing", "canceled", "redacted"]);
    data.assert_no_job_is_left();
    assert_eq!(traces(&server), Vec::<PathBuf>::new());
}
