//! Batches through the whole program: imports of folders and of manifests, and other looks at what was decided.

mod importing;
mod reprocessing;

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::images::broken_png;
use crate::harness::verification::id;
use crate::harness::{Client, eventually};

/// A batch as it is shown.
#[track_caller]
fn batch(client: &Client, id: &str) -> Value {
    client.get(&format!("/v1/batches/{id}")).expect(200)
}

/// Waits until a batch has ended, and shows it.
#[track_caller]
fn ended(client: &Client, id: &str) -> Value {
    eventually("the batch ends", || batch(client, id)["finished_at"].is_string());
    batch(client, id)
}

/// The items of a batch, as far as one page goes.
#[track_caller]
fn items(client: &Client, id: &str) -> Vec<Value> {
    let page = client.get(&format!("/v1/batches/{id}/items?limit=100")).expect(200);
    page["data"].as_array().unwrap().clone()
}

#[track_caller]
fn make(client: &Client, body: Value) -> String {
    id(&client.post("/v1/batches", &body).expect(202))
}

/// A batch of a status and states, as the view shows both.
#[track_caller]
fn assert_ended(view: &Value, status: &str, states: Value) {
    assert_eq!((&view["status"], &view["items"]), (&json!(status), &states), "{view}");
}

/// A folder with so many items of two small images each.
fn small_items(count: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put_small_items(folder.path(), count);
    folder
}

/// Puts so many items of two small images each into a folder.
fn put_small_items(folder: &Path, count: u32) {
    std::fs::create_dir_all(folder).unwrap();
    for number in 0..count {
        let name = |role: &str| folder.join(format!("p{number:03}-{role}.png"));
        std::fs::write(name("front"), broken_png(2 * number)).unwrap();
        std::fs::write(name("selfie"), broken_png(2 * number + 1)).unwrap();
    }
}
