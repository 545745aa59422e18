//! The real program in a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Client;

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

/// The folder with the model files.
pub fn models_dir() -> PathBuf {
    std::env::var_os("IDV_MODELS__DIR").map_or_else(|| root().join("models/cache"), PathBuf::from)
}

/// The program, without the settings of whoever runs the tests, and with the models.
pub fn idv() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idv"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IDV_")) {
        command.env_remove(name);
    }
    command.env("IDV_MODELS__DIR", models_dir()).env("RUST_LOG", "info,tract_onnx=warn");
    command
}

impl Server {
    pub fn start() -> Self {
        Self::with(ServerOptions::default())
    }

    /// Under the demo's policy: liveness is reported and not required.
    pub fn lenient() -> Self {
        Self::with(ServerOptions::default().set("IDV_POLICY__PATH", root().join("policy/demo.toml").display()))
    }

    pub fn with(options: ServerOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (child, base, key) = spawn(folder.path(), &options, &[]);
        Self { child, folder, options, key: key.expect("the first start prints a key"), base }
    }

    pub fn client(&self) -> Client {
        Client::new(&self.base, &self.key)
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.path()
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
    pub fn wait_for_end(&mut self) {
        self.child.wait().unwrap();
    }

    /// Starts it again over the same data.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Starts it again with further settings.
    pub fn restart_with(&mut self, settings: &[(&'static str, String)]) {
        let (child, base, _) = spawn(self.folder.path(), &self.options, settings);
        (self.child, self.base) = (child, base);
    }

    /// Asks the process to stop, and waits for it.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap()
    }

    /// Waits until a worker is ready.
    pub fn ready(self) -> Self {
        let client = self.client();
        eventually("a worker is ready", || client.get("/readyz").status == 200);
        self
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

fn spawn(folder: &Path, options: &ServerOptions, more: &[(&'static str, String)]) -> (Child, String, Option<String>) {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log.txt")).unwrap();
    let mut command = idv();
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("IDV_DATA_DIR", folder.join("data"));
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
