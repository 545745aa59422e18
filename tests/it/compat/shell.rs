//! Command lines of a README, run as they stand there by a shell and the real `curl`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::Server;

/// Somebody at a terminal, in a folder with files to send.
pub struct Shell<'a> {
    base: &'a str,
    folder: TempDir,
    /// Where the README's server answers.
    documented: &'static str,
}

/// What `curl` got.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub text: String,
}

impl<'a> Shell<'a> {
    /// A shell for a README whose server answers at `documented`.
    pub fn new(server: &'a Server, documented: &'static str) -> Self {
        Self::at(&server.base, documented)
    }

    /// The same for a server that answers at `base`.
    pub fn at(base: &'a str, documented: &'static str) -> Self {
        Self { base, folder: tempfile::tempdir().unwrap(), documented }
    }

    /// Where a file is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the folder.
    pub fn file(&self, name: &str, bytes: &[u8]) -> &Self {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
        self
    }

    /// Runs a line that begins with `curl`, host and port aside as it is written.
    #[track_caller]
    pub fn curl(&self, line: &str) -> Reply {
        let line = self.line(line);
        let output = self.command(&line).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let (text, about) = text.rsplit_once('\n').expect("curl writes the status");
        let (status, content_type) = about.split_once(' ').unwrap();
        Reply {
            status: status.parse().unwrap(),
            content_type: content_type.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Runs a line whose `curl` gives up after a second.
    #[track_caller]
    pub fn hang_up(&self, line: &str) {
        let line = self.line(line).replacen("curl ", "curl --max-time 1 ", 1);
        let status = self.command(&line).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        // "Operation timeout."
        assert_eq!(status.code(), Some(28), "{line}");
    }

    fn line(&self, line: &str) -> String {
        assert!(line.starts_with("curl ") && line.contains(self.documented), "{line}");
        line.replace(self.documented, self.base)
    }

    fn command(&self, line: &str) -> Command {
        let line = line.replacen("curl ", "curl -sS -w '\\n%{http_code} %{content_type}' ", 1);
        let mut command = Command::new("bash");
        command.args(["-c", &line]).current_dir(self.folder.path());
        command
    }
}

impl Reply {
    /// The JSON, after a check of the status.
    #[track_caller]
    pub fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.content_type, "application/json", "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }
}
