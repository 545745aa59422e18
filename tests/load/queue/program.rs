//! The program under measurement.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::servers::cpu_of_family;

/// A running process; it is killed when dropped.
pub(crate) struct Program {
    child: Child,
}

/// Starts the program with one configuration file.
pub(crate) struct Launcher {
    /// The program.
    pub(crate) idv: PathBuf,
    /// The configuration file; the log is written beside it.
    pub(crate) config: PathBuf,
}

impl Launcher {
    /// The program without the settings of whoever measures.
    pub(crate) fn command(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.idv);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IDV_")) {
            command.env_remove(name);
        }
        let log = OpenOptions::new().create(true).append(true).open(self.log());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.context("failed to write a log")?);
        command.arg("--config").arg(&self.config).args(arguments);
        Ok(command)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let status = self.command(arguments)?.status()?;
        ensure!(status.success(), "failed to run `idv {}`:\n{}", arguments.join(" "), self.end_of_log());
        Ok(())
    }

    /// Starts a command that runs until it is told to stop.
    pub(crate) fn start(&self, arguments: &[&str]) -> anyhow::Result<Program> {
        Ok(Program { child: self.command(arguments)?.spawn()? })
    }

    /// Starts a command that serves HTTP, and gives its address.
    pub(crate) fn serve(&self, arguments: &[&str]) -> anyhow::Result<(Program, String)> {
        let mut command = self.command(arguments)?;
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut program = Program { child: command.spawn()? };
        let output = program.child.stdout.take().context("it has no output")?;
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("Listening on ") {
                return Ok((program, address.to_owned()));
            }
        }
        bail!("failed to start `idv {}`:\n{}", arguments.join(" "), self.end_of_log())
    }

    fn log(&self) -> PathBuf {
        self.config.with_file_name("log.txt")
    }

    /// What the processes logged last.
    pub(crate) fn end_of_log(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Program {
    /// CPU time that it took so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of_family(self.child.id())
    }

    /// Tells it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().context("failed to run `kill`")?;
        let begun = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(begun.elapsed() < Duration::from_secs(60), "failed to stop process {id} within 60 s");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
