//! One process of the program under a supervisor that starts it again when it dies, as a service manager would.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use serde_json::json;

use crate::history::History;

/// How long a supervisor waits before it starts a dead process again.
const RESTART_AFTER: Duration = Duration::from_millis(500);

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How a process is started.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) binary: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) settings: Vec<(&'static str, String)>,
}

/// A supervised process; it is killed when dropped.
pub(crate) struct Process {
    name: String,
    launch: Launch,
    log: PathBuf,
    state: Mutex<State>,
    history: Arc<History>,
}

struct State {
    child: Option<Child>,
    /// How it ended last.
    ended: Option<ExitStatus>,
    /// Whether it is to be started again when it has died.
    wanted: bool,
}

impl Launch {
    /// The command, without the settings of whoever runs the tests.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IDV_")) {
            command.env_remove(name);
        }
        command.args(&self.arguments).envs(self.settings.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::null());
        command
    }
}

impl Process {
    /// Starts a process under a supervisor. Its output goes to a log in `folder`.
    pub(crate) fn start(
        name: &str,
        launch: Launch,
        folder: &Path,
        history: Arc<History>,
    ) -> anyhow::Result<Arc<Self>> {
        let process = Arc::new(Self {
            name: name.to_owned(),
            launch,
            log: folder.join(format!("{name}.log")),
            state: Mutex::new(State { child: None, ended: None, wanted: true }),
            history,
        });
        process.spawn(&mut process.state())?;
        let supervised = Arc::downgrade(&process);
        std::thread::spawn(move || {
            while let Some(process) = supervised.upgrade() {
                process.look_after();
                drop(process);
                std::thread::sleep(LOOK_EVERY);
            }
        });
        Ok(process)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Sends it a signal, such as `KILL`; nothing happens while it is dead.
    pub(crate) fn signal(&self, signal: &str) -> anyhow::Result<()> {
        // The lock keeps the process from being reaped, so the id is still its own.
        let state = self.state();
        let Some(child) = &state.child else { return Ok(()) };
        let status = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status()?;
        if !status.success() {
            bail!("failed to send {signal} to {}", self.name);
        }
        Ok(())
    }

    /// Kills it for good.
    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        self.state().wanted = false;
        self.signal("KILL")
    }

    /// Asks it to stop and waits until it has. Returns how long that took; an error if it took longer than
    /// `patience` or did not end well.
    pub(crate) fn stop(&self, patience: Duration) -> anyhow::Result<Duration> {
        if !std::mem::replace(&mut self.state().wanted, false) {
            // It was killed for good.
            return Ok(Duration::ZERO);
        }
        self.signal("CONT")?;
        self.signal("TERM")?;
        let begin = Instant::now();
        while begin.elapsed() < patience {
            let state = self.state();
            match (&state.child, state.ended) {
                (None, Some(status)) if !status.success() => {
                    bail!("{} ended with {status} after SIGTERM", self.name)
                }
                (None, _) => return Ok(begin.elapsed()),
                (Some(_), _) => drop(state),
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!("{} still ran {} s after SIGTERM", self.name, patience.as_secs())
    }

    /// Starts it again after [`Process::stop`].
    pub(crate) fn start_again(&self) -> anyhow::Result<()> {
        let mut state = self.state();
        state.wanted = true;
        self.spawn(&mut state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, state: &mut State) -> anyhow::Result<()> {
        let log = open_log(&self.log)?;
        let mut command = self.launch.command();
        // A core, where the system writes one, is kept with the logs.
        command.current_dir(self.log.parent().unwrap_or(Path::new(".")));
        let child = command.stdout(log.try_clone()?).stderr(log).spawn();
        let child = child.map_err(|cause| anyhow!("failed to start {}: {cause}", self.name))?;
        self.history.note("started", json!({ "process": self.name, "pid": child.id() }));
        state.child = Some(child);
        Ok(())
    }

    fn look_after(&self) {
        let mut state = self.state();
        let ended = match state.child.as_mut().map(Child::try_wait) {
            Some(Ok(Some(status))) => status,
            _ => return,
        };
        state.child = None;
        state.ended = Some(ended);
        self.history.note("ended", json!({ "process": self.name, "status": ended.to_string() }));
        drop(state);
        std::thread::sleep(RESTART_AFTER);
        let mut state = self.state();
        if state.wanted
            && state.child.is_none()
            && let Err(error) = self.spawn(&mut state)
        {
            self.history.note("not_started", json!({ "process": self.name, "cause": error.to_string() }));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.state().child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn open_log(path: &Path) -> anyhow::Result<File> {
    let log = OpenOptions::new().create(true).append(true).open(path);
    log.with_context(|| format!("failed to write {}", path.display()))
}
