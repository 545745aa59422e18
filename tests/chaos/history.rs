//! The history of a run: one JSON object a line, in order, kept in a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use serde_json::{Value, json};

/// Writes what happens, with its time.
pub(crate) struct History {
    begin: Instant,
    file: Mutex<BufWriter<File>>,
    path: PathBuf,
}

impl History {
    /// Begins a history in a new file.
    pub(crate) fn begin(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(Self { begin: Instant::now(), file: Mutex::new(BufWriter::new(file)), path: path.to_owned() })
    }

    /// Where it is kept.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Milliseconds since the begin.
    pub(crate) fn now_ms(&self) -> u64 {
        self.begin.elapsed().as_millis() as u64
    }

    /// Notes an event with its details, an object.
    pub(crate) fn note(&self, event: &str, details: Value) {
        let mut line = json!({ "ms": self.now_ms(), "event": event });
        if let (Some(line), Value::Object(details)) = (line.as_object_mut(), details) {
            line.extend(details);
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A history that cannot be written is noticed at its end.
        let _ = writeln!(file, "{line}");
    }

    /// Puts everything on the disk.
    pub(crate) fn finish(&self) -> anyhow::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.flush().with_context(|| format!("failed to write {}", self.path.display()))
    }
}
