//! What every object store must do. S3 joins in when `IDV_TEST_S3_ENDPOINT` names a server.

use std::path::PathBuf;

use super::*;
use crate::config::BlobsConfig;

fn config(url: &str) -> BlobsConfig {
    BlobsConfig {
        url: url.to_owned(),
        endpoint: String::new(),
        region: "us-east-1".to_owned(),
        path_style: true,
        allow_http: true,
        access_key_id: "somebody".to_owned(),
        access_key_id_file: PathBuf::new(),
        secret_access_key: "wrong".into(),
        secret_access_key_file: PathBuf::new(),
        ca_file: PathBuf::new(),
    }
}

/// A bucket of its own on the test server, and its folder, removed when dropped; `None` if there is no server.
fn bucket() -> Option<(BlobsConfig, tempfile::TempDir)> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Ok(endpoint) = std::env::var("IDV_TEST_S3_ENDPOINT") else {
        eprintln!("skipped: S3, because IDV_TEST_S3_ENDPOINT names no server");
        return None;
    };
    let setting = |name: &str| std::env::var(name).unwrap();
    let name = format!("idv-test-{:016x}", rand::random::<u64>());
    let root = setting("IDV_TEST_S3_ROOT");
    let made = tempfile::Builder::new().prefix(&name).rand_bytes(0).tempdir_in(root).unwrap();
    let mut config = config(&format!("s3://{name}/some/prefix"));
    config.endpoint = endpoint;
    config.access_key_id = setting("IDV_TEST_S3_ACCESS_KEY");
    config.secret_access_key = setting("IDV_TEST_S3_SECRET_KEY").into();
    Some((config, made))
}

async fn write(store: &BlobStore, name: &BlobKey, key: &SecretKey, data: &[u8]) {
    let mut writer = store.writer(name, key);
    for chunk in data.chunks(100_000) {
        writer.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    writer.finish().await.unwrap();
}

/// Checks a store whose objects are files below `folder`.
async fn keeps_the_contract(store: &BlobStore, folder: &FilePath) {
    let (tenant, key) = (TenantId::generate(), SecretKey::generate());
    let name = || BlobKey::Capture(tenant.clone(), CaptureId::generate());
    store.ping().await.unwrap();
    for len in [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 12 * 1024 * 1024] {
        let (name, data): (_, Vec<u8>) = (name(), (0..len).map(|i| (i % 251) as u8).collect());
        write(store, &name, &key, &data).await;
        assert!(store.get(&name, &key).await.unwrap() == data, "{len} bytes");
        store.delete(&name).await.unwrap();
        store.delete(&name).await.unwrap();
        assert!(store.get(&name, &key).await.unwrap_err().is_missing());
    }
    let name = name();
    write(store, &name, &key, b"an image").await;
    let BlobKey::Capture(tenant, capture) = name.clone();
    let (before, after) = (Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX));
    assert!(store.captures_before(before).await.unwrap().is_empty());
    assert_eq!(store.captures_before(after).await.unwrap(), [(tenant, capture)]);
    damage(&folder.join(name.path().as_ref()));
    assert!(matches!(store.get(&name, &key).await, Err(Error::Damaged { .. })));
}

fn damage(file: &FilePath) {
    let mut bytes = std::fs::read(file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_store_in_a_folder_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    keeps_the_contract(&BlobStore::local(folder.path()).unwrap(), folder.path()).await;
}

#[tokio::test]
async fn a_store_on_s3_keeps_the_contract() {
    let Some((config, folder)) = bucket() else { return };
    keeps_the_contract(&BlobStore::open(&config).unwrap(), &folder.path().join("some/prefix")).await;
}

#[tokio::test]
async fn a_wrong_secret_and_a_missing_bucket_are_red() {
    let Some((config, _folder)) = bucket() else { return };
    let wrong = BlobsConfig { secret_access_key: "wrong".into(), ..config.clone() };
    assert!(BlobStore::open(&wrong).unwrap().ping().await.is_err());
    let missing = BlobsConfig { url: "s3://idv-test-missing".to_owned(), ..config };
    assert!(BlobStore::open(&missing).unwrap().ping().await.is_err());
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_fails_within_its_limits() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = BlobsConfig { endpoint: format!("http://{closed}"), ..config("s3://bucket") };
    let pinged = tokio::time::timeout(PATIENCE, BlobStore::open(&config).unwrap().ping()).await;
    assert!(pinged.unwrap().is_err());
}

#[test]
fn a_url_that_names_no_store_is_refused_with_the_setting() {
    for url in ["ftp://bucket", "s3://", "bucket", "gs:///prefix", "az://"] {
        let message = BlobStore::open(&config(url)).err().unwrap().to_string();
        assert!(message.contains("blobs.url"), "{message}");
    }
}
