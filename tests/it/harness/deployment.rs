//! Where a server under test keeps its data: in its folder, or on servers of its own share of which it is the only
//! user. `IDV_TEST_MODE=production` chooses the second for the whole suite.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use idv_common::db::Target;
use idv_common::keyring;

/// Whether the suite runs in production mode.
pub fn is_production() -> bool {
    match std::env::var("IDV_TEST_MODE").as_deref() {
        Err(_) | Ok("embedded") => false,
        Ok("production") => true,
        Ok(other) => panic!("IDV_TEST_MODE is `{other}` and must be embedded or production"),
    }
}

/// Says that a test is about embedded mode alone, if the suite runs in production mode.
pub fn is_only_for_embedded_mode() -> bool {
    if is_production() {
        println!("this test is about embedded mode and runs there");
    }
    is_production()
}

/// A place for the data of one server.
pub struct Deployment {
    settings: Vec<(&'static str, String)>,
    /// The database.
    pub database: Target,
    /// The folder that holds the objects.
    pub objects: PathBuf,
    url: Option<String>,
}

impl Deployment {
    /// A new one of the suite's mode; an embedded one is in `folder`.
    pub fn new(folder: &Path) -> Self {
        if is_production() { Self::on_servers() } else { Self::in_folder(folder) }
    }

    fn in_folder(folder: &Path) -> Self {
        let data = folder.join("data");
        Self {
            settings: vec![("IDV_DATA_DIR", data.display().to_string())],
            database: Target::Sqlite(data.join("idv.sqlite")),
            objects: data.join("objects"),
            url: None,
        }
    }

    /// A database, queues and a bucket that nobody else uses.
    fn on_servers() -> Self {
        let name = next();
        let server = from_services("IDV_TEST_DATABASE_URL");
        run(Command::new("psql").args(["-qX", &server, "-c", &format!("CREATE DATABASE {name}")]));
        let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        // Bucket names have no underscores.
        let bucket = name.replace('_', "-");
        let objects = PathBuf::from(from_services("IDV_TEST_S3_ROOT")).join(&bucket);
        std::fs::create_dir_all(&objects).unwrap();
        let settings = vec![
            ("IDV_DATABASE__URL", url.clone()),
            ("IDV_QUEUE__URL", from_services("IDV_TEST_AMQP_URL")),
            ("IDV_QUEUE__PREFIX", name),
            ("IDV_BLOBS__URL", format!("s3://{bucket}")),
            ("IDV_BLOBS__ENDPOINT", from_services("IDV_TEST_S3_ENDPOINT")),
            ("IDV_BLOBS__ALLOW_HTTP", "true".to_owned()),
            ("IDV_BLOBS__ACCESS_KEY_ID", from_services("IDV_TEST_S3_ACCESS_KEY")),
            ("IDV_BLOBS__SECRET_ACCESS_KEY", from_services("IDV_TEST_S3_SECRET_KEY")),
            ("IDV_KEYS__MASTER", keyring::generate_master()),
            // Nobody else would take the connections.
            ("IDV_SERVER__DRAIN_S", "0".to_owned()),
        ];
        Self { settings, database: Target::postgres(&url).unwrap(), objects, url: Some(url) }
    }

    /// The settings that lead there.
    pub fn settings(&self) -> &[(&'static str, String)] {
        &self.settings
    }

    /// Writes all that a database server holds to a file, for a search; a folder's files are there already.
    pub fn dump(&self, folder: &Path) {
        if let Some(url) = &self.url {
            run(Command::new("pg_dump").arg("--file").arg(folder.join("database.sql")).arg(url));
        }
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if let Some(url) = &self.url {
            let (server, name) = url.rsplit_once('/').unwrap();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            let _ = Command::new("psql").args(["-qX", &format!("{server}/postgres"), "-c", &drop]).output();
            let _ = std::fs::remove_dir_all(&self.objects);
        }
    }
}

/// A place that the servers import files from: in production mode in a bucket, else a folder.
pub struct ImportSource {
    url: String,
    root: PathBuf,
    /// What goes away with it.
    _folder: tempfile::TempDir,
}

impl ImportSource {
    /// An empty one.
    pub fn new() -> Self {
        if !is_production() {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().to_owned();
            return Self { url: format!("file://{}", root.display()), root, _folder: folder };
        }
        let buckets = from_services("IDV_TEST_S3_ROOT");
        let name = format!("import-{}", next().replace('_', "-"));
        let bucket = tempfile::Builder::new().prefix(&name).rand_bytes(0).tempdir_in(buckets).unwrap();
        let (url, root) = (format!("s3://{name}/incoming"), bucket.path().join("incoming"));
        Self { url, root, _folder: bucket }
    }

    /// What the setting `batch.source` is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where a tenant's files are put.
    pub fn of_tenant(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// A name that nothing else on the servers has.
fn next() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("it_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Host and port of a URL.
pub fn address_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, address)| address)
}

fn from_services(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `scripts/services up` and `eval \"$(scripts/services env)\"` first")
    })
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|cause| panic!("failed to run {command:?}: {cause}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
