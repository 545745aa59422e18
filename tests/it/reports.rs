//! Reports and exports.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::images::{broken_png, face, passport};
use crate::harness::verification::id;
use crate::harness::{Part, Server, ServerOptions};

/// What a spreadsheet would run.
const FORMULA: &str = "=HYPERLINK(\"http://example.test\")";

fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_report_counts_and_an_export_lists() {
    let Some(server) = Server::with(ServerOptions::default().noop()) else { return };
    let client = server.client();
    let mut ids: Vec<String> =
        (0..2).map(|n| id(&client.verify(&broken_png(8000 + n), &broken_png(8100 + n)))).collect();
    ids.push(id(&client.post("/v1/verifications", &json!({"client_reference": FORMULA})).expect(201)));

    let text = server.command(&["report"]).expect(0);
    assert!(text.starts_with("3 verifications, made from "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for start in ["verified ", "requires_input ", "run ", "submission to result ", "dead jobs "] {
        assert!(text.lines().any(|line| line.starts_with(start)), "{start} is not in:\n{text}");
    }
    let [report]: [Value; 1] = server.command(&["report", "--json"]).lines().try_into().unwrap();
    assert_eq!(report["by_status"], json!({"requires_input": 1, "verified": 2}));
    assert_eq!((&report["latency"]["count"], &report["queue_wait"]["count"]), (&json!(2), &json!(2)));
    let over_http = client.get("/v1/report").expect(200);
    for same in ["by_status", "by_reason", "by_source", "by_day", "latency", "queue_wait", "health"] {
        assert_eq!(over_http[same], report[same], "{same}");
    }
    let [empty]: [Value; 1] = server
        .command(&["report", "--json", "--from", "2020-01-01", "--before", "2020-02-01"])
        .lines()
        .try_into()
        .unwrap();
    assert_eq!(empty["verifications"], 0);
    assert_eq!(server.command(&["report", "--from", "yesterday"]).code, 2);
    assert_eq!(server.command(&["report", "--tenant", "nobody"]).code, 1);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.csv");
    let name = path.to_str().unwrap();
    server.command(&["report", "--csv", name]).expect(0);
    let plain = rows(&path);
    let listed: Vec<&String> = plain[1..].iter().map(|row| &row[0]).collect();
    assert_eq!(listed, ids.iter().collect::<Vec<_>>());
    assert!(!std::fs::read_to_string(&path).unwrap().contains("HYPERLINK"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!server.data().accesses(&ids[2]).contains(&"verification.export".to_owned()));

    server.command(&["report", "--csv", name, "--with-personal-data"]).expect(0);
    let full = rows(&path);
    assert_eq!(full[0][plain[0].len()], "client_reference");
    assert_eq!(full[3][plain[0].len()], format!("'{FORMULA}"));
    assert!(server.data().accesses(&ids[2]).contains(&"verification.export".to_owned()));
    assert_eq!(server.command(&["report", "--with-personal-data"]).code, 2);
    assert_eq!(server.command(&["report", "--csv", "/nowhere/all.csv"]).code, 1);
}

#[test]
fn an_export_with_personal_data_holds_what_was_read_on_the_document() {
    let (Some(front), Some(selfie)) = (passport("obama.jpg", &["--surname", "EXPORTED"]), face("obama2.jpg"))
    else {
        return;
    };
    let Some(server) = Server::lenient() else { return };
    let parts = [Part::image("document_front", &front), Part::image("selfie", &selfie)];
    let client = server.client();
    let made = client.post_parts("/v1/verifications", &parts, &[("prefer", "wait=60")]);
    let view = client.settled(&id(&made.json()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.csv");
    server.command(&["report", "--csv", path.to_str().unwrap(), "--with-personal-data"]).expect(0);
    let rows = rows(&path);
    let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    let row = rows.iter().find(|row| row[0] == view["id"].as_str().unwrap()).expect("it is listed");
    assert_eq!(row[column("surname")], "EXPORTED");
    assert_eq!(row[column("status")], view["status"].as_str().unwrap());
    assert!(row[column("latency_ms")].parse::<u64>().unwrap() > 0, "{row:?}");
}
