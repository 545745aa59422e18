//! The system under test: two API processes, two relays with sweeps and two workers, as on as many hosts, over
//! servers that are reached through links which can be broken.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};

use crate::history::History;
use crate::http::{Http, Reply};
use crate::process::{Launch, Process};
use crate::servers::Servers;

/// How a system is set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Settings beside those that name the servers.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// The processes by name; what stands before the number says what they do.
    pub(crate) processes: Vec<&'static str>,
}

impl Setup {
    /// All processes, with the time limits of production.
    pub(crate) fn production(noop_ms: u64) -> Self {
        Self {
            settings: vec![
                ("IDV_WORKER__PIPELINE", "noop".to_owned()),
                ("IDV_WORKER__NOOP_MS", noop_ms.to_string()),
                ("IDV_WORKER__SLOTS", "4".to_owned()),
                ("RUST_LOG", "info".to_owned()),
            ],
            processes: vec!["api-1", "api-2", "relay-1", "relay-2", "verify-1", "verify-2"],
        }
    }

    /// With short time limits, for runs that take a minute.
    pub(crate) fn with_short_leases(mut self) -> Self {
        for (name, seconds) in [
            ("IDV_JOBS__LEASE_S", 10),
            ("IDV_JOBS__HEARTBEAT_S", 2),
            ("IDV_JOBS__SWEEP_S", 2),
            ("IDV_JOBS__REPUBLISH_S", 10),
        ] {
            self.settings.push((name, seconds.to_string()));
        }
        self
    }
}

/// A running system; it ends when dropped.
pub(crate) struct System {
    pub(crate) servers: Servers,
    pub(crate) history: Arc<History>,
    processes: Vec<Arc<Process>>,
    launch: Launch,
    folder: PathBuf,
    bases: Vec<String>,
    key: String,
}

impl System {
    /// Prepares the servers, the schema and a key, and starts every process. Logs go to `folder`.
    pub(crate) fn start(setup: &Setup, folder: &Path, history: Arc<History>) -> anyhow::Result<Self> {
        let servers = Servers::prepare()?;
        // Whoever builds meanwhile would replace the program under the feet of a run.
        let binary = folder.join("idv");
        std::fs::copy(env!("CARGO_BIN_EXE_idv"), &binary)?;
        let mut settings = servers.settings()?;
        settings.push(("IDV_KEYS__MASTER", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()));
        settings.push(("IDV_DATA_DIR", folder.join("data").display().to_string()));
        settings.extend(setup.settings.iter().cloned());
        let launch = Launch { binary, arguments: Vec::new(), settings };
        output(&launch, &["migrate"])?;
        let key = output(&launch, &["keys", "create", "chaos"])?.trim().to_owned();
        let mut system = Self {
            servers,
            history,
            processes: Vec::new(),
            launch,
            folder: folder.to_owned(),
            bases: Vec::new(),
            key,
        };
        for name in &setup.processes {
            system.add(name)?;
        }
        Ok(system)
    }

    /// Starts one more process.
    pub(crate) fn add(&mut self, name: &str) -> anyhow::Result<()> {
        let role = name.split('-').next().unwrap_or(name);
        let mut launch = self.launch.clone();
        let arguments: Vec<String> = match role {
            "api" => {
                let address = format!("127.0.0.1:{}", free_port()?);
                self.bases.push(format!("http://{address}"));
                vec!["api".into(), "--listen".into(), address]
            }
            "relay" => vec!["worker".into(), "--roles".into(), "relay,sweep".into()],
            "verify" => vec!["worker".into(), "--roles".into(), "verify".into()],
            "orphans" => {
                launch.settings.push(("IDV_LIMITS__ORPHAN_AGE_S", "1".to_owned()));
                launch.settings.push(("IDV_LIMITS__ORPHAN_SEARCH_S", "1".to_owned()));
                vec!["worker".into(), "--roles".into(), "sweep".into()]
            }
            _ => bail!("nothing is known of a process `{name}`"),
        };
        launch.arguments = arguments;
        self.processes.push(Process::start(name, launch, &self.folder, self.history.clone())?);
        Ok(())
    }

    /// The process of that name.
    pub(crate) fn process(&self, name: &str) -> anyhow::Result<&Arc<Process>> {
        let found = self.processes.iter().find(|process| process.name() == name);
        found.ok_or_else(|| anyhow!("there is no process `{name}`"))
    }

    /// Where the API processes listen, in the order of their names.
    pub(crate) fn bases(&self) -> &[String] {
        &self.bases
    }

    /// The API key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Waits until the API process at `base` says that everything is there.
    pub(crate) fn wait_until_ready(&self, base: &str, patience: Duration) -> anyhow::Result<Duration> {
        let (http, begin) = (Http::new(&self.key, Duration::from_secs(5)), Instant::now());
        loop {
            let reply = http.get(&format!("{base}/readyz"));
            match reply {
                Reply::Answer(answer) if answer.status == 200 => return Ok(begin.elapsed()),
                _ if begin.elapsed() < patience => std::thread::sleep(Duration::from_millis(50)),
                other => bail!("{base} is not ready after {} s: {other:?}", patience.as_secs()),
            }
        }
    }

    /// Waits until every API process is ready.
    pub(crate) fn wait_until_all_ready(&self) -> anyhow::Result<()> {
        for base in &self.bases {
            self.wait_until_ready(base, Duration::from_secs(60))?;
        }
        Ok(())
    }

    /// Stops every process by SIGTERM. Returns what did not end well within 30 seconds.
    pub(crate) fn stop(&self) -> Vec<anyhow::Error> {
        let stop = |process: &Arc<Process>| process.stop(Duration::from_secs(30)).err();
        std::thread::scope(|scope| {
            let stopping: Vec<_> =
                self.processes.iter().map(|process| scope.spawn(move || stop(process))).collect();
            stopping.into_iter().filter_map(|one| one.join().ok().flatten()).collect()
        })
    }
}

/// Runs a command of the program to its end, and gives what it printed.
fn output(launch: &Launch, arguments: &[&str]) -> anyhow::Result<String> {
    let output = launch.command().args(arguments).output()?;
    ensure!(
        output.status.success(),
        "`idv {}` failed: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// A free port below those that the system gives to clients, so that nobody takes it while its process is dead.
fn free_port() -> anyhow::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let from = 10_000 + (std::process::id() % 10_000) as u16;
    (0..10_000)
        .map(|_| from + NEXT.fetch_add(1, Ordering::Relaxed))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("failed to find a free port")
}
