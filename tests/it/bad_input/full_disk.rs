//! A full disk: callers are told to come back, and nothing that was stored is lost.

use std::path::Path;
use std::process::Command;

use crate::harness::deployment::is_only_for_embedded_mode;
use crate::harness::verification::capture;
use crate::harness::{Server, ServerOptions};

/// A small file system of its own, which only an administrator may mount.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], folder.path());
        if !mounted {
            println!("skipped: this user may not mount a small file system");
        }
        mounted.then(|| Self(folder))
    }

    fn resize(&self, size: &str) {
        assert!(mount(&["-o", &format!("remount,size={size}")], self.0.path()));
    }
}

fn mount(options: &[&str], folder: &Path) -> bool {
    let output = Command::new("mount").args(options).arg(folder).output();
    output.is_ok_and(|output| output.status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

/// A file of this many bytes that is taken as a PNG.
fn padded_png(bytes: usize) -> Vec<u8> {
    let mut png = crate::harness::images::broken_png(60);
    png.resize(bytes, 0);
    png
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    if is_only_for_embedded_mode() {
        return;
    }
    let Some(disk) = SmallDisk::mount("6m") else { return };
    let options = ServerOptions::default().set("IDV_DATA_DIR", disk.0.path().display());
    let Some(server) = Server::with(options) else { return };
    let client = server.client();
    let id = client.create();
    let kept = client.upload(&id, "document_front", &padded_png(200_000));
    let image = padded_png(1 << 20);
    let refused = (0..8)
        .map(|_| client.put(&capture(&client.create(), "selfie"), &image))
        .find(|answer| answer.status != 200)
        .expect("the disk fills up");
    assert_eq!(refused.problem(503), "unavailable");
    assert!(refused.header("retry-after").is_some());

    // Not one more row fits in: the smallest writes are refused as well, and reading goes on.
    std::fs::write(disk.0.path().join("ballast"), vec![0; 6 << 20]).unwrap_err();
    for _ in 0..3 {
        let answer =
            client.post("/v1/verifications", &serde_json::json!({"client_reference": "x".repeat(200)}));
        if answer.status != 201 {
            assert_eq!(answer.problem(503), "unavailable");
        }
    }
    assert!(server.is_up());
    assert_eq!(client.verification(&id)["captures"][0]["sha256"], kept["sha256"]);

    disk.resize("40m");
    client.upload(&id, "selfie", &image);
    client.submit(&id);
    assert_ne!(client.settled(&id)["status"], "failed");
}
