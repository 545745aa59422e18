//! The real program in a folder of its own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Client;
use super::command::{Run, has_models, idv};
use super::data::Data;

/// How a server differs from the defaults.
#[derive(Default, Clone)]
pub struct ServerOptions {
    /// Settings as environment variables.
    pub settings: Vec<(&'static str, String)>,
}

impl ServerOptions {
    pub fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }

    /// The demo's policy: liveness is reported and not required.
    pub fn lenient(self) -> Self {
        self.set("IDV_POLICY__PATH", root().join("policy/demo.toml").display())
    }
}

/// A running server; it is killed when dropped.
pub struct Server {
    child: Child,
    folder: TempDir,
    options: ServerOptions,
    key: String,
    pub base: String,
}

/// The workspace's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Server {
    /// A server with the defaults and without anybody else's data. `None` without models, which it needs.
    pub fn start() -> Option<Self> {
        Self::with(ServerOptions::default())
    }

    pub fn with(options: ServerOptions) -> Option<Self> {
        if !has_models() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (child, base, key) = spawn(folder.path(), &options, &[]);
        let key = key.expect("the first start prints a key");
        Some(Self { child, folder, options, key, base }.ready())
    }

    /// The server of that name, shared by the tests that run meanwhile: a start is the dearest part of many
    /// of them. It ends with the last of them.
    pub fn shared(name: &'static str, options: impl FnOnce() -> ServerOptions) -> Option<Arc<Self>> {
        static RUNNING: Mutex<Option<HashMap<&'static str, Weak<Server>>>> = Mutex::new(None);
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running.get_or_insert_default();
        if let Some(server) = running.get(name).and_then(Weak::upgrade) {
            return Some(server);
        }
        let server = Arc::new(Self::with(options())?);
        running.insert(name, Arc::downgrade(&server));
        Some(server)
    }

    /// A shared server under the demo's policy: liveness is reported and not required.
    pub fn lenient() -> Option<Arc<Self>> {
        Self::shared("lenient", || ServerOptions::default().lenient())
    }

    pub fn client(&self) -> Client {
        Client::new(&self.base, &self.key)
    }

    /// The key that the first start printed.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The folder of this server alone: its data, its log and its temporary files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The data folder, looked at behind the server's back.
    pub fn data(&self) -> Data {
        Data::open(&self.data_dir())
    }

    /// Runs another command of the program on the same data, while the server runs.
    pub fn command(&self, arguments: &[&str]) -> Run {
        Run::of(idv().args(arguments).env("IDV_DATA_DIR", self.data_dir()))
    }

    /// Whether the process is still the same and answers.
    pub fn is_up(&self) -> bool {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        !state.contains(") Z") && self.client().get("/healthz").status == 200
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log.txt")).unwrap_or_default()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process as a crash would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the process to end by itself.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Starts it again over the same data.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Starts it again with further settings.
    pub fn restart_with(&mut self, settings: &[(&'static str, String)]) {
        let (child, base, _) = spawn(self.folder.path(), &self.options, settings);
        (self.child, self.base) = (child, base);
        self.wait_until_ready();
    }

    /// Asks the process to stop, and waits for it.
    pub fn terminate(&mut self) -> ExitStatus {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap()
    }

    fn ready(self) -> Self {
        self.wait_until_ready();
        self
    }

    /// Waits until a worker is ready.
    fn wait_until_ready(&self) {
        let client = self.client();
        eventually("a worker is ready", || client.get("/readyz").status == 200);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the server's log\n{}", self.log());
        }
    }
}

/// Waits for a condition, up to two minutes.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn spawn(
    folder: &Path,
    options: &ServerOptions,
    more: &[(&'static str, String)],
) -> (Child, String, Option<String>) {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log.txt")).unwrap();
    let mut command = idv();
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("IDV_DATA_DIR", folder.join("data"));
    let temporary = folder.join("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    command.env("TMPDIR", temporary);
    command.envs(options.settings.iter().chain(more).map(|(name, value)| (*name, value.as_str())));
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let (mut base, mut key) = (None, None);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some((_, text)) = line.split_once("shown this once: ") {
            key = Some(text.to_owned());
        }
        if let Some(address) = line.strip_prefix("Listening on ") {
            base = Some(address.to_owned());
            break;
        }
    }
    let base = base.unwrap_or_else(|| {
        let log = std::fs::read_to_string(folder.join("log.txt")).unwrap_or_default();
        panic!("the server did not start:\n{log}")
    });
    (child, base, key)
}
