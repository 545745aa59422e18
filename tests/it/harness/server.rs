//! The real program in a folder of its own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use idv_common::Config;

use super::Client;
use super::command::{Run, has_models, idv};
use super::data::{Data, files};
use super::deployment::{Deployment, address_of, is_production};

/// How a server differs from the defaults.
#[derive(Default, Clone)]
pub struct ServerOptions {
    /// Settings as environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// Settings whose server is reached under another address.
    through: Vec<(&'static str, SocketAddr)>,
    /// The address that it listens on, if not a loopback one.
    listen: Option<&'static str>,
}

impl ServerOptions {
    pub fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }

    /// A pipeline that loads no model and verifies everybody.
    pub fn noop(self) -> Self {
        self.set("IDV_WORKER__PIPELINE", "noop")
    }

    /// Reaches the server that a setting leads to under another address.
    pub fn through(mut self, setting: &'static str, address: SocketAddr) -> Self {
        self.through.push((setting, address));
        self
    }

    /// Listens on another address.
    pub fn listening_on(mut self, address: &'static str) -> Self {
        self.listen = Some(address);
        self
    }

    /// The demo's policy: liveness is reported and not required.
    pub fn lenient(self) -> Self {
        self.set("IDV_POLICY__PATH", root().join("policy/demo.toml").display())
    }
}

/// A running server: one process, or in production mode one for HTTP and one for jobs. It is killed when dropped.
pub struct Server {
    children: Vec<Child>,
    folder: TempDir,
    deployment: Deployment,
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
        let is_noop = options.settings.iter().any(|(name, _)| *name == "IDV_WORKER__PIPELINE");
        if !is_noop && !has_models() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let deployment = Deployment::new(folder.path());
        let mut server = Self {
            children: Vec::new(),
            folder,
            deployment,
            options,
            key: String::new(),
            base: String::new(),
        };
        if is_production() {
            server.command(&["migrate"]).expect(0);
            server.key = server.command(&["keys", "create", "first"]).expect(0).trim().to_owned();
        }
        server.restart();
        Some(server)
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

    /// Its data, looked at behind its back.
    pub fn data(&self) -> Data {
        Data::open(&self.deployment)
    }

    /// The files of this server alone: its data, its log and its temporary files.
    pub fn files(&self) -> Vec<PathBuf> {
        self.deployment.dump(self.folder.path());
        let mut all = files(self.folder.path());
        all.extend(self.data().objects());
        all
    }

    /// Its configuration.
    pub fn config(&self) -> Config {
        let settings = self.settings(&[]).map(|(name, value)| (name.to_owned(), value));
        Config::from_sources(None, settings.collect()).unwrap()
    }

    /// Runs another command of the program on the same data, while the server runs.
    pub fn command(&self, arguments: &[&str]) -> Run {
        Run::of(idv().args(arguments).envs(self.settings(&[])))
    }

    /// The settings of a command on the same data that a test runs by itself.
    pub fn command_settings(&self) -> Vec<(&'static str, String)> {
        self.settings(&[]).collect()
    }

    /// Whether all processes are still the same and answer.
    pub fn is_up(&self) -> bool {
        let is_alive = |child: &Child| {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
            !state.contains(") Z")
        };
        self.children.iter().all(is_alive) && self.client().get("/healthz").status == 200
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log.txt")).unwrap_or_default()
    }

    /// Ends the processes as a crash would.
    pub fn kill(&mut self) {
        for mut child in self.children.drain(..) {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Waits for a process to end by itself.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        loop {
            for child in &mut self.children {
                if let Some(status) = child.try_wait().unwrap() {
                    return status;
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it again over the same data.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Starts it again with further settings.
    pub fn restart_with(&mut self, more: &[(&'static str, String)]) {
        self.kill();
        let address = self.options.listen.unwrap_or("127.0.0.1:0");
        let roles: &[&[&str]] = match is_production() {
            true => &[&["api", "--listen", address], &["worker"]],
            false => &[&["serve", "--listen", address]],
        };
        for arguments in roles {
            let mut command = idv();
            let child = self.spawn(command.args(*arguments).envs(self.settings(more)));
            self.children.push(child);
        }
        let client = self.client();
        eventually("a worker is ready", || client.get("/readyz").status == 200);
    }

    /// Asks the processes to stop, and waits for them: the first failure, or success.
    pub fn terminate(&mut self) -> ExitStatus {
        for child in &self.children {
            Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        }
        let ends: Vec<ExitStatus> = self.children.drain(..).map(|mut child| child.wait().unwrap()).collect();
        ends.iter().copied().find(|status| !status.success()).unwrap_or(ends[0])
    }

    /// Starts it again whenever one of its processes ends, until `condition`. Returns how often that was.
    pub fn keep_alive_until(&mut self, mut condition: impl FnMut() -> bool) -> usize {
        let mut deaths = 0;
        eventually("what was waited for while processes die", || {
            if self.children.iter_mut().any(|child| child.try_wait().unwrap().is_some()) {
                deaths += 1;
                self.restart();
            }
            condition()
        });
        deaths
    }

    fn settings<'a>(
        &'a self,
        more: &'a [(&'static str, String)],
    ) -> impl Iterator<Item = (&'static str, String)> {
        let all = self.deployment.settings().iter().chain(&self.options.settings).chain(more);
        all.map(|(name, value)| {
            let other = self.options.through.iter().find(|(setting, _)| setting == name);
            let value = match other {
                Some((_, address)) => value.replacen(address_of(value), &address.to_string(), 1),
                None => value.clone(),
            };
            (*name, value)
        })
    }

    /// Starts a process, and notes its address and its key if it tells them.
    fn spawn(&mut self, command: &mut Command) -> Child {
        let folder = self.folder.path();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log.txt")).unwrap();
        let temporary = folder.join("temporary");
        std::fs::create_dir_all(&temporary).unwrap();
        command.env("TMPDIR", temporary).stderr(log);
        if command.get_args().any(|argument| argument == "worker") {
            return command.spawn().unwrap();
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            if let Some((_, text)) = line.split_once("shown this once: ") {
                self.key = text.to_owned();
            }
            line.strip_prefix("Listening on ").map(str::to_owned)
        });
        let Some(address) = address else {
            child.wait().unwrap();
            panic!("the server did not start:\n{}", self.log())
        };
        self.base = address;
        child
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
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
