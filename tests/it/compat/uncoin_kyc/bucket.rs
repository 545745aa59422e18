//! The system as its README starts it: by its own environment variables, with a bucket for the images.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};

use super::super::shell::Shell;
use super::DOCUMENTED;
use crate::harness::command::has_models;
use crate::harness::data::{files, files_with};
use crate::harness::images::face;
use crate::harness::{eventually, idv};

/// A process that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `idv serve` with the README's variables and the address of the bucket's server. Returns its base URL.
fn start(data: &Path, bucket: &str) -> (Running, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let services = |name: &str| std::env::var(name).unwrap();
    let mut child = idv()
        .arg("serve")
        .env("PORT", port.to_string())
        .env("aws_access_key_id", services("IDV_TEST_S3_ACCESS_KEY"))
        .env("aws_secret_access_key", services("IDV_TEST_S3_SECRET_KEY"))
        .env("region_name", "us-east-1")
        .env("bucketName", bucket)
        .env("IDV_BLOBS__ENDPOINT", services("IDV_TEST_S3_ENDPOINT"))
        .env("IDV_BLOBS__ALLOW_HTTP", "true")
        .env("IDV_DATA_DIR", data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let base =
        lines.find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned)).expect("it starts");
    assert_eq!(base, format!("http://127.0.0.1:{port}"));
    (Running(child), base)
}

#[test]
fn the_variables_of_the_readme_lead_to_a_bucket_that_holds_the_images_encrypted() {
    let Ok(root) = std::env::var("IDV_TEST_S3_ROOT") else {
        eprintln!(
            "skipped: there is no S3 server; run scripts/services up and eval \"$(scripts/services env)\""
        );
        return;
    };
    let Some(photo) = face("obama.jpg").filter(|_| has_models()) else { return };
    let bucket = format!("uncoin-{}", std::process::id());
    let objects = Path::new(&root).join(&bucket);
    std::fs::create_dir_all(&objects).unwrap();
    let data = tempfile::tempdir().unwrap();
    let (_running, base) = start(data.path(), &bucket);
    let shell = Shell::at(&base, DOCUMENTED);
    shell.file("card.jpg", &photo);
    let answer = shell.curl("curl http://localhost:5000/upload_image1 -F image=@card.jpg").json(200);
    assert_eq!(answer["face_detected"], true);

    let stored = |of: &Path| {
        files(of).into_iter().filter(|path| path.to_string_lossy().contains("cap_")).collect::<Vec<_>>()
    };
    assert!(!stored(&objects).is_empty(), "the bucket holds the object");
    assert!(stored(data.path()).is_empty(), "the data folder holds none");
    // Neither the image nor its name can be read there.
    assert!(files(&objects).iter().all(|path| !contains(path, &photo[1000..1032])));
    assert!(files_with(files(&objects), "card.jpg").is_empty());
    let got = "curl -o got.jpg 'http://localhost:5000/get-image?name=card.jpg' && cmp got.jpg card.jpg";
    assert_eq!(shell.curl(got).status, 200);
    shell.curl("curl -X DELETE 'http://localhost:5000/delete-image?name=card.jpg'").json(200);
    eventually("the bucket is empty", || stored(&objects).is_empty());
    std::fs::remove_dir_all(&objects).unwrap();
}

fn contains(path: &Path, wanted: &[u8]) -> bool {
    std::fs::read(path).unwrap_or_default().windows(wanted.len()).any(|window| window == wanted)
}
