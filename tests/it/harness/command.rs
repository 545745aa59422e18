//! The real program, run to its end.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use idv_worker::inference::{Choice, Manifest};
use serde_json::Value;

use super::root;

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The folder with the model files.
pub fn models_dir() -> PathBuf {
    std::env::var_os("IDV_MODELS__DIR").map_or_else(|| root().join("models/cache"), PathBuf::from)
}

/// Whether the models are there without which nothing can be verified; says so if not.
pub fn has_models() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    let found = *FOUND.get_or_init(|| {
        let selection = Manifest::built_in().resolve(&models_dir(), "accurate").unwrap();
        selection
            .roles
            .iter()
            .all(|(role, choice)| !role.is_required() || matches!(choice, Choice::Chosen(_)))
    });
    if !found {
        eprintln!("skipped: models are missing in {}", models_dir().display());
    }
    found
}

/// Whether the liveness model is there, which nothing but its own check needs; says so if not.
pub fn has_liveness() -> bool {
    let selection = Manifest::built_in().resolve(&models_dir(), "accurate").unwrap();
    let missing =
        |(role, choice): (_, &Choice)| role == "liveness" && matches!(choice, Choice::Missing { .. });
    let found = !selection.roles.iter().any(|(role, choice)| missing((role.as_str(), choice)));
    if !found {
        eprintln!("skipped: the liveness model is missing in {}", models_dir().display());
    }
    found
}

/// The program, without the settings of whoever runs the tests, and with the models.
pub fn idv() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idv"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IDV_")) {
        command.env_remove(name);
    }
    command.env_remove("FAILPOINTS");
    command.env("IDV_MODELS__DIR", models_dir()).env("RUST_LOG", "info,tract_onnx=warn");
    command
}

impl Run {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        Self {
            code: output.status.code().unwrap_or_else(|| panic!("killed: {}", output.status)),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output, after a check of the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The JSON objects of standard output, one a line.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// What the program says about itself on standard error, log lines aside.
    pub fn complaints(&self) -> Vec<&str> {
        self.stderr.lines().filter(|line| line.starts_with("idv: ")).collect()
    }
}
